//! The tables of `data_coding` and of the GSM data coding scheme, octet by octet.

use std::collections::HashMap;

use crate::common::{octet, rows};
use sms_codec::charset::{Charset, Coding};
use sms_codec::dcs::{Alphabet, Dcs, Group, WaitingKind};
use sms_codec::segment::Unit;

#[test]
fn every_gsm_dcs_octet_reads_as_in_the_table() {
    let rows = rows(include_str!("../../testdata/gsm-dcs.csv"));
    assert_eq!(rows.len(), 256);
    let bit = |flag: bool| if flag { "1" } else { "0" };
    for row in rows {
        let dcs = Dcs(octet(&row["dcs"]));
        assert_eq!(group(dcs), row["group"], "{dcs:?}");
        assert_eq!(alphabet(dcs), row["alphabet"], "{dcs:?}");
        assert_eq!(bit(dcs.is_compressed()), row["compressed"], "{dcs:?}");
        assert_eq!(bit(dcs.is_deleted_after_reading()), row["auto_delete"], "{dcs:?}");
        assert_eq!(bit(dcs.is_reserved()), row["reserved"], "{dcs:?}");
        let class = dcs.class().map(|class| class.to_string()).unwrap_or_default();
        assert_eq!(class, row["message_class"], "{dcs:?}");
        let stated = (&*row["mwi_action"], &*row["mwi_active"], &*row["mwi_type"]);
        match dcs.waiting() {
            None => assert_eq!(stated, ("", "", ""), "{dcs:?}"),
            Some(waiting) => {
                let action = if waiting.store { "store" } else { "discard" };
                assert_eq!(stated, (action, bit(waiting.active), kind(waiting.kind)), "{dcs:?}");
            }
        }
    }
}

#[test]
fn every_data_coding_octet_reads_as_in_the_table() {
    let rows = rows(include_str!("../../testdata/smpp-data-coding.csv"));
    assert_eq!(rows.len(), 256);
    for row in rows {
        let data_coding = octet(&row["data_coding"]);
        let charset = Coding::default().charset(data_coding);
        if let Some((_, stated)) = row["note"].split_once("as GSM DCS: ") {
            assert_eq!(stated.split(',').next(), Some(alphabet(Dcs(data_coding))), "{row:?}");
        }
        let expected = match &*row["smpp_meaning"] {
            "reserved" if row["note"].is_empty() => Charset::Gsm7,
            "reserved" => air(Dcs(data_coding)),
            gsm if gsm.starts_with("GSM message") => air(Dcs(data_coding)),
            meaning => smpp(meaning),
        };
        assert_eq!(charset, expected, "{row:?}");
        room_is_as_stated(&row, charset.unit());
    }
}

fn room_is_as_stated(row: &HashMap<String, String>, unit: Unit) {
    if row["text_bits"].is_empty() {
        return;
    }
    let bits = match unit {
        Unit::Septet => "7",
        Unit::Octet => "8",
        Unit::CodeUnit => "16",
    };
    assert!(row["text_bits"].starts_with(bits), "{row:?}");
    assert_eq!(unit.room(0).to_string(), row["single_part_units"], "{row:?}");
    assert_eq!(unit.room(6).to_string(), row["concat_part_units_8bit_ref"], "{row:?}");
}

fn smpp(meaning: &str) -> Charset {
    match meaning {
        "IA5 / ASCII" => Charset::Ascii,
        "octets unspecified (8-bit binary)" => Charset::Octets,
        "ISO-8859-1" => Charset::Latin1,
        "JIS X 0208-1990" => Charset::JisX0208,
        "ISO-8859-5" => Charset::Iso8859_5,
        "ISO-8859-8" => Charset::Iso8859_8,
        "UCS2 big endian (accept UTF-16)" => Charset::Ucs2,
        "pictogram encoding" => Charset::Pictogram,
        "ISO-2022-JP music codes" => Charset::Iso2022Jp,
        "extended Kanji JIS X 0212-1990" => Charset::JisX0212,
        "KS C 5601" => Charset::KsC5601,
        default => {
            assert!(default.starts_with("MC default alphabet"), "{default}");
            Charset::Gsm7
        }
    }
}

fn air(dcs: Dcs) -> Charset {
    match dcs.alphabet() {
        _ if dcs.is_compressed() => Charset::Octets,
        Alphabet::Gsm7 => Charset::Gsm7,
        Alphabet::EightBit => Charset::Octets,
        Alphabet::Ucs2 => Charset::Ucs2,
    }
}

fn group(dcs: Dcs) -> &'static str {
    match dcs.group() {
        Group::General => "general",
        Group::AutoDelete => "general, marked for automatic deletion",
        Group::Reserved => "reserved",
        Group::WaitingDiscard => "message waiting, discard",
        Group::WaitingStore | Group::WaitingStoreUcs2 => "message waiting, store",
        Group::Class => "data coding / message class",
    }
}

fn alphabet(dcs: Dcs) -> &'static str {
    match dcs.alphabet() {
        Alphabet::Gsm7 => "gsm7",
        Alphabet::EightBit => "8bit",
        Alphabet::Ucs2 => "ucs2",
    }
}

fn kind(kind: WaitingKind) -> &'static str {
    match kind {
        WaitingKind::Voicemail => "voicemail",
        WaitingKind::Fax => "fax",
        WaitingKind::Email => "email",
        WaitingKind::Other => "other",
    }
}

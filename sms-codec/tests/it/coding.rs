//! The tables of `data_coding` and of the GSM data coding scheme, octet by octet, both ways.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "test code")]

use std::collections::HashMap;

use crate::common::{octet, rows};
use sms_codec::charset::{Charset, Coding};
use sms_codec::dcs::{Alphabet, Class, Dcs, Group, Indication, Scheme, Waiting, WaitingKind};
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
        let class = dcs.class().map(|class| class.number().to_string()).unwrap_or_default();
        assert_eq!(class, row["message_class"], "{dcs:?}");
        stated_scheme_is_written(&row, dcs);
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

/// The way back: what the columns say makes an octet that says the same, and the same octet if it
/// is of a group that [`Scheme::dcs`] writes and has no bit set that means nothing.
fn stated_scheme_is_written(row: &HashMap<String, String>, dcs: Dcs) {
    let scheme = Scheme {
        alphabet: match &*row["alphabet"] {
            "gsm7" => Alphabet::Gsm7,
            "8bit" => Alphabet::EightBit,
            stated => {
                assert_eq!(stated, "ucs2");
                Alphabet::Ucs2
            }
        },
        indication: indication(row),
        compressed: row["compressed"] == "1",
        auto_delete: row["auto_delete"] == "1",
    };
    let written = scheme.dcs().unwrap();
    assert_eq!(written.scheme(), scheme, "{dcs:?}");
    let idle_bits = match dcs.0 {
        0x00..=0x7F if row["message_class"].is_empty() => 0x03,
        0xC0..=0xEF => 0x04,
        _ => 0x00,
    };
    let class_group = dcs.group() == Group::Class;
    match row["reserved"] == "0" && !class_group {
        true => assert_eq!(written.0, dcs.0 & !idle_bits),
        false => assert!(written.0 < 0x80, "{dcs:?}"),
    }
    if class_group {
        assert_eq!(written.in_class_group(), Some(Dcs(dcs.0 & !0x08)), "bit 3 is reserved");
    }
}

fn indication(row: &HashMap<String, String>) -> Indication {
    match (&*row["message_class"], &*row["mwi_type"]) {
        ("", "") => Indication::None,
        (class, "") => Indication::Class(Class::from_number(class.parse().unwrap()).unwrap()),
        (_, stated) => Indication::Waiting(Waiting {
            store: row["mwi_action"] == "store",
            active: row["mwi_active"] == "1",
            kind: [WaitingKind::Voicemail, WaitingKind::Fax, WaitingKind::Email, WaitingKind::Other]
                .into_iter()
                .find(|&waiting| kind(waiting) == stated)
                .unwrap(),
        }),
    }
}

#[test]
fn every_data_coding_octet_has_a_way_back() {
    let dcs = rows(include_str!("../../testdata/gsm-dcs.csv"));
    let mut same = Vec::new();
    for row in rows(include_str!("../../testdata/smpp-data-coding.csv")) {
        let data_coding = octet(&row["data_coding"]);
        for coding in [Coding::DEFAULT, Coding::DEFAULT.with_general_classes()] {
            let is_dcs = row["note"].contains("as GSM DCS: ") || row["smpp_meaning"].contains("as GSM DCS");
            let stated = if is_dcs { indication(&dcs[usize::from(data_coding)]) } else { Indication::None };
            assert_eq!(coding.indication(data_coding), stated, "{row:?}");
            let charset = coding.charset(data_coding);
            let back = coding.data_coding(charset, stated);
            if Dcs(data_coding).is_compressed() && is_dcs {
                assert_eq!(coding.from_dcs(Dcs(data_coding)), Some(data_coding), "{row:?}");
                continue;
            }
            let back = back.unwrap();
            assert_eq!((coding.charset(back), coding.indication(back)), (charset, stated), "{row:?}");
            assert!(coding.from_dcs(coding.dcs(back)).is_some(), "{row:?}");
            if back == data_coding {
                same.push(data_coding);
            }
        }
    }
    same.sort_unstable();
    same.dedup();
    // 2 is 4; 0x1C to 0x1F, 0xF8 to 0xFF and bit 2 of a waiting indication are spare.
    let mut expected: Vec<u8> = vec![0, 1, 3, 4, 5, 6, 7, 8, 9, 0x0A, 0x0D, 0x0E];
    expected.extend(0x10..=0x1B);
    for group in [0xC0, 0xC8, 0xD0, 0xD8, 0xE0, 0xE8, 0xF0, 0xF4] {
        expected.extend(group..group + 4);
    }
    assert_eq!(same, expected);
}

#[test]
fn data_coding_turns_into_a_tpdu_as_stated() {
    let stated = [(0x00, 0x00), (0x01, 0x00), (0x03, 0x00), (0x02, 0x04), (0x04, 0x04), (0x08, 0x08)];
    for (data_coding, dcs) in stated.into_iter().chain((0xC0..=0xFF).map(|same| (same, same))) {
        assert_eq!(Coding::DEFAULT.dcs(data_coding), Dcs(dcs));
    }
}

#[test]
fn every_data_coding_octet_reads_as_in_the_table() {
    let rows = rows(include_str!("../../testdata/smpp-data-coding.csv"));
    assert_eq!(rows.len(), 256);
    for row in rows {
        let data_coding = octet(&row["data_coding"]);
        let charset = Coding::DEFAULT.charset(data_coding);
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
        "JIS X 0208-1990" => Charset::ShiftJis,
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

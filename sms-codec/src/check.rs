//! What every parser and writer here must keep for any octets: bodies of fuzz targets.
//!
//! Each function takes raw octets, panics if a property breaks, and returns nothing. Property
//! tests of this crate call the same functions.

mod address;
mod charset;
mod join;
mod plan;
mod receipt;
mod tpdu;
mod udh;

use alloc::{string::ToString, vec, vec::Vec};

pub use address::address;
pub use charset::charset;
pub use join::join;
pub use receipt::receipt;
pub use tpdu::tpdu;
pub use udh::udh;

use crate::charset::{Charset, Coding};
use crate::gsm7::{Code, Language, Tables, pack, pack_into, pack_padded, pack_padded_into, unpack, unpack_into, unpack_padded};
use crate::segment::{Segment, Segmenter, Unit};
use crate::time::{ReceiptDate, When};
use crate::ucs2;
use crate::udh::{Concatenation, Reference};

pub use plan::plan;

/// GSM 7-bit: decoding is total, encoding and packing lose nothing, in all tables.
pub fn gsm7(octets: &[u8]) {
    let language = |place| Language::from_identifier(octets.get(place).map_or(0, |octet: &u8| octet % 14));
    for tables in [Tables::DEFAULT, Tables::new(language(0), language(1))] {
        let text = tables.decode(octets);
        assert!(tables.chars(octets.iter().copied()).eq(text.chars()), "two decoders");
        gsm7_text(tables, &text);
        if let Ok(text) = core::str::from_utf8(octets) {
            gsm7_text(tables, text);
        }
    }
    for fill in 0..7 {
        assert_eq!(unpack(octets, fill).count(), unpack(octets, fill).len(), "length");
        unpack_padded(octets, fill).for_each(drop);
        for limit in [octets.len(), usize::MAX] {
            let mut septets = Vec::new();
            unpack_into(octets, fill, limit, &mut septets);
            assert!(unpack(octets, fill).take(limit).eq(septets), "unpacked in blocks");
        }
        packing(octets, fill);
    }
    for data_coding in 0..=255 {
        Coding::default().decode(data_coding, octets);
    }
    Charset::Gsm7Packed.decode(octets);
}

/// The blocks agree with the look at every single character.
fn gsm7_text(tables: Tables, text: &str) {
    let codes: Option<Vec<Code>> = text.chars().map(|character| tables.code(character)).collect();
    let Ok(septets) = tables.encode(text) else {
        assert_eq!(codes, None, "encodable");
        assert_eq!(tables.septets(text), tables.encode(text).map(|_| 0), "offset");
        return;
    };
    let codes = codes.unwrap_or_default().into_iter();
    assert_eq!(tables.septets(text), Ok(codes.clone().map(Code::septets).sum()), "count");
    let expected = codes.flat_map(|code| match code {
        Code::One(code) => vec![code],
        Code::Pair(code) => vec![0x1B, code],
    });
    assert!(expected.eq(septets.iter().copied()), "septets");
    assert_eq!(tables.decode(&septets), text, "text");
}

fn packing(octets: &[u8], fill: u8) {
    let septets = || octets.iter().map(|octet| octet & 0x7F);
    let packed: Vec<u8> = pack(septets(), fill).collect();
    assert_eq!(packed.len(), (usize::from(fill) + 7 * octets.len()).div_ceil(8), "packed length");
    assert!(unpack(&packed, fill).take(octets.len()).eq(septets()), "septets");
    let mut in_blocks = Vec::new();
    pack_into(octets, fill, &mut in_blocks);
    assert_eq!(in_blocks, packed, "packed in blocks");
    let padded: Vec<u8> = pack_padded(septets(), fill).collect();
    in_blocks.clear();
    pack_padded_into(octets, fill, &mut in_blocks);
    assert_eq!(in_blocks, padded, "padded in blocks");
    let back: Vec<u8> = unpack_padded(&padded, fill).collect();
    // A wanted return on an octet boundary arrives twice, which does no harm.
    let doubled = back.len() == octets.len() + 1 && back.ends_with(b"\r\r");
    assert!(back.len() == octets.len() || doubled, "padding");
    assert!(back.into_iter().take(octets.len()).eq(septets()), "padded septets");
}

/// UCS-2: decoding is total, and exact for what is valid.
pub fn ucs2(octets: &[u8]) {
    let text = ucs2::decode(octets);
    assert!(ucs2::chars(octets).eq(text.chars()), "two decoders");
    let encoded = ucs2::encode(&text);
    assert_eq!(encoded == octets, ucs2::is_valid(octets), "octets");
    assert_eq!(ucs2::decode(&encoded), text, "text");
    assert_eq!(2 * ucs2::units(&text), encoded.len(), "units");
    if let Ok(text) = core::str::from_utf8(octets) {
        let (data_coding, encoded) = Coding::default().encode(text);
        assert_eq!(Coding::default().decode(data_coding, &encoded), text, "encoded text");
    }
}

/// Segmentation: parts fit, divide no pair, and join to what was cut. The first octet chooses how.
pub fn segment(octets: &[u8]) {
    let Some((&choice, octets)) = octets.split_first() else {
        return;
    };
    let charset = Charset::ALL.into_iter().cycle().nth(choice.into()).unwrap_or_default();
    let reference = match choice {
        0..=0x7F => Reference::Eight(choice),
        _ => Reference::Sixteen(choice.into()),
    };
    let segmenter = Segmenter { charset, reference, elements: &[] };
    let Ok(segments) = segmenter.split(octets) else {
        return;
    };
    let total = usize::from(segments.total());
    let unit = charset.unit();
    let parts: Vec<_> = segments.filter_map(|part| fits(unit, part)).collect();
    if total == 1 {
        assert!(parts.is_empty() && unit.count(octets) <= unit.room(0), "single");
        return;
    }
    assert_eq!(parts.len(), total, "total");
    assert!((1..).zip(&parts).all(|(number, (part, _))| usize::from(part.sequence()) == number), "numbers");
    let joined: Vec<_> = parts.iter().flat_map(|(_, part)| part.iter().copied()).collect();
    assert_eq!(joined, octets, "joined");
    whole_characters(charset, &parts, octets);
}

fn fits(unit: Unit, segment: Segment<'_>) -> Option<(Concatenation, &[u8])> {
    let udh_octets = segment.udh_octets();
    assert!(unit.count(segment.octets) <= unit.room(udh_octets), "room");
    let mut written = Vec::new();
    segment.write(&mut written);
    assert_eq!(written.len(), udh_octets + segment.octets.len(), "written");
    assert!(written.ends_with(segment.octets), "text");
    segment.concatenation.map(|part| (part, segment.octets))
}

/// The parts decoded one by one read like the whole.
fn whole_characters(charset: Charset, parts: &[(Concatenation, &[u8])], octets: &[u8]) {
    // What is cut is not packed yet.
    let charset = if charset == Charset::Gsm7Packed { Charset::Gsm7 } else { charset };
    let text: Vec<_> = parts.iter().map(|(_, part)| charset.decode(part)).collect();
    assert_eq!(text.concat(), charset.decode(octets), "characters");
}

/// Times and receipt dates: what is read is written so that it reads the same.
pub fn time(octets: &[u8]) {
    let strict = When::parse(octets);
    if strict.is_ok() {
        assert_eq!(When::parse_lenient(octets), strict, "lenient");
    }
    if let Ok(Some(when)) = When::parse_lenient(octets) {
        let written = when.to_string();
        assert_eq!(written.len(), 16, "length");
        assert_eq!(When::parse_lenient(written.as_bytes()), Ok(Some(when)), "written");
        for now in [i64::MIN, 0, i64::MAX] {
            when.resolve(now);
        }
    }
    let Ok(text) = core::str::from_utf8(octets) else {
        return;
    };
    if let Some(date) = ReceiptDate::parse(text) {
        for zone in [i16::MIN, i16::MAX] {
            date.unix_millis(zone);
        }
        assert_eq!(ReceiptDate::parse(&date.to_string()), Some(date), "date");
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use proptest::prelude::*;

    use super::*;
    use crate::udh::{Element, Udh, write};

    fn octets() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(any::<u8>(), 0..400)
    }

    /// Mostly escapes, surrogates and whatever else is treated specially.
    fn nasty(length: usize) -> impl Strategy<Value = Vec<u8>> {
        let special = proptest::sample::select(vec![0x1B, 0x0D, 0x00, 0xD8, 0xDC, 0x41, 0x65]);
        proptest::collection::vec(special, 0..length)
    }

    proptest! {
        #[test]
        fn gsm7_keeps_its_properties(any in octets(), nasty in nasty(400), text in "[ -~\\n\\rÀ-ſ]{0,40}") {
            gsm7(&any);
            gsm7(&nasty);
            gsm7(text.as_bytes());
        }

        #[test]
        fn ucs2_keeps_its_properties(any in octets(), nasty in nasty(400), text in ".{0,80}") {
            ucs2(&any);
            ucs2(&nasty);
            ucs2(text.as_bytes());
        }

        #[test]
        fn udh_keeps_its_properties(
            any in octets(),
            small in proptest::collection::vec(0..6u8, 0..40),
            sound in proptest::collection::vec((any::<u8>(), nasty(9)), 0..8),
        ) {
            udh(&any);
            udh(&small);
            let elements: Vec<_> = sound.iter().map(|(id, data)| Element { id: *id, data }).collect();
            let mut written = Vec::new();
            write(&elements, &mut written).unwrap();
            let (read, _) = Udh::split(&written).unwrap_or_default();
            prop_assert!(read.iter().eq(elements));
            udh(&written);
        }

        #[test]
        fn segment_keeps_its_properties(any in octets(), nasty in nasty(2000), choice in any::<u8>()) {
            segment(&any);
            let mut chosen = vec![choice];
            chosen.extend(nasty);
            segment(&chosen);
        }

        #[test]
        fn time_keeps_its_properties(
            any in octets(),
            smpp in "[0-9]{15}[-+RZ]",
            likely in "[0-9]{2}(0[0-9]|1[0-2])([0-2][0-9]|3[01])([01][0-9]|2[0-4])[0-6][0-9][0-6][0-9][0-9][0-4][0-9][-+R]",
            date in "[0-9]{10,14}",
            iso in "20[0-9]{2}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-5][0-9](:[0-5][0-9](\\.[0-9]{1,9})?)?(Z|[-+][0-9]{2}:?[0-9]{2})?",
        ) {
            for text in [&any[..], smpp.as_bytes(), likely.as_bytes(), date.as_bytes(), iso.as_bytes()] {
                time(text);
            }
        }

        #[test]
        fn tpdu_keeps_its_properties(any in octets(), kind in 0..6u8, small in proptest::collection::vec(0..24u8, 0..60)) {
            tpdu(&any);
            let mut chosen = vec![kind];
            chosen.extend(any);
            tpdu(&chosen);
            tpdu(&small);
        }

        #[test]
        fn any_text_survives_its_encoding(text in "\\PC{0,80}") {
            let (data_coding, octets) = Coding::default().encode(&text);
            prop_assert_eq!(Coding::default().decode(data_coding, &octets), text);
        }

        #[test]
        fn gsm7_text_survives_packing(text in "[A-Za-z0-9@£$¥èéùìòÇØøÅåΔΦΓ_€{}~|^\\[\\]\\\\]{0,170}", fill in 0..7u8) {
            let septets = Tables::DEFAULT.encode(&text).unwrap();
            let packed: Vec<u8> = pack(septets.iter().copied(), fill).collect();
            let read: String = Tables::DEFAULT.chars(unpack(&packed, fill).take(septets.len())).collect();
            prop_assert_eq!(read, text);
        }
    }
}

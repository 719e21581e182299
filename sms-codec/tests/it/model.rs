//! What is done in blocks against a model that looks at one character at a time.
//!
//! The model knows tables, surrogates and room for text, and nothing else; texts are generated in
//! runs of all kinds and lengths, so that blocks of every kind come beside each other.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use sms_codec::gsm7::{Code, ESCAPE, Tables};
use sms_codec::plan::{Encoding, Policy};
use sms_codec::ucs2;

/// The septets of a text, or the octet where its first character starts that the alphabet lacks.
fn septets(text: &str) -> Result<Vec<u8>, usize> {
    let mut septets = Vec::new();
    for (offset, character) in text.char_indices() {
        match Tables::DEFAULT.code(character).ok_or(offset)? {
            Code::One(code) => septets.push(code),
            Code::Pair(code) => septets.extend([ESCAPE, code]),
        }
    }
    Ok(septets)
}

fn code_units(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_be_bytes).collect()
}

/// The parts of a text of which every character costs something, as full as they can be.
fn parts(text: &str, single: usize, several: usize, cost: impl Fn(char) -> usize) -> Vec<(&str, usize)> {
    let whole = text.chars().map(&cost).sum();
    if whole <= single {
        return vec![(text, whole)];
    }
    let (mut parts, mut start, mut units) = (Vec::new(), 0, 0);
    for (offset, character) in text.char_indices() {
        if units + cost(character) > several {
            parts.push((&text[start..offset], units));
            (start, units) = (offset, 0);
        }
        units += cost(character);
    }
    parts.push((&text[start..], units));
    parts
}

/// Runs of characters that GSM 7-bit has; the runs are longer than a block, or a single character.
const IN_GSM7: [&str; 12] = ["x", "plain text, ", "é", "Grüße ", "€", "[", "{}", "@", "ΔΦ", "\n", "$_", "ñan"];
/// The same for all other text.
const IN_UCS2: [&str; 10] = ["Привет ", "я", "日本語", "😀", "❤", "héllo ", "a", "0123456789", "á", "\u{10FFFF}\u{E000}"];

fn text(pieces: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    let run = (prop::sample::select(pieces.to_vec()), prop_oneof![3 => 1usize..3, 1 => 1usize..80]);
    prop::collection::vec(run, 0..60).prop_map(|runs| runs.into_iter().map(|(piece, count)| piece.repeat(count)).collect())
}

/// The plan of a text, and its parts, against the model; parts joined again are the text.
fn is_split_as_the_model_says(text: &str) -> Result<(), TestCaseError> {
    let (encoding, expected) = match septets(text) {
        Ok(_) => {
            (Encoding::default(), parts(text, 160, 153, |character| septets(character.encode_utf8(&mut [0; 4])).unwrap().len()))
        }
        Err(_) => (Encoding::Ucs2, parts(text, 70, 67, char::len_utf16)),
    };
    let Ok(plan) = Policy::default().plan(text) else {
        prop_assert!(expected.len() > 255);
        return Ok(());
    };
    prop_assert_eq!((plan.encoding(), usize::from(plan.parts())), (encoding, expected.len()));
    prop_assert_eq!(plan.units(), expected.iter().map(|(_, units)| units).sum::<usize>());
    let found: Vec<_> = plan.split(0).map(|part| (part.text(), part.units())).collect();
    prop_assert_eq!(found, expected);
    for part in plan.split(0) {
        let mut user_data = Vec::new();
        part.write(&mut user_data);
        let written = if encoding == Encoding::Ucs2 { code_units(part.text()) } else { septets(part.text()).unwrap() };
        prop_assert_eq!(user_data.get(part.udh_octets()..), Some(&written[..]));
    }
    Ok(())
}

proptest! {
    #[test]
    fn septets_are_written_counted_and_read_as_the_model_says(front in text(&IN_GSM7), back in text(&IN_UCS2), lacks in any::<bool>()) {
        let text = if lacks { front + &back } else { front };
        let expected = septets(&text);
        let mut written = Vec::new();
        let end = Tables::DEFAULT.encode_into(&text, &mut written).map_err(|error| error.offset);
        prop_assert_eq!(Tables::DEFAULT.septets(&text).map_err(|error| error.offset), expected.clone().map(|septets| septets.len()));
        match expected {
            Ok(septets) => {
                prop_assert_eq!((end, &written), (Ok(()), &septets));
                prop_assert_eq!(Tables::DEFAULT.decode(&septets), text);
            }
            Err(offset) => {
                prop_assert_eq!((end, written), (Err(offset), septets(text.get(..offset).unwrap()).unwrap()));
            }
        }
    }

    #[test]
    fn any_septets_are_read_as_one_by_one(runs in prop::collection::vec((any::<u8>(), 1usize..40), 0..40), front in 0usize..70) {
        let septets = [vec![b'x'; front], runs.into_iter().flat_map(|(septet, count)| vec![septet; count]).collect()].concat();
        let expected: String = Tables::DEFAULT.chars(septets.iter().copied()).collect();
        prop_assert_eq!(Tables::DEFAULT.decode(&septets), expected);
    }

    #[test]
    fn code_units_are_written_counted_and_read_as_the_model_says(text in text(&IN_UCS2)) {
        let expected = code_units(&text);
        prop_assert_eq!((ucs2::encode(&text), 2 * ucs2::units(&text)), (expected.clone(), expected.len()));
        prop_assert_eq!(ucs2::decode(&expected), text);
    }

    #[test]
    fn any_code_units_are_read_as_the_standard_library_does(
        runs in prop::collection::vec((prop_oneof![any::<u16>(), 0xD7F0u16..0xE010, 0u16..0x900], 1usize..40), 0..30),
    ) {
        let units: Vec<u16> = runs.into_iter().flat_map(|(unit, count)| vec![unit; count]).collect();
        let octets: Vec<u8> = units.iter().copied().flat_map(u16::to_be_bytes).collect();
        prop_assert_eq!(ucs2::decode(&octets), String::from_utf16_lossy(&units));
    }

    #[test]
    fn parts_are_cut_where_the_model_cuts_them(gsm7 in text(&IN_GSM7), any in text(&IN_UCS2)) {
        is_split_as_the_model_says(&gsm7)?;
        is_split_as_the_model_says(&any)?;
        is_split_as_the_model_says(&(gsm7 + &any))?;
    }
}

//! Every information element of the published table: identifier, lengths, fields, both ways.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use sms_codec::dcs::WaitingKind;
use sms_codec::tpdu::{Address, TypeOfAddress};
use sms_codec::udh::*;

/// Identifier, and the lengths that are valid.
const LENGTHS: [(u8, &[std::ops::RangeInclusive<usize>]); 33] = [
    (0x00, &[3..=3]),
    (0x01, &[2..=2]),
    (0x04, &[2..=2]),
    (0x05, &[4..=4]),
    (0x06, &[1..=1]),
    (0x07, &[1..=1]),
    (0x08, &[4..=4]),
    (0x09, &[0..=253]),
    (0x0A, &[3..=4]),
    (0x0B, &[2..=2]),
    (0x0C, &[2..=129]),
    (0x0D, &[2..=2]),
    (0x0E, &[129..=129]),
    (0x0F, &[33..=33]),
    (0x10, &[129..=129]),
    (0x11, &[33..=33]),
    (0x12, &[4..=253]),
    (0x13, &[1..=1]),
    (0x14, &[0..=253]),
    (0x15, &[3..=3]),
    (0x16, &[4..=253]),
    (0x17, &[2..=2]),
    (0x18, &[0..=253]),
    (0x19, &[0..=253]),
    (0x1A, &[0..=0]),
    (0x20, &[1..=1]),
    (0x21, &[4..=4]),
    // The address says itself how long it is; see below.
    (0x22, &[2..=2]),
    (0x23, &[0..=253]),
    (0x24, &[1..=1]),
    (0x25, &[1..=1]),
    (0x70, &[0..=253]),
    (0x71, &[0..=253]),
];

#[test]
fn an_element_is_valid_at_its_published_lengths_only() {
    for (id, lengths) in LENGTHS {
        for length in 0..=253 {
            // A concatenation must be sound, an address empty.
            let mut data = vec![0; length];
            match id {
                0x00 | 0x08 => data.fill(1),
                _ => {}
            }
            let typed = Element { id, data: &data }.typed();
            let valid = lengths.iter().any(|lengths| lengths.contains(&length));
            assert_eq!(matches!(typed, Ie::Invalid(_)), !valid, "{id:#04x} {length}");
            assert!(!matches!(typed, Ie::Unknown(_)));
        }
    }
}

#[test]
fn every_other_identifier_is_unknown_or_somebody_s_own() {
    for id in (0..=255).filter(|id| LENGTHS.iter().all(|(known, _)| known != id)) {
        let element = Element { id, data: b"any" };
        let expected = match id {
            0x72..=0x7F => Ie::Toolkit(element),
            0x80..=0x9F => Ie::SmeSpecific(element),
            0xC0..=0xDF => Ie::ScSpecific(element),
            _ => Ie::Unknown(element),
        };
        assert_eq!(element.typed(), expected);
    }
}

#[test]
fn every_element_has_its_fields() {
    let long = [7; 128];
    let with_position = |octets: &[u8]| [&[9], octets].concat();
    let [animation, small] = [with_position(&long), with_position(&long[..32])];
    let address = Address::new(TypeOfAddress::INTERNATIONAL, "4477009").unwrap();
    let rows: [(u8, &[u8], Ie<'_>); 31] = [
        (0x00, b"\x4A\x02\x01", part(Reference::Eight(0x4A))),
        (0x01, b"\xA1\x03", SpecialIndication { indication: 0xA1, count: 3 }.into()),
        (0x04, b"\xF0\xF1", Ports8 { destination: 240, source: 241 }.into()),
        (0x05, b"\x0B\x84\x23\xF0", Ports16 { destination: 2948, source: 9200 }.into()),
        (0x06, b"\x81", SmscControl { parameters: 0x81 }.into()),
        (0x07, b"\x03", UdhSource { source: 3 }.into()),
        (0x08, b"\xBE\xEF\x02\x01", part(Reference::Sixteen(0xBEEF))),
        (0x09, b"wcmp", Wcmp { data: b"wcmp" }.into()),
        (0x0A, b"\x01\x02\x10", TextFormatting { start: 1, length: 2, mode: 16, colour: None }.into()),
        (0x0A, b"\x01\x02\x10\x0F", TextFormatting { start: 1, length: 2, mode: 16, colour: Some(15) }.into()),
        (0x0B, b"\x05\x06", PredefinedSound { position: 5, number: 6 }.into()),
        (0x0C, b"\x05MELODY", UserSound { position: 5, melody: b"MELODY" }.into()),
        (0x0D, b"\x05\x06", PredefinedAnimation { position: 5, number: 6 }.into()),
        (0x0E, &animation, LargeAnimation { position: 9, bitmaps: &long }.into()),
        (0x0F, &small, SmallAnimation { position: 9, bitmaps: &long[..32] }.into()),
        (0x10, &animation, LargePicture { position: 9, bitmap: &long }.into()),
        (0x11, &small, SmallPicture { position: 9, bitmap: &long[..32] }.into()),
        (0x12, b"\x01\x02\x01\xAA\xBB", VariablePicture { position: 1, width: 2, height: 1, bitmap: b"\xAA\xBB" }.into()),
        (0x13, b"\x02", UserPrompt { objects: 2 }.into()),
        (0x14, b"object", ExtendedObject { data: b"object" }.into()),
        (0x15, b"\x01\x02\x03", ReusedExtendedObject { reference: 1, position: 0x0203 }.into()),
        (0x16, b"\x00\x01\x02\xAA", CompressionControl { parameters: 0, length: 0x0102, data: b"\xAA" }.into()),
        (0x17, b"\x00\x01", ObjectDistribution { elements: 0, attributes: 1 }.into()),
        (0x18, b"\x01wvg", StandardWvg { data: b"\x01wvg" }.into()),
        (0x19, b"\x01wvg", CharacterSizeWvg { data: b"\x01wvg" }.into()),
        (0x1A, b"", ObjectRequest {}.into()),
        (0x20, b"\x1E", EmailHeader { length: 30 }.into()),
        (0x21, b"\x00\x05\x04\x13", Hyperlink { position: 5, title_length: 4, url_length: 19 }.into()),
        (0x22, b"\x07\x91\x44\x77\x00\xF9", ReplyAddress { address }.into()),
        (0x23, b"mail", EnhancedVoiceMail { data: b"mail" }.into()),
        (0x25, b"\x0D", LockingShift { language: 13 }.into()),
    ];
    for (id, data, expected) in rows {
        let element = Element { id, data };
        assert_eq!(element.typed(), expected);
        let (mut typed, mut raw) = (Vec::new(), Vec::new());
        write_typed(&[expected], &mut typed).unwrap();
        write(&[element], &mut raw).unwrap();
        assert_eq!(typed, raw, "{id:#04x}");
    }
}

fn part(reference: Reference) -> Ie<'static> {
    Ie::Concatenation(Concatenation::new(reference, 2, 1).unwrap())
}

#[test]
fn unsound_elements_are_passed_over() {
    let invalid = |id, data| matches!(Element { id, data }.typed(), Ie::Invalid(_));
    assert!(invalid(0x00, b"\x01\x00\x00") && invalid(0x00, b"\x01\x02\x03") && invalid(0x08, b"\x00\x01\x02\x00"));
    assert!(invalid(0x22, b"\x07\x91\x44\x77\x00") && invalid(0x22, b"\x05\x91\x44\x77\x00\xF9"));
    assert!(invalid(0x22, b"\x15\x91\x44\x77\x00\x09\x44\x77\x00\x09\x44\x77\xFF"));
}

#[test]
fn the_bits_of_an_indication_have_names() {
    let voicemail = SpecialIndication { indication: 0b1010_0000, count: 2 };
    assert_eq!((voicemail.store(), voicemail.profile(), voicemail.kind()), (true, 1, WaitingKind::Voicemail));
    let video = SpecialIndication { indication: 0b0000_0111, count: 0 };
    assert_eq!((video.store(), video.extended_type(), video.kind()), (false, 1, WaitingKind::Other));
    let control = SmscControl { parameters: 0xC3 };
    assert!(control.wants(SmscControl::COMPLETION | SmscControl::INCLUDE_UDH) && control.wants(SmscControl::CANCEL_REST));
    assert!(!control.wants(SmscControl::STOPPED | SmscControl::COMPLETION) && !control.wants(SmscControl::TRYING));
}

//! Packed septets against smspdudecoder.

use serde_json::json;
use sms_codec::gsm7::{Tables, pack, pack_padded, unpack, unpack_padded};

use super::program::Package;
use super::texts::Generator;
use crate::common::hex;

#[test]
fn smspdudecoder_packs_and_unpacks_alike() {
    let mut generator = Generator::new(7);
    let texts: Vec<_> = (0..10_000).map(|turn| ending(turn, generator.gsm_text())).collect();
    let questions: Vec<_> = texts.iter().map(|text| json!({"text": text})).collect();
    let Some(answers) = Package::SmsPduDecoder.answers(&questions) else { return };
    let mut padded = 0;
    for (text, answer) in texts.iter().zip(&answers) {
        let septets = Tables::DEFAULT.encode(text).unwrap();
        let octets: Vec<u8> = pack(septets.iter().copied(), 0).collect();
        assert_eq!(octets, hex(&answer["as_counted"]), "{text:?}");
        assert!(Tables::DEFAULT.chars(unpack(&octets, 0)).eq(answer["as_counted_text"].as_str().unwrap().chars()), "{text:?}");
        let octets: Vec<u8> = pack_padded(septets.iter().copied(), 0).collect();
        padded += usize::from(octets != hex(&answer["as_counted"]));
        assert_eq!(octets, hex(&answer["padded"]), "{text:?}");
        assert!(Tables::DEFAULT.chars(unpack_padded(&octets, 0)).eq(answer["padded_text"].as_str().unwrap().chars()), "{text:?}");
    }
    assert!(padded > texts.len() / 10, "texts that need padding");
}

/// Some end in the padding character itself.
fn ending(turn: usize, mut text: String) -> String {
    if turn % 8 == 0 {
        text.push('\r');
    }
    text
}

//! The published packing vectors.

#![allow(clippy::indexing_slicing, reason = "test code")]

use crate::common::{default_tables, hex, number};
use serde_json::Value;
use sms_codec::gsm7::{Tables, pack, pack_padded, unpack, unpack_padded};

const VECTORS: &str = include_str!("../../testdata/gsm7-vectors.jsonl");

#[test]
fn vectors_of_the_default_tables_pass_both_ways() {
    let mut ran = 0;
    for vector in default_tables(VECTORS) {
        ran += 1;
        let text = vector["text"].as_str().unwrap();
        let septets = hex(&vector["unpacked_hex"]);
        assert_eq!(Tables::DEFAULT.encode(text).unwrap(), septets, "{vector}");
        assert_eq!(Tables::DEFAULT.septets(text), Ok(number(&vector["septets"])));
        assert_eq!(Tables::DEFAULT.decode(&septets), text, "{vector}");
        match vector["mode"].as_str().unwrap() {
            "sms" => counted_in_septets(&vector, &septets),
            "ussd" => counted_in_octets(&vector, septets),
            other => panic!("{other}"),
        }
    }
    assert_eq!(ran, 33);
}

fn counted_in_septets(vector: &Value, septets: &[u8]) {
    let (packed, fill) = packed(vector);
    assert!(pack(septets.iter().copied(), fill).eq(packed.iter().copied()), "{vector}");
    let read = unpack(&packed, fill).take(septets.len());
    assert!(read.eq(septets.iter().copied()), "{vector}");
}

fn counted_in_octets(vector: &Value, mut septets: Vec<u8>) {
    let (packed, fill) = packed(vector);
    let written = pack_padded(septets.iter().copied(), fill);
    assert!(written.eq(packed.iter().copied()), "{vector}");
    if septets.len() % 8 == 0 && septets.ends_with(b"\r") {
        // The receiver cannot tell the added return from a wanted one.
        septets.push(b'\r');
    }
    assert!(unpack_padded(&packed, fill).eq(septets), "{vector}");
}

fn packed(vector: &Value) -> (Vec<u8>, u8) {
    (hex(&vector["packed_hex"]), number(&vector["fill_bits"]) as u8)
}

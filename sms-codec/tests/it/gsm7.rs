//! The published packing vectors, all of them, both ways.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use crate::common::{hex, lines, number};
use serde_json::Value;
use sms_codec::gsm7::{Language, Tables, pack, pack_into, pack_padded, pack_padded_into, unpack, unpack_into, unpack_padded};

const VECTORS: &str = include_str!("../../testdata/gsm7-vectors.jsonl");

#[test]
fn all_vectors_pass_both_ways() {
    let mut ran = 0;
    for vector in lines(VECTORS) {
        ran += 1;
        let text = vector["text"].as_str().unwrap();
        let septets = hex(&vector["unpacked_hex"]);
        let tables = tables(&vector);
        assert_eq!(tables.encode(text).unwrap(), septets, "{vector}");
        assert_eq!(tables.septets(text), Ok(number(&vector["septets"])));
        assert_eq!(tables.decode(&septets), text, "{vector}");
        assert!(tables.chars(septets.iter().copied()).eq(text.chars()), "{vector}");
        match vector["mode"].as_str().unwrap() {
            "sms" => counted_in_septets(&vector, &septets),
            "ussd" => counted_in_octets(&vector, septets),
            other => panic!("{other}"),
        }
    }
    assert_eq!(ran, 59);
}

#[test]
fn no_misprint_of_the_provider_is_in_the_tables() {
    // R-PP-47: the place, what its document prints there, and what is right.
    let misprints: [(&[u8], &str, &str); 15] = [
        (b"\x40", "i", "¡"),
        (b"\x60", "ç", "¿"),
        (b"\x11", "-", "_"),
        (b"\x09", "ç", "Ç"),
        (b"\x1A", "≡", "Ξ"),
        (b"\x0E", "À", "Å"),
        (b"\x0F", "â", "å"),
        (b"\x2D", "=", "-"),
        (b"\x3D", "≡", "="),
        (b"\x2E", ":", "."),
        (b"\x1B\x65", "", "€"),
        (b"\x1B\x3C", "", "["),
        (b"\x1B\x3D", "", "~"),
        (b"\x1B\x3E", "l", "]"),
        (b"\x1B\x40", "l", "|"),
    ];
    for (code, printed, right) in misprints {
        assert_eq!((Tables::DEFAULT.decode(code).as_str(), Tables::DEFAULT.encode(right)), (right, Ok(code.to_vec())));
        assert_ne!(Tables::DEFAULT.encode(printed), Ok(code.to_vec()), "{printed}");
    }
    // Printed as places of the extension table, where they are not.
    for (code, not) in [(0x55, "€"), (0x2C, "["), (0x2D, "~"), (0x2E, "]")] {
        assert_ne!(Tables::DEFAULT.decode(&[0x1B, code]), not, "{code:#x}");
    }
}

/// The tables a vector names by their identifiers.
pub(crate) fn tables(vector: &Value) -> Tables {
    let language = |key: &str| Language::from_identifier(u8::try_from(number(&vector[key])).unwrap());
    Tables::new(language("locking"), language("single"))
}

fn counted_in_septets(vector: &Value, septets: &[u8]) {
    let (packed, fill) = packed(vector);
    assert!(pack(septets.iter().copied(), fill).eq(packed.iter().copied()), "{vector}");
    let mut written = Vec::new();
    pack_into(septets, fill, &mut written);
    assert_eq!(written, packed, "{vector}");
    let read = unpack(&packed, fill).take(septets.len());
    assert!(read.eq(septets.iter().copied()), "{vector}");
    let mut read = Vec::new();
    unpack_into(&packed, fill, septets.len(), &mut read);
    assert_eq!(read, septets, "{vector}");
}

fn counted_in_octets(vector: &Value, mut septets: Vec<u8>) {
    let (packed, fill) = packed(vector);
    let written = pack_padded(septets.iter().copied(), fill);
    assert!(written.eq(packed.iter().copied()), "{vector}");
    let mut written = Vec::new();
    pack_padded_into(&septets, fill, &mut written);
    assert_eq!(written, packed, "{vector}");
    if septets.len() % 8 == 0 && septets.ends_with(b"\r") {
        // The receiver cannot tell the added return from a wanted one.
        septets.push(b'\r');
    }
    assert!(unpack_padded(&packed, fill).eq(septets), "{vector}");
}

fn packed(vector: &Value) -> (Vec<u8>, u8) {
    (hex(&vector["packed_hex"]), number(&vector["fill_bits"]) as u8)
}

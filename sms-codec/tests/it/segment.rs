//! The published segmentation vectors.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

use crate::common::{default_tables, number};
use serde_json::Value;
use sms_codec::charset::Charset;
use sms_codec::segment::{Segment, Segmenter, Unit, join};
use sms_codec::udh::{Reference, Udh};

const VECTORS: &str = include_str!("../../testdata/segmentation-vectors.jsonl");

#[test]
fn vectors_of_the_default_tables_and_ucs2_pass() {
    let mut ran = 0;
    for vector in default_tables(VECTORS) {
        ran += 1;
        let charset = match vector["encoding"].as_str() {
            Some("gsm7") => Charset::Gsm7,
            Some("ucs2") => Charset::Ucs2,
            other => panic!("{other:?}"),
        };
        let reference = match number(&vector["reference_bits"]) {
            8 => Reference::Eight(0x4A),
            16 => Reference::Sixteen(0x4A4B),
            other => panic!("{other}"),
        };
        let unit = charset.unit();
        let octets = charset.encode(vector["text"].as_str().unwrap()).unwrap();
        assert_eq!(unit.count(&octets), number(&vector["total_units"]), "{vector}");
        let segmenter = Segmenter { unit, reference, elements: &[] };
        let segments: Vec<_> = segmenter.split(&octets).unwrap().collect();
        parts_are_as_stated(&vector, charset, &segments);
        if segments.len() > 1 {
            assert_eq!(joined(&segments), octets, "{vector}");
        }
    }
    assert_eq!(ran, 32);
}

fn parts_are_as_stated(vector: &Value, charset: Charset, segments: &[Segment<'_>]) {
    assert_eq!(segments.len(), number(&vector["parts"]), "{vector}");
    let stated = |key: &str| -> Vec<_> { vector[key].as_array().unwrap().iter().map(number).collect() };
    let count = |count: fn(Charset, &[u8]) -> usize| -> Vec<_> {
        segments.iter().map(|segment| count(charset, segment.octets)).collect()
    };
    assert_eq!(count(|charset, octets| charset.unit().count(octets)), stated("part_units"));
    let characters = count(|charset, octets| charset.decode(octets).chars().count());
    assert_eq!(characters, stated("part_characters"));
}

/// The way through the air: user data with UDH, last part first.
fn joined(segments: &[Segment<'_>]) -> Vec<u8> {
    let written = |segment: &Segment<'_>| {
        let mut user_data = Vec::new();
        segment.write(&mut user_data);
        assert!(segment.octets.len() < user_data.len() && user_data.len() <= 160);
        user_data
    };
    let user_data: Vec<_> = segments.iter().rev().map(written).collect();
    let read = |user_data| {
        let (udh, text) = Udh::split(user_data).unwrap();
        (udh.concatenation().unwrap(), text)
    };
    let parts: Vec<_> = user_data.iter().map(|octets| read(octets)).collect();
    join(&parts).unwrap()
}

#[test]
fn eight_bit_data_follows_the_published_table() {
    for (length, parts) in [(0, 1), (140, 1), (141, 2), (268, 2), (269, 3), (255 * 134, 255)] {
        let octets = vec![0x1B; length];
        let segmenter = Segmenter { unit: Unit::Octet, ..Segmenter::default() };
        assert_eq!(segmenter.split(&octets).unwrap().len(), parts, "{length}");
    }
}

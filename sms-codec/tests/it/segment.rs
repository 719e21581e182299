//! The published segmentation vectors, all of them.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

use crate::common::{lines, number};
use crate::gsm7::tables;
use serde_json::Value;
use sms_codec::charset::Charset;
use sms_codec::gsm7::Tables;
use sms_codec::segment::{Segment, Segmenter};
use sms_codec::ucs2;
use sms_codec::udh::{Reference, Udh};

const VECTORS: &str = include_str!("../../testdata/segmentation-vectors.jsonl");

/// How the text of a vector is written.
enum Alphabet {
    Gsm7(Tables),
    Ucs2,
}

impl Alphabet {
    fn of(vector: &Value) -> Self {
        match vector["encoding"].as_str() {
            Some("gsm7") => Self::Gsm7(tables(vector)),
            Some("ucs2") => Self::Ucs2,
            other => panic!("{other:?}"),
        }
    }

    fn encode(&self, text: &str) -> (Charset, Vec<u8>) {
        match self {
            Self::Gsm7(tables) => (Charset::Gsm7, tables.encode(text).unwrap()),
            Self::Ucs2 => (Charset::Ucs2, ucs2::encode(text)),
        }
    }

    fn decode(&self, octets: &[u8]) -> String {
        match self {
            Self::Gsm7(tables) => tables.decode(octets),
            Self::Ucs2 => ucs2::decode(octets),
        }
    }
}

#[test]
fn all_vectors_pass() {
    let mut ran = 0;
    for vector in lines(VECTORS) {
        ran += 1;
        let reference = match number(&vector["reference_bits"]) {
            8 => Reference::Eight(0x4A),
            16 => Reference::Sixteen(0x4A4B),
            other => panic!("{other}"),
        };
        let text = vector["text"].as_str().unwrap();
        let alphabet = Alphabet::of(&vector);
        let (charset, octets) = alphabet.encode(text);
        assert_eq!(charset.unit().count(&octets), number(&vector["total_units"]), "{vector}");
        assert_eq!(alphabet.decode(&octets), text, "{vector}");
        let elements = tables(&vector).elements();
        let segmenter = Segmenter { charset, reference, elements: elements.as_bytes() };
        let segments: Vec<_> = segmenter.split(&octets).unwrap().collect();
        parts_are_as_stated(&vector, &alphabet, charset, &segments);
        if segments.len() > 1 {
            assert_eq!(joined(&segments, &vector), octets, "{vector}");
        }
    }
    assert_eq!(ran, 42);
}

fn parts_are_as_stated(vector: &Value, alphabet: &Alphabet, charset: Charset, segments: &[Segment<'_>]) {
    assert_eq!(segments.len(), number(&vector["parts"]), "{vector}");
    let stated = |key: &str| -> Vec<_> { vector[key].as_array().unwrap().iter().map(number).collect() };
    let units: Vec<_> = segments.iter().map(|segment| charset.unit().count(segment.octets)).collect();
    assert_eq!(units, stated("part_units"), "{vector}");
    let characters = segments.iter().map(|segment| alphabet.decode(segment.octets).chars().count());
    assert_eq!(characters.collect::<Vec<_>>(), stated("part_characters"), "{vector}");
}

/// The way through the air: user data with UDH, last part first.
fn joined(segments: &[Segment<'_>], vector: &Value) -> Vec<u8> {
    let written = |segment: &Segment<'_>| {
        let mut user_data = Vec::new();
        segment.write(&mut user_data);
        assert!(segment.octets.len() < user_data.len() && user_data.len() <= 160);
        user_data
    };
    let user_data: Vec<_> = segments.iter().rev().map(written).collect();
    let read = |user_data| {
        let (udh, text) = Udh::split(user_data).unwrap();
        assert_eq!(Tables::from_udh(udh), tables(vector));
        (udh.concatenation().unwrap(), text)
    };
    let mut parts: Vec<_> = user_data.iter().map(|octets| read(octets)).collect();
    parts.sort_by_key(|(part, _)| part.sequence());
    parts.iter().flat_map(|(_, text)| text.iter().copied()).collect()
}

#[test]
fn eight_bit_data_follows_the_published_table() {
    for (length, parts) in [(0, 1), (140, 1), (141, 2), (268, 2), (269, 3), (255 * 134, 255)] {
        let octets = vec![0x1B; length];
        let segmenter = Segmenter { charset: Charset::Octets, ..Segmenter::default() };
        assert_eq!(segmenter.split(&octets).unwrap().len(), parts, "{length}");
    }
}

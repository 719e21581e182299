//! Behaviour of the codec against the protocol tables and vectors in `testdata/`.
// What clippy.toml allows in tests; it does not take the helpers of an integration test for one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout)]

mod bad_vectors;
mod codec;
mod corpus;
mod errors;
mod every_tlv;
mod leniency;
mod properties;
mod tables;
mod tlvs;
mod tshark;
mod vectors;

use bytes::Bytes;
use serde_json::Value;
use smpp_pdu::Version;

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn unhex(text: &str) -> Bytes {
    assert!(text.len() % 2 == 0);
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<_>>().into()
}

fn number(text: &str) -> u32 {
    u32::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

fn version(text: &str) -> Version {
    match text {
        "3.3" => Version::V3_3,
        "3.4" => Version::V3_4,
        "5.0" => Version::V5_0,
        other => panic!("version {other}"),
    }
}

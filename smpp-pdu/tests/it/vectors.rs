//! Every good vector decodes to the stated fields and is written as the same octets.

use bytes::BytesMut;
use serde_json::Value;
use smpp_pdu::dump::Dump;
use smpp_pdu::tlv::Dictionary;
use smpp_pdu::{DEFAULT_MAX_PDU, Frame, Profile, Stamp};

use crate::{json_lines, unhex, version};

pub(crate) const VECTORS: &str = include_str!("../../testdata/vectors.jsonl");

#[test]
fn good_vectors_decode_to_the_stated_fields() {
    let vectors = json_lines(VECTORS);
    assert_eq!(vectors.len(), 321);
    for vector in &vectors {
        let frame = frame(vector);
        for profile in [Profile::STRICT, Profile::DEFAULT, Profile::LENIENT] {
            let decoded = frame.decode(&profile.with_version(version(vector["version"].as_str().unwrap())));
            let decoded = decoded.unwrap_or_else(|error| panic!("{}: {error}", vector["name"]));
            assert!(decoded.repairs.is_empty(), "{}: {:?}", vector["name"], decoded.repairs);
            let dump = serde_json::to_value(Dump::revealed(&decoded, &Dictionary::new())).unwrap();
            assert_eq!(dump, vector["decoded"], "{}", vector["name"]);
        }
    }
}

#[test]
fn canonical_vectors_are_written_as_the_same_octets() {
    let mut canonical = 0;
    for vector in json_lines(VECTORS) {
        let frame = frame(&vector);
        let profile = Profile::STRICT.with_version(version(vector["version"].as_str().unwrap()));
        let decoded = frame.decode(&profile).unwrap();
        let stamp =
            Stamp { command_status: frame.command_status(), sequence_number: frame.sequence_number(), version: profile.version };
        let mut out = BytesMut::new();
        decoded.pdu.write(stamp, &mut out).unwrap();
        if vector["canonical"] == Value::Bool(true) {
            canonical += 1;
            assert_eq!(out, frame.octets(), "{}", vector["name"]);
        }
        let again = Frame::from_octets(out.freeze()).unwrap();
        assert!(again.decode(&profile).is_ok(), "{}", vector["name"]);
    }
    assert_eq!(canonical, 313);
}

#[test]
fn all_vectors_in_one_stream_come_out_as_they_went_in() {
    let vectors = json_lines(VECTORS);
    let mut stream = BytesMut::new();
    vectors.iter().for_each(|vector| stream.extend_from_slice(&unhex(vector["hex"].as_str().unwrap())));
    for vector in &vectors {
        let found = Frame::split(&mut stream, DEFAULT_MAX_PDU).unwrap().unwrap();
        assert!(found == frame(vector), "{}", vector["name"]);
    }
    assert!(stream.is_empty());
}

fn frame(vector: &Value) -> Frame {
    Frame::from_octets(unhex(vector["hex"].as_str().unwrap())).unwrap()
}

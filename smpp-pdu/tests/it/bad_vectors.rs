//! Every bad vector of the framing and codec layers gives the stated reaction.
//!
//! The application and session layers are somebody else's: here their PDUs only have to decode.

use bytes::BytesMut;
use serde_json::Value;
use smpp_pdu::{Answer, CommandId, CommandStatus, DEFAULT_MAX_PDU, Frame, Profile};

use crate::{json_lines, number, unhex, version};

pub(crate) const BAD: &str = include_str!("../../testdata/vectors-bad.jsonl");

/// What this crate says about the first PDU of a vector that is not simply good.
#[derive(Debug, PartialEq)]
enum Reaction {
    Accepted,
    Incomplete,
    Answered(Answer, u32),
}

#[test]
fn bad_vectors_give_the_stated_reaction() {
    let vectors = json_lines(BAD);
    assert_eq!(vectors.len(), 162);
    let mut checked = 0;
    for vector in &vectors {
        let expected = expected(vector);
        let reaction = react(vector);
        match vector["layer"].as_str().unwrap() {
            "framing" | "codec" => {
                checked += 1;
                assert!(agrees(&reaction, &expected), "{}: {reaction:?}, expected {expected:?}", vector["name"]);
            }
            "application" | "session" => assert_ne!(reaction, Reaction::Incomplete, "{}", vector["name"]),
            other => panic!("layer {other}"),
        }
    }
    assert_eq!(checked, 112);
}

#[test]
fn the_layers_above_get_their_pdus_decoded() {
    let layers = ["application", "session"];
    let above = json_lines(BAD).into_iter().filter(|vector| layers.contains(&vector["layer"].as_str().unwrap()));
    let mut count = 0;
    for vector in above {
        assert_eq!(react(&vector), Reaction::Accepted, "{}", vector["name"]);
        count += 1;
    }
    assert_eq!(count, 50);
}

fn react(vector: &Value) -> Reaction {
    let profile = Profile::DEFAULT.with_version(version(vector["session_version"].as_str().unwrap()));
    let mut stream = BytesMut::from(&*unhex(vector["hex"].as_str().unwrap()));
    loop {
        let frame = match Frame::split(&mut stream, DEFAULT_MAX_PDU) {
            Ok(Some(frame)) => frame,
            Ok(None) if stream.is_empty() => return Reaction::Accepted,
            Ok(None) => return Reaction::Incomplete,
            Err(error) => return Reaction::Answered(error.answer(), error.sequence_number()),
        };
        if let Err(error) = frame.decode(&profile) {
            return Reaction::Answered(error.answer(), frame.sequence_number());
        }
    }
}

/// The reaction the vector states, in our words.
fn expected(vector: &Value) -> Reaction {
    let reaction = &vector["reaction"];
    let status = || CommandStatus(number(reaction["status"].as_str().unwrap()));
    let sequence = reaction["sequence_number"].as_u64().unwrap_or(0) as u32;
    let closes = reaction["then"] == "close";
    match reaction["kind"].as_str().unwrap() {
        "accept" => Reaction::Accepted,
        "ignore" => Reaction::Answered(Answer::Ignore, 0),
        // The octets stop in the middle of a PDU: the shell sees the end of the connection.
        "close" if vector["name"].as_str().unwrap().starts_with("eof_") => Reaction::Incomplete,
        "close" => Reaction::Answered(Answer::Close, 0),
        "generic_nack" if closes => Reaction::Answered(Answer::NackAndClose(status()), sequence),
        "generic_nack" => Reaction::Answered(Answer::Nack(status()), sequence),
        "resp" => {
            let id = CommandId(number(reaction["command_id"].as_str().unwrap()));
            Reaction::Answered(Answer::Respond(id, status()), sequence)
        }
        other => panic!("reaction {other}"),
    }
}

fn agrees(found: &Reaction, expected: &Reaction) -> bool {
    match (found, expected) {
        // Nothing is sent, so there is no sequence number to compare.
        (Reaction::Answered(Answer::Ignore, _), Reaction::Answered(Answer::Ignore, _)) => true,
        (Reaction::Answered(Answer::Close, _), Reaction::Answered(Answer::Close, _)) => true,
        // A damaged response does less harm when it completes its request than when it is dropped;
        // the vectors list that beside `ignore`.
        (Reaction::Accepted, Reaction::Answered(Answer::Ignore, _)) => true,
        _ => found == expected,
    }
}

//! Every bad vector, given to a session in the stated state: does it react as SMPP asks?

use serde_json::Value;
use smpp_pdu::{
    BindReceiver, BindTransceiver, BindTransmitter, CStr, CommandId, CommandStatus, Frame, Pdu, Side, Stamp, Version,
};
use smpp_session::testing::{feed, sent};
use smpp_session::{BindKind, CloseReason, Config, Credentials, Event, Session, Time};

const VECTORS: &str = include_str!("../../../smpp-pdu/testdata/vectors-bad.jsonl");

#[test]
fn every_bad_vector_gets_the_stated_reaction() {
    let vectors: Vec<Value> = VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(vectors.len(), 162);
    let failures: Vec<String> =
        vectors.iter().filter_map(|vector| check(vector).err().map(|why| format!("{}: {why}", text(vector, "name")))).collect();
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

fn check(vector: &Value) -> Result<(), String> {
    let mut session = session_for(vector);
    feed(&mut session, &octets(vector), Time::ZERO);
    let arrived = serve(&mut session);
    let reaction = &vector["reaction"];
    if text(vector, "name").starts_with("eof_") {
        ensure(session.closed().is_none(), "does not wait for the rest of the PDU")?;
        session.handle_disconnect();
    }
    let closes = text(reaction, "then") == "close";
    // Where the vectors leave the choice, a peer that lost step with us is left (SMPP 3.4 §4.3).
    let may_close = reaction["also_acceptable"].as_str().is_some_and(|text| text.contains("close the session"));
    let closed = session.closed();
    ensure(closed.is_some() == closes || (may_close && closed == Some(CloseReason::OutOfStep)), &format!("closed: {closed:?}"))?;
    let frames = sent(&mut session);
    if text(vector, "layer") == "application" {
        // Judging values is the application's business; the session has to bring them to it.
        return ensure(arrived == 1, "does not reach the application");
    }
    match text(reaction, "kind") {
        "generic_nack" | "resp" => answered(vector, frames.last()),
        "accept" if !reaction["command_id"].is_null() => {
            ensure(!frames.is_empty(), "is not answered")?;
            frames.iter().try_for_each(|frame| answered(vector, Some(frame)))
        }
        "accept" | "ignore" | "close" => ensure(frames.is_empty(), &format!("is answered with {frames:?}")),
        other => Err(format!("unknown reaction {other}")),
    }
}

/// Compares an answer with the stated one.
fn answered(vector: &Value, frame: Option<&Frame>) -> Result<(), String> {
    let Some(frame) = frame else { return Err("is not answered".into()) };
    let reaction = &vector["reaction"];
    let wanted = (CommandId(number(reaction, "command_id")), CommandStatus(number(reaction, "status")));
    let found = (frame.command_id(), frame.command_status());
    ensure(found == wanted, &format!("is answered with {found:?} instead of {wanted:?}"))?;
    let sequence_number = match reaction["sequence_number"].as_u64() {
        Some(stated) => stated as u32,
        // What is accepted is answered under its own number.
        None => u32::from_be_bytes(octets(vector)[12..16].try_into().unwrap()),
    };
    ensure(frame.sequence_number() == sequence_number, &format!("is answered with number {}", frame.sequence_number()))
}

/// The least an application does; returns how much reached it.
fn serve(session: &mut Session<u32>) -> usize {
    let mut arrived = 0;
    while let Some(event) = session.poll_event() {
        match event {
            Event::Request { frame, responder } => {
                arrived += 1;
                match frame.decode(session.profile()).map(|decoded| decoded.pdu) {
                    Err(error) => session.refuse(responder, error.status()),
                    // This one has no distribution lists and no use for many addresses.
                    Ok(Pdu::SubmitMulti(_)) => session.nack(responder, CommandStatus::RINVCMDID),
                    Ok(_) => session.refuse(responder, CommandStatus::RSYSERR),
                }
                .unwrap();
            }
            Event::Bind { responder, .. } => {
                arrived += 1;
                session.accept_bind(responder, CStr::default()).unwrap();
            }
            _ => {}
        }
    }
    arrived
}

/// A session brought to the state the vector asks for, by the ordinary way.
fn session_for(vector: &Value) -> Session<u32> {
    let version = match text(vector, "session_version") {
        "3.3" => Version::V3_3,
        "3.4" => Version::V3_4,
        "5.0" => Version::V5_0,
        other => panic!("version {other}"),
    };
    let config = Config { version, silent_version: version, ..Config::default() };
    let kind = match text(vector, "state") {
        "BOUND_TX" => Some(BindKind::Transmitter),
        "BOUND_RX" => Some(BindKind::Receiver),
        "BOUND_TRX" | "UNBOUND" => Some(BindKind::Transceiver),
        "OPEN" => None,
        other => panic!("state {other}"),
    };
    let side = if text(vector, "receiver") == "MC" { Side::Mc } else { Side::Esme };
    let mut session = Session::new(side, config, Time::ZERO);
    if let Some(kind) = kind {
        bind(&mut session, kind, version);
        assert_eq!(session.state(), kind.state());
    }
    if text(vector, "state") == "UNBOUND" {
        session.unbind(Time::ZERO);
    } else if kind.is_some() && side == Side::Esme {
        // Something that waits for number 9, for the responses among the vectors.
        while session.request(&crate::submit(), 9, Time::ZERO).is_ok_and(|number| number < 9) {}
    }
    sent(&mut session);
    session
}

pub(crate) fn bind(session: &mut Session<u32>, kind: BindKind, version: Version) {
    let interface_version = version.to_wire();
    if session.side() == Side::Esme {
        session.bind(kind, &Credentials::new("esme", "secret"), 0, Time::ZERO).unwrap();
        let mut answer = sent(session).remove(0).header();
        answer.command_id = answer.command_id.response();
        answer.command_length = 17;
        let mut octets = bytes::BytesMut::new();
        answer.encode(&mut octets);
        octets.extend_from_slice(&[0]);
        feed(session, &octets, Time::ZERO);
    } else {
        let frame = match kind {
            BindKind::Transmitter => Frame::new(&BindTransmitter { interface_version, ..Default::default() }, Stamp::new(1)),
            BindKind::Receiver => Frame::new(&BindReceiver { interface_version, ..Default::default() }, Stamp::new(1)),
            BindKind::Transceiver => Frame::new(&BindTransceiver { interface_version, ..Default::default() }, Stamp::new(1)),
        };
        feed(session, frame.unwrap().octets(), Time::ZERO);
    }
    serve(session);
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}"))
}

fn number(value: &Value, key: &str) -> u32 {
    u32::from_str_radix(text(value, key).trim_start_matches("0x"), 16).unwrap()
}

fn octets(vector: &Value) -> Vec<u8> {
    let hex = text(vector, "hex");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

//! Who may send what when: every PDU in every state, received and sent by both sides.
//!
//! The expectation is written down here from the published state tables, not from the table the
//! code uses; the reaction is observed on a real session.

use std::fmt;

use smpp_pdu::check::{Entropy, generate};
use smpp_pdu::{
    AlertNotification, BroadcastSm, CancelBroadcastSm, CancelSm, Command, CommandId, CommandStatus, DataSm, DeliverSm,
    EnquireLink, Kind, Outbind, PduInfo, QueryBroadcastSm, QuerySm, ReplaceSm, Side, State, SubmitMulti, SubmitSm, Unbind,
    Version,
};
use smpp_session::testing::{feed, sent};
use smpp_session::{BindKind, Config, Credentials, Event, Outcome, RequestError, Session, Time};

use crate::vectors::bind;

/// Operation, who may send it, in which states in 3.4, in which in 5.0.
///
/// SMPP 3.4 has no state of its own after outbind: there it is still OPEN. Its table lists
/// replace_sm for TX alone and is widely read as here; data_sm goes where messages go. A second
/// outbind says nothing new in either version.
const TABLE: &[(&str, &str, &str, &str)] = &[
    ("bind_transmitter", "esme", "OPEN OUTBOUND", "OPEN"),
    ("bind_receiver", "esme", "OPEN OUTBOUND", "OPEN OUTBOUND"),
    ("bind_transceiver", "esme", "OPEN OUTBOUND", "OPEN OUTBOUND"),
    ("outbind", "mc", "OPEN", "OPEN"),
    ("unbind", "esme mc", "TX RX TRX", "TX RX TRX"),
    ("submit_sm", "esme", "TX TRX", "TX TRX"),
    ("submit_multi", "esme", "TX TRX", "TX TRX"),
    ("data_sm", "esme", "TX TRX", "TX TRX"),
    ("data_sm", "mc", "RX TRX", "RX TRX"),
    ("deliver_sm", "mc", "RX TRX", "RX TRX"),
    ("query_sm", "esme", "TX TRX", "TX TRX"),
    ("cancel_sm", "esme", "TX TRX", "TX TRX"),
    ("replace_sm", "esme", "TX TRX", "TX TRX"),
    ("enquire_link", "esme mc", "TX RX TRX", "OPEN OUTBOUND TX RX TRX"),
    ("alert_notification", "mc", "RX TRX", "RX TRX"),
    ("broadcast_sm", "esme", "-", "TX TRX"),
    ("query_broadcast_sm", "esme", "-", "TX TRX"),
    ("cancel_broadcast_sm", "esme", "-", "TX TRX"),
    ("param_retrieve", "esme", "-", "-"),
    ("query_last_msgs", "esme", "-", "-"),
    ("query_msg_details", "esme", "-", "-"),
];

/// The ways to stand somewhere, with the name of the state in the table.
const STATES: [(&str, Way); 7] = [
    ("OPEN", Way::Connected),
    ("OUTBOUND", Way::Outbound),
    ("TX", Way::Bound(BindKind::Transmitter)),
    ("RX", Way::Bound(BindKind::Receiver)),
    ("TRX", Way::Bound(BindKind::Transceiver)),
    ("UNBOUND", Way::UnbindSent),
    ("UNBOUND", Way::UnbindReceived),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Connected,
    Outbound,
    Bound(BindKind),
    UnbindSent,
    UnbindReceived,
}

/// What a session does with a PDU.
#[derive(Clone, Copy, PartialEq)]
enum Reaction {
    /// It reaches the application, or the session answers with success.
    Taken,
    Refused(CommandStatus),
    Nacked(CommandStatus),
    Ignored,
}

impl fmt::Debug for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reaction::Taken => f.write_str("taken"),
            Reaction::Refused(status) => write!(f, "refused with {status}"),
            Reaction::Nacked(status) => write!(f, "nacked with {status}"),
            Reaction::Ignored => f.write_str("ignored"),
        }
    }
}

#[test]
fn every_pdu_gets_the_reaction_of_its_state_from_both_sides() {
    let mut differences = Vec::new();
    for_each_place(|version, side, (state, way), info| {
        let wanted = if info.kind == Kind::Response { Reaction::Ignored } else { expected(info, side.peer(), state, version) };
        let found = received(&mut session_in(side, way, version), info);
        if found != wanted {
            differences.push(format!("{version} {side:?} {way:?}: {} is {found:?}, should be {wanted:?}", info.name));
        }
    });
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn every_pdu_can_be_sent_in_its_states_and_in_no_other() {
    let (mut differences, mut permitted) = (Vec::new(), 0);
    for_each_place(|version, side, (state, way), info| {
        if info.kind == Kind::Response {
            // Can only be sent with the right to answer a request.
            return;
        }
        let wanted = may_send(info.name, side, state, version);
        permitted += usize::from(wanted);
        let mut session = session_in(side, way, version);
        let found = send(&mut session, info.id);
        // Without an address this one is refused for what it holds.
        let reached = sent(&mut session).iter().any(|frame| frame.command_id() == info.id);
        if found != wanted || reached != (wanted && info.id != CommandId::SUBMIT_MULTI) {
            differences.push(format!("{version} {side:?} {way:?}: {} sent {found}, should be {wanted}", info.name));
        }
    });
    assert!(differences.is_empty(), "{}:\n{}", differences.len(), differences.join("\n"));
    assert_eq!(permitted, 37 + 46, "pairs of state and sender in 3.4 and in 5.0");
}

#[test]
fn a_response_ends_its_request_in_every_state_the_request_is_legal_in() {
    let mut answered = 0;
    for_each_place(|version, side, (state, way), info| {
        let mut session = session_in(side, way, version);
        let asks = info.kind == Kind::Request && info.id != CommandId::UNBIND && info.id != CommandId::SUBMIT_MULTI;
        if !asks || !may_send(info.name, side, state, version) {
            return;
        }
        assert!(send(&mut session, info.id));
        let number = sent(&mut session)[0].sequence_number();
        feed(&mut session, &octets(info.id.response(), number), Time::ZERO);
        let answer = |event: &_| matches!(event, Event::Ended { outcome: Outcome::Answered(_), .. });
        let answers = std::iter::from_fn(|| session.poll_event()).filter(answer).count();
        assert_eq!(answers, 1, "{}", info.name);
        answered += 1;
    });
    assert!(answered > 50, "{answered}");
}

/// What the tables ask for when `sender` sends a request or a one-way PDU.
fn expected(info: &PduInfo, sender: Side, state: &str, version: Version) -> Reaction {
    let exists = TABLE.iter().any(|row| row.0 == info.name && states(row, version) != "-");
    if !exists {
        return Reaction::Nacked(CommandStatus::RINVCMDID);
    }
    // A link may be checked at any time; unbinds may cross or come twice.
    let always = info.name == "enquire_link" || (info.name == "unbind" && state == "UNBOUND");
    if always || may_send(info.name, sender, state, version) {
        return Reaction::Taken;
    }
    let bound = matches!(state, "TX" | "RX" | "TRX");
    match info.kind {
        Kind::OneWay => Reaction::Ignored,
        _ if bound && sender == Side::Esme && info.name.starts_with("bind_") => Reaction::Refused(CommandStatus::RALYBND),
        _ => Reaction::Refused(CommandStatus::RINVBNDSTS),
    }
}

fn may_send(name: &str, sender: Side, state: &str, version: Version) -> bool {
    let sender = if sender == Side::Esme { "esme" } else { "mc" };
    let has = |list: &str, word| list.split(' ').any(|listed| listed == word);
    TABLE.iter().any(|row| row.0 == name && has(row.1, sender) && has(states(row, version), state))
}

fn states(row: &(&str, &str, &'static str, &'static str), version: Version) -> &'static str {
    if version == Version::V5_0 { row.3 } else { row.2 }
}

fn for_each_place(mut look: impl FnMut(Version, Side, (&'static str, Way), &'static PduInfo)) {
    let known = PduInfo::TABLE.iter().filter(|info| info.kind != Kind::Response).map(|info| info.name);
    assert!(known.into_iter().all(|name| TABLE.iter().any(|row| row.0 == name)), "a PDU is missing here");
    for version in [Version::V3_4, Version::V5_0] {
        for side in [Side::Esme, Side::Mc] {
            for state in STATES {
                PduInfo::TABLE.iter().for_each(|info| look(version, side, state, info));
            }
        }
    }
}

/// A session brought there by the ordinary way.
fn session_in(side: Side, way: Way, version: Version) -> Session<u32> {
    let config = Config { version, silent_version: version, ..Config::default() };
    let mut session = Session::new(side, config, Time::ZERO);
    match way {
        Way::Connected => {}
        Way::Outbound if side == Side::Mc => session.notify(&Outbind::default(), Time::ZERO).unwrap(),
        Way::Outbound => feed(&mut session, &octets(CommandId::OUTBIND, 1), Time::ZERO),
        Way::Bound(kind) => bind(&mut session, kind, version),
        Way::UnbindSent => {
            bind(&mut session, BindKind::Transceiver, version);
            session.unbind(Time::ZERO);
        }
        Way::UnbindReceived => {
            bind(&mut session, BindKind::Transceiver, version);
            feed(&mut session, &octets(CommandId::UNBIND, 2), Time::ZERO);
        }
    }
    let state = match way {
        Way::Connected => State::Open,
        Way::Outbound => State::Outbound,
        Way::Bound(kind) => kind.state(),
        Way::UnbindSent | Way::UnbindReceived => State::Unbound,
    };
    assert_eq!(session.state(), state);
    sent(&mut session);
    while session.poll_event().is_some() {}
    session
}

/// Gives the session a PDU with a number nobody has used.
fn received(session: &mut Session<u32>, info: &'static PduInfo) -> Reaction {
    let number = 77;
    feed(session, &octets(info.id, number), Time::ZERO);
    let told: Vec<_> = std::iter::from_fn(|| session.poll_event()).collect();
    let answers = sent(session);
    let reached = told.iter().any(|event| matches!(event, Event::Bind { .. } | Event::Request { .. } | Event::Notification(_)));
    let [answer] = answers.as_slice() else {
        assert!(answers.is_empty(), "{answers:?}");
        return if reached { Reaction::Taken } else { Reaction::Ignored };
    };
    assert!(!reached, "both the session and the application answer");
    assert_eq!(answer.sequence_number(), number);
    match (answer.command_id(), answer.command_status()) {
        (CommandId::GENERIC_NACK, status) => Reaction::Nacked(status),
        (id, status) => {
            assert_eq!(id, info.id.response());
            if status.is_ok() { Reaction::Taken } else { Reaction::Refused(status) }
        }
    }
}

/// Tries to send; true if the session permits it.
fn send(session: &mut Session<u32>, id: CommandId) -> bool {
    let kinds = [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver];
    if let Some(kind) = kinds.into_iter().find(|kind| kind.command_id() == id) {
        return permitted(session.bind(kind, &Credentials::new("me", "secret"), 0, Time::ZERO));
    }
    macro_rules! request {
        ($($pdu:ident)*) => {
            $(if id == $pdu::INFO.id {
                return permitted(session.request(&$pdu::default(), 0, Time::ZERO));
            })*
        };
    }
    request!(SubmitSm SubmitMulti DataSm DeliverSm QuerySm CancelSm ReplaceSm EnquireLink);
    request!(BroadcastSm QueryBroadcastSm CancelBroadcastSm);
    match id {
        CommandId::OUTBIND => permitted(session.notify(&Outbind::default(), Time::ZERO)),
        CommandId::ALERT_NOTIFICATION => permitted(session.notify(&AlertNotification::default(), Time::ZERO)),
        CommandId::UNBIND => {
            assert!(!permitted(session.request(&Unbind::default(), 0, Time::ZERO)), "there is a method for it");
            session.unbind(Time::ZERO);
            session.poll_transmit().is_some()
        }
        // The operations of 3.3 that later versions removed.
        id => {
            assert!(PduInfo::of(id).is_some_and(|info| info.until.is_some()), "{id} is not tried");
            false
        }
    }
}

fn permitted<T: fmt::Debug>(result: Result<T, RequestError>) -> bool {
    match result {
        // What it holds is judged after the state.
        Ok(_) | Err(RequestError::Encode(_)) => true,
        Err(RequestError::NotPermitted { .. } | RequestError::Unbinding) => false,
        Err(error) => panic!("{error}"),
    }
}

/// A valid PDU that says as little as possible.
fn octets(id: CommandId, sequence_number: u32) -> Vec<u8> {
    let info = PduInfo::of(id).unwrap();
    generate(info, &mut Entropy::new(&sequence_number.to_be_bytes())).to_vec()
}

//! Behaviour of sessions: the core in virtual time, the tokio shell over loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod close;
mod corpus;
mod net;
mod operations;
mod properties;
mod requests;
mod simulation;
mod states;
mod throttle;
mod timers;
mod vectors;

use smpp_pdu::{Addr, Frame, ShortMessage, SubmitSm};
use smpp_session::testing::Pair;
use smpp_session::{BindKind, CloseReason, Config, Event, Outcome, Session, Timeouts};

/// A message that says nothing.
fn submit() -> SubmitSm<'static> {
    SubmitSm {
        destination_addr: Addr::international("447700900123").unwrap(),
        short_message: ShortMessage::new("hello").unwrap(),
        ..Default::default()
    }
}

/// Two bound sessions without timers of their own.
fn quiet_pair(config: Config) -> Pair {
    let timers = Timeouts { session_init: None, enquire_link: None, ..config.timers };
    let config = Config { timers, ..config };
    Pair::bound(BindKind::Transceiver, config.clone(), config)
}

/// Everything that has happened since the last look.
fn events(session: &mut Session<u32>) -> Vec<Event<u32>> {
    std::iter::from_fn(|| session.poll_event()).collect()
}

/// The requests that ended since the last look.
fn ended(session: &mut Session<u32>) -> Vec<(u32, Ending)> {
    let ended = |event| match event {
        Event::Ended { tag, outcome, .. } => Some((tag, ending(&outcome))),
        _ => None,
    };
    events(session).into_iter().filter_map(ended).collect()
}

/// How a request ended, without the octets.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ending {
    Answered(u32),
    Expired,
    Lost(CloseReason),
}

fn ending(outcome: &Outcome) -> Ending {
    match outcome {
        Outcome::Answered(frame) => Ending::Answered(frame.command_status().0),
        Outcome::Expired => Ending::Expired,
        Outcome::Lost(reason) => Ending::Lost(*reason),
        other => panic!("{other:?}"),
    }
}

/// The requests a session was asked since the last look, with the right to answer.
fn requests(session: &mut Session<u32>) -> Vec<(Frame, smpp_session::Responder)> {
    let request = |event| match event {
        Event::Request { frame, responder } => Some((frame, responder)),
        _ => None,
    };
    events(session).into_iter().filter_map(request).collect()
}

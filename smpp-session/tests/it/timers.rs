//! What happens when nothing happens.

use std::time::Duration;

use smpp_pdu::{CommandId, CommandStatus, Frame, GenericNack, Stamp};
use smpp_session::testing::{Pair, feed, sent};
use smpp_session::{BindKind, CloseReason, Config, Credentials, End, Overflow, Time, Timeouts, Timer};

use crate::{Ending, ended, quiet_pair, requests, submit};

const SECOND: Duration = Duration::from_secs(1);

fn with(timers: Timeouts) -> Config {
    Config { timers, ..Config::default() }
}

fn quiet() -> Timeouts {
    Timeouts { session_init: None, enquire_link: None, ..Timeouts::default() }
}

#[test]
fn a_connection_without_a_bind_is_closed_without_a_word() {
    let config = with(Timeouts { session_init: Some(5 * SECOND), ..quiet() });
    let mut pair = Pair::new(config.clone(), config);
    pair.advance(5 * SECOND - Duration::from_micros(1));
    assert!(pair.mc.closed().is_none());
    pair.advance(Duration::from_micros(1));
    assert_eq!(pair.mc.closed(), Some(CloseReason::TimedOut(Timer::SessionInit)));
    assert_eq!(pair.mc.counters().pdus_out, 0);
}

#[test]
fn a_service_that_never_decides_about_a_bind_does_not_keep_the_connection() {
    let mut pair = Pair::new(with(quiet()), with(Timeouts { session_init: Some(5 * SECOND), ..quiet() }));
    pair.advance(4 * SECOND);
    pair.esme.bind(BindKind::Receiver, &Credentials::new("me", ""), 1, pair.now).unwrap();
    pair.deliver();
    pair.advance(4 * SECOND);
    assert!(pair.mc.closed().is_none(), "the bind starts the timer anew");
    pair.advance(SECOND);
    assert_eq!(pair.mc.closed(), Some(CloseReason::TimedOut(Timer::SessionInit)));
}

#[test]
fn a_bound_session_needs_no_bind() {
    let mut pair = Pair::bound(BindKind::Transceiver, with(quiet()), with(Timeouts { session_init: Some(SECOND), ..quiet() }));
    pair.advance(100 * SECOND);
    assert_eq!((pair.mc.closed(), pair.mc.poll_timeout()), (None, None));
}

#[test]
fn a_bind_that_is_not_answered_ends_the_connection() {
    let mut pair = Pair::new(with(quiet()), with(quiet()));
    pair.esme.bind(BindKind::Receiver, &Credentials::new("me", ""), 1, pair.now).unwrap();
    pair.lose();
    pair.advance(Timeouts::default().response);
    assert_eq!(ended(&mut pair.esme), [(1, Ending::Expired)]);
    assert_eq!(pair.esme.closed(), Some(CloseReason::TimedOut(Timer::Bind)));
}

#[test]
fn a_silent_peer_is_asked_and_a_living_one_answers() {
    let mut pair =
        Pair::bound(BindKind::Transceiver, with(Timeouts { enquire_link: Some(10 * SECOND), ..quiet() }), with(quiet()));
    let before = pair.esme.counters().pdus_out;
    pair.advance(35 * SECOND);
    assert_eq!(pair.esme.counters().pdus_out - before, 3);
    assert!(pair.esme.closed().is_none());
}

#[test]
fn a_dead_peer_is_left() {
    let mut pair =
        Pair::bound(BindKind::Transceiver, with(Timeouts { enquire_link: Some(10 * SECOND), ..quiet() }), with(quiet()));
    pair.now = pair.now + 10 * SECOND;
    pair.esme.handle_timeout(pair.now);
    assert_eq!(sent(&mut pair.esme)[0].command_id(), CommandId::ENQUIRE_LINK);
    pair.esme.request(&submit(), 5, pair.now).unwrap();
    pair.lose();
    pair.advance(quiet().response);
    assert_eq!(pair.esme.closed(), Some(CloseReason::TimedOut(Timer::EnquireLink)));
    assert_eq!(ended(&mut pair.esme), [(5, Ending::Expired)], "its own timer rang first");
}

#[test]
fn any_pdu_proves_that_the_peer_lives() {
    let mut pair =
        Pair::bound(BindKind::Transceiver, with(Timeouts { enquire_link: Some(10 * SECOND), ..quiet() }), with(quiet()));
    for _ in 0..20 {
        pair.now = pair.now + 9 * SECOND;
        let stray = Frame::new(&smpp_pdu::SubmitSmResp::default(), Stamp::new(99)).unwrap();
        pair.esme.handle_timeout(pair.now);
        sent(&mut pair.esme);
        feed(&mut pair.esme, stray.octets(), pair.now);
    }
    assert!(pair.esme.closed().is_none());
}

#[test]
fn a_nacked_enquiry_proves_that_the_peer_lives() {
    let mut pair =
        Pair::bound(BindKind::Transceiver, with(Timeouts { enquire_link: Some(10 * SECOND), ..quiet() }), with(quiet()));
    pair.now = pair.now + 10 * SECOND;
    pair.esme.handle_timeout(pair.now);
    let number = sent(&mut pair.esme)[0].sequence_number();
    let stamp = Stamp { command_status: CommandStatus::RINVCMDID, ..Stamp::new(number) };
    feed(&mut pair.esme, Frame::new(&GenericNack::default(), stamp).unwrap().octets(), pair.now);
    assert_eq!(pair.esme.counters().strays, 0);
    assert_eq!(pair.esme.poll_timeout(), Some(pair.now + 10 * SECOND));
}

#[test]
fn enquire_link_and_unbind_pass_a_full_window() {
    let config = Config { window: 1, ..with(Timeouts { enquire_link: Some(10 * SECOND), response: 15 * SECOND, ..quiet() }) };
    let mut pair = Pair::bound(BindKind::Transceiver, config, with(quiet()));
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    assert_eq!(pair.esme.room(), 0);
    let before = pair.mc.counters().pdus_in;
    pair.advance(12 * SECOND);
    assert_eq!(pair.mc.counters().pdus_in - before, 2, "the message and the enquiry");
    pair.esme.unbind(pair.now);
    pair.advance(3 * SECOND);
    assert_eq!(ended(&mut pair.esme), [(1, Ending::Expired)]);
    // The MC never answers the message, so it holds back its unbind_resp as long as it may.
    pair.advance(quiet().response);
    assert_eq!(pair.esme.closed().map(CloseReason::by), Some(End::Peer), "{:?}", pair.esme.closed());
}

#[test]
fn requests_expire_one_by_one_in_the_order_of_sending() {
    let mut pair = quiet_pair(with(Timeouts { response: 10 * SECOND, ..quiet() }));
    for tag in 0..3 {
        pair.esme.request(&submit(), tag, pair.now).unwrap();
        pair.advance(SECOND);
    }
    pair.advance(6 * SECOND);
    assert!(ended(&mut pair.esme).is_empty());
    pair.advance(SECOND);
    assert_eq!(ended(&mut pair.esme), [(0, Ending::Expired)]);
    pair.advance(SECOND);
    assert_eq!(ended(&mut pair.esme), [(1, Ending::Expired)]);
    for (_, responder) in requests(&mut pair.mc) {
        pair.mc.refuse(responder, CommandStatus::RSYSERR).unwrap();
    }
    pair.deliver();
    assert_eq!(ended(&mut pair.esme), [(2, Ending::Answered(CommandStatus::RSYSERR.0))]);
    assert_eq!((pair.esme.counters().expired, pair.esme.counters().strays), (2, 2));
}

#[test]
fn an_idle_session_unbinds_and_enquiries_do_not_keep_it_alive() {
    let timers = Timeouts { inactivity: Some(60 * SECOND), enquire_link: Some(10 * SECOND), ..quiet() };
    let mut pair = Pair::bound(BindKind::Transceiver, with(quiet()), with(timers));
    pair.advance(59 * SECOND);
    assert!(pair.mc.closed().is_none());
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    pair.deliver();
    let (_, responder) = requests(&mut pair.mc).remove(0);
    pair.mc.refuse(responder, CommandStatus::RSYSERR).unwrap();
    pair.deliver();
    pair.advance(59 * SECOND);
    assert!(pair.mc.closed().is_none());
    pair.advance(SECOND);
    assert_eq!(pair.mc.closed(), Some(CloseReason::Unbound { by: End::Local }));
}

#[test]
fn an_unbind_that_is_not_answered_ends_the_session() {
    let mut pair = quiet_pair(Config::default());
    pair.esme.unbind(pair.now);
    pair.lose();
    pair.advance(quiet().response);
    assert_eq!(pair.esme.closed(), Some(CloseReason::TimedOut(Timer::Unbind)));
}

#[test]
fn while_nothing_is_read_the_peer_is_not_blamed_but_not_for_ever() {
    let timers = Timeouts { response: 10 * SECOND, ..quiet() };
    let config = Config { unanswered: 1, overflow: Overflow::StopReading, ..with(timers) };
    let mut pair = quiet_pair(config);
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    pair.deliver();
    // Our own request; the answer cannot be read before the peer's request is answered.
    pair.mc.request(&smpp_pdu::DeliverSm::default(), 2, pair.now).unwrap();
    pair.advance(15 * SECOND);
    assert!(ended(&mut pair.mc).is_empty());
    pair.advance(5 * SECOND);
    assert_eq!(ended(&mut pair.mc), [(2, Ending::Expired)]);
}

#[test]
fn nothing_is_due_after_the_end() {
    let mut pair = Pair::bound(BindKind::Transceiver, Config::default(), Config::default());
    assert!(pair.mc.poll_timeout().is_some());
    pair.cut();
    assert_eq!((pair.mc.poll_timeout(), pair.esme.poll_timeout()), (None, None));
    pair.mc.handle_timeout(Time::from_micros(u64::MAX));
    assert_eq!(pair.mc.closed(), Some(CloseReason::Disconnected));
}

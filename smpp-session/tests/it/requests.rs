//! Requests and their ends: answered in any order, nacked, late, twice, or not at all.

use smpp_pdu::{CommandId, CommandStatus, DeliverSmResp, Frame, GenericNack, MAX_SEQUENCE_NUMBER, Stamp, SubmitSmResp};
use smpp_session::testing::{Pair, feed, sent};
use smpp_session::{CloseReason, Config, Event, RequestError, Stray, Time};

use crate::{Ending, ended, events, quiet_pair, requests, submit};

fn window(window: usize) -> Pair {
    quiet_pair(Config { window, ..Config::default() })
}

fn strays(pair: &mut Pair) -> Vec<Stray> {
    let stray = |event| match event {
        Event::Stray { why, .. } => Some(why),
        _ => None,
    };
    events(&mut pair.esme).into_iter().filter_map(stray).collect()
}

fn answer(sequence_number: u32) -> Frame {
    Frame::new(&SubmitSmResp::default(), Stamp::new(sequence_number)).unwrap()
}

#[test]
fn answers_come_in_any_order_and_find_their_requests() {
    let mut pair = window(100);
    for tag in 0..100 {
        pair.esme.request(&submit(), tag, pair.now).unwrap();
    }
    pair.deliver();
    let mut asked = requests(&mut pair.mc);
    assert_eq!(asked.len(), 100);
    asked.reverse();
    for (number, (_, responder)) in asked.into_iter().enumerate() {
        pair.mc.refuse(responder, CommandStatus(number as u32 + 1)).unwrap();
    }
    pair.deliver();
    let wanted: Vec<_> = (0..100).map(|number| (99 - number, Ending::Answered(number + 1))).collect();
    assert_eq!(ended(&mut pair.esme), wanted);
    assert_eq!((pair.esme.waiting(), pair.mc.unanswered()), (0, 0));
}

#[test]
fn the_window_is_never_passed_and_opens_with_each_answer() {
    for size in [1, 10, 65_535] {
        let mut pair = quiet_pair(Config { window: size, max_unwritten: usize::MAX, ..Config::default() });
        let sent = (0..).take_while(|tag| pair.esme.request(&submit(), *tag, Time::ZERO).is_ok()).count();
        assert_eq!((sent, pair.esme.waiting(), pair.esme.room()), (size, size, 0), "window {size}");
        assert_eq!(pair.esme.request(&submit(), 0, Time::ZERO), Err(RequestError::WindowFull));
        feed(&mut pair.esme, answer(2).octets(), Time::ZERO);
        assert!(pair.esme.request(&submit(), 0, Time::ZERO).is_ok());
    }
}

#[test]
fn a_peer_that_does_not_read_closes_the_window() {
    let mut pair = quiet_pair(Config { window: 1000, max_unwritten: 500, ..Config::default() });
    let sent = (0..).take_while(|tag| pair.esme.request(&submit(), *tag, Time::ZERO).is_ok()).count();
    assert!(sent < 20);
    assert!(!pair.esme.wants_input(), "its answers must wait too");
    pair.deliver();
    assert!(pair.esme.room() > 900 && pair.esme.wants_input());
}

#[test]
fn sequence_numbers_wrap_and_skip_requests_that_still_wait() {
    let mut pair = window(10);
    let slow = pair.esme.request(&submit(), 7, Time::ZERO).unwrap();
    let mut last = slow;
    for _ in 0..200 {
        let number = pair.esme.request(&submit(), 8, Time::ZERO).unwrap();
        assert!(number > last && number <= MAX_SEQUENCE_NUMBER);
        feed(&mut pair.esme, answer(number).octets(), Time::ZERO);
        last = number;
    }
    assert!(last - slow > 200, "the slot of the slow one was passed over");
    feed(&mut pair.esme, answer(slow).octets(), Time::ZERO);
    assert_eq!(ended(&mut pair.esme).last(), Some(&(7, Ending::Answered(0))));
}

#[test]
fn a_nack_ends_its_request() {
    let mut pair = window(10);
    let number = pair.esme.request(&submit(), 3, pair.now).unwrap();
    let stamp = Stamp { command_status: CommandStatus::RINVCMDID, ..Stamp::new(number) };
    feed(&mut pair.esme, Frame::new(&GenericNack::default(), stamp).unwrap().octets(), pair.now);
    assert_eq!(ended(&mut pair.esme), [(3, Ending::Answered(CommandStatus::RINVCMDID.0))]);
}

#[test]
fn a_nack_of_nothing_is_stray_unless_the_peer_lost_step() {
    let mut pair = window(10);
    pair.esme.request(&submit(), 3, pair.now).unwrap();
    let nack = |status| {
        let stamp = Stamp { command_status: status, ..Stamp::new(0) };
        Frame::new(&GenericNack::default(), stamp).unwrap()
    };
    feed(&mut pair.esme, nack(CommandStatus::RSYSERR).octets(), pair.now);
    assert_eq!(strays(&mut pair), [Stray::Unknown]);
    assert!(pair.esme.closed().is_none());
}

#[test]
fn a_peer_that_lost_step_is_left_and_the_request_is_lost() {
    let mut pair = window(10);
    pair.esme.request(&submit(), 3, pair.now).unwrap();
    // The MC cannot follow our octets any more: it says so and closes.
    feed(&mut pair.mc, &[0, 0, 0, 1], pair.now);
    assert!(matches!(pair.mc.closed(), Some(CloseReason::BadFraming(error)) if error.command_length == 1));
    for frame in sent(&mut pair.mc) {
        assert_eq!((frame.command_id(), frame.command_status()), (CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN));
        feed(&mut pair.esme, frame.octets(), pair.now);
    }
    assert_eq!(ended(&mut pair.esme), [(3, Ending::Lost(CloseReason::OutOfStep))]);
}

#[test]
fn late_double_unknown_and_mistaken_responses_are_counted_and_harmless() {
    let mut pair = window(10);
    let number = pair.esme.request(&submit(), 3, pair.now).unwrap();
    let other = Frame::new(&DeliverSmResp::default(), Stamp::new(number)).unwrap();
    feed(&mut pair.esme, other.octets(), pair.now);
    feed(&mut pair.esme, answer(number + 5).octets(), pair.now);
    assert_eq!(strays(&mut pair), [Stray::OtherCommand, Stray::Unknown]);
    assert_eq!(pair.esme.waiting(), 1);
    feed(&mut pair.esme, answer(number).octets(), pair.now);
    assert_eq!(ended(&mut pair.esme), [(3, Ending::Answered(0))]);
    feed(&mut pair.esme, answer(number).octets(), pair.now);
    assert_eq!(strays(&mut pair), [Stray::Late]);
    pair.advance(Config::default().timers.response * 2);
    assert_eq!((pair.esme.counters().strays, pair.esme.closed()), (3, None));
}

#[test]
fn counters_tell_what_happened() {
    let mut pair = window(10);
    let before = *pair.mc.counters();
    pair.esme.request(&submit(), 3, pair.now).unwrap();
    let octets = pair.esme.poll_transmit().unwrap().len() as u64;
    pair.deliver();
    assert_eq!(pair.mc.counters().octets_in - before.octets_in, octets);
    assert_eq!(pair.mc.counters().pdus_in - before.pdus_in, 1);
    let (_, responder) = requests(&mut pair.mc).remove(0);
    pair.mc.nack(responder, CommandStatus::RINVCMDID).unwrap();
    pair.deliver();
    assert_eq!((pair.mc.counters().nacked, pair.esme.counters().answered), (1, 2));
}

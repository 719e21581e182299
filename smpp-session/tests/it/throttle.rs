//! How fast messages go and come: rates, pauses after a refusal, congestion, both ways.

use std::time::Duration;

use smpp_pdu::tlv::{CongestionState, TlvType};
use smpp_pdu::{
    CStr, CommandId, CommandStatus, DestAddress, EnquireLink, Frame, List, QuerySm, Stamp, SubmitMulti, SubmitSm, SubmitSmResp,
    Tlvs, Version,
};
use smpp_session::testing::{Pair, feed, sent};
use smpp_session::{Config, Overflow, Rate, RequestError, ThrottlePause, Time};

use crate::{Ending, ended, quiet_pair, requests, submit};

const SECOND: Duration = Duration::from_secs(1);

fn rated(messages: u32) -> Config {
    Config { rate: Some(Rate::per_second(messages).with_burst(1)), window: 1000, ..Config::default() }
}

fn at_5_0(config: Config) -> Config {
    Config { version: Version::V5_0, ..config }
}

/// Sends as many messages as may be sent now.
fn burst(pair: &mut Pair) -> usize {
    (0..).take_while(|tag| pair.esme.request(&submit(), *tag, pair.now).is_ok()).count()
}

/// Answers everything the MC was asked.
fn answer(pair: &mut Pair, status: CommandStatus) {
    pair.deliver();
    for (_, responder) in requests(&mut pair.mc) {
        pair.mc.refuse(responder, status).unwrap();
    }
    pair.deliver();
}

/// Answers everything the MC was asked with success.
fn accept(pair: &mut Pair) {
    pair.deliver();
    for (_, responder) in requests(&mut pair.mc) {
        pair.mc.respond(responder, CommandStatus::ROK, &SubmitSmResp::default()).unwrap();
    }
    pair.deliver();
}

#[test]
fn a_rate_is_kept_exactly_and_says_when_to_go_on() {
    let mut pair = quiet_pair(rated(3));
    let start = pair.now;
    for tag in 0..100 {
        while let Err(RequestError::Throttled { until }) = pair.esme.request(&submit(), tag, pair.now) {
            assert!(until > pair.now);
            assert_eq!(pair.esme.throttle(pair.now).held, until.since(pair.now));
            pair.now = until;
        }
    }
    assert_eq!(pair.now.since(start), 33 * SECOND);
}

#[test]
fn only_messages_are_counted() {
    let mut pair = quiet_pair(rated(1));
    assert_eq!(burst(&mut pair), 1);
    for tag in 0..10 {
        pair.esme.request(&QuerySm::default(), tag, pair.now).unwrap();
        pair.esme.request(&EnquireLink::default(), tag, pair.now).unwrap();
    }
    assert_eq!(burst(&mut pair), 0);
    pair.esme.unbind(pair.now);
    answer(&mut pair, CommandStatus::ROK);
    pair.advance(SECOND);
    assert!(pair.esme.closed().is_some(), "unbinding passes too");
}

#[test]
fn every_address_of_a_submit_multi_counts() {
    let address = DestAddress::Sme(smpp_pdu::Addr::international("447700900123").unwrap());
    let addresses = [address; 20];
    let multi = SubmitMulti { dest_address: List::new(&addresses), ..Default::default() };
    let mut pair = quiet_pair(rated(10));
    pair.esme.request(&multi, 1, pair.now).unwrap();
    assert_eq!(pair.esme.throttle(pair.now).held, 2 * SECOND);
    pair.advance(2 * SECOND);
    assert_eq!(burst(&mut pair), 1);

    let limited = Config { inbound_rate: Some(Rate::per_second(10).with_burst(1)), ..Config::default() };
    let mut pair = quiet_pair(Config { rate: None, ..limited });
    pair.esme.request(&multi, 1, pair.now).unwrap();
    pair.advance(2 * SECOND - Duration::from_micros(1));
    pair.esme.request(&submit(), 2, pair.now).unwrap();
    pair.deliver();
    assert_eq!(requests(&mut pair.mc).len(), 1);
    assert_eq!(ended(&mut pair.esme), [(2, Ending::Answered(CommandStatus::RTHROTTLED.0))]);
}

#[test]
fn a_rate_can_be_changed_at_any_time() {
    let mut pair = quiet_pair(rated(1));
    assert_eq!(burst(&mut pair), 1);
    pair.esme.set_rate(None, pair.now);
    assert_eq!((burst(&mut pair), pair.esme.throttle(pair.now).rate), (999, None));
    accept(&mut pair);
    pair.esme.set_rate(Some(Rate::per_second(100).with_burst(5)), pair.now);
    assert_eq!(burst(&mut pair), 5);
    pair.advance(Duration::from_millis(20));
    assert_eq!(burst(&mut pair), 2);
}

#[test]
fn a_peer_that_gets_too_much_is_left_in_peace_ever_longer_until_it_accepts() {
    for status in [CommandStatus::RTHROTTLED, CommandStatus::RMSGQFUL] {
        let backoff = ThrottlePause { first: SECOND, limit: 5 * SECOND };
        let mut pair = quiet_pair(Config { pause_on_throttle: Some(backoff), ..Config::default() });
        for pause in [1, 2, 4, 5, 5] {
            assert_eq!(burst(&mut pair), 10);
            answer(&mut pair, status);
            assert_eq!(burst(&mut pair), 0, "ten refusals are one");
            assert_eq!(pair.esme.throttle(pair.now).pause, Some(pause * SECOND));
            assert!(pair.esme.request(&QuerySm::default(), 0, pair.now).is_ok());
            answer(&mut pair, CommandStatus::ROK);
            pair.advance(pause * SECOND - Duration::from_micros(1));
            assert_eq!(burst(&mut pair), 0);
            pair.advance(Duration::from_micros(1));
        }
        assert_eq!(burst(&mut pair), 10);
        accept(&mut pair);
        assert_eq!(pair.esme.throttle(pair.now).pause, None);
        burst(&mut pair);
        answer(&mut pair, status);
        assert_eq!(pair.esme.throttle(pair.now).pause, Some(SECOND), "it begins anew");
    }
}

#[test]
fn a_success_that_was_under_way_ends_no_pause() {
    let mut pair = quiet_pair(Config::default());
    assert_eq!(burst(&mut pair), 10);
    pair.deliver();
    let mut asked = requests(&mut pair.mc);
    let (_, last) = asked.pop().unwrap();
    pair.mc.refuse(last, CommandStatus::RTHROTTLED).unwrap();
    pair.deliver();
    for (_, responder) in asked {
        pair.mc.respond(responder, CommandStatus::ROK, &SubmitSmResp::default()).unwrap();
    }
    pair.deliver();
    assert_eq!(burst(&mut pair), 0);
}

#[test]
fn without_a_backoff_a_refusal_is_the_applications_business() {
    let mut pair = quiet_pair(Config { pause_on_throttle: None, ..Config::default() });
    burst(&mut pair);
    answer(&mut pair, CommandStatus::RTHROTTLED);
    assert_eq!(burst(&mut pair), 10);
}

#[test]
fn congestion_of_a_5_0_peer_lowers_rate_and_window_until_it_is_over_or_forgotten() {
    let mut pair = quiet_pair(at_5_0(Config { rate: Some(Rate::per_second(1000)), window: 100, ..Config::default() }));
    let say = |pair: &mut Pair, state: u8| {
        pair.mc.set_congestion(Some(state));
        pair.advance(SECOND);
        pair.esme.request(&submit(), 0, pair.now).unwrap();
        accept(pair);
        let throttle = pair.esme.throttle(pair.now);
        assert_eq!(throttle.congestion, Some(state));
        (throttle.rate.unwrap().messages(), throttle.window)
    };
    let smooth = [(0, 1000, 100), (89, 1000, 100), (90, 910, 91), (95, 460, 46), (99, 100, 10), (100, 10, 1), (80, 1000, 100)];
    for (state, rate, window) in smooth {
        assert_eq!(say(&mut pair, state), (rate, window), "{state}");
    }
    assert_eq!(say(&mut pair, 100), (10, 1));
    pair.mc.set_congestion(None);
    pair.advance(11 * SECOND);
    let throttle = pair.esme.throttle(pair.now);
    assert_eq!((throttle.congestion, throttle.window, throttle.rate), (None, 100, Some(Rate::per_second(1000))));
    assert_eq!(pair.esme.poll_timeout(), None);
}

#[test]
fn congestion_is_stated_to_5_0_peers_alone_and_once() {
    let tlv = [CongestionState(42).tlv()];
    for (version, own, stated) in
        [(Version::V3_4, false, None), (Version::V5_0, false, Some(99)), (Version::V5_0, true, Some(42))]
    {
        let mut pair = quiet_pair(Config { version, ..Config::default() });
        pair.mc.set_congestion(Some(99));
        let before = pair.mc.counters().octets_out;
        pair.esme.request(&submit(), 0, pair.now).unwrap();
        pair.deliver();
        let (_, responder) = requests(&mut pair.mc).remove(0);
        let message_id = CStr::new("7").unwrap();
        let tlvs = if own { Tlvs::list(&tlv) } else { Tlvs::default() };
        pair.mc.respond(responder, CommandStatus::ROK, &SubmitSmResp { message_id, tlvs }).unwrap();
        feed(&mut pair.mc, Frame::new(&EnquireLink::default(), Stamp::new(9)).unwrap().octets(), pair.now);
        let frames = sent(&mut pair.mc);
        let answer: SubmitSmResp<'_> = frames[0].read(pair.esme.profile()).unwrap();
        let found: Vec<_> = answer.tlvs.iter().map(|(_, value)| value[0]).collect();
        assert_eq!((answer.message_id, found), (message_id, stated.into_iter().collect()));
        assert_eq!(frames[1].octets().len(), if version == Version::V5_0 { 21 } else { 16 });
        let octets: usize = frames.iter().map(|frame| frame.octets().len()).sum();
        assert_eq!(pair.mc.counters().octets_out - before, octets as u64);
    }
}

#[test]
fn messages_that_come_too_fast_are_throttled() {
    let slow = Config { inbound_rate: Some(Rate::per_second(10).with_burst(2)), window: 100, ..Config::default() };
    let mut pair = quiet_pair(slow);
    for tag in 0..5 {
        pair.esme.request(&submit(), tag, pair.now).unwrap();
    }
    pair.esme.request(&QuerySm::default(), 9, pair.now).unwrap();
    pair.deliver();
    let asked: Vec<_> = requests(&mut pair.mc).into_iter().map(|(frame, _)| frame.command_id()).collect();
    assert_eq!(asked, [CommandId::SUBMIT_SM, CommandId::SUBMIT_SM, CommandId::QUERY_SM]);
    let throttled = Ending::Answered(CommandStatus::RTHROTTLED.0);
    assert_eq!(ended(&mut pair.esme), [2, 3, 4].map(|tag| (tag, throttled)));
    assert_eq!((pair.mc.counters().throttled, pair.mc.unanswered()), (3, 3));
    pair.mc.set_inbound_rate(None, pair.now);
    pair.advance(SECOND);
    assert_eq!(burst(&mut pair), 97);
    pair.deliver();
    assert_eq!(requests(&mut pair.mc).len(), 97);
}

#[test]
fn a_full_queue_answers_what_was_configured() {
    for (overflow, status) in [(Overflow::Throttle, CommandStatus::RTHROTTLED), (Overflow::QueueFull, CommandStatus::RMSGQFUL)] {
        let mut pair = quiet_pair(Config { unanswered: 3, overflow, ..Config::default() });
        assert_eq!(burst(&mut pair), 10);
        pair.deliver();
        assert_eq!(requests(&mut pair.mc).len(), 3);
        assert_eq!(ended(&mut pair.esme).into_iter().filter(|(_, end)| *end == Ending::Answered(status.0)).count(), 7);
    }
}

#[test]
fn refusals_say_what_to_do() {
    let mut pair = quiet_pair(Config { rate: Some(Rate::per_second(1)), window: 1, ..Config::default() });
    let deliver = smpp_pdu::DeliverSm::default();
    let mut texts = vec![
        pair.esme.request(&deliver, 0, Time::ZERO).unwrap_err().to_string(),
        pair.esme.request(&smpp_pdu::Unbind::default(), 0, Time::ZERO).unwrap_err().to_string(),
        pair.esme.request(&smpp_pdu::BindReceiver::default(), 0, Time::ZERO).unwrap_err().to_string(),
    ];
    burst(&mut pair);
    texts.push(pair.esme.request(&SubmitSm::default(), 0, pair.now).unwrap_err().to_string());
    accept(&mut pair);
    texts.push(pair.esme.request(&SubmitSm::default(), 0, pair.now).unwrap_err().to_string());
    let mut open = Pair::new(Config::default(), Config::default());
    texts.push(open.esme.request(&submit(), 0, open.now).unwrap_err().to_string());
    let advice = ["this side", "the method unbind", "connect anew", "wait for an answer", "raise the rate", "bind first"];
    for (text, advice) in texts.iter().zip(advice) {
        assert!(text.contains(advice), "{text}");
    }
}

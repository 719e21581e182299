//! Random operations on two sessions: every request ends exactly once, no limit is passed.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use smpp_pdu::{CommandStatus, DeliverSm, Side};
use smpp_session::testing::{Pair, feed};
use smpp_session::{BindKind, Config, Event, Overflow, Responder, Session, Timeouts};

use crate::submit;

#[derive(Debug, Clone)]
enum Step {
    Ask(bool),
    Answer(bool, usize),
    Deliver,
    Advance(u64),
    Lose,
    Garbage(bool, Vec<u8>),
    Enquire(bool),
    Response(bool, u32, u32),
    Unbind(bool),
    Close(bool),
    Cut,
}

fn step() -> impl Strategy<Value = Step> {
    let response = (any::<bool>(), prop::sample::select(vec![0_u32, 4, 5, 6, 0x15, 0x103]), 0_u32..40);
    prop_oneof![
        20 => any::<bool>().prop_map(Step::Ask),
        15 => (any::<bool>(), any::<usize>()).prop_map(|(mc, which)| Step::Answer(mc, which)),
        15 => Just(Step::Deliver),
        8 => (0_u64..20_000).prop_map(Step::Advance),
        2 => Just(Step::Lose),
        1 => (any::<bool>(), vec(any::<u8>(), 0..40)).prop_map(|(mc, octets)| Step::Garbage(mc, octets)),
        2 => any::<bool>().prop_map(Step::Enquire),
        4 => response.prop_map(|(mc, id, number)| Step::Response(mc, id, number)),
        1 => any::<bool>().prop_map(Step::Unbind),
        1 => any::<bool>().prop_map(Step::Close),
        1 => Just(Step::Cut),
    ]
}

/// What one side has begun and what has come of it.
#[derive(Default)]
struct Ledger {
    next: u32,
    ends: BTreeMap<u32, usize>,
    responders: Vec<Responder>,
    closed: usize,
}

impl Ledger {
    fn ask(&mut self, session: &mut Session<u32>, pair_now: smpp_session::Time) {
        let tag = self.next;
        let sent = match session.side() {
            Side::Esme => session.request(&submit(), tag, pair_now),
            Side::Mc => session.request(&DeliverSm::default(), tag, pair_now),
        };
        if sent.is_ok() {
            self.next += 1;
            self.ends.insert(tag, 0);
        }
    }

    fn look(&mut self, session: &mut Session<u32>) {
        while let Some(event) = session.poll_event() {
            assert_eq!(self.closed, 0, "{event:?} after the end");
            match event {
                Event::Ended { tag, .. } => *self.ends.get_mut(&tag).expect("a tag that was given") += 1,
                Event::Request { responder, .. } => self.responders.push(responder),
                Event::Closed(_) => self.closed += 1,
                _ => {}
            }
        }
    }

    fn check(&self, session: &Session<u32>, config: &Config) {
        assert!(session.waiting() <= config.window);
        assert!(session.unanswered() <= config.unanswered);
        assert!(self.ends.values().all(|ends| *ends <= 1));
        assert_eq!(self.ends.values().filter(|ends| **ends == 0).count(), session.waiting());
        assert!(session.closed().is_none() || session.poll_timeout().is_none());
    }
}

fn play(steps: &[Step], config: &Config) {
    let mut pair = Pair::bound(BindKind::Transceiver, config.clone(), config.clone());
    let mut ledgers = [Ledger::default(), Ledger::default()];
    // The events of the bind.
    while pair.mc.poll_event().is_some() {}
    for step in steps {
        apply(step, &mut pair, &mut ledgers);
        for (session, ledger) in [&mut pair.esme, &mut pair.mc].into_iter().zip(&mut ledgers) {
            ledger.look(session);
            ledger.check(session, config);
        }
    }
    pair.cut();
    for (session, ledger) in [&mut pair.esme, &mut pair.mc].into_iter().zip(&mut ledgers) {
        ledger.look(session);
        assert!(ledger.ends.values().all(|ends| *ends == 1), "every request ended exactly once");
        assert_eq!(ledger.closed, 1);
    }
}

fn apply(step: &Step, pair: &mut Pair, ledgers: &mut [Ledger; 2]) {
    let now = pair.now;
    match step {
        Step::Ask(mc) => {
            let (session, at) = side(pair, *mc);
            ledgers[at].ask(session, now);
        }
        Step::Answer(mc, which) => {
            let (session, at) = side(pair, *mc);
            let open = &mut ledgers[at].responders;
            if !open.is_empty() {
                let responder = open.swap_remove(which % open.len());
                assert_eq!(session.refuse(responder, CommandStatus::RSYSERR).is_err(), session.closed().is_some());
            }
        }
        Step::Deliver => pair.deliver(),
        Step::Advance(millis) => pair.advance(Duration::from_millis(*millis)),
        Step::Lose => pair.lose(),
        Step::Garbage(mc, octets) => feed(side(pair, *mc).0, octets, now),
        Step::Enquire(mc) => feed(side(pair, *mc).0, &header(0x15, 3), now),
        Step::Response(mc, id, number) => feed(side(pair, *mc).0, &header(id | 0x8000_0000, *number), now),
        Step::Unbind(mc) => side(pair, *mc).0.unbind(now),
        Step::Close(mc) => side(pair, *mc).0.close(),
        Step::Cut => pair.cut(),
    }
}

fn side(pair: &mut Pair, mc: bool) -> (&mut Session<u32>, usize) {
    if mc { (&mut pair.mc, 1) } else { (&mut pair.esme, 0) }
}

fn header(command_id: u32, sequence_number: u32) -> Vec<u8> {
    [16, command_id, 0, sequence_number].map(u32::to_be_bytes).concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_request_ends_exactly_once_and_no_limit_is_passed(
        steps in vec(step(), 1..200),
        window in 1_usize..20,
        unanswered in 1_usize..10,
        throttle in any::<bool>(),
    ) {
        let overflow = if throttle { Overflow::Throttle } else { Overflow::StopReading };
        let timers = Timeouts { inactivity: Some(Duration::from_secs(90)), ..Timeouts::default() };
        play(&steps, &Config { window, unanswered, overflow, timers, ..Config::default() });
    }

    #[test]
    fn no_octets_of_a_peer_cause_a_panic(octets in vec(any::<u8>(), 0..400), mc in any::<bool>()) {
        let mut pair = Pair::new(Config::default(), Config::default());
        feed(if mc { &mut pair.mc } else { &mut pair.esme }, &octets, pair.now);
        pair.advance(Duration::from_secs(300));
    }
}

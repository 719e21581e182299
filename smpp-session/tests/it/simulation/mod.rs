//! Random dialogues of two sessions in virtual time, a million operations long, by fixed seeds.
//!
//! A failure prints its seed; `SMPP_SIMULATION_SEED=n` plays that dialogue alone.

mod party;

use std::time::Duration;

use bytes::BytesMut;
use smpp_pdu::{
    Addr, AlertNotification, CStr, CommandId, CommandStatus, DataSm, DataSmResp, DeliverSm, DeliverSmResp, DestAddress,
    EnquireLink, Header, List, Outbind, QuerySm, Side, SubmitMulti, SubmitSmResp, Version,
};
use smpp_session::{BindKind, CloseReason, Config, End, Overflow, Rate, ThrottlePause, Time, Timeouts};

use crate::submit;
use party::{Party, Tally};

const OPERATIONS: usize = 1_000_000;
const LONGEST_DIALOGUE: usize = 1000;
const FIRST_SEED: u64 = 1;

#[test]
fn a_million_random_operations_break_no_rule() {
    let mut tally = Tally::default();
    if let Ok(seed) = std::env::var("SMPP_SIMULATION_SEED") {
        play(seed.parse().expect("a number"), LONGEST_DIALOGUE, &mut tally);
        return;
    }
    let (mut done, mut seed) = (0, FIRST_SEED);
    while done < OPERATIONS {
        done += play(seed, LONGEST_DIALOGUE.min(OPERATIONS - done), &mut tally);
        seed += 1;
    }
    assert_eq!(done, OPERATIONS);
    // Everything that can happen has happened, and often.
    let Tally { answered, expired, lost, strays, throttled, refused_as_throttled, window_full, .. } = tally;
    let least = [answered, expired, lost, strays, throttled, refused_as_throttled, window_full].into_iter().min();
    assert!(least > Some(500), "{tally:?}");
    assert!(tally.closed.len() >= 11 && tally.closed.values().all(|count| *count >= 5), "{tally:?}");
}

/// Plays one dialogue; returns the number of its operations.
fn play(seed: u64, most: usize, tally: &mut Tally) -> usize {
    let _told = TellSeed(seed);
    let mut world = World::new(seed, tally);
    // Most dialogues begin as they should.
    if !world.random.one_in(4) {
        world.shake_hands();
    }
    let mut done = 0;
    while done < most && !world.is_over() {
        done += 1;
        world.step();
        world.settle();
    }
    world.finish();
    done
}

/// Prints the seed of a dialogue that failed.
struct TellSeed(u64);

impl Drop for TellSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("play it again with SMPP_SIMULATION_SEED={}", self.0);
        }
    }
}

/// Splitmix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn rate(&mut self) -> Option<Rate> {
        let rate = Rate::per_second(self.of(&[1, 7, 100])).with_burst(self.of(&[1, 5]));
        if self.one_in(3) { Some(rate) } else { None }
    }

    fn config(&mut self) -> Config {
        let seconds = Duration::from_secs;
        let pause = ThrottlePause { first: seconds(1), limit: seconds(8) };
        let timers = Timeouts {
            session_init: Some(seconds(10)),
            enquire_link: self.of(&[None, Some(seconds(10))]),
            inactivity: self.of(&[None, None, Some(seconds(60))]),
            response: seconds(15),
            linger: seconds(1),
        };
        Config {
            version: self.of(&[Version::V3_3, Version::V3_4, Version::V5_0, Version::V5_0]),
            window: 1 + self.below(20),
            rate: self.rate(),
            pause_on_throttle: self.of(&[None, Some(pause)]),
            inbound_rate: self.rate(),
            unanswered: 1 + self.below(10),
            overflow: self.of(&[Overflow::StopReading, Overflow::Throttle, Overflow::QueueFull]),
            max_unwritten: self.of(&[300, 1 << 20]),
            timers,
            ..Config::default()
        }
    }
}

/// Two sessions, the octets on their way, and the time.
struct World<'a> {
    random: Random,
    start: Time,
    now: Time,
    /// The ESME and the MC.
    parties: [Party; 2],
    /// The octets each of them sent.
    wires: [BytesMut; 2],
    tally: &'a mut Tally,
}

impl<'a> World<'a> {
    fn new(seed: u64, tally: &'a mut Tally) -> Self {
        let mut random = Random(seed);
        let now = Time::from_micros(random.next() >> 32);
        let parties = [Side::Esme, Side::Mc].map(|side| Party::new(side, random.config(), now));
        World { random, start: now, now, parties, wires: Default::default(), tally }
    }

    fn shake_hands(&mut self) {
        let kind = self.random.of(&[BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver]);
        self.bind(kind);
        for from in [0, 1] {
            self.transmit(from);
            self.parties[1 - from].watched.input = self.wires[from].split();
            self.settle();
            self.decide_bind();
        }
    }

    fn is_over(&self) -> bool {
        self.parties.iter().all(|party| party.watched.told.is_some())
    }

    /// Does one thing.
    fn step(&mut self) {
        let at = self.random.below(2);
        match self.random.below(1000) {
            0..250 => self.ask(at),
            250..400 => self.answer(at),
            400..600 => self.transmit(at),
            600..880 => self.deliver(at),
            880..960 => self.let_time_pass(),
            960..970 => self.decide_bind(),
            970..975 => self.try_bind(),
            975..980 => self.turn_a_knob(at),
            980..988 => self.inject(at),
            988..994 => self.notify(),
            994..996 => {
                self.parties[at].unbound = true;
                self.parties[at].watched.session.unbind(self.now);
            }
            996 if self.random.one_in(4) => {
                self.parties[at].closed = true;
                self.parties[at].watched.session.close();
            }
            997 if self.random.one_in(4) => self.cut(at),
            998 if self.random.one_in(8) => self.garble(at),
            _ => {}
        }
    }

    /// What happens by itself after everything; then the rules are checked.
    fn settle(&mut self) {
        for party in &mut self.parties {
            party.watched.settle(self.now);
        }
        // An end that is over and has nothing left to say closes the connection.
        for at in [0, 1] {
            let ended = &mut self.parties[at].watched;
            if ended.told.is_some() && self.wires[at].is_empty() && ended.session.poll_transmit().is_none() {
                let peer = &mut self.parties[1 - at].watched;
                peer.session.handle_disconnect();
                peer.settle(self.now);
            }
        }
    }

    /// Cuts what is still connected and looks at the ends.
    fn finish(&mut self) {
        for at in [0, 1] {
            self.cut(at);
            self.parties[at].watched.finish(self.now);
        }
        let [esme, mc] = &self.parties;
        let elapsed = self.now.since(self.start);
        esme.check_end(mc, elapsed, self.tally);
        mc.check_end(esme, elapsed, self.tally);
    }

    fn ask(&mut self, at: usize) {
        let (party, now) = (&mut self.parties[at], self.now);
        let addresses = [DestAddress::Sme(Addr::default()); 3];
        let multi = SubmitMulti { dest_address: List::new(&addresses), ..Default::default() };
        match (at, self.random.below(10)) {
            (_, 0) => party.ask(&EnquireLink::default(), now, self.tally),
            (_, 1) => party.ask(&DataSm::default(), now, self.tally),
            (0, 2) => party.ask(&QuerySm::default(), now, self.tally),
            (0, 3) => party.ask(&multi, now, self.tally),
            (0, _) => party.ask(&submit(), now, self.tally),
            (_, _) => party.ask(&DeliverSm::default(), now, self.tally),
        }
    }

    /// Answers one of the requests, in any order, well, badly, or never.
    fn answer(&mut self, at: usize) {
        let party = &mut self.parties[at];
        if party.watched.responders.is_empty() {
            return;
        }
        let responder = party.watched.responders.swap_remove(self.random.below(party.watched.responders.len()));
        let (ok, session) = (CommandStatus::ROK, &mut party.watched.session);
        let over = session.closed().is_some();
        let answered = match (self.random.below(20), responder.command_id()) {
            (0, _) => return party.watched.forget(responder),
            (1, _) => session.nack(responder, CommandStatus::RINVCMDID),
            (2, _) => session.refuse(responder, self.random.of(&[CommandStatus::RTHROTTLED, CommandStatus::RMSGQFUL])),
            (3, _) => session.refuse(responder, CommandStatus::RSYSERR),
            // Often of the wrong kind.
            (4, _) => {
                let _ = session.respond(responder, ok, &DataSmResp::default());
                return;
            }
            (_, CommandId::SUBMIT_SM) => session.respond(responder, ok, &SubmitSmResp::default()),
            (_, CommandId::DELIVER_SM) => session.respond(responder, ok, &DeliverSmResp::default()),
            (_, CommandId::DATA_SM) => session.respond(responder, ok, &DataSmResp::default()),
            _ => session.refuse(responder, ok),
        };
        assert_eq!(answered.is_err(), over);
    }

    fn transmit(&mut self, at: usize) {
        let octets = self.parties[at].watched.written();
        if !self.parties[at].lost_connection {
            self.wires[at].extend_from_slice(&octets);
        }
    }

    /// A piece of any size arrives, or all there is.
    fn deliver(&mut self, from: usize) {
        let wire = &mut self.wires[from];
        let size = if self.random.one_in(2) { wire.len() } else { self.random.below(wire.len() + 1) };
        let piece = wire.split_to(size);
        let party = &mut self.parties[1 - from];
        if !party.lost_connection && party.watched.told.is_none() {
            party.watched.input.extend_from_slice(&piece);
        }
    }

    /// Until something is due, or for a while.
    fn let_time_pass(&mut self) {
        let due = self.parties.iter().filter_map(|party| party.watched.session.poll_timeout()).min();
        let while_ = Duration::from_millis(self.random.of(&[0, 1, 10, 100, 1000]));
        self.now = match due {
            Some(due) if self.random.one_in(8) => due.max(self.now),
            _ => self.now + while_,
        };
    }

    fn try_bind(&mut self) {
        let kind = self.random.of(&[BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver]);
        self.bind(kind);
    }

    fn bind(&mut self, kind: BindKind) {
        self.parties[0].watched.ask_to_bind(kind, self.now);
    }

    fn decide_bind(&mut self) {
        let mc = &mut self.parties[1];
        let Some(responder) = mc.watched.bind.take() else { return };
        let decided = if self.random.one_in(10) {
            mc.refused_bind = true;
            mc.watched.session.refuse(responder, CommandStatus::RINVPASWD)
        } else {
            mc.watched.session.accept_bind(responder, CStr::default())
        };
        assert_eq!(decided.is_err(), mc.watched.told.is_some());
    }

    fn notify(&mut self) {
        let mc = &mut self.parties[1].watched.session;
        // Whether they are permitted is another test's business.
        let _ = if self.random.one_in(4) {
            mc.notify(&Outbind::default(), self.now)
        } else {
            mc.notify(&AlertNotification::default(), self.now)
        };
    }

    fn turn_a_knob(&mut self, at: usize) {
        let session = &mut self.parties[at].watched.session;
        match self.random.below(3) {
            0 => session.set_rate(self.random.rate(), self.now),
            1 => session.set_inbound_rate(self.random.rate(), self.now),
            _ => session.set_congestion(self.random.of(&[None, Some(50), Some(92), Some(100)])),
        }
    }

    /// A PDU without a body that nobody sent: answers to nothing, answers twice, unknown operations.
    fn inject(&mut self, from: usize) {
        let command_id =
            CommandId(self.random.of(&[0x8000_0000, 0x8000_0004, 0x8000_0005, 0x8000_0015, 0x8000_0150, 0x150, 4, 5]));
        let command_status = self.random.of(&[CommandStatus::ROK, CommandStatus::RTHROTTLED]);
        let sequence_number = self.random.below(100) as u32;
        Header { command_length: 16, command_id, command_status, sequence_number }.encode(&mut self.wires[from]);
    }

    /// One side loses the connection; the other will notice later, and what is on its way to it may arrive.
    fn cut(&mut self, at: usize) {
        let party = &mut self.parties[at];
        party.lost_connection |= party.watched.session.closed().is_none();
        party.watched.session.handle_disconnect();
    }

    /// Octets that are no PDU; nothing that comes after them makes sense.
    fn garble(&mut self, from: usize) {
        let octets = self.random.next().to_be_bytes();
        self.wires[from].extend_from_slice(&octets);
        self.parties[1 - from].got_garbage = true;
    }
}

/// Bind, messages both ways, an enquiry, unbind: cut after every octet one side sent.
#[test]
fn a_dialogue_cut_after_every_octet_of_each_direction_ends_every_request_once() {
    let whole = [dialogue([usize::MAX; 2]), dialogue([usize::MAX; 2])];
    assert_eq!(whole[0], whole[1], "it is always the same");
    let [to_mc, to_esme] = whole[0];
    assert!(to_mc > 200 && to_esme > 120, "{to_mc} and {to_esme} octets");
    for cut in 0..to_mc {
        assert_eq!(dialogue([cut, usize::MAX])[0], cut);
    }
    for cut in 0..to_esme {
        assert_eq!(dialogue([usize::MAX, cut])[1], cut);
    }
}

/// Returns how many octets each side sent before the end.
fn dialogue(limits: [usize; 2]) -> [usize; 2] {
    let mut tally = Tally::default();
    let mut world = World::new(0, &mut tally);
    world.parties = [Side::Esme, Side::Mc].map(|side| Party::new(side, Config::default(), world.now));
    world.bind(BindKind::Transceiver);
    let mut sent = [0; 2];
    for turn in 0..8 {
        carry(&mut world, limits, &mut sent);
        world.decide_bind_well();
        if turn == 2 {
            (0..3).for_each(|_| world.parties[0].ask(&submit(), world.now, world.tally));
            world.parties[1].ask(&DeliverSm::default(), world.now, world.tally);
            world.parties[0].ask(&EnquireLink::default(), world.now, world.tally);
        }
        if turn == 5 {
            world.parties[0].unbound = true;
            world.parties[0].watched.session.unbind(world.now);
        }
        while !world.parties.iter().all(|party| party.watched.responders.is_empty()) {
            world.answer_well();
        }
        world.settle();
    }
    world.now = world.now + Duration::from_secs(2);
    world.settle();
    if limits == [usize::MAX; 2] {
        let unbound = |by| Some(CloseReason::Unbound { by });
        assert_eq!(world.parties.each_ref().map(|party| party.watched.told), [unbound(End::Local), unbound(End::Peer)]);
        let answered = world.parties.each_ref().map(|party| party.watched.session.counters().answered);
        assert_eq!(answered, [5, 1]);
    }
    world.finish();
    assert_eq!(tally.expired, 0);
    sent
}

/// Moves everything, octet by octet, until the connection breaks for both.
fn carry(world: &mut World<'_>, limits: [usize; 2], sent: &mut [usize; 2]) {
    for from in [0, 1] {
        world.transmit(from);
        while !world.wires[from].is_empty() {
            if sent[from] == limits[from] {
                world.cut(0);
                world.cut(1);
                world.wires = Default::default();
                break;
            }
            let octet = world.wires[from].split_to(1);
            sent[from] += 1;
            world.parties[1 - from].watched.input.extend_from_slice(&octet);
            world.settle();
        }
    }
}

impl World<'_> {
    fn decide_bind_well(&mut self) {
        let mc = &mut self.parties[1];
        if let Some(responder) = mc.watched.bind.take() {
            let _ = mc.watched.session.accept_bind(responder, CStr::default());
        }
    }

    fn answer_well(&mut self) {
        for party in &mut self.parties {
            if let Some(responder) = party.watched.responders.pop() {
                let _ = party.watched.session.refuse(responder, CommandStatus::ROK);
            }
        }
    }
}

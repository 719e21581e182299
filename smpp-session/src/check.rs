//! What must hold for any peer, any octets and any moments: the rules the simulation and the fuzz
//! target watch over.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

use bytes::BytesMut;
use smpp_pdu::check::{Entropy, generate};
use smpp_pdu::{
    BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp, BindTransmitter, BindTransmitterResp, CStr, Command,
    CommandId, CommandStatus, DataSm, DeliverSm, EnquireLink, Frame, Outbind, PduInfo, QuerySm, Request, Side, Stamp, SubmitSm,
    SubmitSmResp, Unbind, Version,
};

use crate::{BindKind, CloseReason, Config, Credentials, Event, Outcome, Overflow, Rate, RequestError, Responder, Session, Time};

/// A session whose every step is watched.
///
/// # Panics
/// Every method panics if the session breaks a rule.
#[derive(Debug)]
pub struct Watched {
    /// The session.
    pub session: Session<u32>,
    /// Requests of the peer that were not answered yet.
    pub responders: Vec<Responder>,
    /// The peer's bind, while nobody has decided about it.
    pub bind: Option<Responder>,
    /// Octets that arrived and were not read yet.
    pub input: BytesMut,
    /// Why the session is over, once it has told.
    pub told: Option<CloseReason>,
    /// True once our unbind was written.
    pub wrote_unbind: bool,
    config: Config,
    begun: Vec<Begun>,
    open: usize,
    /// Requests of the peer that will never be answered.
    forgotten: usize,
    /// How often the peer asked under a number without being answered.
    owed: BTreeMap<u32, u32>,
    last_number: u32,
    /// Octets that were unwritten when the session was over.
    unwritten_at_end: Option<usize>,
}

#[derive(Debug)]
struct Begun {
    command_id: CommandId,
    number: u32,
    sent: Time,
    ended: bool,
}

impl Watched {
    /// A session on a new connection.
    pub fn new(side: Side, config: Config, now: Time) -> Self {
        Watched {
            session: Session::new(side, config.clone(), now),
            responders: Vec::new(),
            bind: None,
            input: BytesMut::new(),
            told: None,
            wrote_unbind: false,
            config,
            begun: Vec::new(),
            open: 0,
            forgotten: 0,
            owed: BTreeMap::new(),
            last_number: 0,
            unwritten_at_end: None,
        }
    }

    /// What the session was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Asks, and remembers it if the session did.
    ///
    /// # Errors
    /// The session's.
    pub fn ask<'a, P: Request<'a>>(&mut self, pdu: &P, now: Time) -> Result<(), RequestError> {
        let (room, over) = (self.session.room(), self.session.closed());
        let asked = self.session.request(pdu, self.next_tag(), now);
        match asked {
            Ok(number) => {
                assert!(room > 0 && over.is_none());
                self.begin(P::INFO.id, number, now);
            }
            Err(RequestError::WindowFull) => assert_eq!(room, 0),
            Err(RequestError::Throttled { until }) => assert!(until > now && self.session.allowance(now) == 0),
            Err(RequestError::Closed(reason)) => assert_eq!(over, Some(reason)),
            Err(_) => assert!(over.is_none()),
        }
        asked.map(drop)
    }

    /// Asks to bind, if this is a moment for it.
    pub fn ask_to_bind(&mut self, kind: BindKind, now: Time) {
        let tag = self.next_tag();
        if let Ok(number) = self.session.bind(kind, &Credentials::new("me", "secret"), tag, now) {
            self.begin(kind.command_id(), number, now);
        }
    }

    /// Leaves a request of the peer unanswered for ever.
    pub fn forget(&mut self, responder: Responder) {
        drop(responder);
        self.forgotten += 1;
    }

    /// Reads what arrived, as far as the session wants it.
    pub fn read(&mut self, now: Time) {
        while self.input.len() >= 4 && self.session.wants_input() {
            match Frame::split(&mut self.input, self.session.max_pdu()) {
                Ok(Some(frame)) => {
                    if !frame.command_id().is_response() {
                        *self.owed.entry(frame.sequence_number()).or_default() += 1;
                    }
                    self.session.handle_frame(frame, now);
                }
                Ok(None) => return,
                Err(error) => {
                    *self.owed.entry(error.sequence_number()).or_default() += 1;
                    self.session.handle_bad_framing(error);
                }
            }
        }
    }

    /// Takes what the session wrote: whole PDUs, rising numbers, no answer without a question.
    pub fn written(&mut self) -> BytesMut {
        let octets = self.session.poll_transmit().map(BytesMut::split).unwrap_or_default();
        self.unwritten_at_end = self.unwritten_at_end.map(|_| 0);
        let mut rest = octets.clone();
        while let Ok(Some(frame)) = Frame::split(&mut rest, u32::MAX) {
            let number = frame.sequence_number();
            if frame.command_id().is_response() {
                let owed = self.owed.entry(number).or_default();
                assert!(*owed > 0, "{frame:?} answers nothing");
                *owed -= 1;
            } else {
                assert!(number > self.last_number, "{frame:?} after number {}", self.last_number);
                self.last_number = number;
                self.wrote_unbind |= frame.command_id() == CommandId::UNBIND;
            }
        }
        assert!(rest.is_empty(), "half a PDU was written");
        octets
    }

    /// Lets everything happen that is due, takes what the session has to tell, and looks at it.
    pub fn settle(&mut self, now: Time) {
        self.read(now);
        let due = |session: &Session<u32>| session.poll_timeout().is_some_and(|due| due <= now);
        for _ in 0..MANY {
            if due(&self.session) {
                self.session.handle_timeout(now);
            }
        }
        assert!(!due(&self.session), "something is always due: {:?}", self.session.poll_timeout());
        while let Some(event) = self.session.poll_event() {
            assert!(self.told.is_none(), "{event:?} after the end");
            self.take(event, now);
        }
        self.check(now);
    }

    /// Loses the connection, if there still is one; after that nothing may happen, whatever comes.
    pub fn finish(&mut self, now: Time) {
        self.session.handle_disconnect();
        self.settle(now);
        assert!(self.begun.iter().all(|begun| begun.ended), "a request has not ended");
        if let Ok(frame) = Frame::new(&EnquireLink::default(), Stamp::new(1)) {
            self.session.handle_frame(frame, now);
        }
        self.session.handle_timeout(now);
        self.session.unbind(now);
        self.settle(now);
        self.written();
    }

    fn next_tag(&self) -> u32 {
        self.begun.len() as u32 // far fewer than 2^32
    }

    fn begin(&mut self, command_id: CommandId, number: u32, sent: Time) {
        self.begun.push(Begun { command_id, number, sent, ended: false });
        self.open += 1;
    }

    fn take(&mut self, event: Event<u32>, now: Time) {
        match event {
            Event::Ended { tag, sent, outcome } => self.ended(tag, sent, &outcome, now),
            Event::Request { responder, .. } => self.responders.push(responder),
            Event::Bind { responder, .. } => self.bind = Some(responder),
            Event::Closed(reason) => {
                assert_eq!((self.open, self.session.closed()), (0, Some(reason)), "the lost come back first");
                self.told = Some(reason);
            }
            Event::Bound { .. } | Event::Notification(_) | Event::Stray { .. } => {}
        }
    }

    fn ended(&mut self, tag: u32, sent: Time, outcome: &Outcome, now: Time) {
        let begun = self.begun.get_mut(tag as usize);
        assert!(begun.as_ref().is_some_and(|begun| !begun.ended && begun.sent == sent), "request {tag} ends again");
        let Some(begun) = begun else { return };
        begun.ended = true;
        self.open -= 1;
        match outcome {
            Outcome::Answered(frame) => {
                let ids = [begun.command_id.response(), CommandId::GENERIC_NACK];
                assert!(frame.sequence_number() == begun.number && ids.contains(&frame.command_id()), "{frame:?}");
            }
            Outcome::Expired => assert!(now >= sent + self.config.timers.response),
            Outcome::Lost(reason) => assert_eq!(self.session.closed(), Some(*reason)),
        }
    }

    /// What must hold at any time.
    fn check(&mut self, now: Time) {
        let session = &mut self.session;
        assert_eq!(session.waiting(), self.open);
        assert!(session.waiting() <= self.config.window && session.unanswered() <= self.config.unanswered);
        assert!(session.throttle(now).window <= self.config.window);
        if session.closed().is_none() {
            return assert_eq!(session.unanswered(), self.responders.len() + self.forgotten);
        }
        assert!(session.poll_timeout().is_none() && self.told.is_some() && !session.wants_input());
        let unwritten = session.poll_transmit().map_or(0, |out| out.len());
        assert!(unwritten <= *self.unwritten_at_end.get_or_insert(unwritten), "written after the end");
    }
}

/// Any octets and any moments, given to a session of either side in any state.
///
/// # Panics
/// If the session breaks a rule.
pub fn session(octets: &[u8]) {
    let mut choices = Entropy::new(octets);
    let mut now = Time::ZERO;
    let mut watched = placed(&mut choices, now);
    for _ in 0..octets.len() / 2 {
        step(&mut watched, &mut choices, &mut now);
        watched.settle(now);
    }
    watched.finish(now);
}

/// A session in a state of choice.
fn placed(choices: &mut Entropy<'_>, now: Time) -> Watched {
    let (place, habits) = (choices.octet(), choices.octet());
    let side = if place & 1 == 0 { Side::Esme } else { Side::Mc };
    let version = pick(&[Version::V3_4, Version::V5_0, Version::V3_3], place >> 5);
    let config = Config {
        version,
        window: 1 + usize::from(habits & 3),
        unanswered: 1 + usize::from(habits >> 2 & 3),
        overflow: pick(&[Overflow::StopReading, Overflow::Throttle, Overflow::QueueFull], habits >> 4 & 3),
        rate: (habits & 0x40 != 0).then_some(Rate::per_second(2)),
        inbound_rate: (habits & 0x80 != 0).then_some(Rate::per_second(2)),
        ..Config::default()
    };
    let mut watched = Watched::new(side, config, now);
    let kind = pick(&[BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver], place >> 1);
    match place >> 1 & 7 {
        0..=2 => bind(&mut watched, kind, now),
        3 => arrive(&mut watched, &Outbind::default(), 1, now),
        4 => {
            bind(&mut watched, kind, now);
            watched.session.unbind(now);
        }
        5 => {
            bind(&mut watched, kind, now);
            arrive(&mut watched, &Unbind::default(), 9, now);
        }
        _ => {}
    }
    watched.settle(now);
    watched
}

fn bind(watched: &mut Watched, kind: BindKind, now: Time) {
    let version = watched.config.version.to_wire();
    if watched.session.side() == Side::Esme {
        watched.ask_to_bind(kind, now);
        return match kind {
            BindKind::Transmitter => arrive(watched, &BindTransmitterResp::default(), 1, now),
            BindKind::Receiver => arrive(watched, &BindReceiverResp::default(), 1, now),
            BindKind::Transceiver => arrive(watched, &BindTransceiverResp::default(), 1, now),
        };
    }
    match kind {
        BindKind::Transmitter => arrive(watched, &BindTransmitter { interface_version: version, ..Default::default() }, 1, now),
        BindKind::Receiver => arrive(watched, &BindReceiver { interface_version: version, ..Default::default() }, 1, now),
        BindKind::Transceiver => arrive(watched, &BindTransceiver { interface_version: version, ..Default::default() }, 1, now),
    }
    decide_bind(watched);
}

fn decide_bind(watched: &mut Watched) {
    if let Some(responder) = watched.bind.take() {
        let _ = watched.session.accept_bind(responder, CStr::default());
    }
}

fn arrive<'a>(watched: &mut Watched, pdu: &impl Command<'a>, sequence_number: u32, now: Time) {
    if let Ok(frame) = Frame::new(pdu, Stamp::new(sequence_number)) {
        watched.input.extend_from_slice(frame.octets());
    }
    watched.settle(now);
}

/// Octets, a PDU, time, or something the application does.
fn step(watched: &mut Watched, choices: &mut Entropy<'_>, now: &mut Time) {
    let choice = choices.octet();
    let detail = choices.octet();
    match choice & 15 {
        0..=3 => watched.input.extend((0..detail).map(|_| choices.octet())),
        4..=6 => {
            let pdu = generate(pick(PduInfo::TABLE, detail), choices);
            watched.input.extend_from_slice(&pdu);
        }
        7 => *now = *now + Duration::from_millis(u64::from(detail) * 40),
        8 => *now = watched.session.poll_timeout().map_or(*now, |due| due.max(*now)),
        9 | 10 => ask(watched, detail, *now),
        11 | 12 => answer(watched, detail),
        13 => {
            watched.written();
        }
        14 => match detail & 7 {
            0 => watched.session.unbind(*now),
            1 => watched.session.close(),
            2 => watched.session.set_congestion(Some(detail)),
            3 => watched.session.set_rate(Some(Rate::per_second(detail.into())), *now),
            _ => decide_bind(watched),
        },
        _ => {}
    }
}

fn ask(watched: &mut Watched, detail: u8, now: Time) {
    // Whether it was permitted is another matter.
    let _ = match detail & 7 {
        0 => watched.ask(&DataSm::default(), now),
        1 => watched.ask(&QuerySm::default(), now),
        2 => watched.ask(&EnquireLink::default(), now),
        3 => return watched.ask_to_bind(BindKind::Transceiver, now),
        4 | 5 => watched.ask(&DeliverSm::default(), now),
        _ => watched.ask(&SubmitSm::default(), now),
    };
}

fn answer(watched: &mut Watched, detail: u8) {
    let Some(responder) = watched.responders.pop() else { return };
    let status = CommandStatus(u32::from(detail));
    // An answer of the wrong kind and one to nobody are both fine.
    let _ = match detail & 3 {
        0 => watched.session.respond(responder, CommandStatus::ROK, &SubmitSmResp::default()),
        1 => watched.session.refuse(responder, status),
        2 => watched.session.nack(responder, status),
        _ => return watched.forget(responder),
    };
}

/// One of several, which there are.
#[allow(clippy::indexing_slicing, reason = "the index is below the length, which is not zero")]
fn pick<T: Copy>(choices: &[T], choice: u8) -> T {
    choices[usize::from(choice) % choices.len()]
}

// More steps at one moment than any session takes.
const MANY: usize = 8;

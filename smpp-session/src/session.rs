//! One SMPP session as a state machine without I/O, for either side.
//!
//! Frames, commands and the time go in; events, octets and a deadline come out. It owns no
//! socket, clock or task, decodes no message, and keeps no message: what an application must do
//! with a request or a response is the application's business.

use alloc::collections::VecDeque;
use core::fmt;

use bytes::BytesMut;
use smpp_pdu::{Command, CommandId, CommandStatus, EncodeError, PduInfo, Profile, Request, Side, Stamp, State, Version};

use crate::inbound::Inbound;
use crate::operations::Unbinding;
use crate::rate::carries_message;
use crate::state::Binding;
use crate::throttle::Limiter;
use crate::timers::Timers;
use crate::window::Window;
use crate::{
    BindKind, CloseReason, Config, Counters, Event, Outcome, RequestError, RespondError, Responder, Statuses, Time, Timeouts,
};

/// One session.
///
/// There are four kinds of methods: `handle_…` say what the world did, `request`, `respond`,
/// `unbind` and so on say what we want, `poll_…` say what to do next, the others just look. After
/// every call of the first two kinds all three polls must be drained. `T` is what the caller
/// wants to be reminded of when a request ends.
///
/// ```
/// use smpp_pdu::Side;
/// use smpp_session::{BindKind, Config, Credentials, Session, Time};
///
/// let mut session: Session<&str> = Session::new(Side::Esme, Config::default(), Time::ZERO);
/// session.bind(BindKind::Transceiver, &Credentials::new("me", "secret"), "the bind", Time::ZERO)?;
/// let octets = session.poll_transmit().map(|out| out.split()).unwrap_or_default();
/// assert_eq!(octets[4..8], [0, 0, 0, 9]);
/// # Ok::<(), smpp_session::RequestError>(())
/// ```
pub struct Session<T = ()> {
    pub(crate) side: Side,
    pub(crate) config: Config,
    pub(crate) state: State,
    /// What we write and permit by.
    pub(crate) version: Version,
    /// What we read by.
    pub(crate) profile: Profile,
    pub(crate) binding: Binding,
    pub(crate) unbinding: Unbinding,
    pub(crate) window: Window<T>,
    pub(crate) inbound: Inbound,
    pub(crate) limiter: Limiter,
    /// What our responses state, to those who understand it.
    pub(crate) congestion: Option<u8>,
    pub(crate) timers: Timers,
    pub(crate) counters: Counters,
    pub(crate) statuses_in: Statuses,
    pub(crate) statuses_out: Statuses,
    pub(crate) events: VecDeque<Event<T>>,
    pub(crate) out: BytesMut,
    closed: Closing,
}

/// Whether the session is over and whether that has been told.
#[derive(Debug, Clone, Copy)]
enum Closing {
    No,
    Untold(CloseReason),
    Told(CloseReason),
}

impl<T> Session<T> {
    /// A session on a connection that has just been made, by whichever side.
    pub fn new(side: Side, config: Config, now: Time) -> Self {
        Session {
            side,
            state: State::Open,
            version: config.version,
            profile: config.profile.with_version(config.version),
            binding: Binding::None,
            unbinding: Unbinding::default(),
            window: Window::new(config.window()),
            inbound: Inbound::new(&config, now),
            limiter: Limiter::new(config.rate, config.pause_on_throttle, now),
            congestion: None,
            timers: Timers::new(config.timers, now),
            counters: Counters::default(),
            statuses_in: Statuses::default(),
            statuses_out: Statuses::default(),
            events: VecDeque::new(),
            out: BytesMut::new(),
            closed: Closing::No,
            config,
        }
    }

    /// Sends a request; `tag` comes back when it ends.
    ///
    /// Returns the sequence number.
    ///
    /// # Errors
    /// Nothing is sent if the session does not permit the request now, the window is full, the
    /// rate of messages is used up or the PDU does not fit its fields. Use
    /// [`unbind`](Self::unbind) to unbind.
    pub fn request<'a, P: Request<'a>>(&mut self, pdu: &P, tag: T, now: Time) -> Result<u32, RequestError> {
        let command_id = P::INFO.id;
        self.permit(P::INFO)?;
        if self.room() == 0 {
            return Err(RequestError::WindowFull);
        }
        let limited = carries_message(command_id) && !self.limiter.is_off();
        if limited {
            self.admit_message(now)?;
        }
        let (sequence_number, start) = (self.window.prepare(), self.out.len());
        self.write(pdu, CommandStatus::ROK, sequence_number)?;
        if limited {
            self.charge(command_id, start, now);
        }
        self.window.insert(command_id, tag, now);
        self.timers.send(now);
        if let Some(kind) = BindKind::of(command_id) {
            self.binding = Binding::Asked(kind);
            self.timers.bind_came();
        }
        Ok(sequence_number)
    }

    /// Sends a PDU that has no response: `outbind` or `alert_notification`.
    ///
    /// # Errors
    /// Nothing is sent if the session does not permit it now or the PDU does not fit its fields.
    pub fn notify<'a, P: Command<'a>>(&mut self, pdu: &P, now: Time) -> Result<(), RequestError> {
        self.permit(P::INFO)?;
        let sequence_number = self.window.number();
        self.write(pdu, CommandStatus::ROK, sequence_number)?;
        self.timers.send(now);
        if P::INFO.id == CommandId::OUTBIND {
            self.state = State::Outbound;
            self.timers.await_bind(now);
        }
        Ok(())
    }

    /// Answers a request of the peer.
    ///
    /// # Errors
    /// If `pdu` is not the response to that request or does not fit its fields, the peer is
    /// answered `ESME_RSYSERR` instead: it never waits in vain.
    pub fn respond<'a, P: Command<'a>>(
        &mut self,
        responder: Responder,
        status: CommandStatus,
        pdu: &P,
    ) -> Result<(), RespondError> {
        self.still_open()?;
        if P::INFO.id != responder.command_id.response() {
            self.refuse(responder, CommandStatus::RSYSERR)?;
            return Err(RespondError::OtherCommand);
        }
        if let Err(error) = self.write_answer(pdu, status, responder.sequence_number) {
            self.refuse(responder, CommandStatus::RSYSERR)?;
            return Err(error.into());
        }
        self.settle(responder.command_id, status);
        Ok(())
    }

    /// Answers a request of the peer with an error and no body.
    ///
    /// # Errors
    /// The session is over; nobody is there to be answered.
    pub fn refuse(&mut self, responder: Responder, status: CommandStatus) -> Result<(), RespondError> {
        self.still_open()?;
        self.write_refusal(responder.command_id, status, responder.sequence_number);
        self.settle(responder.command_id, status);
        Ok(())
    }

    /// Answers a request of the peer with a `generic_nack`: the operation is not supported.
    ///
    /// # Errors
    /// The session is over; nobody is there to be answered.
    pub fn nack(&mut self, responder: Responder, status: CommandStatus) -> Result<(), RespondError> {
        self.still_open()?;
        self.write_nack(status, responder.sequence_number);
        self.settle(responder.command_id, status);
        Ok(())
    }

    /// Ends the session without unbinding. What was written before may still be transmitted.
    pub fn close(&mut self) {
        self.close_because(CloseReason::Requested);
    }

    /// The next thing to know or act on.
    pub fn poll_event(&mut self) -> Option<Event<T>> {
        if let Some(event) = self.events.pop_front() {
            return Some(event);
        }
        let Closing::Untold(reason) = self.closed else { return None };
        if let Some(slot) = self.window.take_oldest() {
            self.counters.lost += 1;
            return Some(Event::Ended { tag: slot.tag, sent: slot.sent, outcome: Outcome::Lost(reason) });
        }
        self.closed = Closing::Told(reason);
        Some(Event::Closed(reason))
    }

    /// The octets to write to the peer, if there are any; take them out of the buffer.
    pub fn poll_transmit(&mut self) -> Option<&mut BytesMut> {
        if self.out.is_empty() { None } else { Some(&mut self.out) }
    }

    /// Sets the largest PDU taken from this peer, in octets: what its account may send.
    pub fn set_max_pdu(&mut self, octets: u32) {
        self.config.max_pdu = octets;
    }

    /// Sets how many requests of this peer may be without an answer, at least 1.
    pub fn set_unanswered(&mut self, limit: usize) {
        self.inbound.set_limit(limit);
    }

    /// Sets how many requests of this side may be without an answer, at least 1 and at most
    /// [`MAX_WINDOW`](crate::MAX_WINDOW).
    pub fn set_window(&mut self, requests: usize) {
        self.config.window = requests;
        self.fit_window();
    }

    /// Sets the highest version this side speaks; of no effect once the session is bound.
    pub fn set_version(&mut self, version: Version) {
        self.config.version = version;
    }

    /// Sets how long things may take from now on.
    pub fn set_timers(&mut self, timers: Timeouts) {
        self.config.timers = timers;
        self.timers.set_spans(timers);
    }

    /// Where the session stands.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Which side this is.
    pub const fn side(&self) -> Side {
        self.side
    }

    /// The version agreed upon, or our own as long as the session is not bound.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// How the peer's PDUs are to be decoded.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The largest PDU this side takes, for [`Frame::split`](smpp_pdu::Frame::split).
    pub const fn max_pdu(&self) -> u32 {
        self.config.max_pdu
    }

    /// False while the peer has to wait: hand in no frame until it is true again.
    pub fn wants_input(&self) -> bool {
        self.is_open() && !self.inbound.holds_back() && self.out.len() < self.config.max_unwritten
    }

    /// How many requests can be sent now, if the state permits them and, of messages, the
    /// [`allowance`](Self::allowance).
    pub fn room(&self) -> usize {
        if self.out.len() < self.config.max_unwritten { self.window.free() } else { 0 }
    }

    /// Requests of ours without an answer.
    pub const fn waiting(&self) -> usize {
        self.window.len()
    }

    /// Requests of the peer without an answer.
    pub const fn unanswered(&self) -> usize {
        self.inbound.unanswered()
    }

    /// How many requests may be without an answer.
    pub const fn window(&self) -> usize {
        self.window.limit()
    }

    /// Octets that wait to be taken with [`poll_transmit`](Self::poll_transmit).
    pub fn unwritten(&self) -> usize {
        self.out.len()
    }

    /// What has been counted so far.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The peer's responses by their status.
    pub const fn statuses_in(&self) -> &Statuses {
        &self.statuses_in
    }

    /// Our responses by their status.
    pub const fn statuses_out(&self) -> &Statuses {
        &self.statuses_out
    }

    /// Why the session is over, once it is.
    pub const fn closed(&self) -> Option<CloseReason> {
        match self.closed {
            Closing::No => None,
            Closing::Untold(reason) | Closing::Told(reason) => Some(reason),
        }
    }

    /// True if [`poll_event`](Self::poll_event) has something to tell.
    pub fn has_event(&self) -> bool {
        !self.events.is_empty() || matches!(self.closed, Closing::Untold(_))
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.closed, Closing::No)
    }

    pub(crate) fn close_because(&mut self, reason: CloseReason) {
        if self.is_open() {
            self.state = State::Closed;
            self.closed = Closing::Untold(reason);
        }
    }

    /// The request in `frame` has ended.
    pub(crate) fn end(&mut self, tag: T, sent: Time, outcome: Outcome) {
        self.events.push_back(Event::Ended { tag, sent, outcome });
    }

    /// Writes one PDU, or nothing.
    pub(crate) fn write<'a, P: Command<'a>>(
        &mut self,
        pdu: &P,
        command_status: CommandStatus,
        sequence_number: u32,
    ) -> Result<(), EncodeError> {
        let stamp = Stamp { command_status, sequence_number, version: self.version };
        let before = self.out.len();
        smpp_pdu::write(pdu, stamp, &mut self.out)?;
        self.counters.wrote(self.out.len() - before);
        if P::INFO.id.is_response() {
            self.statuses_out.count(command_status);
        }
        Ok(())
    }

    /// Whether this side may ask for this, or notify of it, now.
    pub(crate) fn permit(&self, info: &PduInfo) -> Result<(), RequestError> {
        if let Some(reason) = self.closed() {
            return Err(RequestError::Closed(reason));
        }
        if self.unbinding.is_under_way() {
            return Err(RequestError::Unbinding);
        }
        let asked = matches!(self.binding, Binding::Asked(_));
        if !self.may_send(info) || info.id == CommandId::UNBIND || asked {
            return Err(RequestError::NotPermitted { command_id: info.id, state: self.state });
        }
        Ok(())
    }

    fn still_open(&self) -> Result<(), RespondError> {
        self.closed().map_or(Ok(()), |reason| Err(RespondError::Closed(reason)))
    }
}

impl<T> fmt::Debug for Session<T> {
    /// Without the octets to be written: they hold passwords and message text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("side", &self.side)
            .field("state", &self.state)
            .field("version", &self.version)
            .field("waiting", &self.waiting())
            .field("unanswered", &self.unanswered())
            .field("counters", &self.counters)
            .finish_non_exhaustive()
    }
}

//! The operations a session carries out itself: bind, unbind, enquire_link, and the timers.

use smpp_pdu::tlv::{ScInterfaceVersion, TlvType};
use smpp_pdu::{
    BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp, BindTransmitter, BindTransmitterResp, CStr, CommandId,
    CommandStatus, DeliverSmResp, EnquireLink, EnquireLinkResp, Frame, GenericNack, Header, Pdu, State, Tlvs, Unbind, UnbindResp,
    Version,
};

use crate::session::Session;
use crate::state::Binding;
use crate::timers::Link;
use crate::{BindKind, CloseReason, Credentials, End, Event, Outcome, RequestError, RespondError, Responder, Time, Timer};

/// Binding.
impl<T> Session<T> {
    /// Asks the MC to bind; the outcome comes as the end of this request, and as [`Event::Bound`].
    ///
    /// # Errors
    /// Nothing is sent if this is no moment to bind or a credential does not fit its field.
    pub fn bind(&mut self, kind: BindKind, credentials: &Credentials, tag: T, now: Time) -> Result<u32, RequestError> {
        let interface_version = self.config.version.to_wire();
        let (system_id, password) = (credentials.system_id()?, credentials.password()?);
        let (system_type, address_range) = (credentials.system_type()?, credentials.address_range()?);
        macro_rules! request {
            ($pdu:ident) => {{
                let tlvs = Tlvs::default();
                let pdu = $pdu { system_id, password, system_type, interface_version, address_range, tlvs };
                self.request(&pdu, tag, now)
            }};
        }
        match kind {
            BindKind::Transmitter => request!(BindTransmitter),
            BindKind::Receiver => request!(BindReceiver),
            BindKind::Transceiver => request!(BindTransceiver),
        }
    }

    /// Accepts the bind of the peer; `system_id` names this MC.
    ///
    /// # Errors
    /// The session is over, or `responder` does not belong to a bind.
    pub fn accept_bind(&mut self, responder: Responder, system_id: CStr<'_, 16>) -> Result<(), RespondError> {
        let peer = match self.binding {
            Binding::Offered(_, version) => version,
            _ => Version::V3_3,
        };
        let own = [ScInterfaceVersion(self.config.version.to_wire()).tlv()];
        // SMPP 3.4 §2.2: a peer older than 3.4 gets no TLV.
        let tlvs = Tlvs::list(if peer == Version::V3_3 { &[] } else { &own });
        let ok = CommandStatus::ROK;
        match BindKind::of(responder.command_id) {
            Some(BindKind::Transmitter) => self.respond(responder, ok, &BindTransmitterResp { system_id, tlvs }),
            Some(BindKind::Receiver) => self.respond(responder, ok, &BindReceiverResp { system_id, tlvs }),
            Some(BindKind::Transceiver) => self.respond(responder, ok, &BindTransceiverResp { system_id, tlvs }),
            None => {
                self.refuse(responder, CommandStatus::RSYSERR)?;
                Err(RespondError::OtherCommand)
            }
        }
    }

    /// The peer, an ESME, asks to bind.
    pub(crate) fn take_bind(&mut self, frame: Frame, header: Header, now: Time) {
        let Header { command_id, sequence_number, .. } = header;
        if matches!(self.binding, Binding::Offered(..)) {
            return self.write_refusal(command_id, CommandStatus::RALYBND, sequence_number);
        }
        let version = match frame.decode(&self.profile).map(|decoded| decoded.pdu) {
            Ok(Pdu::BindTransmitter(BindTransmitter { interface_version, .. })) => interface_version,
            Ok(Pdu::BindReceiver(BindReceiver { interface_version, .. })) => interface_version,
            Ok(Pdu::BindTransceiver(BindTransceiver { interface_version, .. })) => interface_version,
            Ok(_) => return,
            Err(error) => return self.answer_bad(&error, sequence_number),
        };
        let Some(kind) = BindKind::of(command_id) else { return };
        self.binding = Binding::Offered(kind, Version::from_wire(version));
        self.timers.await_bind(now);
        self.events.push_back(Event::Bind { frame, responder: Responder { command_id, sequence_number } });
    }

    /// Our bind was answered; tells whether the session is bound now.
    pub(crate) fn conclude_bind(&mut self, kind: BindKind, frame: &Frame, now: Time) -> Option<Event<T>> {
        self.binding = Binding::None;
        if frame.command_id() == CommandId::GENERIC_NACK || !frame.command_status().is_ok() {
            self.timers.await_bind(now);
            return None;
        }
        let stated = stated_version(frame, &self.profile);
        // The TLVs of a silent MC are still read; only writing is cautious.
        self.profile = self.profile.with_version(stated.map_or(self.config.version, |peer| peer.min(self.config.version)));
        Some(self.bound(kind, stated.unwrap_or(self.config.silent_version)))
    }

    /// Our answer to a request of the peer is written.
    pub(crate) fn settle(&mut self, command_id: CommandId, status: CommandStatus) {
        if BindKind::of(command_id).is_none() {
            return self.inbound.settle();
        }
        let Binding::Offered(kind, peer) = self.binding else { return };
        self.binding = Binding::Refused { status, timed: false };
        if status.is_ok() {
            self.profile = self.profile.with_version(peer.min(self.config.version));
            let event = self.bound(kind, peer);
            self.events.push_back(event);
        }
    }

    fn bound(&mut self, kind: BindKind, peer: Version) -> Event<T> {
        self.binding = Binding::None;
        self.timers.bind_came();
        self.state = kind.state();
        self.version = peer.min(self.config.version);
        Event::Bound { kind, version: self.version }
    }

    /// The peer, an MC, asks us to bind (SMPP 3.4 §2.2.1).
    pub(crate) fn take_outbind(&mut self, frame: Frame, now: Time) {
        if let Err(error) = frame.decode(&self.profile) {
            return self.answer_bad(&error, frame.sequence_number());
        }
        self.state = State::Outbound;
        self.timers.await_bind(now);
        self.events.push_back(Event::Notification(frame));
    }
}

/// Unbinding and enquiring.
impl<T> Session<T> {
    /// Ends the session in order: no new requests, the answers that are due, unbind, close.
    ///
    /// A session that is not bound is closed. The response timer bounds each step.
    pub fn unbind(&mut self, now: Time) {
        if self.unbinding.is_under_way() {
            return;
        }
        if !self.state.is_bound() {
            return self.close();
        }
        self.unbinding.ours = Ours::Draining;
        self.unbinding.due = Some(now + self.timers.spans().response);
        self.advance_unbinding(now);
    }

    pub(crate) fn take_unbind(&mut self, frame: &Frame, sequence_number: u32, now: Time) {
        if !self.decodes(frame) {
            return;
        }
        if self.unbinding.theirs != Theirs::No {
            let _ = self.write_answer(&UnbindResp::default(), CommandStatus::ROK, sequence_number);
            return;
        }
        if self.unbinding.ours == Ours::Draining {
            self.unbinding.ours = Ours::No;
        }
        self.state = State::Unbound;
        self.unbinding.theirs = Theirs::Due(sequence_number);
        self.unbinding.due = Some(now + self.timers.spans().response);
        self.advance_unbinding(now);
    }

    pub(crate) fn take_enquire_link(&mut self, frame: &Frame, sequence_number: u32) {
        if self.decodes(frame) {
            // Has no fields that could fail to fit.
            let _ = self.write_answer(&EnquireLinkResp::default(), CommandStatus::ROK, sequence_number);
        }
    }

    /// Takes the next step towards the end of the session, if one is due.
    pub(crate) fn advance_unbinding(&mut self, now: Time) {
        let spans = *self.timers.spans();
        let expired = self.unbinding.due.is_some_and(|due| due <= now);
        let settled = self.inbound.unanswered() == 0;
        if let (Theirs::Due(sequence_number), true) = (self.unbinding.theirs, settled || expired) {
            let _ = self.write_answer(&UnbindResp::default(), CommandStatus::ROK, sequence_number);
            self.unbinding.theirs = Theirs::Answered;
            self.unbinding.due = Some(now + if self.unbinding.is_ours() { spans.response } else { spans.linger });
            return;
        }
        match self.unbinding.ours {
            Ours::Draining if self.window.len() == 0 || expired => self.send_unbind(now),
            Ours::Sent(_) if expired => self.close_because(CloseReason::TimedOut(Timer::Unbind)),
            Ours::Done if settled || expired => self.close_because(CloseReason::Unbound { by: End::Local }),
            Ours::No if expired => self.close_because(CloseReason::Unbound { by: End::Peer }),
            _ => {}
        }
    }

    fn send_unbind(&mut self, now: Time) {
        let sequence_number = self.window.number();
        let _ = self.write(&Unbind::default(), CommandStatus::ROK, sequence_number);
        self.state = State::Unbound;
        self.unbinding.ours = Ours::Sent(sequence_number);
        self.unbinding.due = Some(now + self.timers.spans().response);
    }

    fn decodes(&mut self, frame: &Frame) -> bool {
        // Almost always sixteen octets, which hide no defect.
        if frame.body().is_empty() {
            return true;
        }
        let result = frame.decode(&self.profile);
        result.inspect_err(|error| self.answer_bad(error, frame.sequence_number())).is_ok()
    }
}

/// Timers.
impl<T> Session<T> {
    /// Time has passed. Harmless if nothing is due.
    pub fn handle_timeout(&mut self, now: Time) {
        if !self.is_open() {
            return;
        }
        if !self.wants_input() {
            self.timers.hold(now);
        }
        self.forget_congestion(now);
        self.expire_requests(now);
        self.expect_bind(now);
        if self.state.is_bound() {
            self.watch_link(now);
        }
        self.advance_unbinding(now);
    }

    /// When [`handle_timeout`](Self::handle_timeout) must be called at the latest.
    pub fn poll_timeout(&self) -> Option<Time> {
        if !self.is_open() {
            return None;
        }
        if self.binding.is_to_be_timed() || self.can_advance() {
            return Some(Time::ZERO);
        }
        let mut due = sooner(self.unbinding.due, self.timers.session_init_due());
        due = sooner(due, self.window.oldest_sent().map(|sent| self.timers.response_due(sent)));
        due = sooner(due, self.limiter.congestion_due());
        if self.state.is_bound() {
            due = sooner(due, sooner(self.timers.link_due(), self.timers.inactivity_due()));
        }
        due
    }

    fn expire_requests(&mut self, now: Time) {
        while self.window.oldest_sent().is_some_and(|sent| self.timers.response_due(sent) <= now) {
            let Some(slot) = self.window.take_oldest() else { return };
            self.counters.expired += 1;
            self.end(slot.tag, slot.sent, Outcome::Expired);
            if BindKind::of(slot.command_id).is_some() {
                self.close_because(CloseReason::TimedOut(Timer::Bind));
            }
        }
    }

    fn expect_bind(&mut self, now: Time) {
        if let Binding::Refused { status, timed: false } = self.binding {
            self.binding = Binding::Refused { status, timed: true };
            self.timers.await_end(now);
        }
        if self.timers.session_init_due().is_some_and(|due| due <= now) {
            self.close_because(self.binding.reason().unwrap_or(CloseReason::TimedOut(Timer::SessionInit)));
        }
    }

    fn watch_link(&mut self, now: Time) {
        match self.timers.link(now) {
            Link::Quiet => {}
            Link::Dead => return self.close_because(CloseReason::TimedOut(Timer::EnquireLink)),
            Link::Ask => {
                let sequence_number = self.window.number();
                let _ = self.write(&EnquireLink::default(), CommandStatus::ROK, sequence_number);
                self.timers.enquired(sequence_number, now);
            }
        }
        if self.timers.inactivity_due().is_some_and(|due| due <= now) {
            self.unbind(now);
        }
    }

    /// True if an answer of ours has made the next step of unbinding possible.
    fn can_advance(&self) -> bool {
        let settled = self.inbound.unanswered() == 0;
        let waits_for_answers = matches!(self.unbinding.theirs, Theirs::Due(_)) || self.unbinding.ours == Ours::Done;
        (waits_for_answers && settled) || (self.unbinding.ours == Ours::Draining && self.window.len() == 0)
    }
}

/// Writing what cannot fail.
impl<T> Session<T> {
    pub(crate) fn write_nack(&mut self, status: CommandStatus, sequence_number: u32) {
        self.counters.nacked += 1;
        let _ = self.write(&GenericNack::default(), status, sequence_number);
    }

    /// Writes an error response to a request of any kind.
    pub(crate) fn write_refusal(&mut self, request: CommandId, command_status: CommandStatus, sequence_number: u32) {
        if request == CommandId::DELIVER_SM {
            // Some MCs insist on the empty message_id, even in an error.
            let _ = self.write_answer(&DeliverSmResp::default(), command_status, sequence_number);
            return;
        }
        let command_length = smpp_pdu::HEADER_LEN as u32;
        Header { command_length, command_id: request.response(), command_status, sequence_number }.encode(&mut self.out);
        self.counters.wrote(smpp_pdu::HEADER_LEN);
        self.statuses_out.count(command_status);
    }
}

/// How far unbinding has come, from both ends.
#[derive(Debug, Default)]
pub(crate) struct Unbinding {
    ours: Ours,
    theirs: Theirs,
    /// When patience with the current step ends.
    due: Option<Time>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Ours {
    /// Not asked for.
    #[default]
    No,
    /// Our requests are given time to be answered.
    Draining,
    /// Sent, with this number.
    Sent(u32),
    /// Answered.
    Done,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Theirs {
    /// Not asked for.
    #[default]
    No,
    /// Received with this number; answered after the requests before it.
    Due(u32),
    /// Answered.
    Answered,
}

impl Unbinding {
    /// True as soon as either end wants to unbind.
    pub(crate) fn is_under_way(&self) -> bool {
        self.ours != Ours::No || self.theirs != Theirs::No
    }

    /// True if we want to unbind, and have not said so yet.
    pub(crate) fn is_draining(&self) -> bool {
        self.ours == Ours::Draining
    }

    /// Why the session ended, if it ended now.
    pub(crate) fn reason(&self) -> Option<CloseReason> {
        match (self.ours, self.theirs) {
            (Ours::Sent(_) | Ours::Done, _) => Some(CloseReason::Unbound { by: End::Local }),
            (_, Theirs::Due(_) | Theirs::Answered) => Some(CloseReason::Unbound { by: End::Peer }),
            _ => None,
        }
    }

    /// True if `sequence_number` answers our unbind.
    pub(crate) fn answered(&mut self, sequence_number: u32) -> bool {
        let ours = self.ours == Ours::Sent(sequence_number);
        if ours {
            self.ours = Ours::Done;
        }
        ours
    }

    fn is_ours(&self) -> bool {
        self.ours != Ours::No
    }
}

/// The earlier of two deadlines, if there is any.
fn sooner(one: Option<Time>, other: Option<Time>) -> Option<Time> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        _ => one.or(other),
    }
}

fn stated_version(frame: &Frame, profile: &smpp_pdu::Profile) -> Option<Version> {
    let tlvs = match frame.decode(profile).ok()?.pdu {
        Pdu::BindTransmitterResp(BindTransmitterResp { tlvs, .. }) => tlvs,
        Pdu::BindReceiverResp(BindReceiverResp { tlvs, .. }) => tlvs,
        Pdu::BindTransceiverResp(BindTransceiverResp { tlvs, .. }) => tlvs,
        _ => return None,
    };
    let ScInterfaceVersion(octet) = tlvs.get().ok()??;
    Some(Version::from_wire(octet))
}

//! What a session does with the PDUs of the peer: judge requests, match responses.

use smpp_pdu::{Answer, CommandId, CommandStatus, DecodeError, Frame, FrameError, Header, State, Version};

use crate::session::Session;
use crate::state::Verdict;
use crate::{BindKind, CloseReason, Event, Outcome, Stray, Time};

impl<T> Session<T> {
    /// The peer sent a PDU.
    ///
    /// Hand it in only while [`wants_input`](Self::wants_input): a request too many is throttled.
    pub fn handle_frame(&mut self, frame: Frame, now: Time) {
        if !self.is_open() {
            return;
        }
        if let Some((tag, sent)) = self.take_answer(&frame, now) {
            return self.end(tag, sent, Outcome::Answered(frame));
        }
        let header = frame.header();
        self.counters.read(header.command_length);
        self.timers.hear(header.command_id, now);
        if header.command_id.is_response() {
            self.statuses_in.count(header.command_status);
            return self.take_response(frame, header, now);
        }
        match self.judge(header.command_id) {
            Verdict::Take => self.take_request(frame, header, now),
            verdict => self.turn_away(verdict, header),
        }
    }

    /// Takes the commonest of all frames, an answer that does nothing but end a request of ours, without an event.
    ///
    /// Returns the tag and when the request was sent. If it returns none it has done nothing, and
    /// [`handle_frame`](Self::handle_frame) must see the frame.
    #[inline]
    pub(crate) fn take_answer(&mut self, frame: &Frame, now: Time) -> Option<(T, Time)> {
        let command_id = frame.command_id();
        // What a peer of 5.0 states about congestion stands behind the header.
        if !command_id.is_response() || self.version == Version::V5_0 || !self.is_open() {
            return None;
        }
        let slot = self.window.take_if(frame.sequence_number(), |slot| {
            slot.command_id.response() == command_id && BindKind::of(slot.command_id).is_none()
        })?;
        self.counters.read(frame.header().command_length);
        self.counters.answered += 1;
        self.timers.hear(command_id, now);
        self.statuses_in.count(frame.command_status());
        self.heed(frame.header(), slot.command_id, slot.sent, now);
        Some((slot.tag, slot.sent))
    }

    /// The octets of the peer can no longer be split into PDUs.
    pub fn handle_bad_framing(&mut self, error: FrameError) {
        if !self.is_open() {
            return;
        }
        if let Answer::NackAndClose(status) = error.answer() {
            self.write_nack(status, error.sequence_number());
        }
        self.close_because(CloseReason::BadFraming(error));
    }

    /// The connection has ended, or cannot be used any more.
    pub fn handle_disconnect(&mut self) {
        self.close_because(self.unbinding.reason().or(self.binding.reason()).unwrap_or(CloseReason::Disconnected));
    }

    fn take_request(&mut self, frame: Frame, header: Header, now: Time) {
        let Header { command_id, sequence_number, .. } = header;
        match command_id {
            CommandId::ENQUIRE_LINK => self.take_enquire_link(&frame, sequence_number),
            CommandId::UNBIND => self.take_unbind(&frame, sequence_number, now),
            CommandId::BIND_TRANSMITTER | CommandId::BIND_RECEIVER | CommandId::BIND_TRANSCEIVER => {
                self.take_bind(frame, header, now);
            }
            CommandId::OUTBIND => self.take_outbind(frame, now),
            CommandId::ALERT_NOTIFICATION => self.events.push_back(Event::Notification(frame)),
            _ => match self.inbound.admit(&frame, &self.profile, now) {
                Ok(responder) => self.events.push_back(Event::Request { frame, responder }),
                Err(status) => self.refuse_excess(status, header),
            },
        }
    }

    #[cold]
    fn refuse_excess(&mut self, status: CommandStatus, header: Header) {
        self.counters.throttled += 1;
        self.write_refusal(header.command_id, status, header.sequence_number);
    }

    #[cold]
    fn turn_away(&mut self, verdict: Verdict, header: Header) {
        self.counters.turned_away += 1;
        match verdict {
            Verdict::Take | Verdict::Ignore => {}
            Verdict::Nack(status) => self.write_nack(status, header.sequence_number),
            Verdict::Refuse(status) => self.write_refusal(header.command_id, status, header.sequence_number),
            Verdict::RefuseAndClose(status) => {
                self.write_refusal(header.command_id, status, header.sequence_number);
                self.close_because(CloseReason::Unbound { by: crate::End::Peer });
            }
        }
    }

    /// Answers a PDU that does not decode.
    #[cold]
    pub(crate) fn answer_bad(&mut self, error: &DecodeError, sequence_number: u32) {
        self.counters.malformed += 1;
        match error.answer() {
            Answer::Nack(status) => self.write_nack(status, sequence_number),
            Answer::Respond(command_id, status) => self.write_refusal(command_id.request(), status, sequence_number),
            Answer::Ignore => {}
            Answer::NackAndClose(status) => {
                self.write_nack(status, sequence_number);
                self.close_because(CloseReason::BadPdu);
            }
            Answer::Close => self.close_because(CloseReason::BadPdu),
        }
    }

    fn take_response(&mut self, frame: Frame, header: Header, now: Time) {
        let Header { command_id, sequence_number, .. } = header;
        if self.version == Version::V5_0 {
            self.heed_congestion(&frame, now);
        }
        let any = command_id == CommandId::GENERIC_NACK;
        match self.window.get(sequence_number) {
            Some(slot) if any || answers(slot.command_id, command_id) => self.answered(frame, sequence_number, now),
            Some(_) => self.stray(frame, Stray::OtherCommand),
            None => self.take_other_response(frame, header, now),
        }
    }

    fn answered(&mut self, frame: Frame, sequence_number: u32, now: Time) {
        let Some(slot) = self.window.take(sequence_number) else { return };
        self.counters.answered += 1;
        self.heed(frame.header(), slot.command_id, slot.sent, now);
        let bind = BindKind::of(slot.command_id);
        let event = match bind {
            Some(kind) => self.conclude_bind(kind, &frame, now),
            None => None,
        };
        self.end(slot.tag, slot.sent, Outcome::Answered(frame));
        if let Some(event) = event {
            self.events.push_back(event);
        }
    }

    /// Answers to what the session itself asked, and strays.
    #[cold]
    fn take_other_response(&mut self, frame: Frame, header: Header, now: Time) {
        let Header { command_id, command_status, sequence_number, .. } = header;
        let nack = command_id == CommandId::GENERIC_NACK;
        if (nack || command_id == CommandId::ENQUIRE_LINK_RESP) && self.timers.answered(sequence_number) {
            return;
        }
        if (nack || command_id == CommandId::UNBIND_RESP) && self.unbinding.answered(sequence_number) {
            return self.advance_unbinding(now);
        }
        let why = if self.window.was_used(sequence_number) { Stray::Late } else { Stray::Unknown };
        self.stray(frame, why);
        // SMPP 3.4 §4.3: the peer could not even tell which PDU of ours it means.
        if nack && command_status == CommandStatus::RINVCMDLEN && self.state != State::Closed {
            self.close_because(CloseReason::OutOfStep);
        }
    }

    #[cold]
    fn stray(&mut self, frame: Frame, why: Stray) {
        self.counters.strays += 1;
        self.events.push_back(Event::Stray { frame, why });
    }
}

/// OsmoMSC answers `bind_receiver` with `bind_transmitter_resp`; what it means is plain all the same.
fn answers(request: CommandId, response: CommandId) -> bool {
    request.response() == response || (BindKind::of(request).is_some() && BindKind::of(response.request()).is_some())
}

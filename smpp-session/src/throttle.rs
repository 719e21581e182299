//! How fast messages are sent: the rate that was set, the pauses a peer asks for, its congestion.
//!
//! Only requests that carry messages are held back; `enquire_link`, `unbind`, queries and all
//! answers pass. A session that is not limited and was never throttled pays one comparison.

use core::time::Duration;

use smpp_pdu::tlv::{CongestionState, TlvType};
use smpp_pdu::{
    BroadcastSmResp, CancelBroadcastSmResp, CancelSmResp, Command, CommandId, CommandStatus, DataSmResp, DeliverSmResp,
    EncodeError, EnquireLinkResp, Frame, HEADER_LEN, Header, Pdu, PduInfo, QueryBroadcastSmResp, QuerySmResp, ReplaceSmResp,
    State, SubmitMultiResp, SubmitSmResp, Tlvs, UnbindResp, Version,
};

use crate::rate::{Bucket, carries_message, messages_in};
use crate::session::Session;
use crate::{Rate, RequestError, Time};

/// How long no message is sent after the peer answered that it gets too many.
///
/// Each pause is twice as long as the last, until a message sent after a pause is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThrottlePause {
    /// The first pause.
    pub first: Duration,
    /// The longest pause.
    pub limit: Duration,
}

impl Default for ThrottlePause {
    fn default() -> Self {
        ThrottlePause { first: Duration::from_secs(1), limit: Duration::from_secs(30) }
    }
}

/// What holds messages back at a moment; see [`Session::throttle`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Throttle {
    /// The rate in force: what was set, less the peer's congestion.
    pub rate: Option<Rate>,
    /// The window in force: what was configured, less the peer's congestion.
    pub window: usize,
    /// How long it takes until a message may be sent; zero if one may be sent now.
    pub held: Duration,
    /// The last pause after `ESME_RTHROTTLED` or `ESME_RMSGQFUL`, until a message is accepted again.
    pub pause: Option<Duration>,
    /// What a 5.0 peer stated in a response last, from 0 (idle) to 100 (congested).
    pub congestion: Option<u8>,
}

/// All that may hold messages back.
#[derive(Debug)]
pub(crate) struct Limiter {
    /// What was set; the bucket may have less.
    rate: Option<Rate>,
    bucket: Option<Bucket>,
    backoff: Option<ThrottlePause>,
    pause: Option<Pause>,
    congestion: Option<Congestion>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    length: Duration,
    until: Time,
}

#[derive(Debug, Clone, Copy)]
struct Congestion {
    state: u8,
    until: Time,
}

impl Limiter {
    pub(crate) fn new(rate: Option<Rate>, backoff: Option<ThrottlePause>, now: Time) -> Self {
        Limiter { rate, bucket: rate.map(|rate| Bucket::new(rate, now)), backoff, pause: None, congestion: None }
    }

    /// True if nothing limits the sending of messages but the window.
    pub(crate) const fn is_off(&self) -> bool {
        self.bucket.is_none() && self.pause.is_none()
    }

    /// How many messages may be sent now.
    pub(crate) fn allowance(&self, now: Time) -> usize {
        if self.held_until(now).is_some() {
            return 0;
        }
        self.bucket.as_ref().map_or(usize::MAX, |bucket| bucket.tokens(now))
    }

    /// When so many may be sent; `None` if that is now, or never depends on the time.
    pub(crate) fn due(&self, messages: usize, now: Time) -> Option<Time> {
        self.held_until(now).max(self.bucket.as_ref().and_then(|bucket| bucket.due(messages, now)))
    }

    /// When the peer's congestion is forgotten.
    pub(crate) fn congestion_due(&self) -> Option<Time> {
        self.congestion.map(|congestion| congestion.until)
    }

    /// The peer answered a request sent then that it gets too many.
    fn refused(&mut self, sent: Time, now: Time) {
        let Some(backoff) = self.backoff else { return };
        let length = match self.pause {
            None => backoff.first.min(backoff.limit),
            // One of those that were on their way: it says nothing about the pause.
            Some(pause) if sent < pause.until => pause.length,
            Some(pause) => pause.length.saturating_mul(2).min(backoff.limit),
        };
        self.pause = Some(Pause { length, until: now + length });
    }

    /// The peer accepted a message sent then.
    fn accepted(&mut self, sent: Time) {
        self.pause.take_if(|pause| sent >= pause.until);
    }

    fn set_rate(&mut self, rate: Option<Rate>, now: Time) {
        self.rate = rate;
        self.adjust(now);
    }

    /// Brings the bucket in line with what was set and what the peer stated.
    fn adjust(&mut self, now: Time) {
        let rate = self.rate.map(|rate| rate.share(self.share()));
        Bucket::set(&mut self.bucket, rate, now);
    }

    /// Per cent of rate and window that the peer's congestion leaves.
    fn share(&self) -> u32 {
        // SMPP 5.0: from 80 to 89 an MC works best, from 90 it asks for less.
        let beyond = self.congestion.map_or(0, |congestion| congestion.state.saturating_sub(OPTIMUM));
        100 - u32::from(beyond) * 9
    }

    fn held_until(&self, now: Time) -> Option<Time> {
        self.pause.map(|pause| pause.until).filter(|until| *until > now)
    }
}

/// The rate of messages.
impl<T> Session<T> {
    /// Changes how many messages this side sends in a second; `None` for as many as the window lets through.
    pub fn set_rate(&mut self, rate: Option<Rate>, now: Time) {
        self.limiter.set_rate(rate, now);
    }

    /// Changes how many messages are taken from the peer in a second; `None` for as many as come.
    pub fn set_inbound_rate(&mut self, rate: Option<Rate>, now: Time) {
        self.inbound.set_rate(rate, now);
    }

    /// States in our responses how congested this side is, from 0 (idle) to 100 (congested).
    ///
    /// Only peers bound with SMPP 5.0 are told, in `congestion_state`, and only in responses that
    /// have a body or need none; a response that brings its own `congestion_state` keeps it.
    pub fn set_congestion(&mut self, state: Option<u8>) {
        self.congestion = state.map(|state| state.min(CONGESTED));
    }

    /// What holds messages back now.
    pub fn throttle(&self, now: Time) -> Throttle {
        Throttle {
            rate: self.limiter.bucket.as_ref().map(Bucket::rate),
            window: self.window.limit(),
            held: self.message_due(1, now).map_or(Duration::ZERO, |due| due.since(now)),
            pause: self.limiter.pause.map(|pause| pause.length),
            congestion: self.limiter.congestion.map(|congestion| congestion.state),
        }
    }

    /// How many messages rate and pauses let through now; the window may let through fewer.
    pub fn allowance(&self, now: Time) -> usize {
        self.limiter.allowance(now)
    }

    /// When rate and pauses let so many messages through; `None` if that is now.
    pub fn message_due(&self, messages: usize, now: Time) -> Option<Time> {
        self.limiter.due(messages, now)
    }

    /// True if more than the window may hold messages back.
    #[cfg(feature = "net")]
    pub(crate) const fn is_limited(&self) -> bool {
        !self.limiter.is_off()
    }

    /// Tasks that may wait until they can send.
    #[cfg(feature = "net")]
    pub(crate) const fn max_waiting(&self) -> usize {
        self.config.max_waiting
    }

    #[cold]
    pub(crate) fn admit_message(&self, now: Time) -> Result<(), RequestError> {
        match self.limiter.allowance(now) {
            0 => Err(RequestError::Throttled { until: self.limiter.due(1, now).unwrap_or(now) }),
            _ => Ok(()),
        }
    }

    /// The request that begins at `start` of what is to be written was sent.
    #[cold]
    pub(crate) fn charge(&mut self, command_id: CommandId, start: usize, now: Time) {
        let Some(bucket) = &mut self.limiter.bucket else { return };
        let body = self.out.get(start + HEADER_LEN..).unwrap_or_default();
        bucket.spend(messages_in(command_id, body, &self.profile), now);
    }

    /// The peer answered a request of this kind, sent then.
    #[inline(always)]
    pub(crate) fn heed(&mut self, answer: Header, request: CommandId, sent: Time, now: Time) {
        if !answer.command_status.is_ok() || self.limiter.pause.is_some() {
            self.heed_status(answer, request, sent, now);
        }
    }

    #[cold]
    fn heed_status(&mut self, answer: Header, request: CommandId, sent: Time, now: Time) {
        match answer.command_status {
            CommandStatus::RTHROTTLED | CommandStatus::RMSGQFUL => self.limiter.refused(sent, now),
            CommandStatus::ROK if carries_message(request) && answer.command_id == request.response() => {
                self.limiter.accepted(sent);
            }
            _ => {}
        }
    }

    /// Looks whether a response states that the peer is congested.
    #[cold]
    pub(crate) fn heed_congestion(&mut self, frame: &Frame, now: Time) {
        // Most responses are told by a glance at their octets to say nothing about it.
        if !states_congestion(frame.body()) {
            return;
        }
        let Ok(decoded) = frame.decode(&self.profile) else { return };
        if let Ok(Some(CongestionState(state))) = tlvs_of(decoded.pdu).get() {
            self.limiter.congestion = Some(Congestion { state: state.min(CONGESTED), until: now + STATED_FOR });
            self.adjust(now);
        }
    }

    /// Forgets a congestion the peer has not stated again.
    pub(crate) fn forget_congestion(&mut self, now: Time) {
        if self.limiter.congestion.take_if(|congestion| congestion.until <= now).is_some() {
            self.adjust(now);
        }
    }

    fn adjust(&mut self, now: Time) {
        self.limiter.adjust(now);
        self.fit_window();
    }

    /// Leaves of the window what the peer's congestion leaves of it.
    pub(crate) fn fit_window(&mut self) {
        self.window.set_limit(self.config.window(), self.limiter.share());
    }

    /// Writes a response, with our congestion if the peer is to be told, or nothing.
    pub(crate) fn write_answer<'a, P: Command<'a>>(
        &mut self,
        pdu: &P,
        command_status: CommandStatus,
        sequence_number: u32,
    ) -> Result<(), EncodeError> {
        let start = self.out.len();
        self.write(pdu, command_status, sequence_number)?;
        if let Some(state) = self.congestion {
            self.append_congestion(P::INFO, start, state);
        }
        Ok(())
    }

    /// TLVs come last, so one more is appended to a PDU that is already written.
    #[cold]
    fn append_congestion(&mut self, info: &PduInfo, start: usize, state: u8) {
        let body = self.out.get(start + HEADER_LEN..).unwrap_or_default();
        // Behind a header alone, mandatory fields would be expected first.
        let has_place = !body.is_empty() || info.fields == ["tlvs"];
        let agreed = self.version == Version::V5_0 && (self.state.is_bound() || self.state == State::Unbound);
        if !agreed || !has_place || states_congestion(body) {
            return;
        }
        self.out.extend_from_slice(&TLV_START);
        self.out.extend_from_slice(&[state]);
        self.counters.octets_out += TLV_START.len() as u64 + 1;
        let pdu = self.out.get_mut(start..).unwrap_or_default();
        let command_length = pdu.len() as u32; // the PDU was written with a length of 32 bits
        if let Some(claim) = pdu.first_chunk_mut() {
            *claim = command_length.to_be_bytes();
        }
    }
}

/// True if `congestion_state` may be among the octets of a body.
fn states_congestion(body: &[u8]) -> bool {
    body.windows(TLV_START.len()).any(|octets| octets == TLV_START)
}

/// The TLVs of a response.
fn tlvs_of(pdu: Pdu<'_>) -> Tlvs<'_> {
    match pdu {
        Pdu::SubmitSmResp(SubmitSmResp { tlvs, .. })
        | Pdu::SubmitMultiResp(SubmitMultiResp { tlvs, .. })
        | Pdu::DataSmResp(DataSmResp { tlvs, .. })
        | Pdu::DeliverSmResp(DeliverSmResp { tlvs, .. })
        | Pdu::QuerySmResp(QuerySmResp { tlvs, .. })
        | Pdu::CancelSmResp(CancelSmResp { tlvs })
        | Pdu::ReplaceSmResp(ReplaceSmResp { tlvs })
        | Pdu::BroadcastSmResp(BroadcastSmResp { tlvs, .. })
        | Pdu::QueryBroadcastSmResp(QueryBroadcastSmResp { tlvs, .. })
        | Pdu::CancelBroadcastSmResp(CancelBroadcastSmResp { tlvs })
        | Pdu::EnquireLinkResp(EnquireLinkResp { tlvs })
        | Pdu::UnbindResp(UnbindResp { tlvs }) => tlvs,
        _ => Tlvs::EMPTY,
    }
}

// Tag and length as they stand before the value.
const TLV_START: [u8; 4] = {
    let [high, low] = CongestionState::TAG.0.to_be_bytes();
    [high, low, 0, 1]
};
// The highest state that asks for nothing.
const OPTIMUM: u8 = 89;
// The highest state there is.
const CONGESTED: u8 = 100;
// An MC that states it only now and then still governs us; one that stopped does not, for long.
const STATED_FOR: Duration = Duration::from_secs(10);

//! The timers of a session (SMPP 3.4 §7.2): what is due when.
//!
//! Moments are remembered, deadlines are computed when asked for: a PDU costs one store. Response
//! timers of requests are the window's; only their patience is decided here.

use smpp_pdu::CommandId;

use crate::{Time, Timeouts};

/// When things happened last, and what must happen by when.
#[derive(Debug)]
pub(crate) struct Timers {
    spans: Timeouts,
    /// No bind so far; must come by then.
    session_init: Option<Time>,
    /// A bind was refused: binding again gains no more time.
    ending: bool,
    /// The last PDU of the peer.
    heard: Time,
    /// The last PDU of an application, either way.
    used: Time,
    enquiry: Option<Enquiry>,
    /// While we do not read, the peer cannot be blamed for silence.
    not_before: Time,
}

/// An `enquire_link` without an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Enquiry {
    pub(crate) sequence_number: u32,
    pub(crate) sent: Time,
}

/// What `enquire_link` has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// Nothing to do.
    Quiet,
    /// Time to ask.
    Ask,
    /// Asked, and heard nothing since.
    Dead,
}

impl Timers {
    pub(crate) fn new(spans: Timeouts, now: Time) -> Self {
        let session_init = spans.session_init.map(|span| now + span);
        Timers { spans, session_init, ending: false, heard: now, used: now, enquiry: None, not_before: Time::ZERO }
    }

    /// What has begun keeps its time.
    pub(crate) fn set_spans(&mut self, spans: Timeouts) {
        self.spans = spans;
    }

    /// The peer sent a PDU.
    pub(crate) fn hear(&mut self, command_id: CommandId, now: Time) {
        self.heard = now;
        if command_id.request() != CommandId::ENQUIRE_LINK {
            self.used = now;
        }
    }

    /// Our application sent a request.
    pub(crate) fn send(&mut self, now: Time) {
        self.used = now;
    }

    /// A bind is expected, from now on.
    pub(crate) fn await_bind(&mut self, now: Time) {
        if !self.ending {
            self.session_init = self.spans.session_init.map(|span| now + span);
        }
    }

    /// The connection is expected to end.
    pub(crate) fn await_end(&mut self, now: Time) {
        if !self.ending {
            self.session_init = Some(now + self.spans.linger);
            self.ending = true;
        }
    }

    /// A bind is under way or done.
    pub(crate) fn bind_came(&mut self) {
        self.session_init = None;
    }

    /// An `enquire_link` went out.
    pub(crate) fn enquired(&mut self, sequence_number: u32, now: Time) {
        self.enquiry = Some(Enquiry { sequence_number, sent: now });
    }

    /// True if `sequence_number` answers our `enquire_link`, which is then over.
    pub(crate) fn answered(&mut self, sequence_number: u32) -> bool {
        self.enquiry.take_if(|enquiry| enquiry.sequence_number == sequence_number).is_some()
    }

    /// Nothing is read at the moment: silence of the peer means nothing.
    pub(crate) fn hold(&mut self, now: Time) {
        self.not_before = now + HOLD;
    }

    /// By when a request sent then must be answered.
    pub(crate) fn response_due(&self, sent: Time) -> Time {
        let due = sent + self.spans.response;
        // We may be the reason for the silence, but not for ever.
        due.max(self.not_before).min(due + self.spans.response)
    }

    /// How the link stands; a peer that sent anything since it was asked is alive.
    pub(crate) fn link(&mut self, now: Time) -> Link {
        if self.link_due().is_none_or(|due| now < due) {
            return Link::Quiet;
        }
        match self.enquiry.take() {
            Some(enquiry) if self.heard <= enquiry.sent => Link::Dead,
            Some(_) if self.link_due().is_none_or(|due| now < due) => Link::Quiet,
            _ => Link::Ask,
        }
    }

    /// When [`link`](Self::link) will have something to do.
    pub(crate) fn link_due(&self) -> Option<Time> {
        let span = self.spans.enquire_link?;
        Some(self.enquiry.map_or(self.heard + span, |enquiry| self.response_due(enquiry.sent)))
    }

    pub(crate) fn session_init_due(&self) -> Option<Time> {
        self.session_init
    }

    pub(crate) fn inactivity_due(&self) -> Option<Time> {
        self.spans.inactivity.map(|span| self.used + span)
    }

    pub(crate) fn spans(&self) -> &Timeouts {
        &self.spans
    }
}

// Long enough to read what waits in the socket after a pause.
const HOLD: core::time::Duration = core::time::Duration::from_secs(1);

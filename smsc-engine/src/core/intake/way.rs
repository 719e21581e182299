//! Where a message goes, and whether it is charged.

use std::sync::Arc;
use std::time::Instant;

use super::super::inner::Inner;
use super::super::policy::{Policy, Uncharged, Unrouted};
use super::super::route::{Action, AfterReply, Choice, Decision, Facts};
use super::begin::Begun;
use crate::api::Refusal;
use crate::model::{Charged, Kind, Lane, Message};

/// What becomes of a message that comes in.
pub(super) struct Way {
    /// The route that decided; 0 if none did.
    pub(super) route: u64,
    pub(super) end: End,
    pub(super) charge: Charge,
}

/// Where the way ends.
pub(super) enum End {
    Deliver(Lane),
    /// No route claims it: it waits, on the lane of the frontend that serves its recipient, if one does.
    Wait(Lane),
    Drop,
    Reply {
        text: Arc<str>,
        then: AfterReply,
    },
    /// It is recorded as rejected, and its sender is told why.
    Refuse(Refusal),
}

/// What charging said.
pub(super) enum Charge {
    /// Nothing; it was not asked.
    None,
    Granted,
    Failed(String),
}

/// A way that was found but not paid for.
pub(super) struct Found {
    pub(super) route: u64,
    pub(super) end: End,
    pub(super) is_charged: bool,
}

impl Found {
    pub(super) fn free(self) -> Way {
        self.paid(Charge::None, &Policy::default())
    }

    /// What charging said decides whether it stays on this way.
    pub(super) fn paid(self, charge: Charge, policy: &Policy) -> Way {
        let denied = matches!(charge, Charge::Failed(_)) && policy.uncharged == Uncharged::Deny;
        Way { route: self.route, end: if denied { End::Refuse(Refusal::NotCharged) } else { self.end }, charge }
    }
}

impl Inner {
    /// The way of a message, if that can be told without asking anybody outside.
    pub(super) fn way_at_once(&self, begun: &Begun) -> Option<Way> {
        let domain = match &self.enum_lookup {
            Some(lookup) if needs_route(&begun.message) => lookup.known(&begun.message.destination.number())?,
            _ => None,
        };
        let found = self.find(begun, domain.as_deref());
        (!found.is_charged).then(|| found.free())
    }

    /// Chooses by the numbers, the submitter and what ENUM found.
    pub(super) fn find(&self, begun: &Begun, enum_domain: Option<&str>) -> Found {
        let message = &begun.message;
        if message.lane.is_public() {
            return self.found(0, End::Deliver(message.lane.clone()), Charged::Default);
        }
        if message.kind == Kind::Mo && begun.source_type.is_none() {
            // A network in this process knows whose number it was sent to; what a frontend brings is routed by it.
            return self.found(0, End::Deliver(Lane::esme(&message.account)), Charged::No);
        }
        let mut facts = Facts::at(message.submitted);
        facts.source_type = begun.source_type;
        facts.enum_domain = enum_domain;
        let began = Instant::now();
        let decision = self.router.route(message, &facts);
        self.meters.routing.record(began.elapsed());
        match decision {
            Decision::Chosen(Choice { route, charged, action, .. }) => match action {
                Action::Deliver(lane) => self.found(route, End::Deliver(lane), charged),
                Action::Drop => self.found(route, End::Drop, Charged::No),
                // An answer that answers itself would never end.
                Action::Reply { .. } if message.extra().auto_reply => self.unrouted(message),
                Action::Reply { text, then } => self.found(route, End::Reply { text, then }, charged),
            },
            Decision::NoRoute => self.unrouted(message),
        }
    }

    /// Counts a message that goes the way of this route; 0 is none.
    pub(super) fn count_match(&self, route: u64) {
        if route > 0 {
            self.router.count(route);
        }
    }

    fn found(&self, route: u64, end: End, charged: Charged) -> Found {
        let wanted = match charged {
            Charged::Yes => true,
            Charged::No => false,
            Charged::Default => self.policy().charging,
        };
        Found { route, end, is_charged: wanted && self.charging.is_some() }
    }

    /// No route claims it: perhaps somebody serves its recipient.
    fn unrouted(&self, message: &Message) -> Found {
        let end = match self.serving(message, message.submitted) {
            Some(frontend) => End::Wait(Lane::located(frontend.as_str())),
            None if self.policy().unrouted == Unrouted::Reject => End::Refuse(Refusal::NoRoute),
            None => End::Wait(Lane::default()),
        };
        // A message that is refused is not paid for.
        let charged = if matches!(end, End::Refuse(_)) { Charged::No } else { Charged::Default };
        self.found(0, end, charged)
    }
}

/// Tells whether anybody but its submitter decides where a message goes.
pub(super) fn needs_route(message: &Message) -> bool {
    message.kind != Kind::Mo && !message.lane.is_public()
}

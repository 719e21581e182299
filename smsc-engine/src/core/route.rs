//! Where a message goes: the trait, and the router of a core with one carrier.

use crate::model::{Lane, Message, Timestamp};

/// Decides where messages go. In memory, total and quick: it is asked for every message.
pub trait Router: Send + Sync + 'static {
    /// Chooses for one message.
    fn route(&self, message: &Message, facts: &Facts) -> Decision;
}

/// What a router may look at besides the message.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// The present.
    pub now: Timestamp,
}

impl Facts {
    /// The facts at a point in time.
    pub const fn at(now: Timestamp) -> Facts {
        Facts { now }
    }
}

/// What a router chose.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// Whoever serves this lane delivers it.
    Deliver(Lane),
    /// Nobody can.
    NoRoute,
}

/// Sends everything to one lane.
#[derive(Clone, Debug)]
pub struct SingleRoute(pub Lane);

impl Router for SingleRoute {
    fn route(&self, _: &Message, _: &Facts) -> Decision {
        Decision::Deliver(self.0.clone())
    }
}

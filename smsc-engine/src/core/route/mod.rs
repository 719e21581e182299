//! Where a message goes: the trait, the router of a core with one carrier, and a table of routes.

mod dice;
#[cfg(feature = "json")]
mod document;
mod entry;
mod index;
mod plan;
mod simulate;
mod store;
mod table;
mod validate;

#[cfg(feature = "json")]
pub use document::{DocumentError, read_document};
pub use index::{Liveness, Query, Specificity};
pub use plan::{ImportMode, ImportReport};
pub use simulate::{Candidate, Criterion, Simulation};
pub use store::{MemoryRouteStore, RouteChange, RouteStore};
pub use table::{RouteTable, TableError, TableOptions};
pub use validate::{RouteError, RouteFault, validate};

use std::sync::Arc;

use crate::model::{Charged, Lane, Message, SourceType, Timestamp};

/// Decides where messages go. In memory, total and quick: it is asked for every message.
pub trait Router: Send + Sync + 'static {
    /// Chooses for one message, whose numbers are already translated.
    fn route(&self, message: &Message, facts: &Facts<'_>) -> Decision;

    /// Counts a message that goes the way of this route; asking for the way alone counts nothing.
    fn count(&self, _route: u64) {}
}

/// What a router may look at besides the message.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The present.
    pub now: Timestamp,
    /// The kind of network the message came from, if that is known.
    pub source_type: Option<SourceType>,
    /// What ENUM found for the recipient.
    pub enum_domain: Option<&'a str>,
}

impl Facts<'_> {
    /// The time, and nothing else known.
    pub const fn at(now: Timestamp) -> Self {
        Facts { now, source_type: None, enum_domain: None }
    }
}

/// What a router chose.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// A route claims the message.
    Chosen(Choice),
    /// No route claims it.
    NoRoute,
}

/// The route that claims a message, and what it says; cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The number of the route; 0 if there is no table.
    pub route: u64,
    /// The priority of the route; lower is preferred.
    pub priority: u8,
    /// Whether the message is charged.
    pub charged: Charged,
    /// What becomes of the message.
    pub action: Action,
}

/// What becomes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Whoever serves this lane delivers it.
    Deliver(Lane),
    /// It is discarded.
    Drop,
    /// The sender gets an answer; nobody delivers the message itself.
    Reply {
        /// The text of the answer.
        text: Arc<str>,
        /// How the message ends once the answer is queued.
        then: AfterReply,
    },
}

/// How a message ends that was answered by a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterReply {
    /// It counts as delivered.
    Delivered,
    /// It is discarded, for the route also drops.
    Dropped,
}

/// Sends everything to one lane.
#[derive(Clone, Debug)]
pub struct SingleRoute(pub Lane);

impl Router for SingleRoute {
    fn route(&self, _: &Message, _: &Facts<'_>) -> Decision {
        let action = Action::Deliver(self.0.clone());
        Decision::Chosen(Choice { route: 0, priority: 1, charged: Charged::Default, action })
    }
}

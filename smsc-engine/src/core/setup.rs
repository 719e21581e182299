//! What a core is made of.

use std::sync::Arc;
use std::time::Duration;

use super::charging::Charging;
use super::clock::Clock;
use super::enum_lookup::EnumLookup;
use super::events::EventLog;
use super::hook::Hook;
use super::locating::Follower;
use super::location::Locations;
use super::policy::Policy;
use super::prints::FingerprintStore;
use super::queue::Queue;
use super::records::{RecordSink, RecorderOptions};
use super::route::{RouteTable, Router};
use super::translate::Translator;

/// The parts of a core; all but the queue and the router may be left out.
pub struct Setup {
    /// Where accepted messages live.
    pub queue: Arc<dyn Queue>,
    /// Where they go.
    pub router: Arc<dyn Router>,
    /// The table behind the router, if it is one that the operator changes through the handle.
    pub routes: Option<RouteTable>,
    /// Changes numbers before routing.
    pub translator: Arc<Translator>,
    /// Where subscribers are, and who hears when that changes; the locations must have its listener.
    pub locations: Option<(Locations, Follower)>,
    /// Finds who serves a number.
    pub enum_lookup: Option<Arc<dyn EnumLookup>>,
    /// Asks for money.
    pub charging: Option<Arc<dyn Charging>>,
    /// See every message, in this order.
    pub hooks: Vec<Arc<dyn Hook>>,
    /// Keeps the history of messages.
    pub events: Option<Arc<dyn EventLog>>,
    /// Where records go; the queue must keep ended messages until they are recorded.
    pub records: Option<Records>,
    /// The name of this node in events and records, `name@host`.
    pub node: Arc<str>,
    /// Whether other nodes may deliver what this one accepts: then messages name the node that accepted them.
    pub mark_origin: bool,
    /// Where nodes note what they accept, so that a repeat at another node is known; with [`Setup::fingerprint_ttl`].
    pub fingerprints: Option<Arc<dyn FingerprintStore>>,
    /// Tells the time.
    pub clock: Clock,
    /// The rules of a message's life.
    pub policy: Policy,
    /// How long a repeat of a message is known; `None` for never.
    pub fingerprint_ttl: Option<Duration>,
    /// Submitters whose messages may repeat.
    pub may_repeat: Vec<String>,
    /// Counts all parts in the record of each part of a text its sender split, not one.
    pub record_total_parts: bool,
}

/// Where records go.
pub struct Records {
    /// Each gets every record.
    pub sinks: Vec<Arc<dyn RecordSink>>,
    /// How they are batched.
    pub options: RecorderOptions,
}

impl Setup {
    /// A queue and a router, and nothing else.
    pub fn new(queue: Arc<dyn Queue>, router: Arc<dyn Router>) -> Setup {
        Setup {
            queue,
            router,
            routes: None,
            translator: Arc::default(),
            locations: None,
            enum_lookup: None,
            charging: None,
            hooks: Vec::new(),
            events: None,
            records: None,
            node: "smsc@localhost".into(),
            mark_origin: false,
            fingerprints: None,
            clock: Clock::system(),
            policy: Policy::default(),
            fingerprint_ttl: None,
            may_repeat: Vec::new(),
            record_total_parts: false,
        }
    }

    /// A queue and a table of routes, and nothing else.
    pub fn with_routes(queue: Arc<dyn Queue>, routes: RouteTable) -> Setup {
        Setup { routes: Some(routes.clone()), ..Setup::new(queue, Arc::new(routes)) }
    }
}

//! All that an operator does with a running centre, whichever way the order comes: REST, dashboard or command line.
//!
//! The core's own control surface is [`Handle`]; here the rest of a centre stands beside it. It serves no port itself.

use std::sync::Arc;

use crate::cluster::ClusterView;
use crate::core::charging::Circuit;
use crate::core::records::SqlRecords;
use crate::core::registry::Registry;
use crate::core::tables::SqlTable;
use crate::core::{Batch, Handle};
use crate::frontend::{Binds, Frontend};
use crate::http::metrics::Figures;
use crate::model::{MmsMessage, Ss7Event, Timestamp};

/// The parts of one running centre that people and programs ask about or change; used as `Arc<Control>`.
pub struct Control {
    /// What the centre calls itself in `/api/status`.
    pub application: String,
    /// When it was started.
    pub started: Timestamp,
    /// Messages, routes, locations, translation, meters.
    pub handle: Handle,
    /// Submissions that nobody waits for.
    pub batch: Batch,
    /// Frontends that report now and then.
    pub registry: Registry,
    /// Multimedia messages.
    pub mms: SqlTable<MmsMessage>,
    /// Signalling events.
    pub ss7: SqlTable<Ss7Event>,
    /// The SMPP listener in this process, if there is one.
    pub smpp: Option<Arc<Frontend>>,
    /// The carriers this process binds to, if it does.
    pub carriers: Option<Binds>,
    /// Records that can be asked, if they go to a database.
    pub records: Option<SqlRecords>,
    /// What this node sees of the others it shares a database with, if it does.
    pub cluster: Option<Arc<dyn Fn() -> ClusterView + Send + Sync>>,
    /// What only metrics ask about.
    pub figures: Figures,
}

/// Which parts of a centre do their work; `None` for those it does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The queue takes messages.
    pub store: bool,
    /// Records are written.
    pub database: Option<bool>,
    /// Charging is asked, not shut off because it failed.
    pub charging: Option<bool>,
    /// ENUM is asked; its failures are its metrics' business, for messages go on without it.
    pub enum_lookup: Option<bool>,
    /// All nodes of the cluster are there and agree.
    pub cluster: Option<bool>,
}

impl Control {
    /// Tells which parts do their work, as far as is known without asking any of them.
    pub fn health(&self) -> Health {
        Health {
            store: self.handle.queue().health().is_ok(),
            database: self.handle.recording().map(|statistics| !statistics.is_failing),
            charging: self.handle.charging().map(|statistics| statistics.circuit != Circuit::Open),
            enum_lookup: self.handle.enum_lookup().map(|_| true),
            cluster: self.cluster_view().map(|view| view.works && view.problems.is_empty()),
        }
    }

    /// What this node sees of the others, if it shares a database.
    pub fn cluster_view(&self) -> Option<ClusterView> {
        self.cluster.as_ref().map(|view| view())
    }

    /// Returns the time of the core.
    pub fn now(&self) -> Timestamp {
        self.handle.clock().now()
    }
}

//! All that an operator does with a running centre, whichever way the order comes: REST, dashboard or command line.
//!
//! The core's own control surface is [`Handle`]; here the rest of a centre stands beside it. It serves no port itself.

use std::sync::Arc;

use crate::core::records::SqlRecords;
use crate::core::registry::Registry;
use crate::core::tables::SqlTable;
use crate::core::{Batch, Handle};
use crate::frontend::Frontend;
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
    /// Records that can be asked, if they go to a database.
    pub records: Option<SqlRecords>,
}

impl Control {
    /// Returns the time of the core.
    pub fn now(&self) -> Timestamp {
        self.handle.clock().now()
    }
}

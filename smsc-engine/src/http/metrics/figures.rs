//! What metrics tell and no other part of a centre counts.

use std::path::PathBuf;

use super::{ApiCounters, Certificates};
use crate::sql::Database;

/// What only metrics ask about.
#[derive(Default)]
pub struct Figures {
    /// Requests to the API; [`count`](super::count) counts them.
    pub api: ApiCounters,
    /// Until when the certificates in use are valid.
    pub certificates: Certificates,
    /// The database of tables and events.
    pub database: Option<Database>,
    /// Where messages are kept; its disk is watched.
    pub directory: Option<PathBuf>,
}

//! Why a centre does not start, in words that tell an operator where to look.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::accounts::{AccountError, AccountStoreError};
use crate::cluster::ClusterError;
use crate::core::charging::BuildError;
use crate::core::enum_lookup::DnsError;
use crate::core::location::LocationError;
use crate::core::queue::{OpenError, QueueError, SharedQueueError};
use crate::core::records::SinkError;
use crate::core::registry::RegistryStoreError;
use crate::core::route::TableError;
use crate::core::translate::RuleError;
use crate::http::listen::ListenError;
use crate::overlay::BookError;
use crate::sql::SqlError;
use crate::users::UsersError;

/// Why a centre did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The directory cannot be made.
    #[error("cannot make the directory {}: {error}", directory.display())]
    Directory {
        /// Which directory.
        directory: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The journal cannot be opened.
    #[error("cannot open the journal in {}: {error}", directory.display())]
    Journal {
        /// Which directory.
        directory: PathBuf,
        /// What is wrong.
        error: OpenError,
    },
    /// The journal was opened and cannot be read.
    #[error("cannot go on with what is queued: {0}")]
    Queue(QueueError),
    /// The tables of routes, locations and events cannot be used.
    #[error("cannot use the tables in {}: {error}", file.display())]
    Tables {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        error: SqlError,
    },
    /// The database that nodes share cannot be used.
    #[error("cannot use the shared database {place}: {error}")]
    Shared {
        /// Where it is.
        place: String,
        /// What is wrong.
        error: SqlError,
    },
    /// The queue in the shared database cannot be used.
    #[error("cannot use the queue in the shared database: {0}")]
    SharedQueue(SharedQueueError),
    /// This node cannot take its place in the cluster.
    #[error("cannot join the cluster: {0}")]
    Cluster(ClusterError),
    /// The routes cannot be loaded.
    #[error("routes are not loaded: {0}")]
    Routes(TableError),
    /// The locations of subscribers cannot be loaded.
    #[error("locations are not loaded: {0}")]
    Locations(LocationError),
    /// The history of frontends cannot be loaded.
    #[error("the registry of frontends is not loaded: {0}")]
    Registry(RegistryStoreError),
    /// What accounts have used of their quotas cannot be loaded.
    #[error("the usage of accounts is not loaded: {0}")]
    Usage(AccountStoreError),
    /// A translation rule is no good.
    #[error(transparent)]
    Translation(RuleError),
    /// ENUM cannot be asked.
    #[error("ENUM cannot be used: {0}")]
    Enum(DnsError),
    /// Charging cannot be asked.
    #[error(transparent)]
    Charging(BuildError),
    /// Records cannot be written there; a server that is down is no such error.
    #[error("records cannot be written: {0}")]
    Records(SinkError),
    /// The accounts cannot be used.
    #[error(transparent)]
    Accounts(AccountError),
    /// What was changed at run time cannot be read, or does not go with what the settings say.
    #[error(transparent)]
    Book(BookError),
    /// Nobody could log in to the dashboard.
    #[error("the users of the dashboard: {0}")]
    Users(UsersError),
    /// The port of a service cannot be opened.
    #[error("cannot serve the {service}: {error}")]
    Port {
        /// What was to be served there.
        service: &'static str,
        /// What is wrong.
        error: ListenError,
    },
    /// A carrier can never be bound to.
    #[error("{0}")]
    Carriers(String),
    /// The address cannot be listened on.
    #[error("cannot listen for {service} on {address}: {error}")]
    Listen {
        /// What was to be served there, such as SMPP.
        service: &'static str,
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

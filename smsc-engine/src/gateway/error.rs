//! Why a gateway does not start, in words that tell an operator where to look.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::http::listen::ListenError;
use crate::overlay::BookError;
use crate::remote::BuildError;
use crate::sql::SqlError;
use crate::users::UsersError;

/// Why a gateway did not start. A core that does not answer is no reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The directory cannot be made.
    #[error("cannot make the directory {}: {error}", directory.display())]
    Directory {
        /// Which directory.
        directory: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// Another process works in the directory, or it cannot be locked.
    #[error("cannot use the directory {} alone: {error}; does another gateway work there?", directory.display())]
    Locked {
        /// Which directory.
        directory: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The database of peers and users cannot be used.
    #[error("cannot use the database {}: {error}", file.display())]
    Database {
        /// Which file.
        file: PathBuf,
        /// What is wrong.
        error: SqlError,
    },
    /// Peers cannot be used: those of the file, or those that were changed at run time.
    #[error(transparent)]
    Peers(BookError),
    /// Nobody could log in to the dashboard.
    #[error("the users of the dashboard: {0}")]
    Users(UsersError),
    /// The core cannot be called at all.
    #[error(transparent)]
    Core(BuildError),
    /// The address for partners cannot be listened on.
    #[error("cannot listen for SMPP on {address}: {error}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The port of a service cannot be opened.
    #[error("cannot serve the {service}: {error}")]
    Port {
        /// What was to be served there.
        service: &'static str,
        /// What is wrong.
        error: ListenError,
    },
}

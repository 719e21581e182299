//! What a gateway keeps on disk: peers and users as they were changed, and no message.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

use super::GatewayError;
use crate::core::queue::io::{Io, RealIo};
use crate::sql::{Database, DatabaseConfig};

/// The directory of one gateway, which nobody else uses while this lives.
pub(super) struct Store {
    database: Database,
    _lock: Box<dyn Send + Sync>,
}

impl Store {
    /// Opens it, and makes what is missing, for its owner alone: passwords of peers are in there in clear, for a bind
    /// sends them so.
    pub(super) async fn open(directory: &Path) -> Result<Store, GatewayError> {
        make(directory).map_err(|error| GatewayError::Directory { directory: directory.into(), error })?;
        let lock = RealIo::new(directory).and_then(|io| io.lock());
        let lock = lock.map_err(|error| GatewayError::Locked { directory: directory.into(), error })?;
        let file = directory.join(DATABASE);
        private(&file).map_err(|error| GatewayError::Read { path: file.clone(), error })?;
        let database = Database::open(&DatabaseConfig::sqlite(&file)).await;
        let database = database.map_err(|error| GatewayError::Database { file, error })?;
        Ok(Store { database, _lock: lock })
    }

    /// Peers and users.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Closes the database; then the directory is anybody's.
    pub(super) async fn close(&self) {
        self.database.close().await;
    }
}

fn make(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Makes a file that only its owner can open, or makes one such.
fn private(file: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = options.open(file)?;
    #[cfg(unix)]
    opened.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    drop(opened);
    Ok(())
}

const DATABASE: &str = "gateway.db";

//! What goes wrong when a table is kept somewhere.

use std::error::Error;

/// A store of routes or locations failed; nothing of what it was asked for counts as stored.
#[derive(Debug, thiserror::Error)]
#[error("the store failed: {0}")]
pub struct StoreError(#[source] Box<dyn Error + Send + Sync>);

impl StoreError {
    /// Wraps what the store says.
    pub fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        StoreError(cause.into())
    }
}

//! Where counters outlive the process.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Accounts, Usage};
use crate::BoxFuture;

/// Keeps what accounts have used of their quotas; used as `Arc<dyn AccountStore>`.
pub trait AccountStore: Send + Sync + 'static {
    /// Returns what was saved last.
    ///
    /// # Errors
    /// It cannot be read.
    fn load(&self) -> BoxFuture<'_, Result<Vec<Usage>, AccountStoreError>>;

    /// Replaces what was saved before.
    ///
    /// # Errors
    /// It cannot be written.
    fn save(&self, usage: Vec<Usage>) -> BoxFuture<'_, Result<(), AccountStoreError>>;
}

/// Why counters cannot be kept.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the counters of accounts cannot be kept: {0}")]
pub struct AccountStoreError(pub String);

/// Keeps counters in memory: for tests, and for centres without quotas.
#[derive(Debug, Default)]
pub struct MemoryAccountStore(Mutex<Vec<Usage>>);

impl AccountStore for MemoryAccountStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Usage>, AccountStoreError>> {
        let saved = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(std::future::ready(Ok(saved)))
    }

    fn save(&self, usage: Vec<Usage>) -> BoxFuture<'_, Result<(), AccountStoreError>> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = usage;
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Saves what changed, for ever; a crash forgets at most the messages of `every`.
pub async fn keep_usage(accounts: Arc<Accounts>, store: Arc<dyn AccountStore>, every: Duration) {
    let mut saved = Vec::new();
    loop {
        tokio::time::sleep(every).await;
        let usage = accounts.usage();
        if usage == saved {
            continue;
        }
        match store.save(usage.clone()).await {
            Ok(()) => saved = usage,
            Err(error) => tracing::error!(%error, "quotas are not saved, the next time may be better"),
        }
    }
}

//! Where records outlive the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::FrontendRecord;
use crate::BoxFuture;

/// Keeps the records of frontends; used as `Arc<dyn RegistryStore>`.
pub trait RegistryStore: Send + Sync + 'static {
    /// Returns every record, in any order.
    ///
    /// # Errors
    /// They cannot be read.
    fn load(&self) -> BoxFuture<'_, Result<Vec<FrontendRecord>, RegistryStoreError>>;

    /// Writes a record, new or in place of the one with its id, and removes others.
    ///
    /// # Errors
    /// It cannot be written.
    fn put(&self, record: FrontendRecord, forgotten: Vec<u64>) -> BoxFuture<'_, Result<(), RegistryStoreError>>;
}

/// Why records cannot be kept.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the records of frontends cannot be kept: {0}")]
pub struct RegistryStoreError(pub String);

/// Keeps records in memory.
#[derive(Debug, Default)]
pub struct MemoryRegistryStore(Mutex<BTreeMap<u64, FrontendRecord>>);

impl RegistryStore for MemoryRegistryStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<FrontendRecord>, RegistryStoreError>> {
        let records = self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        Box::pin(std::future::ready(Ok(records)))
    }

    fn put(&self, record: FrontendRecord, forgotten: Vec<u64>) -> BoxFuture<'_, Result<(), RegistryStoreError>> {
        let mut records = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records.insert(record.id, record);
        forgotten.iter().for_each(|id| drop(records.remove(id)));
        drop(records);
        Box::pin(std::future::ready(Ok(())))
    }
}

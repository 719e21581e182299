//! Where records outlive the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::FrontendRecord;
use crate::BoxFuture;
use crate::core::{News, StoreError, Turn};

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

    /// Waits until nobody else changes the records; a change is a record to write and those to remove. Records that
    /// nobody shares are always one's own.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn turn(&self) -> BoxFuture<'_, Result<RegistryTurn<'_>, RegistryStoreError>> {
        let save = move |(record, forgotten): RegistryChange| -> BoxFuture<'_, _> {
            Box::pin(async move {
                self.put(record.clone(), forgotten.clone()).await.map_err(StoreError::new)?;
                Ok((record, forgotten))
            })
        };
        Box::pin(std::future::ready(Ok(Turn::new(News::NONE, Box::new(save)))))
    }

    /// Returns what others changed since the last news.
    ///
    /// # Errors
    /// When they cannot be read.
    fn news(&self) -> BoxFuture<'_, Result<News<FrontendRecord>, RegistryStoreError>> {
        Box::pin(std::future::ready(Ok(News::NONE)))
    }
}

/// A record to write, and the numbers of those to remove.
pub type RegistryChange = (FrontendRecord, Vec<u64>);

/// A turn to change the records.
pub type RegistryTurn<'a> = Turn<'a, RegistryChange, FrontendRecord>;

impl From<StoreError> for RegistryStoreError {
    fn from(error: StoreError) -> Self {
        RegistryStoreError(error.to_string())
    }
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

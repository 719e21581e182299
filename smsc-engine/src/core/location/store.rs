//! Where locations are kept: the trait, and a store without a disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::BoxFuture;
use crate::core::{News, StoreError, Turn};
use crate::model::Location;

/// Keeps the locations of subscribers; used as `Arc<dyn LocationStore>`.
pub trait LocationStore: Send + Sync + 'static {
    /// Returns all locations in the order of their numbers.
    ///
    /// # Errors
    /// When they cannot be read.
    fn load(&self) -> BoxFuture<'_, Result<Vec<Location>, StoreError>>;

    /// Makes changes in their order, all or none; resolves when they are durable.
    ///
    /// # Errors
    /// When they cannot be stored; then none of them is.
    fn save<'a>(&'a self, changes: &'a [LocationChange]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Waits until nobody else changes the table. One that nobody shares is always one's own.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn turn(&self) -> BoxFuture<'_, Result<Turn<'_, Vec<LocationChange>, Location>, StoreError>> {
        let save = move |changes: Vec<LocationChange>| -> BoxFuture<'_, _> {
            Box::pin(async move {
                if !changes.is_empty() {
                    self.save(&changes).await?;
                }
                Ok(changes)
            })
        };
        Box::pin(std::future::ready(Ok(Turn::new(News::NONE, Box::new(save)))))
    }

    /// Returns what others changed since the last news.
    ///
    /// # Errors
    /// When they cannot be read.
    fn news(&self) -> BoxFuture<'_, Result<News<Location>, StoreError>> {
        Box::pin(std::future::ready(Ok(News::NONE)))
    }
}

/// One step of a change to the locations.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LocationChange {
    /// Adds a location, or replaces the one with its number.
    Put(Location),
    /// Deletes the location with this number, if there is one.
    Delete(u64),
}

/// Keeps locations in memory only.
#[derive(Debug, Default)]
pub struct MemoryLocationStore(Mutex<BTreeMap<u64, Location>>);

impl LocationStore for MemoryLocationStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Location>, StoreError>> {
        let locations = self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        Box::pin(async move { Ok(locations) })
    }

    fn save<'a>(&'a self, changes: &'a [LocationChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut locations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for change in changes {
                match change {
                    LocationChange::Put(location) => drop(locations.insert(location.id, location.clone())),
                    LocationChange::Delete(id) => drop(locations.remove(id)),
                }
            }
            Ok(())
        })
    }
}

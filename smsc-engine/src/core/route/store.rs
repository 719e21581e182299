//! Where a table is kept: the trait, and a store without a disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::BoxFuture;
use crate::core::{News, StoreError, Turn};
use crate::model::Route;

/// Keeps the routes of a table; used as `Arc<dyn RouteStore>`.
pub trait RouteStore: Send + Sync + 'static {
    /// Returns all routes in the order of their numbers.
    ///
    /// # Errors
    /// When they cannot be read.
    fn load(&self) -> BoxFuture<'_, Result<Vec<Route>, StoreError>>;

    /// Makes changes in their order, all or none; resolves when they are durable.
    ///
    /// # Errors
    /// When they cannot be stored; then none of them is.
    fn save<'a>(&'a self, changes: &'a [RouteChange]) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Waits until nobody else changes the table. One that nobody shares is always one's own.
    ///
    /// # Errors
    /// When the store cannot be asked.
    fn turn(&self) -> BoxFuture<'_, Result<Turn<'_, Vec<RouteChange>, Route>, StoreError>> {
        let save = move |changes: Vec<RouteChange>| -> BoxFuture<'_, _> {
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
    fn news(&self) -> BoxFuture<'_, Result<News<Route>, StoreError>> {
        Box::pin(std::future::ready(Ok(News::NONE)))
    }
}

/// One step of a change to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteChange {
    /// Adds a route, or replaces the one with its number.
    Put(Route),
    /// Deletes the route with this number, if there is one.
    Delete(u64),
    /// Deletes all routes.
    Clear,
}

/// Keeps routes in memory only.
#[derive(Debug, Default)]
pub struct MemoryRouteStore(Mutex<BTreeMap<u64, Route>>);

impl RouteStore for MemoryRouteStore {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Route>, StoreError>> {
        let routes = self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        Box::pin(async move { Ok(routes) })
    }

    fn save<'a>(&'a self, changes: &'a [RouteChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut routes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            for change in changes {
                match change {
                    RouteChange::Put(route) => drop(routes.insert(route.id, route.clone())),
                    RouteChange::Delete(id) => drop(routes.remove(id)),
                    RouteChange::Clear => routes.clear(),
                }
            }
            Ok(())
        })
    }
}

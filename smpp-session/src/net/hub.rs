//! The connections of a server.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use tokio::sync::Notify;

use super::link::Link;
use super::shared::Shared;

/// Every connection that has not ended yet.
#[derive(Default)]
pub(crate) struct Hub {
    table: Mutex<Table>,
    emptied: Notify,
}

#[derive(Default)]
struct Table {
    links: HashMap<u64, Arc<Shared>>,
    next: u64,
}

/// Membership of one connection; ends with it.
pub(crate) struct Member {
    hub: Arc<Hub>,
    id: u64,
}

impl Hub {
    /// Enters a connection, unless there are `limit` already.
    pub(crate) fn join(self: &Arc<Self>, limit: usize, shared: &Arc<Shared>) -> Option<Member> {
        let mut table = self.table();
        if table.links.len() >= limit {
            return None;
        }
        let id = table.next;
        table.next += 1;
        table.links.insert(id, shared.clone());
        Some(Member { hub: self.clone(), id })
    }

    /// Handles of all connections.
    pub(crate) fn links(&self) -> Vec<Link> {
        self.table().links.values().map(|shared| Link { shared: shared.clone() }).collect()
    }

    /// Number of connections.
    pub(crate) fn len(&self) -> usize {
        self.table().links.len()
    }

    /// Waits until there are no connections.
    pub(crate) async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.len() == 0 {
                return;
            }
            emptied.await;
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("connections", &self.len()).finish()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut table = self.hub.table();
        table.links.remove(&self.id);
        if table.links.is_empty() {
            self.hub.emptied.notify_waiters();
        }
    }
}

//! The connections of a server.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use tokio::sync::Notify;

use super::admission::{Refusal, source};
use super::link::Link;
use super::shared::Shared;

/// Every connection that has not ended yet.
pub(crate) struct Hub {
    max_connections: usize,
    max_per_address: usize,
    table: Mutex<Table>,
    emptied: Notify,
}

#[derive(Default)]
struct Table {
    links: HashMap<u64, Arc<Shared>>,
    sources: HashMap<IpAddr, usize>,
    next: u64,
    closing: bool,
}

/// Membership of one connection; ends with it.
pub(crate) struct Member {
    hub: Arc<Hub>,
    id: u64,
    source: IpAddr,
}

impl Hub {
    pub(crate) fn new(max_connections: usize, max_per_address: usize) -> Self {
        Hub { max_connections, max_per_address, table: Mutex::default(), emptied: Notify::new() }
    }

    /// Enters a connection, if there is room for it.
    pub(crate) fn join(self: &Arc<Self>, shared: &Arc<Shared>) -> Result<Member, Refusal> {
        let source = source(shared.peer.ip());
        let mut table = self.table();
        if table.closing {
            return Err(Refusal::ShuttingDown);
        }
        if table.links.len() >= self.max_connections {
            return Err(Refusal::TooMany);
        }
        let of_source = table.sources.entry(source).or_default();
        if *of_source >= self.max_per_address {
            return Err(Refusal::TooManyFromAddress);
        }
        *of_source += 1;
        let id = table.next;
        table.next += 1;
        table.links.insert(id, shared.clone());
        Ok(Member { hub: self.clone(), id, source })
    }

    /// Lets no more connections in.
    pub(crate) fn close(&self) {
        self.table().closing = true;
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

impl Table {
    fn remove(&mut self, id: u64, source: IpAddr) {
        self.links.remove(&id);
        let Some(of_source) = self.sources.get_mut(&source) else { return };
        *of_source = of_source.saturating_sub(1);
        if *of_source == 0 {
            self.sources.remove(&source);
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut table = self.hub.table();
        table.remove(self.id, self.source);
        if table.links.is_empty() {
            self.hub.emptied.notify_waiters();
        }
    }
}

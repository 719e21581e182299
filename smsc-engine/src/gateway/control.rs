//! All that an operator does with a running gateway.

use std::sync::Arc;

use serde_json::{Value, json};

use super::bundle::bind;
use crate::config::PeerFile;
use crate::frontend::{Binds, ClientPeer, ServerPeer};
use crate::model::Timestamp;
use crate::ops::{Program, System};
use crate::overlay::{Book, BookError, Deleted};
use crate::remote::RemoteCore;

/// The parts of one running gateway that people and programs ask about or change; used as `Arc<GatewayControl>`.
pub struct GatewayControl {
    /// The name the gateway has towards the core.
    pub name: String,
    /// When it was started.
    pub started: Timestamp,
    /// The binds that run.
    pub binds: Binds,
    /// The core.
    pub core: RemoteCore,
    /// Carriers of the file with changes over them.
    pub clients: Book<ClientPeer>,
    /// Partners of the file with changes over them.
    pub servers: Book<ServerPeer>,
}

impl GatewayControl {
    /// Deletes the peer of this name, carrier or partner, in the name of `by`; one of the file stays deleted.
    ///
    /// # Errors
    /// There is none, or it cannot be kept.
    pub async fn delete_peer(&self, name: &str, by: &str) -> Result<(), BookError> {
        match self.servers.get(name) {
            Some(_) => self.servers.delete(name, by).await,
            None => self.clients.delete(name, by).await,
        }
    }

    /// Forgets what was changed or deleted over the file of the peer of this name.
    ///
    /// # Errors
    /// Nothing was, or it cannot be kept.
    pub async fn revert_peer(&self, name: &str) -> Result<(), BookError> {
        let is_server = self.servers.get(name).is_some() || self.servers.deleted().iter().any(|deleted| deleted.key == name);
        if is_server { self.servers.revert(name).await } else { self.clients.revert(name).await }
    }
}

/// A running gateway with the program around it, for commands; used as `Arc<GatewayOperations>`.
pub struct GatewayOperations {
    /// The gateway.
    pub control: Arc<GatewayControl>,
    /// The program around it.
    pub program: Arc<dyn Program>,
    /// The machine.
    pub system: System,
}

impl GatewayOperations {
    /// All peers as they count now, as a file writes them.
    pub fn peers(&self) -> PeerFile {
        PeerFile::new(&self.control.clients.entries(), &self.control.servers.entries())
    }

    /// All peers for people, and where each comes from; those of the file that were deleted, too. No password is shown.
    pub fn listed_peers(&self) -> Vec<Value> {
        let (clients, servers) = (&self.control.clients, &self.control.servers);
        let clients_shown = clients.list().into_iter().map(|listed| {
            let ClientPeer { name, system_id, tps_limit, .. } = &listed.entry;
            let at = listed.entry.address();
            json!({ "name": name, "mode": "client", "origin": listed.origin.name(), "system_id": system_id, "tps_limit": tps_limit, "host": at })
        });
        let servers_shown = servers.list().into_iter().map(|listed| {
            let ServerPeer { name, system_id, tps_limit, .. } = &listed.entry;
            json!({ "name": name, "mode": "server", "origin": listed.origin.name(), "system_id": system_id, "tps_limit": tps_limit })
        });
        let gone = |mode: &'static str, deleted: Vec<Deleted>| {
            let in_file = deleted.into_iter().filter(|deleted| deleted.in_file);
            in_file.map(move |deleted| json!({ "name": deleted.key, "mode": mode, "origin": "deleted" }))
        };
        let deleted = gone("client", clients.deleted()).chain(gone("server", servers.deleted()));
        clients_shown.chain(servers_shown).chain(deleted).collect()
    }

    /// All binds as they stand, for people.
    pub fn binds(&self) -> Vec<Value> {
        self.control.binds.list().iter().map(bind).collect()
    }
}

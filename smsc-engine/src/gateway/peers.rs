//! From the lists of peers to the binds that run.

use super::GatewayError;
use super::config::GatewayConfig;
use super::store::Store;
use crate::frontend::{Binds, ClientPeer, ServerPeer};
use crate::overlay::Book;

/// Both lists: what the file says with what was changed over it.
#[derive(Clone)]
pub(super) struct Peers {
    pub(super) clients: Book<ClientPeer>,
    pub(super) servers: Book<ServerPeer>,
}

impl Peers {
    /// Opens the lists.
    pub(super) async fn open(config: &GatewayConfig, store: &Store) -> Result<Peers, GatewayError> {
        let clients = Book::open(store.database(), config.clients()).await.map_err(GatewayError::Peers)?;
        let servers = Book::open(store.database(), config.servers()).await.map_err(GatewayError::Peers)?;
        Ok(Peers { clients, servers })
    }

    /// Hands them to `binds`, now and at every change; a change that `binds` does not take does not happen.
    pub(super) async fn follow(&self, binds: &Binds) -> Result<(), GatewayError> {
        let follower = binds.clone();
        self.clients.follow(move |peers| follower.set_clients(peers)).await.map_err(GatewayError::Peers)?;
        let follower = binds.clone();
        self.servers.follow(move |peers| follower.set_servers(peers)).await.map_err(GatewayError::Peers)
    }
}

//! From the lists of peers to the binds that run.

use std::net::SocketAddr;

use tokio::runtime::Handle;

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

    /// Hands them to `binds`, now and at every change; a change that `binds` does not take does not happen. With the
    /// first partner of all the listener comes.
    pub(super) async fn follow(&self, binds: &Binds, listen: SocketAddr) -> Result<(), GatewayError> {
        if !self.servers.is_empty() {
            let listening = |error| GatewayError::Listen { address: listen, error };
            binds.listen(listen).await.map_err(listening)?;
        }
        let follower = binds.clone();
        self.clients.follow(move |peers| follower.set_clients(peers)).await.map_err(GatewayError::Peers)?;
        let (follower, runtime) = (binds.clone(), Handle::current());
        let apply = move |peers: Vec<ServerPeer>| {
            if !peers.is_empty() && follower.listener().is_none() {
                let listening = runtime.block_on(follower.listen(listen));
                listening.map_err(|error| format!("cannot listen for SMPP on {listen}: {error}"))?;
            }
            follower.set_servers(peers)
        };
        self.servers.follow(apply).await.map_err(GatewayError::Peers)
    }
}

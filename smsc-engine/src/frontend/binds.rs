//! All binds of a gateway: what runs, and what an operator does with it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smpp_session::net::ServerConfig;

use super::bind::BindStatus;
use super::peer::{ClientPeer, ServerPeer};
use crate::api::CoreApi;

/// How the binds of a gateway are kept.
#[derive(Clone, Debug)]
pub struct BindsOptions {
    /// Where partners connect to; `None` listens nowhere until [`Binds::listen`].
    pub listen: Option<SocketAddr>,
    /// The name the gateway gives itself in bind responses, at most 15 octets.
    pub system_id: String,
    /// Sessions of partners and their limits, `max_connections` among them.
    pub server: ServerConfig,
}

/// The listener for partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenerStatus {
    /// Where it listens.
    pub address: SocketAddr,
    /// Connections it takes at most.
    pub max_connections: usize,
    /// Connections there are, bound or not.
    pub connections: usize,
}

/// Every bind of a gateway. Copies are handles of the same binds.
#[derive(Clone)]
pub struct Binds {
    _core: Arc<dyn CoreApi>,
}

impl Binds {
    /// Listens if that is wanted; there are no peers yet.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(_options: BindsOptions, core: Arc<dyn CoreApi>) -> io::Result<Binds> {
        Ok(Binds { _core: core })
    }

    /// Listens for partners from now on, if nobody listens yet.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn listen(&self, _address: SocketAddr) -> io::Result<()> {
        Ok(())
    }

    /// Takes other carriers: new ones connect at once, changed ones reconnect, those that are gone are unbound.
    ///
    /// # Errors
    /// One of them could never be bound, in words for the operator; then nothing changes.
    pub fn set_clients(&self, _peers: Vec<ClientPeer>) -> Result<(), String> {
        Ok(())
    }

    /// Takes other partners: sessions of those that are gone or changed are unbound.
    ///
    /// # Errors
    /// One of them cannot be used, in words for the operator; then nothing changes.
    pub fn set_servers(&self, _peers: Vec<ServerPeer>) -> Result<(), String> {
        Ok(())
    }

    /// Every bind as it stands: carriers, then partners, each in the order given.
    pub fn list(&self) -> Vec<BindStatus> {
        Vec::new()
    }

    /// Connects a carrier anew at once, also one that was dropped; false if there is none of this name.
    pub fn reconnect(&self, _name: &str) -> bool {
        false
    }

    /// Unbinds the sessions of a bind; a carrier stays down until it is reconnected or changed. False if there is no
    /// bind of this name.
    pub fn drop_bind(&self, _name: &str) -> bool {
        false
    }

    /// The listener for partners, if there is one.
    pub fn listener(&self) -> Option<ListenerStatus> {
        None
    }

    /// Stops listening, unbinds everybody and waits for answers that are due, for at most `grace`.
    pub async fn shutdown(&self, _grace: Duration) {}
}

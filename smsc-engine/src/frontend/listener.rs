//! Listens for ESMEs and serves them, whoever they are: the accounts of a centre, the partners of a gateway.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp_session::net::{Link, Roster, Server, ServerConfig};
use tokio::task::JoinHandle;

use super::door::Door;
use super::guest::Guests;
use super::intake::Intake;
use super::service::Esmes;
use crate::api::CoreApi;

/// What a listener needs of its configuration.
pub(super) struct Listen {
    pub(super) address: SocketAddr,
    /// The name this side gives itself in bind responses.
    pub(super) system_id: String,
    pub(super) server: ServerConfig,
}

/// A running listener.
pub(super) struct Listener {
    address: SocketAddr,
    /// Until it is shut down.
    server: Mutex<Option<Server>>,
    door: Arc<Door>,
    intake: JoinHandle<()>,
}

impl Listener {
    pub(super) async fn start(listen: Listen, guests: Arc<dyn Guests>, core: Arc<dyn CoreApi>) -> io::Result<Listener> {
        let door = Arc::new(Door { guests, roster: Roster::new(), system_id: listen.system_id });
        let intake = Arc::new(Intake::default());
        let service = Arc::new(Esmes { core: core.clone(), door: door.clone(), intake: intake.clone() });
        let server = Server::bind(listen.address, listen.server, service).await?;
        let address = server.local_addr();
        Ok(Listener { address, server: Mutex::new(Some(server)), door, intake: tokio::spawn(intake.run(core)) })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every session, bound or not.
    pub(super) fn links(&self) -> Vec<Link> {
        self.server().as_ref().map(Server::links).unwrap_or_default()
    }

    /// Unbinds the sessions of guests that are not welcome any more.
    pub(super) fn see_off(&self) {
        self.door.see_off();
    }

    /// The sessions under one name, the oldest first.
    pub(super) fn links_of(&self, name: &str) -> Vec<Link> {
        self.door.roster.account(name).links()
    }

    /// Unbinds every session, waits for at most `grace`, and stops.
    pub(super) async fn shutdown(&self, grace: Duration) {
        let server = self.server().take();
        if let Some(server) = server {
            server.shutdown(grace).await;
        }
        self.intake.abort();
    }

    fn server(&self) -> MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.intake.abort();
    }
}

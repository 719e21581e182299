//! All binds of a gateway: what runs, and what an operator does with it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use smpp_session::net::{Link, ServerConfig};
use tokio::time::timeout;

use super::bind::{BindCounts, BindStatus};
use super::carrier::Carrier;
use super::listener::{Listen, Listener};
use super::partner::{Partner, Partners};
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
    /// What was counted of those who turned out to be no partner, as [`STRANGERS`]: binds with an unknown `system_id`,
    /// and connections that were turned away.
    pub strangers: BindCounts,
}

/// What those are called in metrics who want to bind and are no partner.
pub const STRANGERS: &str = "(unknown)";

/// A carrier and its name.
struct Running {
    name: String,
    carrier: Arc<Carrier>,
}

/// Every bind of a gateway. Copies are handles of the same binds.
#[derive(Clone)]
pub struct Binds {
    shared: Arc<Shared>,
}

struct Shared {
    core: Arc<dyn CoreApi>,
    partners: Arc<Partners>,
    listener: OnceLock<Listener>,
    /// How partners are listened for, wherever.
    system_id: String,
    server: ServerConfig,
    /// In the order given; held while peers are changed.
    carriers: Mutex<Vec<Running>>,
}

impl Binds {
    /// Listens if that is wanted; there are no peers yet.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn start(options: BindsOptions, core: Arc<dyn CoreApi>) -> io::Result<Binds> {
        let partners = Arc::new(Partners::new(core.clone(), options.server.session.timers));
        let BindsOptions { listen, system_id, server } = options;
        let listener = OnceLock::new();
        let shared = Shared { core, partners, listener, system_id, server, carriers: Mutex::default() };
        let binds = Binds { shared: Arc::new(shared) };
        if let Some(address) = listen {
            binds.listen(address).await?;
        }
        Ok(binds)
    }

    /// Listens for partners from now on; nothing if that is done already.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn listen(&self, address: SocketAddr) -> io::Result<()> {
        let Shared { core, partners, listener, system_id, server, .. } = &*self.shared;
        if listener.get().is_none() {
            let listen = Listen { address, system_id: system_id.clone(), server: server.clone() };
            let started = Listener::start(listen, partners.clone(), core.clone()).await?;
            // Of two at a time the first is kept; the other ends here.
            let _ = listener.set(started);
        }
        Ok(())
    }

    /// Takes other carriers: new ones connect at once, changed ones reconnect, those that are gone are unbound.
    ///
    /// # Errors
    /// One of them could never be bound, in words for the operator; then nothing changes.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn set_clients(&self, peers: Vec<ClientPeer>) -> Result<(), String> {
        let mut carriers = self.carriers();
        for peer in &peers {
            let checked = peer.validate().and_then(|()| Carrier::check(peer));
            checked.map_err(|fault| format!("bind {:?}: {fault}", peer.name))?;
        }
        let partners = self.shared.partners.list();
        once("bind", peers.iter().map(|peer| peer.name.as_str()), partners.iter().map(|partner| partner.name()))?;
        let mut before: HashMap<String, Arc<Carrier>> =
            carriers.drain(..).map(|Running { name, carrier }| (name, carrier)).collect();
        for peer in peers {
            let name = peer.name.clone();
            let carrier = match before.remove(&name) {
                Some(carrier) => carrier.change(peer).map(|()| carrier),
                None => Carrier::start(peer, self.shared.core.clone()).map(Arc::new),
            };
            match carrier {
                Ok(carrier) => carriers.push(Running { name, carrier }),
                Err(fault) => tracing::error!(name, fault, "a bind that was found in order cannot be started"),
            }
        }
        for carrier in before.into_values() {
            tokio::spawn(async move { carrier.stop().await });
        }
        Ok(())
    }

    /// Takes other partners: sessions of those that are gone or changed are unbound.
    ///
    /// # Errors
    /// One of them cannot be used, in words for the operator; then nothing changes.
    pub fn set_servers(&self, peers: Vec<ServerPeer>) -> Result<(), String> {
        let carriers = self.carriers();
        for peer in &peers {
            peer.validate().map_err(|fault| format!("server bind {:?}: {fault}", peer.name))?;
        }
        once("server bind", peers.iter().map(|peer| peer.name.as_str()), carriers.iter().map(|running| running.name.as_str()))?;
        once("system_id", peers.iter().map(|peer| peer.system_id.as_str()), std::iter::empty())?;
        self.shared.partners.set(peers);
        if let Some(listener) = self.shared.listener.get() {
            listener.see_off();
        }
        Ok(())
    }

    /// Every bind as it stands: carriers, then partners, each in the order given.
    pub fn list(&self) -> Vec<BindStatus> {
        let carriers: Vec<_> = self.carriers().iter().map(|running| running.carrier.clone()).collect();
        let partners = self.shared.partners.list();
        let partners = partners.iter().map(|partner| partner.status(self.links_of(partner.name())));
        carriers.iter().map(|carrier| carrier.status()).chain(partners).collect()
    }

    /// One bind as it stands.
    pub fn get(&self, name: &str) -> Option<BindStatus> {
        let status = || self.carrier(name).map(|carrier| carrier.status());
        status().or_else(|| self.partner(name).map(|partner| partner.status(self.links_of(name))))
    }

    /// Connects a carrier anew at once, also one that was dropped; false if there is none of this name.
    pub fn reconnect(&self, name: &str) -> bool {
        self.carrier(name).map(|carrier| carrier.reconnect()).is_some()
    }

    /// Unbinds the sessions of a bind; a carrier stays down until it is reconnected or changed, a partner may come
    /// again. False if there is no bind of this name.
    pub fn drop_bind(&self, name: &str) -> bool {
        if let Some(carrier) = self.carrier(name) {
            carrier.drop_bind();
            return true;
        }
        self.links_of(name).iter().for_each(Link::unbind);
        self.partner(name).is_some()
    }

    /// The listener for partners, if there is one.
    pub fn listener(&self) -> Option<ListenerStatus> {
        let Shared { listener, partners, server, .. } = &*self.shared;
        let listener = listener.get()?;
        Some(ListenerStatus {
            address: listener.address(),
            max_connections: server.max_connections,
            connections: listener.links().len(),
            strangers: partners.strangers(),
        })
    }

    /// Stops listening, unbinds everybody and waits for answers that are due, for at most `grace`.
    pub async fn shutdown(&self, grace: Duration) {
        let carriers: Vec<_> = self.carriers().drain(..).map(|running| running.carrier).collect();
        let carriers = timeout(grace, join_all(carriers.iter().map(|carrier| carrier.stop())));
        let listener = async {
            if let Some(listener) = self.shared.listener.get() {
                listener.shutdown(grace).await;
            }
        };
        // What is dropped after the grace is closed.
        let _ = tokio::join!(carriers, listener);
    }

    fn carrier(&self, name: &str) -> Option<Arc<Carrier>> {
        self.carriers().iter().find(|running| running.name == name).map(|running| running.carrier.clone())
    }

    fn partner(&self, name: &str) -> Option<Arc<Partner>> {
        self.shared.partners.list().into_iter().find(|partner| partner.name() == name)
    }

    fn carriers(&self) -> MutexGuard<'_, Vec<Running>> {
        self.shared.carriers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn links_of(&self, name: &str) -> Vec<Link> {
        self.shared.listener.get().map(|listener| listener.links_of(name)).unwrap_or_default()
    }
}

/// Nothing is there twice, neither among themselves nor among `others`.
fn once<'a>(what: &str, names: impl Iterator<Item = &'a str>, others: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen: HashSet<&str> = others.collect();
    for name in names {
        if !seen.insert(name) {
            return Err(format!("{what} {name:?}: there are two of this name"));
        }
    }
    Ok(())
}

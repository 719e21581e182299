//! The MC's side: listen, serve, shut down in order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::Side;
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::driver::Driver;
use super::hub::Hub;
use super::link::Link;
use super::pace::Pace;
use super::service::Service;
use super::shared::Shared;
use crate::Config;

/// How a server serves.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// For every session.
    pub session: Config,
    /// Connections served at a time; more are closed at once.
    pub max_connections: usize,
    /// Runtimes the connections are spread over; none means the one the server was started on.
    ///
    /// A connection stays on one runtime. Single-threaded runtimes, one per core, are fastest.
    pub workers: Vec<Handle>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig { session: Config::default(), max_connections: DEFAULT_MAX_CONNECTIONS, workers: Vec::new() }
    }
}

/// A listening MC. Dropping it stops listening and closes every session.
#[derive(Debug)]
pub struct Server {
    local_addr: SocketAddr,
    hub: Arc<Hub>,
    linger: Duration,
    acceptor: JoinHandle<()>,
    refused: Arc<AtomicUsize>,
}

impl Server {
    /// Listens on an address.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn bind(addr: impl ToSocketAddrs, config: ServerConfig, service: Arc<dyn Service>) -> io::Result<Server> {
        Server::start(TcpListener::bind(addr).await?, config, service)
    }

    /// Serves a listener that exists.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn start(listener: TcpListener, config: ServerConfig, service: Arc<dyn Service>) -> io::Result<Server> {
        let hub = Arc::new(Hub::default());
        let refused = Arc::new(AtomicUsize::new(0));
        let local_addr = listener.local_addr()?;
        let linger = config.session.timers.linger;
        let acceptor = Acceptor { config, service, hub: hub.clone(), refused: refused.clone(), next_worker: 0 };
        Ok(Server { local_addr, hub, linger, acceptor: tokio::spawn(acceptor.run(listener)), refused })
    }

    /// Stops listening, unbinds every session and waits for them; after `grace` closes the rest.
    pub async fn shutdown(self, grace: Duration) {
        self.acceptor.abort();
        self.hub.links().iter().for_each(Link::unbind);
        if timeout(grace, self.hub.empty()).await.is_err() {
            self.hub.links().iter().for_each(Link::close);
            // Writing the rest and waiting for the peer are each bounded by `linger`.
            let _ = timeout(self.linger * 3, self.hub.empty()).await;
        }
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Every session, bound or not.
    pub fn links(&self) -> Vec<Link> {
        self.hub.links()
    }

    /// Connections turned away because there were too many.
    pub fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.acceptor.abort();
        self.hub.links().iter().for_each(Link::close);
    }
}

/// The task that accepts connections.
struct Acceptor {
    config: ServerConfig,
    service: Arc<dyn Service>,
    hub: Arc<Hub>,
    refused: Arc<AtomicUsize>,
    next_worker: usize,
}

impl Acceptor {
    async fn run(mut self, listener: TcpListener) {
        let mut pace = Pace::new();
        loop {
            pace.next().await;
            match listener.accept().await {
                Ok((stream, peer)) => self.serve(stream, peer),
                // Mostly out of file descriptors: let some connections end.
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    fn serve(&mut self, stream: TcpStream, peer: SocketAddr) {
        let config = self.config.session.clone();
        let worker = self.config.workers.get(self.next_worker % self.config.workers.len().max(1));
        self.next_worker = self.next_worker.wrapping_add(1);
        // A connection made and lost again at once is none.
        let Ok(stream) = stream.set_nodelay(true).and_then(|()| stream.into_std()) else { return };
        let shared = Arc::new(Shared::new(Side::Mc, config.clone(), peer));
        let Some(member) = self.hub.join(self.config.max_connections, &shared) else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return;
        };
        let service = self.service.clone();
        let task = async move {
            let _member = member;
            if let Ok(stream) = TcpStream::from_std(stream) {
                Driver::new(stream, shared, service, &config).run().await;
            }
        };
        match worker {
            Some(worker) => worker.spawn(task),
            None => tokio::spawn(task),
        };
    }
}

// A few thousand binds are a large MC; each costs a few kilobytes and a file descriptor.
const DEFAULT_MAX_CONNECTIONS: usize = 4096;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

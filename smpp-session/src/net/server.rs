//! The MC's side: listen, serve, shut down in order.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use ipnet::IpNet;
use smpp_pdu::Side;
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::acceptor::House;
use super::admission::Refused;
use super::hub::Hub;
use super::link::Link;
use super::penalty::Penalty;
#[cfg(feature = "tls")]
use super::rustls;
use super::service::Service;
use super::stats::Stats;
use super::trace::Tracer;
use crate::Config;

/// How a server serves.
///
/// ```
/// use smpp_session::net::ServerConfig;
///
/// # fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let config = ServerConfig {
///     allow: Some(vec!["192.0.2.0/24".parse()?, "2001:db8::/32".parse()?]),
///     max_per_address: 50,
///     ..ServerConfig::default()
/// };
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// For every session. Its session-init timer limits how long a connection may stay unbound.
    pub session: Config,
    /// Connections served at a time; more are closed at once.
    pub max_connections: usize,
    /// Connections from one address at a time; an IPv6 address counts by its /64.
    pub max_per_address: usize,
    /// Who may connect; `None` lets everybody in. An IPv4 address is never looked for as `::ffff:…`.
    pub allow: Option<Vec<IpNet>>,
    /// Binds that may wait for the service's decision; more are answered `ESME_RTHROTTLED`.
    pub max_undecided: usize,
    /// How long those have to wait who bind with wrong credentials.
    pub penalty: Penalty,
    /// Runtimes the connections are spread over; none means the one the server was started on.
    ///
    /// A connection stays on one runtime. Single-threaded runtimes, one per core, are fastest.
    pub workers: Vec<Handle>,
    /// Certificate and rules of TLS; `None` does not speak it. [`Server::set_tls`] replaces it.
    #[cfg(feature = "tls")]
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// How long a TLS handshake may take.
    #[cfg(feature = "tls")]
    pub handshake_timeout: Duration,
    /// Where the sessions are counted.
    pub stats: Option<Arc<Stats>>,
    /// What may trace them.
    pub tracer: Option<Arc<Tracer>>,
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            session: Config::default(),
            max_connections: DEFAULT_MAX_CONNECTIONS,
            max_per_address: usize::MAX,
            allow: None,
            max_undecided: DEFAULT_MAX_UNDECIDED,
            penalty: Penalty::default(),
            workers: Vec::new(),
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "tls")]
            handshake_timeout: DEFAULT_HANDSHAKE_TIMEOUT,
            stats: None,
            tracer: None,
        }
    }
}

/// A listening MC. Dropping it stops listening and closes every session.
pub struct Server {
    local_addr: SocketAddr,
    linger: Duration,
    pub(crate) house: Arc<House>,
    acceptor: JoinHandle<()>,
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
        Server::on_side(Side::Mc, listener, config, service)
    }

    /// The same with sessions of either side: an ESME listens too, for outbind.
    pub(crate) fn on_side(
        side: Side,
        listener: TcpListener,
        config: ServerConfig,
        service: Arc<dyn Service>,
    ) -> io::Result<Server> {
        let local_addr = listener.local_addr()?;
        let linger = config.session.timers.linger;
        let house = Arc::new(House::new(side, config, service));
        Ok(Server { local_addr, linger, acceptor: tokio::spawn(house.clone().run(listener)), house })
    }

    /// Stops listening, takes no new requests, answers what was taken, unbinds every session and
    /// waits for them; after `grace` closes the rest.
    ///
    /// Takes no longer than `grace` and three times the linger time of the sessions. Dropping the
    /// future closes what is left at once.
    pub async fn shutdown(self, grace: Duration) {
        self.acceptor.abort();
        let hub = self.hub();
        hub.close();
        hub.links().iter().for_each(Link::unbind);
        if timeout(grace, hub.empty()).await.is_err() {
            hub.links().iter().for_each(Link::close);
            // Writing the rest and waiting for the peer are each bounded by `linger`.
            let _ = timeout(self.linger * 3, hub.empty()).await;
        }
    }

    /// Uses another certificate, or another trust, for connections from now on; sessions stay.
    ///
    /// A server that did not speak TLS speaks nothing else from now on.
    #[cfg(feature = "tls")]
    pub fn set_tls(&self, config: Arc<rustls::ServerConfig>) {
        self.house.set_tls(config);
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Every session, bound or not.
    pub fn links(&self) -> Vec<Link> {
        self.hub().links()
    }

    /// Connections and binds turned away, by reason.
    pub fn refused(&self) -> Refused {
        self.house.gate.tally.read()
    }

    fn hub(&self) -> &Hub {
        &self.house.hub
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.acceptor.abort();
        self.hub().close();
        self.hub().links().iter().for_each(Link::close);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("local_addr", &self.local_addr).field("hub", self.hub()).finish_non_exhaustive()
    }
}

// A few thousand binds are a large MC; each costs a few kilobytes and a file descriptor.
const DEFAULT_MAX_CONNECTIONS: usize = 4096;
// Far more than a data base answers for at a time; a crowd that comes back after a failure is let in by and by.
const DEFAULT_MAX_UNDECIDED: usize = 1024;
// A handshake is two round trips and a signature.
#[cfg(feature = "tls")]
const DEFAULT_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

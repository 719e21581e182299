//! Finding an MC: name, connection, and which of the two failed.

use std::io;
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use thiserror::Error;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::client::Client;
use super::service::Service;
use super::stats::Stats;
use super::trace::Tracer;
use crate::Config;

/// Where an MC listens and how to talk to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Endpoint {
    /// `host:port`. A name is resolved anew for each connection, and its addresses are tried in turn.
    pub address: String,
    /// Limits, timers and habits of the session.
    pub config: Config,
    /// Time for everything up to the moment a bind can be sent.
    pub connect_timeout: Duration,
    /// Where the sessions are counted.
    pub stats: Option<Arc<Stats>>,
    /// What may trace them.
    pub tracer: Option<Arc<Tracer>>,
}

impl Endpoint {
    /// An MC at `host:port`, with the usual limits and timers.
    pub fn new(address: impl Into<String>) -> Self {
        Endpoint {
            address: address.into(),
            config: Config::default(),
            connect_timeout: CONNECT_TIMEOUT,
            stats: None,
            tracer: None,
        }
    }

    /// Connects; `service` takes what the MC asks.
    ///
    /// # Errors
    /// There is no such name, nobody listens there, or it takes too long: each has a variant of its own.
    pub async fn connect(&self, service: Arc<dyn Service>) -> Result<Client, ConnectError> {
        match timeout(self.connect_timeout, self.reach()).await {
            Ok(reached) => {
                let (stream, peer) = reached?;
                let local = stream.local_addr();
                let client = Client::over(stream, peer, self.config.clone(), service);
                client.shared.watch(local.ok(), (self.stats.as_ref(), self.tracer.as_ref()));
                Ok(client)
            }
            Err(_) => Err(ConnectError::TimedOut { address: self.address.clone(), after: self.connect_timeout }),
        }
    }

    async fn reach(&self) -> Result<(TcpStream, SocketAddr), ConnectError> {
        let address = &self.address;
        let found = lookup_host(address).await;
        let found: Vec<_> = found.map_err(|source| ConnectError::Resolve { address: address.clone(), source })?.collect();
        let mut last = None;
        for peer in found {
            match TcpStream::connect(peer).await.and_then(|stream| stream.set_nodelay(true).map(|()| stream)) {
                Ok(stream) => return Ok((stream, peer)),
                Err(source) => last = Some(ConnectError::of(peer, source)),
            }
        }
        Err(last.unwrap_or_else(|| ConnectError::Resolve { address: address.clone(), source: io::ErrorKind::NotFound.into() }))
    }
}

/// Why there is no connection.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The name has no address, or the text is no `host:port`.
    #[error("{address}: no such host: {source}")]
    Resolve {
        /// What was to be found.
        address: String,
        /// What the resolver says.
        source: io::Error,
    },
    /// The host is there and nobody listens on the port.
    #[error("{peer}: connection refused")]
    Refused {
        /// Who refused.
        peer: SocketAddr,
    },
    /// The peer, or something on the way, broke the connection off before it could be used.
    #[error("{peer}: connection reset")]
    Reset {
        /// Whose connection it was.
        peer: SocketAddr,
    },
    /// The time for connecting was over.
    #[error("{address}: no connection within {after:?}")]
    TimedOut {
        /// What was to be reached.
        address: String,
        /// The time that was given.
        after: Duration,
    },
    /// Anything else, such as no way to that network.
    #[error("{peer}: {source}")]
    Io {
        /// Who was to be reached.
        peer: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

impl ConnectError {
    fn of(peer: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::ConnectionRefused => ConnectError::Refused { peer },
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => ConnectError::Reset { peer },
            _ => ConnectError::Io { peer, source },
        }
    }
}

// A healthy network connects within a round trip; this one lets two lost packets be sent again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

//! Finding an MC: name, connection, TLS, and which of them failed.

use std::io;
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::Side;
use thiserror::Error;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::client::Client;
use super::link::Link;
#[cfg(feature = "tls")]
use super::rustls;
use super::service::Service;
use super::shared::Shared;
use super::stats::Stats;
use super::stream::Stream;
#[cfg(feature = "tls")]
use super::tls::{CertificateFault, ClientTls};
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
    /// How to speak TLS; `None` does not.
    #[cfg(feature = "tls")]
    pub tls: Option<ClientTls>,
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
            #[cfg(feature = "tls")]
            tls: None,
            stats: None,
            tracer: None,
        }
    }

    /// Connects; `service` takes what the MC asks.
    ///
    /// # Errors
    /// There is no such name, nobody listens there, TLS fails, or it takes too long: each has a
    /// variant of its own.
    pub async fn connect(&self, service: Arc<dyn Service>) -> Result<Client, ConnectError> {
        let (stream, peer) = self.open().await?;
        let shared = Arc::new(Shared::new(Side::Esme, self.config.clone(), peer));
        shared.watch(stream.local_addr(), (self.stats.as_ref(), self.tracer.as_ref()));
        let client = Client::of(Link { shared: shared.clone() });
        tokio::spawn(stream.drive(shared, service));
        Ok(client)
    }

    /// Makes the connection that a session can be started on.
    pub(crate) async fn open(&self) -> Result<(Stream, SocketAddr), ConnectError> {
        let late = |_| ConnectError::TimedOut { address: self.address.clone(), after: self.connect_timeout };
        timeout(self.connect_timeout, self.try_all()).await.map_err(late)?
    }

    async fn try_all(&self) -> Result<(Stream, SocketAddr), ConnectError> {
        let address = &self.address;
        let unresolved = |source| ConnectError::Resolve { address: address.clone(), source };
        let found: Vec<_> = lookup_host(address).await.map_err(unresolved)?.collect();
        let mut last = None;
        for peer in found {
            match self.reach(peer).await {
                Ok(stream) => return Ok((stream, peer)),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| unresolved(io::ErrorKind::NotFound.into())))
    }

    async fn reach(&self, peer: SocketAddr) -> Result<Stream, ConnectError> {
        let stream = TcpStream::connect(peer).await.map_err(|error| ConnectError::of(peer, error))?;
        stream.set_nodelay(true).map_err(|error| ConnectError::of(peer, error))?;
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            return tls.connect(&self.address, stream, peer).await;
        }
        Ok(Stream::Plain(stream))
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
    /// The peer's certificate is not acceptable.
    #[cfg(feature = "tls")]
    #[error("{peer}: its certificate {fault} ({source})")]
    Certificate {
        /// Whose certificate it is.
        peer: SocketAddr,
        /// What is wrong with it.
        fault: CertificateFault,
        /// The same with all details.
        source: rustls::Error,
    },
    /// The peer does not speak TLS on this port.
    #[cfg(feature = "tls")]
    #[error("{peer}: does not speak TLS")]
    NoTls {
        /// Who does not.
        peer: SocketAddr,
    },
    /// TLS failed for another reason; it may be that the peer does not accept our certificate.
    #[cfg(feature = "tls")]
    #[error("{peer}: TLS: {source}")]
    Tls {
        /// With whom.
        peer: SocketAddr,
        /// What TLS says.
        source: rustls::Error,
    },
    /// The host of the address is no name a certificate can be for.
    #[cfg(feature = "tls")]
    #[error("{name:?} is no name of a TLS server")]
    ServerName {
        /// The host of the address.
        name: String,
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
    pub(crate) fn of(peer: SocketAddr, source: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, UnexpectedEof};
        match source.kind() {
            ConnectionRefused => ConnectError::Refused { peer },
            ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => ConnectError::Reset { peer },
            _ => ConnectError::Io { peer, source },
        }
    }
}

// A healthy network connects within a round trip; this one lets two lost packets be sent again.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

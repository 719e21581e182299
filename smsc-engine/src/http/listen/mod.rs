//! A port that speaks HTTP/1.1 and HTTP/2, with TLS or without.
//!
//! It bounds what strangers can take: connections, the size and the time of headers, the time of a handshake. What is
//! served is the caller's [`Router`]. Which cryptography TLS uses is the program's choice: it installs a provider.

mod bound;
mod certificate;
mod listeners;
mod own;
mod tls;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::Extensions;
use axum_server::tls::TlsInfo;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::model::Timestamp;
use bound::Bound;

pub use listeners::{Listeners, Wanted};
pub use own::OwnCertificate;
#[cfg(feature = "gateway")]
pub(crate) use own::host_name;
pub use tls::TlsFiles;

/// How to listen.
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// Where; port 0 takes a free one.
    pub address: SocketAddr,
    /// The certificate to show; without it there is no TLS.
    pub tls: Option<TlsFiles>,
    /// Connections at a time; more are closed as they come.
    pub max_connections: usize,
    /// How long a client may take for the headers of a request, and for a TLS handshake.
    pub header_timeout: Duration,
    /// Octets of the headers of one request.
    pub max_header: usize,
}

impl ListenOptions {
    /// Listens there without TLS, with the usual limits.
    pub fn new(address: SocketAddr) -> ListenOptions {
        ListenOptions {
            address,
            tls: None,
            max_connections: 4_096,
            header_timeout: Duration::from_secs(15),
            max_header: 32 << 10,
        }
    }
}

/// Why there is no listening.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Bind {
        /// Which address.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {fault}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// The key is not that of the certificate.
    #[error("the key in {} is not that of the certificate in {}", key.display(), cert.display())]
    Mismatch {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// No certificate could be made.
    #[error("cannot make a certificate: {0}")]
    Make(String),
    /// The program has not installed a crypto provider.
    #[error("no crypto provider is installed")]
    Provider,
}

/// A port that is being served; ends with [`Listener::shutdown`], at once when it is dropped.
pub struct Listener {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    tls: Option<Tls>,
    task: Mutex<Option<JoinHandle<std::io::Result<()>>>>,
}

struct Tls {
    files: TlsFiles,
    config: RustlsConfig,
    expiry: Mutex<Timestamp>,
}

impl Listener {
    /// Opens the port and serves `router` there.
    ///
    /// # Errors
    /// See [`ListenError`]; whatever is wrong with a file comes with its path.
    pub async fn start(options: ListenOptions, router: Router) -> Result<Listener, ListenError> {
        let tls = options.tls.clone().map(Tls::read).transpose()?;
        let ListenOptions { address, .. } = options;
        let refused = |error| ListenError::Bind { address, error };
        let port = TcpListener::bind(address).await.map_err(refused)?;
        let address = port.local_addr().map_err(refused)?;
        let handle = Handle::new();
        let server = limited(Server::from_listener(port).handle(handle.clone()), &options);
        let bound = Bound::new(options.max_connections);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = match &tls {
            None => tokio::spawn(server.acceptor(bound).serve(service)),
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(tls.config.clone()).handshake_timeout(options.header_timeout);
                tokio::spawn(server.acceptor(acceptor.acceptor(bound)).serve(service))
            }
        };
        Ok(Listener { address, handle, tls, task: Mutex::new(Some(task)) })
    }

    /// Reads the files of TLS again; connections that are open go on, new ones see the new certificate.
    ///
    /// # Errors
    /// Something is wrong with a file; the old certificate stays then.
    pub fn reload(&self) -> Result<(), ListenError> {
        let Some(tls) = &self.tls else { return Ok(()) };
        let (config, expiry) = tls.files.read()?;
        tls.config.reload_from_config(config.into());
        *tls.expiry.lock().unwrap_or_else(PoisonError::into_inner) = expiry;
        Ok(())
    }

    /// Takes no more connections, lets requests under way end for at most `grace`, and closes.
    pub async fn shutdown(&self, grace: Duration) {
        self.handle.graceful_shutdown(Some(grace));
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(task) = task else { return };
        if let Ok(Err(error)) = task.await {
            tracing::error!(address = %self.address, %error, "a port was not served any more");
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.handle.connection_count()
    }

    /// When the certificate ends; `None` without TLS.
    pub fn expiry(&self) -> Option<Timestamp> {
        let tls = self.tls.as_ref()?;
        Some(*tls.expiry.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.handle.shutdown();
    }
}

impl Tls {
    fn read(files: TlsFiles) -> Result<Tls, ListenError> {
        let (config, expiry) = files.read()?;
        Ok(Tls { files, config: RustlsConfig::from_config(config.into()), expiry: Mutex::new(expiry) })
    }
}

/// The common name of the certificate that the client has shown and that was verified.
pub fn client_name(extensions: &Extensions) -> Option<String> {
    let info = extensions.get::<std::sync::Arc<TlsInfo>>()?;
    certificate::read(info.peer_certificates.first()?)?.common_name
}

/// What strangers may take of it.
fn limited(mut server: Server<SocketAddr>, options: &ListenOptions) -> Server<SocketAddr> {
    let builder = server.http_builder();
    builder.http1().header_read_timeout(options.header_timeout).max_buf_size(options.max_header.max(SMALLEST_BUFFER));
    builder
        .http2()
        .max_header_list_size(u32::try_from(options.max_header).unwrap_or(u32::MAX))
        .max_concurrent_streams(MOST_STREAMS)
        .keep_alive_interval(options.header_timeout)
        .keep_alive_timeout(options.header_timeout);
    server.first_request_timeout(options.header_timeout)
}

// hyper takes no smaller one.
const SMALLEST_BUFFER: usize = 8_192;
// Requests that one HTTP/2 connection has open at a time.
const MOST_STREAMS: u32 = 200;

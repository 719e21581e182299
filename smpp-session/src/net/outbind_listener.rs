//! The ESME listens for an MC that wants it to bind (SMPP 3.4 §2.2.1).

use std::fmt;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::{CommandId, Frame, Outbind, Side};
use tokio::net::{TcpListener, ToSocketAddrs};
use tokio::sync::mpsc;

use super::bind::same_secret;
use super::client::{BindError, Client, Mc};
use super::server::{Server, ServerConfig};
use super::{Incoming, IncomingBind, Link, Refusal, Service};
use crate::{BindKind, CloseReason, Credentials, Stray};

/// Takes the connections of MCs, and the `outbind` that comes on each.
///
/// Allow-list, limits and TLS are those of a server. An MC that connects and sends no `outbind`
/// holds up nobody, and is left when the session-init timer ends. Dropping the listener closes the
/// sessions that came of it.
///
/// ```no_run
/// use smpp_session::net::{Incoming, OutbindListener, ServerConfig};
/// use smpp_session::{BindKind, Credentials};
/// use std::sync::Arc;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let service = Arc::new(|incoming: Incoming| drop(incoming));
/// let mut listener = OutbindListener::bind("0.0.0.0:2775", ServerConfig::default(), service).await?;
/// let outbind = listener.accept().await;
/// if outbind.is_from("mc", "secret01") {
///     let (client, _mc) = outbind.bind(BindKind::Receiver, &Credentials::new("me", "secret08")).await?;
///     client.closed().await;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OutbindListener {
    server: Server,
    outbinds: mpsc::Receiver<IncomingOutbind>,
}

impl OutbindListener {
    /// Listens on an address; `service` takes what MCs ask once they are bound to.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub async fn bind(addr: impl ToSocketAddrs, config: ServerConfig, service: Arc<dyn Service>) -> io::Result<Self> {
        let (sender, outbinds) = mpsc::channel(MAX_OUTBINDS);
        let expecting = Arc::new(Expecting { service, sender });
        let server = Server::on_side(Side::Esme, TcpListener::bind(addr).await?, config, expecting)?;
        Ok(OutbindListener { server, outbinds })
    }

    /// The next `outbind`. Nothing is lost if the future is dropped.
    pub async fn accept(&mut self) -> IncomingOutbind {
        match self.outbinds.recv().await {
            Some(outbind) => outbind,
            // The other end lives as long as the server does.
            None => pending().await,
        }
    }

    /// Stops listening and unbinds every session; see [`Server::shutdown`].
    pub async fn shutdown(self, grace: Duration) {
        self.server.shutdown(grace).await;
    }

    /// What takes the connections.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Where it listens.
    pub const fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }
}

/// An MC that wants us to bind. Dropping it closes the connection.
pub struct IncomingOutbind {
    client: Client,
    system_id: String,
    password: Vec<u8>,
}

impl IncomingOutbind {
    /// Binds on this connection. An MC that refuses is left at once.
    ///
    /// # Errors
    /// As [`Client::bind`].
    pub async fn bind(self, kind: BindKind, credentials: &Credentials) -> Result<(Client, Mc), BindError> {
        let mc = self.client.bind(kind, credentials).await?;
        Ok((self.client, mc))
    }

    /// The name the MC gave itself.
    pub fn system_id(&self) -> &str {
        &self.system_id
    }

    /// Compares what the MC says of itself; by its time it does not tell how much of the password was right.
    pub fn is_from(&self, system_id: &str, password: impl AsRef<[u8]>) -> bool {
        let right = same_secret(&self.password, password.as_ref());
        right && self.system_id == system_id
    }

    /// The session to be.
    pub fn link(&self) -> &Link {
        &self.client
    }
}

impl fmt::Debug for IncomingOutbind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingOutbind")
            .field("peer", &self.client.peer())
            .field("system_id", &self.system_id)
            .finish_non_exhaustive()
    }
}

/// The service of every session: takes the `outbind`, passes on everything else.
struct Expecting {
    service: Arc<dyn Service>,
    sender: mpsc::Sender<IncomingOutbind>,
}

impl Service for Expecting {
    fn notification(&self, link: &Link, frame: Frame) {
        if frame.command_id() != CommandId::OUTBIND {
            return self.service.notification(link, frame);
        }
        // The session has read it already; what does not decode does not come here.
        let Ok(Outbind { system_id, password, .. }) = frame.read(&link.shared.profile()) else { return };
        let system_id = String::from_utf8_lossy(system_id.as_bytes()).into_owned();
        let outbind = IncomingOutbind { client: Client::of(link.clone()), system_id, password: password.expose().to_vec() };
        // If nobody takes them, there are enough already: dropped, it closes.
        let _ = self.sender.try_send(outbind);
    }

    fn bind(&self, bind: IncomingBind) {
        self.service.bind(bind);
    }

    fn bound(&self, link: &Link) {
        self.service.bound(link);
    }

    fn request(&self, request: Incoming) {
        self.service.request(request);
    }

    fn batch_end(&self) {
        self.service.batch_end();
    }

    fn stray(&self, link: &Link, frame: Frame, why: Stray) {
        self.service.stray(link, frame, why);
    }

    fn refused(&self, peer: SocketAddr, why: Refusal) {
        self.service.refused(peer, why);
    }

    fn closed(&self, link: &Link, why: CloseReason) {
        self.service.closed(link, why);
    }
}

// An ESME has a handful of MCs.
const MAX_OUTBINDS: usize = 64;

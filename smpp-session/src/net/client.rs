//! The ESME's side: connect, bind, ask.

use std::fmt;
use std::net::SocketAddr;
use std::ops::Deref;
use std::string::{String, ToString};
use std::sync::Arc;

use smpp_pdu::{BindReceiverResp, BindTransmitterResp};
use smpp_pdu::{BindTransceiverResp, CommandStatus, Pdu, Side, Version};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};

use super::connect::{ConnectError, Endpoint};
use super::driver::Driver;
use super::link::Link;
use super::pending::{Pending, Response, Unanswered};
use super::service::Service;
use super::shared::Shared;
use crate::{BindKind, CloseReason, Config, Credentials, RequestError};

/// A connection to an MC: a [`Link`] that unbinds when its last handle is dropped.
///
/// ```no_run
/// use smpp_pdu::{Addr, ShortMessage, SubmitSm, SubmitSmResp};
/// use smpp_session::net::{Client, Incoming};
/// use smpp_session::{BindKind, Config, Credentials};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::connect("127.0.0.1:2775", Config::default(), |incoming: Incoming| drop(incoming)).await?;
/// client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await?;
/// let submit = SubmitSm {
///     destination_addr: Addr::international("447700900123")?,
///     short_message: ShortMessage::new("hello")?,
///     ..Default::default()
/// };
/// let response = client.call(&submit).await?;
/// let accepted: SubmitSmResp<'_> = response.read()?;
/// println!("accepted as {}", accepted.message_id);
/// client.unbind().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    handle: Arc<Handle>,
}

/// Unbinds when the last client is gone.
#[derive(Debug)]
struct Handle {
    link: Link,
}

impl Client {
    /// Connects to `host:port`; `service` takes what the MC asks. [`Endpoint`] knows more ways.
    ///
    /// # Errors
    /// No connection could be made.
    pub async fn connect(address: impl fmt::Display, config: Config, service: impl Service) -> Result<Client, ConnectError> {
        let endpoint = Endpoint { config, ..Endpoint::new(address.to_string()) };
        endpoint.connect(Arc::new(service)).await
    }

    /// Uses a connection that exists, to the given address.
    pub fn over<S>(stream: S, peer: SocketAddr, config: Config, service: Arc<dyn Service>) -> Client
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let shared = Arc::new(Shared::new(Side::Esme, config, peer));
        let client = Client::of(Link { shared: shared.clone() });
        tokio::spawn(Driver::new(stream, shared, service).run());
        client
    }

    /// The handle that unbinds when it is dropped.
    pub(crate) fn of(link: Link) -> Client {
        Client { handle: Arc::new(Handle { link }) }
    }

    /// Binds. An MC that refuses is left at once, as SMPP wants it.
    ///
    /// # Errors
    /// The MC refused or did not answer, or this is no moment to bind.
    pub async fn bind(&self, kind: BindKind, credentials: &Credentials) -> Result<Mc, BindError> {
        let shared = &self.shared;
        let (place, sequence_number) = shared.act(|inner| {
            let place = inner.places.next();
            let sequence_number = inner.session.bind(kind, credentials, place, shared.now())?;
            inner.places.take();
            // Before the PDU is seen by whoever traces this account.
            let _ = shared.system_id.set(credentials.system_id.clone());
            Ok::<_, RequestError>((place, sequence_number))
        })?;
        let response = Pending::new(shared.clone(), place, sequence_number).await?;
        if response.status().is_ok() {
            return Ok(Mc { system_id: name_of_mc(&response), version: self.version().unwrap_or_default() });
        }
        self.close();
        Err(BindError::Refused(response.status()))
    }

    /// Unbinds and waits until the connection is closed. Always returns: each step is timed.
    pub async fn unbind(&self) -> CloseReason {
        Link::unbind(self);
        self.closed().await
    }
}

impl Deref for Client {
    type Target = Link;

    fn deref(&self) -> &Link {
        &self.handle.link
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.link.unbind();
    }
}

/// What an MC says about itself when it accepts a bind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mc {
    /// Its name.
    pub system_id: String,
    /// The version agreed upon.
    pub version: Version,
}

/// Why a client is not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BindError {
    /// The MC refused.
    #[error("refused with {0}")]
    Refused(CommandStatus),
    /// The bind was not sent.
    #[error("not sent: {0}")]
    NotSent(#[from] RequestError),
    /// The bind was sent and not answered.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

fn name_of_mc(response: &Response) -> String {
    let system_id = match response.decode().map(|decoded| decoded.pdu) {
        Ok(Pdu::BindTransmitterResp(BindTransmitterResp { system_id, .. })) => system_id,
        Ok(Pdu::BindReceiverResp(BindReceiverResp { system_id, .. })) => system_id,
        Ok(Pdu::BindTransceiverResp(BindTransceiverResp { system_id, .. })) => system_id,
        _ => return String::new(),
    };
    system_id.to_string()
}

//! The MC connects and asks the ESME to bind (SMPP 3.4 §2.2.1).

use std::sync::Arc;

use smpp_pdu::{CStr, CommandStatus, Outbind, Password, Side};
use thiserror::Error;

use super::admission::Refusal;
use super::connect::{ConnectError, Endpoint};
use super::link::Link;
use super::server::Server;
use super::service::Service;
use super::shared::Shared;
use crate::{CloseReason, RequestError, Timer};

impl Server {
    /// Connects to an ESME that listens, asks it to bind with `outbind`, and serves the session
    /// that comes of it like any other of this server.
    ///
    /// Returns once the session is bound. The session-init timer of the endpoint's configuration
    /// limits how long the bind may take. Dropping the future leaves the session to the server.
    ///
    /// # Errors
    /// There is no connection or no place for it, a value does not fit its field, no bind came, or
    /// the service refused it.
    pub async fn outbind(&self, endpoint: &Endpoint, system_id: &str, password: &str) -> Result<Link, OutbindError> {
        let pdu = outbind(system_id, password)?;
        let (stream, peer) = endpoint.open().await?;
        let link = self.house.adopt(stream, endpoint.config.clone(), peer).map_err(OutbindError::TurnedAway)?;
        ask(link, &pdu).await
    }
}

impl Endpoint {
    /// As [`Server::outbind`], for an MC that does not listen itself: `service` decides about the
    /// bind and takes what the ESME asks.
    ///
    /// # Errors
    /// As [`Server::outbind`].
    pub async fn outbind(&self, system_id: &str, password: &str, service: Arc<dyn Service>) -> Result<Link, OutbindError> {
        let pdu = outbind(system_id, password)?;
        let (stream, peer) = self.open().await?;
        let shared = Arc::new(Shared::new(Side::Mc, self.config.clone(), peer));
        tokio::spawn(stream.drive(shared.clone(), service));
        ask(Link { shared }, &pdu).await
    }
}

/// Why an `outbind` did not lead to a bound session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OutbindError {
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server has no place for one more connection.
    #[error("no place for one more connection: {0:?}")]
    TurnedAway(Refusal),
    /// The `outbind` was not sent.
    #[error("not sent: {0}")]
    NotSent(#[from] RequestError),
    /// The ESME did not bind in time.
    #[error("no bind in time")]
    TimedOut,
    /// The ESME did bind, and our service refused.
    #[error("the bind was refused with {0}")]
    Refused(CommandStatus),
    /// The session ended before it was bound; the ESME may not accept our credentials.
    #[error("the session ended before the bind: {0}")]
    Ended(CloseReason),
}

impl From<CloseReason> for OutbindError {
    fn from(reason: CloseReason) -> Self {
        match reason {
            CloseReason::BindRefused(status) => OutbindError::Refused(status),
            CloseReason::TimedOut(Timer::SessionInit) => OutbindError::TimedOut,
            reason => OutbindError::Ended(reason),
        }
    }
}

fn outbind<'a>(system_id: &'a str, password: &'a str) -> Result<Outbind<'a>, RequestError> {
    let system_id = CStr::new(system_id).map_err(|error| RequestError::Value { field: "system_id", error })?;
    let password = Password::new(password).map_err(|error| RequestError::Value { field: "password", error })?;
    Ok(Outbind { system_id, password, ..Default::default() })
}

async fn ask(link: Link, pdu: &Outbind<'_>) -> Result<Link, OutbindError> {
    link.notify(pdu)?;
    let bound = |shared: &Shared| shared.bound.get().map(|_| Ok(())).or(shared.over().map(Err));
    link.shared.until(bound).await?;
    Ok(link)
}

//! TLS by rustls, for both sides. The caller's configuration brings trust, identity and cryptography.

use std::boxed::Box;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;
use std::task::Poll;

use tokio::net::TcpStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{CertificateError, ClientConfig, Error, InvalidMessage, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::admission::Refusal;
use super::connect::ConnectError;
use super::shared::Shared;
use super::stream::Stream;

/// How to speak TLS to an MC.
///
/// ```
/// use smpp_session::net::rustls::{ClientConfig, RootCertStore};
/// use smpp_session::net::{ClientTls, Endpoint};
/// use std::sync::Arc;
///
/// # fn example(provider: Arc<smpp_session::net::rustls::crypto::CryptoProvider>) -> Result<(), Box<dyn std::error::Error>> {
/// let trusted = RootCertStore::empty(); // … filled with the issuers the MC's certificate may come from
/// let config = ClientConfig::builder_with_provider(provider)
///     .with_safe_default_protocol_versions()?
///     .with_root_certificates(trusted)
///     .with_no_client_auth();
/// let mut endpoint = Endpoint::new("mc.example.net:3550");
/// endpoint.tls = Some(ClientTls::new(Arc::new(config)));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientTls {
    /// Whom to trust, and the certificate to show if the MC asks for one.
    pub config: Arc<ClientConfig>,
    /// Whose certificate the MC must have; `None` means the host of the endpoint's address.
    pub server_name: Option<ServerName<'static>>,
}

impl ClientTls {
    /// TLS with a server whose certificate is for the host of the address.
    pub const fn new(config: Arc<ClientConfig>) -> Self {
        ClientTls { config, server_name: None }
    }

    /// Makes TLS of a connection to `address`, a `host:port`.
    pub(crate) async fn connect(&self, address: &str, stream: TcpStream, peer: SocketAddr) -> Result<Stream, ConnectError> {
        let name = match &self.server_name {
            Some(name) => name.clone(),
            None => name_in(address)?,
        };
        let made = TlsConnector::from(self.config.clone()).connect(name, stream).await;
        made.map(|stream| Stream::Tls(Box::new(stream.into()))).map_err(|error| refused(peer, error))
    }
}

/// Makes TLS of a connection that was accepted.
pub(crate) async fn accept(config: Arc<ServerConfig>, stream: TcpStream) -> Result<Stream, Refusal> {
    let made = TlsAcceptor::from(config).accept(stream).await;
    made.map(|stream| Stream::Tls(Box::new(stream.into()))).map_err(|error| match error.downcast::<Error>() {
        Ok(error) if is_no_tls(&error) => Refusal::NoTls,
        _ => Refusal::HandshakeFailed,
    })
}

/// Waits until this side gives the session up, before there is a task that works on it.
pub(crate) async fn given_up(shared: &Shared) {
    poll_fn(|cx| {
        let mut inner = shared.lock();
        if inner.session.closed().is_some() {
            return Poll::Ready(());
        }
        inner.parked = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Notes which certificates the peer has shown.
pub(crate) fn identify(shared: &Shared, stream: &Stream) {
    let Stream::Tls(stream) = stream else { return };
    if let Some(chain) = stream.get_ref().1.peer_certificates() {
        let _ = shared.certificates.set(chain.iter().map(|certificate| certificate.clone().into_owned()).collect());
    }
}

/// What is wrong with a certificate; the details are in the error it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CertificateFault {
    /// It is not valid any more.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// Nobody we trust has issued it.
    UnknownIssuer,
    /// It is for another name.
    WrongName,
    /// Its issuer has called it back.
    Revoked,
    /// Anything else.
    Other,
}

impl CertificateFault {
    const fn of(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => CertificateFault::NotYetValid,
            CertificateError::UnknownIssuer => CertificateFault::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => CertificateFault::WrongName,
            CertificateError::Revoked => CertificateFault::Revoked,
            _ => CertificateFault::Other,
        }
    }
}

impl fmt::Display for CertificateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CertificateFault::Expired => "has expired",
            CertificateFault::NotYetValid => "is not valid yet",
            CertificateFault::UnknownIssuer => "was issued by nobody we trust",
            CertificateFault::WrongName => "is for another name",
            CertificateFault::Revoked => "was revoked",
            CertificateFault::Other => "is not acceptable",
        })
    }
}

/// Why the handshake with a server failed.
fn refused(peer: SocketAddr, error: io::Error) -> ConnectError {
    match error.downcast::<Error>() {
        Ok(Error::InvalidCertificate(problem)) => {
            let fault = CertificateFault::of(&problem);
            ConnectError::Certificate { peer, fault, source: Error::InvalidCertificate(problem) }
        }
        Ok(source) if is_no_tls(&source) => ConnectError::NoTls { peer },
        Ok(source) => ConnectError::Tls { peer, source },
        Err(error) => ConnectError::of(peer, error),
    }
}

/// True if what came cannot even be the beginning of a TLS record.
const fn is_no_tls(error: &Error) -> bool {
    use InvalidMessage::{InvalidContentType, MessageTooLarge, UnknownProtocolVersion};
    matches!(error, Error::InvalidMessage(InvalidContentType | MessageTooLarge | UnknownProtocolVersion))
}

/// The name in `host:port`; an IPv6 address stands in brackets.
fn name_in(address: &str) -> Result<ServerName<'static>, ConnectError> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    ServerName::try_from(String::from(host)).map_err(|_| ConnectError::ServerName { name: host.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_host_of_the_address() {
        let name = |address| name_in(address).map(|name| std::string::ToString::to_string(&name.to_str())).ok();
        assert_eq!(name("mc.example.net:3550").as_deref(), Some("mc.example.net"));
        assert_eq!(name("192.0.2.1:3550").as_deref(), Some("192.0.2.1"));
        assert_eq!(name("[2001:db8::1]:3550").as_deref(), Some("2001:db8::1"));
        assert_eq!(name("no such name:3550"), None);
    }
}

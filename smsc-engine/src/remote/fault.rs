//! What can go wrong with a call.

use std::error::Error;
use std::io;

/// Why a call to the core failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CoreFault {
    /// Nobody listens there.
    #[error("connection refused")]
    Refused,
    /// The connection ended before the answer was there.
    #[error("connection reset")]
    Reset,
    /// There was no answer in time.
    #[error("timeout")]
    Timeout,
    /// The name has no address, the network is down, or TLS fails; the text says which.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// The core answered with a status that is no success; the text is the beginning of its answer.
    #[error("http {0}: {1}")]
    Http(u16, String),
    /// The answer cannot be read.
    #[error("parse error: {0}")]
    Parse(String),
}

impl CoreFault {
    /// Returns the word for it in metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            CoreFault::Refused => "connection_refused",
            CoreFault::Reset => "connection_reset",
            CoreFault::Timeout => "timeout",
            CoreFault::NoConnection(_) => "no_connection",
            CoreFault::Http(503, _) => "http_503",
            CoreFault::Http(..) => "http_error",
            CoreFault::Parse(_) => "parse_error",
        }
    }

    /// Tells whether the core is away: it did not answer, or says that it cannot work now.
    pub const fn is_away(&self) -> bool {
        !matches!(self, CoreFault::Http(..) | CoreFault::Parse(_)) || matches!(self, CoreFault::Http(502..=504, _))
    }

    /// Tells whether the core may have done what it was asked to, though nobody heard so.
    pub const fn is_in_doubt(&self) -> bool {
        matches!(self, CoreFault::Reset | CoreFault::Timeout | CoreFault::Parse(_))
    }
}

impl From<reqwest::Error> for CoreFault {
    fn from(error: reqwest::Error) -> Self {
        // The innermost of them knows the reason; the address of the core may hold a password.
        let error = error.without_url();
        if error.is_timeout() {
            return CoreFault::Timeout;
        }
        let mut inner: &(dyn Error + 'static) = &error;
        loop {
            match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
                Some(io::ErrorKind::ConnectionRefused) => return CoreFault::Refused,
                Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof) => {
                    return CoreFault::Reset;
                }
                _ => {}
            }
            if inner.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
                return CoreFault::Parse(inner.to_string());
            }
            match inner.source() {
                Some(next) => inner = next,
                None => break,
            }
        }
        match error.is_connect() || error.is_builder() {
            true => CoreFault::NoConnection(inner.to_string()),
            // The connection was there, and ended in the middle of something.
            false => CoreFault::Reset,
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address cannot be used.
    #[error("api_base_url: {0:?} is no http or https address")]
    Address(String),
    /// The program has not said whose cryptography to use.
    #[error("the core is called over TLS, which needs a rustls crypto provider: install one first")]
    NoCryptoProvider,
    /// A file cannot be used, or the HTTP client cannot be made.
    #[error("the client of the core cannot be made: {0}")]
    Client(String),
}

//! The other side of the socket, for commands.

use std::io;
use std::path::{Path, PathBuf};

use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Method, Request};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;

/// Calls a running centre over its socket.
#[derive(Clone, Debug)]
pub struct ControlClient {
    path: PathBuf,
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// Nobody serves the socket.
    #[error("nobody answers at {}: {error}; is it running, and with this data directory?", path.display())]
    NotThere {
        /// Which socket.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The centre says why it does not do it.
    #[error("{detail}")]
    Refused {
        /// The status of HTTP.
        status: u16,
        /// Why.
        detail: String,
    },
    /// The connection was lost, or what came is no answer.
    #[error("there was no answer: {0}")]
    Broken(String),
}

impl ControlClient {
    /// Will call the centre whose socket this is.
    pub fn new(path: impl Into<PathBuf>) -> ControlClient {
        ControlClient { path: path.into() }
    }

    /// Where the socket is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a call and returns the JSON of the answer, `null` if it has none.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, CallError> {
        let octets = self.octets(method, path, body).await?;
        if octets.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&octets).map_err(|error| CallError::Broken(error.to_string()))
    }

    /// Makes a call and returns what is in the envelope of the answer.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn data(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, CallError> {
        let mut answer = self.call(method, path, body).await?;
        let data = answer.get_mut("data").map(Value::take);
        Ok(data.unwrap_or(answer))
    }

    /// Makes a call and returns the answer as it came.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn octets(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Bytes, CallError> {
        let stream = UnixStream::connect(&self.path).await;
        let stream = stream.map_err(|error| CallError::NotThere { path: self.path.clone(), error })?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        // Ends with the answer; what it says is said by the answer, too.
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(path).header(HOST, "localhost");
        let request = request.header(CONTENT_TYPE, "application/json");
        let body = Full::new(body.map(|body| Bytes::from(body.to_string())).unwrap_or_default());
        let answer = sender.send_request(request.body(body).map_err(broken)?).await.map_err(broken)?;
        let status = answer.status();
        let octets = answer.into_body().collect().await.map_err(broken)?.to_bytes();
        if status.is_success() { Ok(octets) } else { Err(refused(status.as_u16(), &octets)) }
    }
}

fn broken(error: impl std::error::Error) -> CallError {
    CallError::Broken(error.to_string())
}

/// Reads `{"errors": {"detail": …, "fields": {…}}}`, or takes the body for a text.
fn refused(status: u16, octets: &[u8]) -> CallError {
    let body: Value = serde_json::from_slice(octets).unwrap_or_default();
    let told = body.pointer("/errors/detail").and_then(Value::as_str);
    let text = told.map_or_else(|| String::from_utf8_lossy(octets).into_owned(), str::to_owned);
    CallError::Refused { status, detail: if text.is_empty() { format!("refused with status {status}") } else { text } }
}

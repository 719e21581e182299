//! Calls to a core.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Identity, Method, Response, Url};

use super::fault::{BuildError, CoreFault};
use super::journal::Journal;
use super::stats::{CoreStats, Meter};
use crate::accounts::Secret;

/// Where a core is and how it is called.
#[derive(Clone, Debug)]
pub struct CoreClientConfig {
    /// Its address, such as `https://core.example:8443`, or `https://example/core` where it lies behind another server.
    pub base_url: String,
    /// False to take any certificate.
    pub verify_peer: bool,
    /// Authorities trusted besides the usual ones, in PEM; none if empty.
    pub ca: Vec<u8>,
    /// The certificate shown to it and its key, in PEM; none if empty.
    pub identity: Secret,
    /// The key sent as `X-API-Key`; none if empty.
    pub api_key: Secret,
    /// How long a call may take, from its begin to the end of the answer.
    pub timeout: Duration,
    /// Octets an answer may have.
    pub max_answer: usize,
}

impl CoreClientConfig {
    /// A core at an address, with the usual limits; any certificate is taken unless that is changed.
    pub fn new(base_url: impl Into<String>) -> CoreClientConfig {
        CoreClientConfig {
            base_url: base_url.into(),
            verify_peer: false,
            ca: Vec::new(),
            identity: Secret::default(),
            api_key: Secret::default(),
            timeout: Duration::from_secs(5),
            max_answer: 16 << 20,
        }
    }
}

/// Makes calls to one core. Copies are the same client.
#[derive(Clone)]
pub struct CoreClient {
    shared: Arc<Shared>,
}

struct Shared {
    base: Url,
    client: Client,
    config: CoreClientConfig,
    meter: Meter,
    journal: Journal,
}

/// One call: its name in metrics and logs, and what is sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The name of the operation, such as `submit`.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// Path and query after the base address, such as `/api/messages`.
    pub(crate) path: String,
    /// The body and what it is.
    pub(crate) body: Option<(&'static str, Bytes)>,
    /// A header beside the usual ones.
    pub(crate) header: Option<(&'static str, String)>,
    /// Longer or shorter than usual.
    pub(crate) timeout: Option<Duration>,
}

impl Call {
    /// A call without a body.
    pub(crate) fn new(operation: &'static str, method: Method, path: impl Into<String>) -> Call {
        Call { operation, method, path: path.into(), body: None, header: None, timeout: None }
    }

    /// With these parameters at the end of the path.
    pub(crate) fn query(mut self, parameters: &[(&str, &str)]) -> Call {
        // Only what is written behind the question mark is of use.
        let url = Url::parse_with_params("http://core/", parameters).ok();
        if let Some(query) = url.as_ref().and_then(Url::query).filter(|query| !query.is_empty()) {
            self.path = format!("{}?{query}", self.path);
        }
        self
    }

    /// With a body of JSON.
    pub(crate) fn json(self, body: impl Into<Bytes>) -> Call {
        Call { body: Some(("application/json", body.into())), ..self }
    }

    /// With a body of octets.
    pub(crate) fn octets(self, body: impl Into<Bytes>) -> Call {
        Call { body: Some(("application/octet-stream", body.into())), ..self }
    }
}

impl CoreClient {
    /// Makes a client; connects at the first call. The environment's proxies are not used.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn new(config: CoreClientConfig) -> Result<CoreClient, BuildError> {
        let address = || BuildError::Address(config.base_url.clone());
        let base = Url::parse(&config.base_url).map_err(|_| address())?;
        let names_more = base.query().is_some() || base.fragment().is_some();
        if !matches!(base.scheme(), "http" | "https") || base.host().is_none() || names_more {
            return Err(address());
        }
        if smpp_session::net::rustls::crypto::CryptoProvider::get_default().is_none() {
            // Without it the client panics, even one that will never speak TLS.
            return Err(BuildError::NoCryptoProvider);
        }
        let failed = |error: reqwest::Error| BuildError::Client(CoreFault::from(error).to_string());
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(config.timeout)
            .pool_idle_timeout(IDLE)
            .tls_danger_accept_invalid_certs(!config.verify_peer);
        if !config.ca.is_empty() {
            let authorities = Certificate::from_pem_bundle(&config.ca).map_err(failed)?;
            builder = authorities.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
        }
        if !config.identity.expose().is_empty() {
            builder = builder.identity(Identity::from_pem(config.identity.expose().as_bytes()).map_err(failed)?);
        }
        let client = builder.build().map_err(failed)?;
        Ok(CoreClient { shared: Arc::new(Shared { base, client, config, meter: Meter::default(), journal: Journal::default() }) })
    }

    /// Where the core is, without a password.
    pub fn address(&self) -> String {
        let mut url = self.shared.base.clone();
        // They can be set on any address that has a host.
        let _ = url.set_password(None);
        let _ = url.set_username("");
        url.to_string()
    }

    /// Tells what is known of the core and of the calls to it.
    pub fn stats(&self) -> CoreStats {
        self.shared.meter.read()
    }

    /// Tells whether the last call was answered; false before the first.
    pub fn is_up(&self) -> bool {
        self.shared.meter.is_up()
    }

    /// How long a call may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.shared.config.timeout
    }

    /// Makes a call and returns the body of a success.
    pub(crate) async fn call(&self, call: Call) -> Result<Bytes, CoreFault> {
        let begun = Instant::now();
        let (operation, limit) = (call.operation, call.timeout.unwrap_or(self.shared.config.timeout));
        let answer = match tokio::time::timeout(limit, self.exchange(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(CoreFault::Timeout),
        };
        self.note(operation, begun.elapsed(), answer.as_ref().err());
        answer
    }

    /// Makes a call whose answer is read as it comes; only the time up to its head is limited.
    pub(crate) async fn open(&self, call: Call) -> Result<Response, CoreFault> {
        let begun = Instant::now();
        let (operation, limit) = (call.operation, call.timeout.unwrap_or(self.shared.config.timeout));
        let answer = match tokio::time::timeout(limit, self.send(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(CoreFault::Timeout),
        };
        self.note(operation, begun.elapsed(), answer.as_ref().err());
        answer
    }

    /// Notes that an answer which came cannot be read.
    pub(crate) fn unreadable(&self, operation: &'static str, what: impl fmt::Display) -> CoreFault {
        let fault = CoreFault::Parse(what.to_string());
        self.note(operation, Duration::ZERO, Some(&fault));
        fault
    }

    async fn exchange(&self, call: Call) -> Result<Bytes, CoreFault> {
        let response = self.send(call).await?;
        self.body(response, self.shared.config.max_answer).await
    }

    async fn send(&self, call: Call) -> Result<Response, CoreFault> {
        let Some(url) = below(&self.shared.base, &call.path) else {
            return Err(CoreFault::NoConnection(format!("{} is no path", call.path)));
        };
        let mut request = self.shared.client.request(call.method, url);
        let key = self.shared.config.api_key.expose();
        if !key.is_empty() {
            request = request.header("x-api-key", key);
        }
        if let Some((name, value)) = call.header {
            request = request.header(name, value);
        }
        if let Some((kind, body)) = call.body {
            request = request.header("content-type", kind).body(body);
        }
        let response = request.send().await?;
        match response.status() {
            status if status.is_success() => Ok(response),
            status => {
                let text = self.body(response, LONGEST_COMPLAINT).await.unwrap_or_default();
                Err(CoreFault::Http(status.as_u16(), one_line(&text)))
            }
        }
    }

    /// Reads a body that may have so many octets.
    async fn body(&self, mut response: Response, most: usize) -> Result<Bytes, CoreFault> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > most {
                return Err(CoreFault::Parse(format!("more than {most} octets")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.into())
    }

    /// Counts a call and, if it failed, logs it in the words that operators search for.
    fn note(&self, operation: &'static str, took: Duration, fault: Option<&CoreFault>) {
        let (result, up) = fault.map_or(("ok", true), |fault| (fault.kind(), !fault.is_away()));
        let Shared { meter, journal, .. } = &*self.shared;
        meter.note(operation, (result, took), up);
        if let Some(fault) = fault {
            meter.fail(format!("{operation}: {fault}"));
        }
        journal.note(operation, fault, Instant::now());
    }
}

/// Shows where it calls, never with which key.
impl fmt::Debug for CoreClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CoreClient").field("address", &self.address()).finish_non_exhaustive()
    }
}

/// The address of a path at a core, which itself may lie below a path of another server.
fn below(base: &Url, path: &str) -> Option<Url> {
    Url::parse(&format!("{}{path}", base.as_str().trim_end_matches('/'))).ok()
}

/// What a core complains of, fit for a line of the log.
fn one_line(text: &[u8]) -> String {
    String::from_utf8_lossy(text).split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_COMPLAINT).collect()
}

// Shorter than servers keep idle connections: one that is just being closed must not be used.
const IDLE: Duration = Duration::from_secs(10);
/// Octets of an answer that is no success which are looked at.
const LONGEST_COMPLAINT: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_core_may_lie_below_a_path_of_another_server() {
        for (base, whole) in [
            ("https://host", "https://host/api/messages?limit=1"),
            ("https://host:8443/", "https://host:8443/api/messages?limit=1"),
            ("https://host/prefix", "https://host/prefix/api/messages?limit=1"),
            ("https://host/a/b/", "https://host/a/b/api/messages?limit=1"),
        ] {
            let url = below(&Url::parse(base).unwrap(), "/api/messages?limit=1").unwrap();
            assert_eq!(url.as_str(), whole);
        }
    }
}

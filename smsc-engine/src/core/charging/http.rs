//! Charging by JSON-RPC over HTTP POST.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serde_json::Value;

use super::rpc;
use super::{ChargeError, ChargeEvent, Charging, Granted};
use crate::BoxFuture;

/// Where the charging system is and what it is told. In the texts of an account, `{calling}` and `{called}` stand for
/// the numbers of the message.
#[derive(Clone, Debug)]
pub struct HttpChargingConfig {
    /// Its address. The environment's proxies are not used.
    pub url: String,
    /// The tenant.
    pub tenant: String,
    /// Whose account it is.
    pub account: String,
    /// The destination.
    pub destination: String,
    /// The source.
    pub source: String,
    /// The subject.
    pub subject: String,
    /// Units asked for each message; `None` for the number of its parts.
    pub usage: Option<u64>,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl Default for HttpChargingConfig {
    fn default() -> Self {
        HttpChargingConfig {
            url: "http://localhost:2080/jsonrpc".into(),
            tenant: "sms.example.com".into(),
            account: "default_account".into(),
            destination: "default".into(),
            source: "sms_platform".into(),
            subject: "sms_user".into(),
            usage: None,
            timeout: Duration::from_secs(5),
        }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address cannot be used.
    #[error("the charging address {url:?} cannot be used: {reason}")]
    Url {
        /// Which one.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// This build speaks TLS, and the program has not said whose cryptography to use.
    #[error("charging needs a rustls crypto provider: install one with CryptoProvider::install_default first")]
    NoCryptoProvider,
    /// The HTTP client cannot be made.
    #[error("the HTTP client of charging cannot be made: {0}")]
    Client(String),
}

/// A charging system that speaks JSON-RPC over HTTP. Connections are used again.
///
/// `https` needs the feature `charging-tls`; a build that has it needs a crypto provider of the program, installed
/// before, whatever the address is. Put it behind [`Guarded`](super::Guarded): this alone bounds no number of calls.
pub struct HttpCharging {
    config: HttpChargingConfig,
    url: Url,
    client: Client,
    last_id: AtomicU64,
}

impl HttpCharging {
    /// Makes a client; connects at the first call.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub fn new(config: HttpChargingConfig) -> Result<HttpCharging, BuildError> {
        let url = checked(&config.url)?;
        #[cfg(feature = "charging-tls")]
        if smpp_session::net::rustls::crypto::CryptoProvider::get_default().is_none() {
            // Without it the client panics, even one that will never speak TLS.
            return Err(BuildError::NoCryptoProvider);
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .http1_only()
            .timeout(config.timeout)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| BuildError::Client(reason(&error)))?;
        Ok(HttpCharging { config, url, client, last_id: AtomicU64::new(0) })
    }

    fn next_id(&self) -> u64 {
        self.last_id.fetch_add(1, Ordering::Relaxed) + 1
    }

    async fn post(&self, call: Value) -> Result<Vec<u8>, ChargeError> {
        let request = self.client.post(self.url.clone()).header("content-type", "application/json").body(call.to_string());
        let response = request.send().await.map_err(|error| fault(&error))?;
        match response.status() {
            status if status.is_success() => body(response).await,
            status => Err(ChargeError::Http(status.as_u16())),
        }
    }
}

impl Charging for HttpCharging {
    fn authorize<'a>(&'a self, event: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        Box::pin(async move {
            let id = self.next_id();
            rpc::granted(&self.post(rpc::authorize(&self.config, event, id)).await?, id)
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(async move {
            let id = self.next_id();
            rpc::pong(&self.post(rpc::ping(id)).await?, id)
        })
    }
}

impl fmt::Debug for HttpCharging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.debug_struct("HttpCharging").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

fn checked(text: &str) -> Result<Url, BuildError> {
    let fault = |reason: String| BuildError::Url { url: text.into(), reason };
    let url = Url::parse(text).map_err(|error| fault(error.to_string()))?;
    match url.scheme() {
        "http" => Ok(url),
        "https" if cfg!(feature = "charging-tls") => Ok(url),
        "https" => Err(fault("this build has no TLS for charging (feature charging-tls)".into())),
        scheme => Err(fault(format!("{scheme} is not http or https"))),
    }
}

/// Reads a body of bounded size.
async fn body(mut response: Response) -> Result<Vec<u8>, ChargeError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| fault(&error))? {
        if body.len() + chunk.len() > MOST_ANSWER {
            return Err(ChargeError::Malformed(format!("more than {MOST_ANSWER} octets")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn fault(error: &reqwest::Error) -> ChargeError {
    if error.is_timeout() { ChargeError::TimedOut } else { ChargeError::Connection(reason(error)) }
}

/// The innermost cause says most; the outermost one names the address, which may hold a password.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match std::ptr::addr_eq(cause, error) {
        true => "the request failed".into(),
        false => cause.to_string(),
    }
}

// Answers have a few hundred octets.
const MOST_ANSWER: usize = 64 * 1024;
// Shorter than servers usually keep a silent connection, so that none is used that is just being closed.
const IDLE: Duration = Duration::from_secs(30);

//! Who may call at all: networks, keys, and no page of another site.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, StatusCode};
use subtle::ConstantTimeEq;

use super::faults::Faults;
use super::options::RestOptions;
use super::problem::Problem;
use crate::http::client::Client;
use crate::http::listen::client_name;

/// The name a caller has proven: that of its key, else that in its certificate.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller(pub(super) Option<Arc<str>>);

impl Caller {
    /// The system that hands something in: what it says, else who it has proven to be.
    pub(super) fn or_named(&self, said: Option<String>, faults: &mut Faults) -> String {
        let name = faults.required("source_smsc", said.or_else(|| self.0.as_deref().map(str::to_owned)));
        faults.name("source_smsc", &name);
        name
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Caller>().cloned().unwrap_or_default())
    }
}

/// Lets in only who comes from an allowed network, and no page of another site that a browser shows.
pub(super) fn allow(options: &RestOptions, client: Client, request: &Request) -> Result<(), Problem> {
    let is_allowed = options.allow.is_empty() || options.allow.iter().any(|network| network.contains(&client.0));
    if !is_allowed {
        return Err(Problem::new(StatusCode::FORBIDDEN, "this address may not call"));
    }
    if is_foreign_page(request.method(), request.headers()) {
        return Err(Problem::new(StatusCode::FORBIDDEN, "a page of another site may not call"));
    }
    Ok(())
}

/// Lets in only who shows a key, if there are keys; tells the handlers who it is.
pub(super) fn identify(options: &RestOptions, request: &mut Request) -> Result<(), Problem> {
    let caller = match caller(options, request.headers(), request.extensions()) {
        Err(_) if is_open(request.uri().path()) => Caller::default(),
        caller => caller?,
    };
    request.extensions_mut().insert(caller);
    Ok(())
}

fn caller(options: &RestOptions, headers: &HeaderMap, extensions: &Extensions) -> Result<Caller, Problem> {
    if options.keys.is_empty() {
        return Ok(Caller(client_name(extensions).map(Arc::from)));
    }
    let unknown = |detail: &str| Problem::new(StatusCode::UNAUTHORIZED, detail);
    let key = headers.get(KEY).ok_or_else(|| unknown("authentication required: send your key as X-API-Key"))?;
    let found = named(options, key.as_bytes());
    found.map(|name| Caller(Some(name.into()))).ok_or_else(|| unknown("authentication required: the key is not known"))
}

/// Whose key it is.
fn named<'a>(options: &'a RestOptions, key: &[u8]) -> Option<&'a str> {
    // All are compared, whichever fits, so that the time tells nothing.
    let mut found = None;
    for (name, secret) in &options.keys {
        if bool::from(key.ct_eq(secret.expose().as_bytes())) && !secret.expose().is_empty() {
            found = Some(name.as_str());
        }
    }
    found
}

/// Whether a request shows a key that the limits are not for. Whoever guesses keys is limited as everybody is.
pub(super) fn is_unlimited(options: &RestOptions, headers: &HeaderMap) -> bool {
    if options.unlimited.is_empty() {
        return false;
    }
    let name = headers.get(KEY).and_then(|key| named(options, key.as_bytes()));
    name.is_some_and(|name| options.unlimited.iter().any(|known| known == name))
}

/// Browsers say from where a page calls; programs say nothing.
fn is_foreign_page(method: &Method, headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    !method.is_safe() && matches!(site, Some(b"cross-site" | b"same-site"))
}

/// What tells nothing about messages: whoever watches the core or reads how to use it needs no key.
fn is_open(path: &str) -> bool {
    matches!(path, "/api/status" | "/api/system/health" | "/api/openapi.json" | "/api/docs") || path.starts_with("/api/docs/")
}

const KEY: &str = "x-api-key";

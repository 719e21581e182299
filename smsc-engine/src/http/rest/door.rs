//! What every request goes through before a handler sees it, and every answer afterwards.

use std::any::Any;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use http_body_util::Limited;
use tracing::Instrument;

use super::options::RestOptions;
use super::problem::Problem;
use super::{Rest, core, guard};
use crate::http::client::Client;
use crate::http::metrics::Resource;
use crate::json::hex;

impl Rest {
    /// Puts everything in front of the handlers. It is one layer: each one more copies the whole router for a request.
    pub(super) fn guarded(self: &Arc<Rest>, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), enter))
    }

    /// Lets a request in, or says why not: first where it comes from, then how often, then who it is.
    async fn admit(&self, options: &RestOptions, (client, request): (Client, Request), next: Next) -> Response {
        if let Err(problem) = guard::allow(options, client, &request) {
            return problem.into_response();
        }
        let Some(standing) = self.standing(options, client, &request) else { return serve(options, request, next).await };
        let mut response = match standing.refusal() {
            Some(refusal) => refusal,
            None => serve(options, request, next).await,
        };
        standing.tell(&mut response);
        response
    }
}

/// Names the request, finds out where it comes from, and counts the answer.
async fn enter(State(rest): State<Arc<Rest>>, mut request: Request, next: Next) -> Response {
    let (id, began, options) = (request_id(&request), Instant::now(), rest.options());
    let client = Client::of(request.headers(), request.extensions(), &options.trusted_proxies);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(client);
    let text = id.to_str().unwrap_or_default();
    let span = tracing::info_span!("request", request_id = text, %method, path, client = %client.0);
    let answered = AssertUnwindSafe(rest.admit(&options, (client, request), next)).catch_unwind();
    let mut response = answered.instrument(span.clone()).await.unwrap_or_else(|panic| span.in_scope(|| panicked(&*panic)));
    rest.control.figures.api.record(Resource::of(&path), response.status().as_u16(), began.elapsed());
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    let policy = if path.starts_with("/api/docs") { PAGE_POLICY } else { DATA_POLICY };
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ] {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Hands a request of somebody who is known to its handler, within its bounds.
async fn serve(options: &RestOptions, mut request: Request, next: Next) -> Response {
    let known = guard::identify(options, &mut request);
    let request = match known.and_then(|()| bounded(options, request)) {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    match tokio::time::timeout(options.timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("the request took too long").into_response(),
    }
}

/// Lets a request have so much of a body.
fn bounded(options: &RestOptions, mut request: Request) -> Result<Request, Problem> {
    let most = match request.uri().path() {
        IMPORT => options.max_import,
        path if core::is_bulk(path) => options.max_bulk,
        _ => options.max_body,
    };
    // The bound is ours, not the one that axum sets unasked.
    DefaultBodyLimit::disable().apply(&mut request);
    match request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok()) {
        Some(length) if length > most => Err(Problem::too_large()),
        // No more comes than is announced.
        Some(_) => Ok(request),
        None => Ok(request.map(|body| Body::new(Limited::new(body, most)))),
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::broken(&text.unwrap_or("a handler panicked")).into_response()
}

/// The caller's name for the request if it is one that can go into a log, else one of ours.
fn request_id(request: &Request) -> HeaderValue {
    let is_fit = |id: &&HeaderValue| (1..=LONGEST_ID).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
    request.headers().get(REQUEST_ID).filter(is_fit).cloned().unwrap_or_else(|| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
        HeaderValue::try_from(hex::write(&hasher.finish().to_be_bytes())).unwrap_or(HeaderValue::from_static("0"))
    })
}

/// A table of routes is larger than anything else that is handed in.
const IMPORT: &str = "/api/routes/import";
static COUNT: AtomicU64 = AtomicU64::new(0);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID: usize = 128;
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
// The page's own scripts and styles; it draws with styles in its elements and pictures in its style sheet.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

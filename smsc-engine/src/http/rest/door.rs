//! What every request goes through before a handler sees it, and every answer afterwards.

use std::any::Any;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http_body_util::Limited;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

use super::problem::Problem;
use super::{Rest, core, guard, limit};
use crate::http::client::Client;
use crate::http::metrics::Resource;

impl Rest {
    /// Puts everything in front of the handlers; what is added last sees a request first.
    pub(super) fn guarded(self: &Arc<Rest>, router: Router) -> Router {
        router
            .layer(from_fn_with_state(self.clone(), bound))
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(self.clone(), guard::identify))
            .layer(from_fn_with_state(self.clone(), limit::limit))
            .layer(from_fn_with_state(self.clone(), guard::allow))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(self.clone(), enter))
    }
}

/// Names the request, finds out where it comes from, and counts the answer.
async fn enter(State(rest): State<Arc<Rest>>, mut request: Request, next: Next) -> Response {
    let (id, began) = (request_id(&request), Instant::now());
    let client = Client::of(request.headers(), request.extensions(), &rest.options().trusted_proxies);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(client);
    let text = id.to_str().unwrap_or_default();
    let span = tracing::info_span!("request", request_id = text, %method, path, client = %client.0);
    let mut response = next.run(request).instrument(span.clone()).await;
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

/// Lets a request have so much of a body and so much time.
async fn bound(State(rest): State<Arc<Rest>>, request: Request, next: Next) -> Response {
    let options = rest.options();
    let most = match request.uri().path() {
        IMPORT => options.max_import,
        path if core::is_bulk(path) => options.max_bulk,
        _ => options.max_body,
    };
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > most) {
        return Problem::too_large().into_response();
    }
    let request = request.map(|body| Body::new(Limited::new(body, most)));
    match tokio::time::timeout(options.timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::unavailable("the request took too long").into_response(),
    }
}

fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Problem::broken(&text.unwrap_or("a handler panicked")).into_response()
}

/// The caller's name for the request if it is one that can go into a log, else one of ours.
fn request_id(request: &Request) -> HeaderValue {
    let is_fit = |id: &&HeaderValue| (1..=LONGEST_ID).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
    request.headers().get(REQUEST_ID).filter(is_fit).cloned().unwrap_or_else(|| {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_u64(COUNT.fetch_add(1, Ordering::Relaxed));
        HeaderValue::from_str(&format!("{:016x}", hasher.finish())).unwrap_or(HeaderValue::from_static("0"))
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

//! `/api/core`: the exchange with gateways of this product, many messages at a time.
//!
//! Bodies are octets as the module `wire` of this crate has them, for whoever calls is of this product too: the calls
//! are no part of the description of the API. What a gateway says is taken for true, so only those may call who have
//! proven who they are, or programs on this machine.

mod deliver;
mod ledger;
mod octets;
mod submit;
mod watch;

use std::future::Future;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;

use super::Rest;
use super::guard::Caller;
use super::problem::Problem;
use crate::api::{Cancel, CoreApi, Question, Replacement};
use crate::http::client::Client;
use crate::model::Lane;
use crate::wire;
use octets::Octets;

pub(super) use ledger::Ledger;

pub(super) fn routes() -> Router<Arc<Rest>> {
    Router::new()
        .route("/api/core", get(about))
        .route("/api/core/submit", post(submit::submit))
        .route("/api/core/query", post(query))
        .route("/api/core/cancel", post(cancel))
        .route("/api/core/replace", post(replace))
        .route("/api/core/lease", post(deliver::lease))
        .route("/api/core/release", post(deliver::release))
        .route("/api/core/report", post(deliver::report))
        .route("/api/core/hear", post(deliver::hear))
        .route("/api/core/watch", post(watch::watch))
        .route_layer(from_fn(allow))
}

/// Tells whether a path has limits of its own.
pub(super) fn is_bulk(path: &str) -> bool {
    path.starts_with("/api/core/")
}

/// What a gateway finds out before it talks in bulk.
#[derive(Serialize)]
struct About {
    /// Which product.
    core: &'static str,
    /// The version of the octets.
    wire: u8,
}

async fn about() -> Json<About> {
    Json(About { core: "smsc", wire: wire::VERSION })
}

async fn allow(caller: Caller, client: Client, request: Request, next: Next) -> Response {
    if caller.0.is_none() && !client.0.is_loopback() {
        let detail = "the core has no API keys, so only programs on its machine may call /api/core: give gateways keys";
        return Problem::new(StatusCode::FORBIDDEN, detail).into_response();
    }
    next.run(request).await
}

async fn query(State(rest): State<Arc<Rest>>, Octets(question): Octets<Question>) -> Result<Response, Problem> {
    let core = rest.control.handle.core();
    carry_out(async move { core.query(question).await }).await.map(|answer| octets::answer(&answer))
}

async fn cancel(State(rest): State<Arc<Rest>>, Octets(order): Octets<Cancel>) -> Result<Response, Problem> {
    let core = rest.control.handle.core();
    carry_out(async move { core.cancel(order).await }).await.map(|answer| octets::answer(&answer))
}

async fn replace(State(rest): State<Arc<Rest>>, Octets(order): Octets<Replacement>) -> Result<Response, Problem> {
    let core = rest.control.handle.core();
    carry_out(async move { core.replace(order).await }).await.map(|answer| octets::answer(&answer))
}

/// Does something to its end even if the caller goes away meanwhile: nothing of the core's stays half done.
async fn carry_out<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Result<T, Problem> {
    tokio::spawn(work).await.map_err(|panic| Problem::broken(&panic))
}

/// The lane of a frontend with this name.
fn public(lane: &Lane) -> Result<(), Problem> {
    let fits = lane.is_public() && lane.as_str().len() <= LONGEST_NAME;
    let fault = "must be a name of 1 to 255 octets that does not begin with '!'";
    if fits { Ok(()) } else { Err(Problem::field("lane", fault)) }
}

const LONGEST_NAME: usize = 255;

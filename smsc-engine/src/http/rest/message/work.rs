//! Work lists: the messages that a frontend is to deliver now.
//!
//! All variants give the same messages. A message that is given out is the caller's until it reports on it or the lease
//! ends; those with a higher priority come first, then the oldest.

use std::cmp::Reverse;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::Rest;
use super::super::faults::Faults;
use super::super::params::Params;
use super::super::problem::{Errors, Problem};
use super::super::reply::{Envelope, EnvelopeParams, Success};
use super::form::MessageForm;
use super::view::{View, ViewParams};
use crate::core::Order;

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(get_by_smsc)).routes(routes!(queue)).routes(routes!(message_queue))
}

/// Who asks for work.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct BySmsc {
    /// The frontend.
    #[param(required = true)]
    smsc: Option<String>,
    /// At most so many messages; never more than 1000.
    #[param(minimum = 0, default = 100)]
    limit: Option<usize>,
}

/// Who asks for work, as the guide of the gateway has it.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ByDestination {
    /// The frontend.
    #[param(required = true)]
    destination_smsc: Option<String>,
    /// At most so many messages; never more than 1000.
    #[param(minimum = 0, default = 100)]
    limit: Option<usize>,
}

/// What a frontend asks for.
pub(super) struct Want {
    /// The parameter or header with its name.
    pub(super) field: &'static str,
    pub(super) name: Option<String>,
    pub(super) unrouted: bool,
    pub(super) limit: Option<usize>,
}

/// Gives a frontend its work, and what no route claims.
#[utoipa::path(
    get, path = "/api/messages/get_by_smsc", tag = "work", params(BySmsc, ViewParams, EnvelopeParams),
    responses((status = 200, body = Success<Vec<MessageForm>>), (status = 422, body = Errors)),
)]
async fn get_by_smsc(
    State(rest): State<Arc<Rest>>,
    (method, envelope, view): (Method, Envelope, View),
    Params(BySmsc { smsc, limit }): Params<BySmsc>,
) -> Result<Response, Problem> {
    let unrouted = !rest.options().strict_get_by_smsc;
    give(&rest, (&method, envelope, view), Want { field: "smsc", name: smsc, unrouted, limit }).await
}

/// Gives a frontend its work.
#[utoipa::path(
    get, path = "/api/messages/queue", tag = "work", params(BySmsc, ViewParams, EnvelopeParams),
    responses((status = 200, body = Success<Vec<MessageForm>>), (status = 422, body = Errors)),
)]
async fn queue(
    State(rest): State<Arc<Rest>>,
    (method, envelope, view): (Method, Envelope, View),
    Params(BySmsc { smsc, limit }): Params<BySmsc>,
) -> Result<Response, Problem> {
    give(&rest, (&method, envelope, view), Want { field: "smsc", name: smsc, unrouted: false, limit }).await
}

/// Gives a frontend its work.
#[utoipa::path(
    get, path = "/api/message_queue", tag = "work", params(ByDestination, ViewParams, EnvelopeParams),
    responses((status = 200, body = Success<Vec<MessageForm>>), (status = 422, body = Errors)),
)]
async fn message_queue(
    State(rest): State<Arc<Rest>>,
    (method, envelope, view): (Method, Envelope, View),
    Params(ByDestination { destination_smsc, limit }): Params<ByDestination>,
) -> Result<Response, Problem> {
    let want = Want { field: "destination_smsc", name: destination_smsc, unrouted: false, limit };
    give(&rest, (&method, envelope, view), want).await
}

/// Gives messages out; they are the caller's for the time of a lease.
pub(super) async fn give(
    rest: &Rest,
    (method, envelope, view): (&Method, Envelope, View),
    want: Want,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let name = faults.required(want.field, want.name);
    let frontend = faults.lane(want.field, Some(&name));
    faults.none()?;
    // Whoever asks for the headers alone would never see what was given out.
    let max = if method == Method::HEAD { 0 } else { want.limit.unwrap_or(DEFAULT_LIMIT).min(MOST) };
    let order = Order { max, hold: rest.options().lease, unrouted: want.unrouted };
    let mut messages = rest.control.handle.work(&frontend, order).await;
    messages.sort_by_key(|message| (Reverse(message.priority), message.id));
    let list: Vec<_> = messages.iter().map(|message| view.message(message, None)).collect();
    Ok(envelope.success(StatusCode::OK, list))
}

/// Messages of one answer.
pub(super) const DEFAULT_LIMIT: usize = 100;
pub(super) const MOST: usize = 1_000;

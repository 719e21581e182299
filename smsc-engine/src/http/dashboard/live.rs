//! The live channel: one tick a second, the same for everybody who looks.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::desk::Desk;
use super::history::{Span, columns};
use super::visit::Visit;

/// Sends ticks; a browser that is slow misses some.
pub(super) async fn ticks(State(desk): State<Arc<Desk>>, _: Visit) -> Response {
    let ticks = stream::unfold(desk.live.subscribe(), |mut ticks| async move {
        ticks.changed().await.ok()?;
        let tick = ticks.borrow_and_update().clone();
        Some((Ok::<_, Infallible>(Event::default().event("tick").data(tick)), ticks))
    });
    // Proxies that gather answers would hold ticks back.
    ([("x-accel-buffering", "no")], Sse::new(ticks).keep_alive(KeepAlive::default())).into_response()
}

/// Which part of the past a chart wants.
#[derive(serde::Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    span: String,
}

/// The samples a chart begins with.
pub(super) async fn samples(State(desk): State<Arc<Desk>>, _: Visit, Query(asked): Query<Asked>) -> Response {
    let samples = desk.history.samples(Span::from_name(&asked.span));
    ([(header::CONTENT_TYPE, "application/json")], columns(&samples)).into_response()
}

//! The live channel: one tick a second, the same for everybody who looks.

use std::convert::Infallible;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::shell::Shell;
use super::visit::Visit;

/// Sends ticks; a browser that is slow misses some.
pub(super) async fn ticks(State(shell): State<Shell>, _: Visit, headers: HeaderMap) -> Response {
    let state = (shell.listen(), shell, headers);
    let ticks = stream::unfold(state, |(mut ticks, shell, headers)| async move {
        ticks.changed().await.ok()?;
        // Whoever was logged out sees no more.
        shell.gate().session(&headers, false)?;
        let tick = ticks.borrow_and_update().clone();
        Some((Ok::<_, Infallible>(Event::default().event("tick").data(tick)), (ticks, shell, headers)))
    });
    // Proxies that gather answers would hold ticks back.
    ([("x-accel-buffering", "no")], Sse::new(ticks).keep_alive(KeepAlive::default())).into_response()
}

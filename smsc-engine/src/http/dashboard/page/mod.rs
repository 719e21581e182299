//! The pages, each in a file: what it shows, made by functions that know no HTTP, and what it changes.

mod bulk;
mod login;
mod message;
mod overview;
mod preview;
mod queue;
mod search;
mod send;
mod timeline;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::desk::Desk;
use super::problem::Problem;
use super::visit::Visit;

/// All pages under their addresses.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(overview::show))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/search", get(search::go))
        .route("/message_queue", get(queue::show))
        .route("/message_queue/bulk", get(bulk::ask).post(bulk::carry_out))
        .route("/message/{id}", get(message::show))
        .route("/message/{id}/retry", post(message::retry))
        .route("/message/{id}/redirect", post(message::redirect))
        .route("/message/{id}/end", post(message::end))
        .route("/message/{id}/delete", post(message::delete))
        .route("/send", get(send::show).post(send::send))
        .route("/send/preview", post(send::preview))
        .fallback(missing)
}

/// Whoever asks for a page that is not there is told so, once it is known who asks.
async fn missing(State(_): State<Arc<Desk>>, visit: Visit) -> Response {
    Problem::missing(format!("There is no page {}.", super::show::visible(&visit.address))).into_response()
}

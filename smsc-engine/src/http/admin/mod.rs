//! What the owner of a centre asks of it on the same machine, over a socket in the file system.
//!
//! Whoever can open the socket is the owner: its rights are the password. Below `/admin` is what the REST API does not
//! have, and below `/api` the REST API itself. Answers are `{"data": …}` or `{"errors": {"detail": …}}`.

mod account;
pub(crate) mod answer;
#[cfg(unix)]
mod client;
#[cfg(feature = "gateway")]
pub(crate) mod gateway;
mod record;
mod session;
#[cfg(unix)]
mod socket;
mod upkeep;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::ops::Operations;

#[cfg(unix)]
pub use client::{CallError, ControlClient};
#[cfg(unix)]
pub use socket::{ControlSocket, SOCKET, SocketError};

/// Returns everything the socket serves; `api` is the REST API with everything below `/api`.
pub fn router(operations: Arc<Operations>, api: Router) -> Router {
    let admin = Router::new()
        .route("/status", get(upkeep::status))
        .route("/log-level", get(upkeep::log_level).put(upkeep::set_log_level))
        .route("/reload", post(upkeep::reload))
        .route("/backup", post(upkeep::backup))
        .route("/support-bundle", post(upkeep::support_bundle))
        .route("/stop", post(upkeep::stop))
        .route("/sessions", get(session::list))
        .route("/sessions/{id}", delete(session::drop))
        .route("/accounts", get(account::list).post(account::add))
        .route("/accounts/{name}/enable", post(account::enable))
        .route("/accounts/{name}/disable", post(account::disable))
        .route("/accounts/{name}", delete(account::delete))
        .route("/records", get(record::list))
        .route("/records/queries", get(record::queries))
        .route("/records/query", post(record::query))
        .fallback(answer::nothing_here)
        .with_state(operations);
    Router::new().nest("/admin", admin).merge(api)
}

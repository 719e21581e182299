//! What the dashboards of all programs share: the frame of a page, who may come in, forms, the live channel, and the
//! pages that are the same everywhere (log-in, users, the log, problems).
//!
//! A dashboard makes a [`Shell`](shell::Shell), lets its state give it away (`FromRef`), and has its own pages put
//! [`around`] it.

mod asset;
pub(super) mod bind;
pub(super) mod book;
pub(super) mod form;
mod gate;
pub(super) mod layout;
pub(super) mod link;
mod live;
#[cfg(feature = "log")]
mod log;
mod login;
pub(super) mod problem;
pub(super) mod shell;
mod shield;
pub(super) mod show;
mod user;
pub(super) mod visit;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::set_header::SetResponseHeaderLayer;

use problem::Problem;
use shell::Shell;
use visit::Visit;

/// Puts the pages that are the same everywhere beside those of a program, and what protects them around both.
pub(super) fn around(shell: &Shell, own: Router) -> Router {
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    own.merge(routes().with_state(shell.clone()))
        .layer(from_fn_with_state(shell.clone(), shield::pass))
        .layer(header("content-security-policy", POLICY))
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("x-frame-options", "DENY"))
        .layer(header("referrer-policy", "same-origin"))
        .layer(header("cache-control", "no-store"))
}

fn routes() -> Router<Shell> {
    let router = Router::new();
    #[cfg(feature = "log")]
    let router =
        router.route("/logs", get(log::show)).route("/logs/stream", get(log::stream)).route("/logs/level", post(log::set_level));
    router
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/users", get(user::list).post(user::add))
        .route("/users/{name}/role", post(user::set_role))
        .route("/users/{name}/switch", post(user::switch))
        .route("/users/{name}/password", post(user::reset))
        .route("/users/{name}/delete", post(user::delete))
        .route("/password", get(user::own).post(user::change_own))
        .route("/live", get(live::ticks))
        .route("/assets/{name}", get(asset::show))
        .fallback(missing)
}

/// Whoever asks for a page that is not there is told so, once it is known who asks.
async fn missing(State(_): State<Shell>, visit: Visit) -> Response {
    Problem::missing(format!("There is no page {}.", show::visible(&visit.address))).into_response()
}

// Nothing from elsewhere, nothing inline, no frame around it, forms only to itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

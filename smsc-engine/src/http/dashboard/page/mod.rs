//! The pages, each in a file: what it shows, made by functions that know no HTTP, and what it changes.

mod account;
mod bulk;
mod chart;
mod frontend;
mod import;
mod location;
#[cfg(feature = "log")]
mod log;
mod login;
mod meaning;
mod message;
mod overview;
mod preview;
mod queue;
mod record;
mod route;
mod search;
mod send;
mod service;
mod session;
mod simulator;
mod system;
mod timeline;
mod translation;
mod user;

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
        .route("/sms_routing", get(route::list).post(route::add))
        .route("/routing", get(route::list))
        .route("/sms_routing/new", get(route::blank))
        .route("/sms_routing/export", get(route::export))
        .route("/sms_routing/import", get(import::ask).post(import::carry_out))
        .route("/sms_routing/{id}", get(route::show).post(route::save))
        .route("/sms_routing/{id}/switch", post(route::switch))
        .route("/sms_routing/{id}/delete", post(route::delete))
        .route("/simulator", get(simulator::show))
        .route("/locations", get(location::list).post(location::add))
        .route("/locations/new", get(location::blank))
        .route("/locations/{id}", get(location::show).post(location::save))
        .route("/locations/{id}/delete", post(location::delete))
        .route("/frontend_status", get(frontend::list))
        .route("/frontend_status/{name}", get(frontend::history))
        .route("/smpp_sessions", get(session::list))
        .route("/smpp_sessions/{id}/drop", post(session::drop_one))
        .route("/records", get(record::list))
        .route("/records/export.csv", get(record::export))
        .route("/records/questions/{name}", get(record::ask))
        .route("/services", get(service::show))
        .route("/batch_workers", get(service::workers))
        .route("/charts", get(chart::show))
        .merge(lists())
        .fallback(missing)
}

/// Pages of what stands in the configuration and can be changed over it, and of the machine.
fn lists() -> Router<Arc<Desk>> {
    let router = Router::new();
    #[cfg(feature = "log")]
    let router =
        router.route("/logs", get(log::show)).route("/logs/stream", get(log::stream)).route("/logs/level", post(log::set_level));
    router
        .route("/number_translation", get(translation::list).post(translation::add))
        .route("/number_translation/new", get(translation::blank))
        .route("/number_translation/{id}", get(translation::show).post(translation::save))
        .route("/number_translation/{id}/delete", post(translation::delete))
        .route("/number_translation/{id}/revert", post(translation::revert))
        .route("/accounts", get(account::list).post(account::add))
        .route("/accounts/new", get(account::blank))
        .route("/accounts/{name}", get(account::show).post(account::save))
        .route("/accounts/{name}/delete", post(account::delete))
        .route("/accounts/{name}/revert", post(account::revert))
        .route("/users", get(user::list).post(user::add))
        .route("/users/{name}/role", post(user::set_role))
        .route("/users/{name}/switch", post(user::switch))
        .route("/users/{name}/password", post(user::reset))
        .route("/users/{name}/delete", post(user::delete))
        .route("/password", get(user::own).post(user::change_own))
        .route("/system", get(system::show))
}

/// What is wrong with a list that the configuration begins.
fn book_problem(error: crate::overlay::BookError) -> Problem {
    use crate::overlay::BookError;
    match error {
        BookError::Unknown { .. } => Problem::missing(format!("{error}.")),
        BookError::Database(_) => Problem::broken(error),
        other => Problem::conflict(other),
    }
}

/// Puts a reason that begins with the name of a field at that field.
fn note_reason(reason: &str, otherwise: &str, faults: &mut super::form::Faults) {
    match reason.split_once(": ").filter(|(field, _)| field.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'_')) {
        Some((field, fault)) => faults.add(field, fault),
        None => faults.add(otherwise, reason),
    }
}

/// Whoever asks for a page that is not there is told so, once it is known who asks.
async fn missing(State(_): State<Arc<Desk>>, visit: Visit) -> Response {
    Problem::missing(format!("There is no page {}.", super::show::visible(&visit.address))).into_response()
}

//! The pages, each in a file: what it shows, made by functions that know no HTTP, and what it changes.

mod account;
mod bulk;
mod chart;
mod frontend;
mod import;
mod location;
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

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::desk::Desk;

/// All pages under their addresses.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(overview::show))
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
        .route("/carriers/{name}/reconnect", post(session::reconnect))
        .route("/carriers/{name}/drop", post(session::drop_carrier))
        .route("/records", get(record::list))
        .route("/records/export.csv", get(record::export))
        .route("/records/questions/{name}", get(record::ask))
        .route("/services", get(service::show))
        .route("/batch_workers", get(service::workers))
        .route("/charts", get(chart::show))
        .route("/history.json", get(chart::samples))
        .merge(lists())
}

/// Pages of what stands in the configuration and can be changed over it, and of the machine.
fn lists() -> Router<Arc<Desk>> {
    Router::new()
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
        .route("/system", get(system::show))
}

//! The pages, each in a file: what it shows, made by functions that know no HTTP, and what it changes.

mod client;
mod documentation;
mod live;
mod peer;
mod profile;
mod queue;
mod server;
mod test;
mod word;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use super::desk::Desk;
use crate::frontend::{ClientPeer, ServerPeer};
use peer::Peer;

/// All pages under their addresses.
pub(super) fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/", get(live::show))
        .route("/binds/{name}/reconnect", post(live::reconnect))
        .route("/binds/{name}/drop", post(live::drop_bind))
        .merge(peers::<ClientPeer>())
        .merge(peers::<ServerPeer>())
        .route("/queue", get(queue::list))
        .route("/queue/{id}", get(queue::show))
        .route("/test_message", get(test::show).post(test::send))
        .route("/documentation", get(documentation::first))
        .route("/documentation/{topic}", get(documentation::show))
}

/// The list of one kind of peers and what is done with it. The blank form is not below the list: names are.
fn peers<P: Peer>() -> Router<Arc<Desk>> {
    let path = P::KIND_PAGE.path;
    Router::new()
        .route(path, get(peer::list::<P>).post(peer::add::<P>))
        .route(P::KIND_PAGE.new_path, get(peer::blank::<P>))
        .route(&format!("{path}/{{name}}"), get(peer::show::<P>).post(peer::save::<P>))
        .route(&format!("{path}/{{name}}/delete"), post(peer::delete::<P>))
        .route(&format!("{path}/{{name}}/revert"), post(peer::revert::<P>))
}

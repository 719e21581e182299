//! What the owner of a gateway asks of it over its socket.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{delete, get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Body, Data, Fault, nothing_here};
use super::upkeep::Level;
use crate::audit::{Actor, audit};
use crate::config::PeerFile;
use crate::gateway::GatewayOperations;
use crate::remote::{CoreFault, TestMessage};

/// Returns everything the socket serves.
pub(crate) fn router(operations: Arc<GatewayOperations>) -> Router {
    let admin = Router::new()
        .route("/status", get(status))
        .route("/log-level", get(log_level).put(set_log_level))
        .route("/support-bundle", post(support_bundle))
        .route("/stop", post(stop))
        .route("/binds", get(binds))
        .route("/binds/{name}/reconnect", post(reconnect))
        .route("/binds/{name}/drop", post(drop_bind))
        .route("/peers", get(peers))
        .route("/peers/{name}", delete(delete_peer))
        .route("/peers/{name}/revert", post(revert_peer))
        .route("/peers/export", post(export))
        .route("/peers/import", post(import))
        .route("/test-message", post(test_message))
        .fallback(nothing_here)
        .with_state(operations);
    Router::new().nest("/admin", admin)
}

/// Peers as a file writes them.
#[derive(Serialize, Deserialize)]
struct Peers {
    toml: String,
}

/// A message to try a bind with.
#[derive(Deserialize)]
struct Trial {
    dest_smsc: String,
    from: String,
    to: String,
    text: String,
}

async fn status(State(operations): State<Arc<GatewayOperations>>) -> Data<Value> {
    Data(operations.status())
}

async fn log_level(State(operations): State<Arc<GatewayOperations>>) -> Data<Level> {
    Data(Level { level: operations.program.log_level() })
}

async fn set_log_level(State(operations): State<Arc<GatewayOperations>>, Body(wanted): Body<Level>) -> Answer<Level> {
    wanted.set(&*operations.program).map(Data)
}

async fn support_bundle(State(operations): State<Arc<GatewayOperations>>) -> Result<impl IntoResponse, Fault> {
    let writing = tokio::task::spawn_blocking(move || {
        let mut octets = Vec::new();
        operations.support_bundle(&mut octets).map(|()| octets)
    });
    let octets = writing.await.map_err(Fault::failed)?.map_err(Fault::failed)?;
    Ok(([(CONTENT_TYPE, "application/gzip")], octets))
}

async fn stop(State(operations): State<Arc<GatewayOperations>>) -> Answer<&'static str> {
    let stopping = operations.program.stop().then_some(Data("the gateway stops"));
    stopping.ok_or_else(|| Fault::wrong("this program cannot be stopped from here"))
}

async fn binds(State(operations): State<Arc<GatewayOperations>>) -> Data<Vec<Value>> {
    Data(operations.binds())
}

async fn reconnect(State(operations): State<Arc<GatewayOperations>>, Path(name): Path<String>) -> Answer<String> {
    let done = operations.control.binds.reconnect(&name);
    changed("reconnect bind", name, done)
}

async fn drop_bind(State(operations): State<Arc<GatewayOperations>>, Path(name): Path<String>) -> Answer<String> {
    let done = operations.control.binds.drop_bind(&name);
    changed("drop bind", name, done)
}

async fn peers(State(operations): State<Arc<GatewayOperations>>) -> Data<Vec<Value>> {
    Data(operations.listed_peers())
}

async fn delete_peer(State(operations): State<Arc<GatewayOperations>>, Path(name): Path<String>) -> Answer<String> {
    operations.control.delete_peer(&name, BY).await?;
    changed("delete peer", name, true)
}

async fn revert_peer(State(operations): State<Arc<GatewayOperations>>, Path(name): Path<String>) -> Answer<String> {
    operations.control.revert_peer(&name).await?;
    changed("revert peer", name, true)
}

/// With their passwords: whoever can open the socket can read the database, too.
async fn export(State(operations): State<Arc<GatewayOperations>>) -> Data<Peers> {
    audit(&Actor::CommandLine, "export peers", "");
    Data(Peers { toml: operations.peers().write() })
}

/// Adds peers and replaces those of the same names; the first that is not taken ends it.
async fn import(State(operations): State<Arc<GatewayOperations>>, Body(peers): Body<Peers>) -> Answer<Value> {
    let file = PeerFile::read(&peers.toml).map_err(Fault::wrong)?;
    let (clients, servers) = file.peers();
    let counts = json!({ "client_peers": clients.len(), "server_peers": servers.len() });
    for peer in clients {
        audit(&Actor::CommandLine, "put client peer", &peer.name);
        operations.control.clients.put(peer, BY).await?;
    }
    for peer in servers {
        audit(&Actor::CommandLine, "put server peer", &peer.name);
        operations.control.servers.put(peer, BY).await?;
    }
    Ok(Data(counts))
}

async fn test_message(State(operations): State<Arc<GatewayOperations>>, Body(trial): Body<Trial>) -> Answer<u64> {
    let Trial { dest_smsc, from: source, to: destination, text: body } = trial;
    audit(&Actor::CommandLine, "send test message", &dest_smsc);
    let control = &operations.control;
    let message = TestMessage { source_smsc: control.name.clone(), dest_smsc, source, destination, body };
    Ok(Data(control.core.send_test(&message).await?.0))
}

fn changed(action: &str, name: String, done: bool) -> Answer<String> {
    if !done {
        return Err(Fault::unknown(format!("there is no such bind: {name:?}")));
    }
    audit(&Actor::CommandLine, action, &name);
    Ok(Data(name))
}

impl From<CoreFault> for Fault {
    fn from(fault: CoreFault) -> Self {
        Fault::failed(format!("the core: {fault}"))
    }
}

/// Who changes peers here.
const BY: &str = "command line";

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};
use smpp_session::BindKind;
use smpp_session::net::{Client, Incoming};
use smpp_session::{Config, Credentials};
use smsc_engine::http::admin::{ControlSocket, SOCKET, SocketError, router};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::*;

/// One call over the socket: status and body.
async fn call(path: &Path, what: &str, body: Option<Value>) -> (u16, Vec<u8>) {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let head = format!(
        "{what} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = UnixStream::connect(path).await.unwrap();
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|octets| octets == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer.split_off(end + 4))
}

async fn json_of(path: &Path, what: &str, body: Option<Value>) -> (u16, Value) {
    let (status, octets) = call(path, what, body).await;
    (status, serde_json::from_slice(&octets).unwrap())
}

async fn served(home: &Path) -> (Plant, ControlSocket) {
    let plant = Plant::new(home).await;
    let api = Router::new().route("/api/status", get(|| async { "the REST API" }));
    let socket = ControlSocket::serve(home.join(SOCKET), router(plant.operations.clone(), api)).unwrap();
    (plant, socket)
}

#[tokio::test]
async fn only_the_owner_can_open_the_socket_and_it_goes_with_its_process() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join(SOCKET);
    // As a killed process leaves it.
    drop(UnixListener::bind(&path).unwrap());
    let (_plant, socket) = served(home.path()).await;
    let metadata = std::fs::metadata(socket.path()).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let twice = ControlSocket::serve(&path, Router::new()).unwrap_err();
    assert!(matches!(twice, SocketError::Served(_)), "{twice}");
    assert_eq!(call(&path, "GET /api/status", None).await, (200, b"the REST API".to_vec()));
    socket.close(Duration::from_secs(10)).await;
    assert!(!path.exists());
    let far = home.path().join("x".repeat(120));
    assert!(ControlSocket::serve(far, Router::new()).unwrap_err().to_string().contains("at most 103 octets"));
}

#[tokio::test]
async fn the_socket_tells_how_the_centre_does_and_what_is_wrong_with_a_call() {
    let home = tempfile::tempdir().unwrap();
    let (plant, socket) = served(home.path()).await;
    let path = socket.path();
    let (status, answer) = json_of(path, "GET /admin/status", None).await;
    let data = &answer["data"];
    assert_eq!((status, &data["version"], &data["routes"]), (200, &json!("smsc 1.2.3"), &json!(1)), "{answer}");
    assert_eq!((&data["messages"]["pending"], &data["batch"]["total_enqueued"]), (&json!(0), &json!(0)));
    let (status, answer) = json_of(path, "PUT /admin/log-level", Some(json!({ "level": "debug" }))).await;
    assert_eq!((status, answer), (200, json!({ "data": { "level": "debug" } })));
    let (status, answer) = json_of(path, "PUT /admin/log-level", Some(json!({ "level": "loud" }))).await;
    assert_eq!((status, answer), (422, json!({ "errors": { "detail": "\"loud\" is no level" } })));
    let (status, answer) = json_of(path, "PUT /admin/log-level", Some(json!({ "lvl": 1 }))).await;
    assert!(status == 422 && answer["errors"]["detail"].as_str().unwrap().contains("level"), "{answer}");
    assert_eq!(json_of(path, "POST /admin/reload", None).await, (200, json!({ "data": "nothing changed" })));
    assert_eq!(json_of(path, "GET /admin/nothing", None).await.0, 404);
    assert_eq!(json_of(path, "POST /admin/stop", None).await.0, 200);
    assert!(*plant.program.stopped.lock().unwrap());
}

#[tokio::test]
async fn sessions_are_listed_and_dropped_and_accounts_disabled() {
    let home = tempfile::tempdir().unwrap();
    let (plant, socket) = served(home.path()).await;
    let (path, smpp) = (socket.path(), plant.operations.control.smpp.clone().unwrap());
    let mut clients = Vec::new();
    for name in ["shop", "bank"] {
        let client = Client::connect(smpp.address(), Config::default(), |_: Incoming| ()).await.unwrap();
        client.bind(BindKind::Transceiver, &Credentials::new(name, "planted-password")).await.unwrap();
        clients.push(client);
    }
    let (_, answer) = json_of(path, "GET /admin/sessions", None).await;
    let session = answer["data"].as_array().unwrap().iter().find(|session| session["system_id"] == "shop").unwrap();
    assert_eq!((&session["bind"], &session["version"]), (&json!("transceiver"), &json!("3.4")), "{session}");
    let id = &session["id"];
    assert_eq!(json_of(path, &format!("DELETE /admin/sessions/{id}"), None).await.0, 200);
    assert_eq!(json_of(path, "DELETE /admin/sessions/987654", None).await.0, 404);
    clients[0].closed().await;

    let (_, answer) = json_of(path, "GET /admin/accounts", None).await;
    assert!(!answer.to_string().contains("planted"), "{answer}");
    assert_eq!((&answer["data"][0]["system_id"], &answer["data"][0]["enabled"]), (&json!("bank"), &json!(true)));
    assert_eq!(json_of(path, "POST /admin/accounts/bank/disable", None).await.0, 200);
    clients[1].closed().await;
    let (_, answer) = json_of(path, "GET /admin/accounts", None).await;
    assert_eq!(answer["data"][0]["enabled"], json!(false));
    assert_eq!(json_of(path, "DELETE /admin/accounts/bank", None).await.0, 200);
    assert_eq!(json_of(path, "POST /admin/accounts/bank/enable", None).await.0, 404);
}

#[tokio::test]
async fn records_backups_and_bundles_come_over_the_socket() {
    let (home, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_plant, socket) = served(home.path()).await;
    let path = socket.path();
    let (_, queries) = json_of(path, "GET /admin/records/queries", None).await;
    assert!(queries["data"].as_array().unwrap().len() > 16);
    let ask = |name: &str, parameters: Value| Some(json!({ "name": name, "parameters": parameters }));
    assert_eq!(json_of(path, "POST /admin/records/query", ask("count_by_status", json!([]))).await, (200, json!({ "data": [] })));
    let (status, answer) = json_of(path, "POST /admin/records/query", ask("volume_by_hour", json!(["yesterday"]))).await;
    assert!(status == 422 && answer.to_string().contains("yesterday"), "{answer}");
    let (status, answer) = json_of(path, "POST /admin/records/query", ask("volume_by_hour", json!([]))).await;
    assert!(status == 422 && answer.to_string().contains("from"), "{answer}");
    let (status, answer) = json_of(path, "GET /admin/records?from=2026-01-01&masked=true", None).await;
    assert_eq!((status, answer), (200, json!({ "data": [] })));

    let wanted = json!({ "directory": target.path(), "keep_days": 30 });
    let (status, answer) = json_of(path, "POST /admin/backup", Some(wanted)).await;
    let directory = PathBuf::from(answer["data"]["directory"].as_str().unwrap());
    assert!(status == 200 && directory.join("manifest.json").exists(), "{answer}");
    assert_eq!(json_of(path, "POST /admin/backup", Some(json!({ "directory": "here" }))).await.0, 422);
    let (status, octets) = call(path, "POST /admin/support-bundle", None).await;
    assert_eq!((status, &octets[..2]), (200, &[0x1f, 0x8b][..]));
}

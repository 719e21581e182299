//! What a gateway keeps on disk, and what its commands are told.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use flate2::read::GzDecoder;
use serde_json::{Value, json};
use smsc_engine::Gateway;
use smsc_engine::gateway::GatewayError;
use smsc_engine::http::admin::{ControlClient, SOCKET};

use super::{carrier, partner, settings, start};

#[tokio::test]
async fn what_is_kept_is_for_the_owner_alone_and_for_one_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings("127.0.0.1:9".parse().unwrap(), &directory.path().join("data"));
    let gateway = start(&settings).await;
    let mode = |name: &str| fs::metadata(directory.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/gateway.db"), mode("data/dashboard-password")), (0o700, 0o600, 0o600));
    assert!(matches!(Gateway::start(&settings).await, Err(GatewayError::Locked { .. })));
    gateway.shutdown().await;
    start(&settings).await.shutdown().await;
}

#[tokio::test]
async fn a_start_that_fails_says_what_it_is_about() {
    let directory = tempfile::tempdir().unwrap();
    let good = settings("127.0.0.1:9".parse().unwrap(), directory.path());
    let failed = async |settings| match Gateway::start(settings).await {
        Ok(_) => panic!("it starts"),
        Err(error) => error.to_string(),
    };
    let mut bad = good.clone();
    bad.core.ca_path = "/nowhere/ca.pem".into();
    assert!(failed(bad).await.starts_with("cannot read /nowhere/ca.pem: "));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let mut bad = good.clone();
    bad.metrics.port.listen = address;
    assert!(failed(bad).await.starts_with(&format!("cannot serve the metrics: cannot listen on {address}: ")));
    let mut bad = good.clone();
    (bad.listen.port, bad.server_binds) = (address.port(), vec![partner("bank")]);
    assert!(failed(bad).await.starts_with(&format!("cannot listen for SMPP on {address}: ")));
    start(&good).await.shutdown().await;
}

#[tokio::test]
async fn commands_reach_a_running_gateway() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings("127.0.0.1:9".parse().unwrap(), directory.path());
    settings.binds = vec![carrier("uk")];
    let gateway = start(&settings).await;
    let client = ControlClient::new(directory.path().join(SOCKET));
    let call =
        async |method: &str, path: &str, body: Option<Value>| client.data(method.parse().unwrap(), path, body.as_ref()).await;
    let status = call("GET", "/admin/status", None).await.unwrap();
    assert_eq!((&status["name"], &status["core"]["is_up"]), (&json!("smpp_gateway"), &json!(false)));
    let exported = call("POST", "/admin/peers/export", None).await.unwrap();
    let more = exported["toml"].as_str().unwrap().replace("\"uk\"", "\"de\"").replace("tps_limit = 100", "tps_limit = 5");
    let counts = call("POST", "/admin/peers/import", Some(json!({ "toml": more }))).await.unwrap();
    assert_eq!(counts, json!({ "client_peers": 1, "server_peers": 0 }));
    let peers = call("GET", "/admin/peers", None).await.unwrap();
    let origins: Vec<_> = peers.as_array().unwrap().iter().map(|peer| (&peer["name"], &peer["origin"])).collect();
    assert_eq!(origins, [(&json!("uk"), &json!("file")), (&json!("de"), &json!("added"))]);
    let refused = call("POST", "/admin/peers/import", Some(json!({ "toml": "[[binds]]\nname = 'x'\n" }))).await.unwrap_err();
    assert!(refused.to_string().contains("binds[0].host is missing"), "{refused}");
    call("DELETE", "/admin/peers/uk", None).await.unwrap();
    call("POST", "/admin/peers/uk/revert", None).await.unwrap();
    assert!(call("POST", "/admin/binds/nobody/drop", None).await.unwrap_err().to_string().contains("nobody"));
    call("POST", "/admin/binds/uk/drop", None).await.unwrap();
    let binds = call("GET", "/admin/binds", None).await.unwrap();
    assert_eq!((&binds[0]["name"], &binds[0]["state"]), (&json!("uk"), &json!("Disconnected")));
    gateway.shutdown().await;
}

#[tokio::test]
async fn a_support_bundle_holds_what_helps_and_no_password() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings("127.0.0.1:9".parse().unwrap(), directory.path());
    (settings.binds, settings.server_binds) = (vec![carrier("uk")], Vec::new());
    settings.core.api_key = smsc_engine::accounts::Secret::new("hunter2hunter2hunter2");
    let gateway = start(&settings).await;
    let client = ControlClient::new(directory.path().join(SOCKET));
    let octets = client.octets("POST".parse().unwrap(), "/admin/support-bundle", None).await.unwrap();
    let mut names = Vec::new();
    let mut archive = tar::Archive::new(GzDecoder::new(&octets[..]));
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().display().to_string();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        assert!(!text.contains("hunter2"), "{name}\n{text}");
        names.push(name.trim_start_matches("support-bundle/").to_owned());
    }
    let expected =
        ["version.txt", "gateway.json", "settings.toml", "metrics.txt", "log.txt", "binds.json", "peers.toml", "system.json"];
    assert_eq!(names, expected);
    gateway.shutdown().await;
}

//! Signs of life, questions after the core's health, and a core that is away.

use smsc_engine::Centre;
use smsc_engine::core::registry::FrontendRecord;
use smsc_engine::model::Timestamp;

use super::{FREE, api, carrier, core, eventually, settings, start};

async fn registered(core: &Centre, name: &str) -> FrontendRecord {
    let registry = &core.control().registry;
    eventually("the heartbeat", async || {
        registry.active(Timestamp::now()).into_iter().find(|record| &*record.frontend_name == name)
    })
    .await
}

#[tokio::test]
async fn the_core_hears_at_once_who_is_there_and_no_password() {
    let directory = tempfile::tempdir().unwrap();
    let core = core(&directory.path().join("core"), FREE).await;
    let mut settings = settings(api(&core), &directory.path().join("gateway"));
    settings.smsc_name = "uk_gateway".into();
    settings.core.api_key = smsc_engine::accounts::Secret::new("hunter2hunter2hunter2");
    settings.binds = vec![carrier("uk")];
    let gateway = start(&settings).await;
    let record = registered(&core, "uk_gateway").await;
    assert_eq!(&*record.frontend_type, "smpp");
    assert_eq!(record.ip_address.as_deref(), Some("127.0.0.1"));
    assert!(record.uptime_seconds.is_some_and(|seconds| seconds < 60));
    let told = serde_json::to_value(&record.configuration).unwrap().to_string();
    assert!(told.contains("client_binds") && told.contains("uk") && !told.contains("hunter2"), "{told}");
    gateway.shutdown().await;
    core.shutdown().await;
}

#[tokio::test]
async fn several_gateways_work_for_one_core() {
    let directory = tempfile::tempdir().unwrap();
    let core = core(&directory.path().join("core"), FREE).await;
    let mut gateways = Vec::new();
    for name in ["a", "b", "c"] {
        let settings = settings(api(&core), &directory.path().join(name));
        gateways.push(start(&smsc_engine::config::GatewaySettings { smsc_name: name.into(), ..settings }).await);
    }
    for name in ["a", "b", "c"] {
        registered(&core, name).await;
    }
    for gateway in gateways {
        gateway.shutdown().await;
    }
    core.shutdown().await;
}

#[tokio::test]
async fn a_core_that_is_away_stops_no_start_and_is_found_when_it_comes() {
    let directory = tempfile::tempdir().unwrap();
    let first = core(&directory.path().join("core"), FREE).await;
    let address = api(&first);
    first.shutdown().await;
    let mut settings = settings(address, &directory.path().join("gateway"));
    (settings.core.heartbeat_seconds, settings.core.health_seconds) = (5, 1);
    let gateway = start(&settings).await;
    let client = gateway.control().core.client().clone();
    let failed = |operation: &str| {
        client.stats().calls.iter().any(|call| call.operation == operation && call.result == "connection_refused")
    };
    eventually("a heartbeat in vain", async || failed("heartbeat").then_some(())).await;
    assert!(!client.is_up());
    let core = core(&directory.path().join("core"), address).await;
    registered(&core, "smpp_gateway").await;
    eventually("health", async || client.is_up().then_some(())).await;
    gateway.shutdown().await;
    core.shutdown().await;
}

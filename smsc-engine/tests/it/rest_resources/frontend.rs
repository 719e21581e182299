//! The registry of frontends: R-API-72 to 81.

use serde_json::{Value, json};
use smsc_engine::model::Route;

use super::{Api, each, log};

const REPORT: &str = "/api/frontends";
const REGISTER: &str = "/api/frontends/register";

fn gateway() -> Value {
    json!({"frontend_name": "uk_gateway", "frontend_type": "SMPP"})
}

#[tokio::test]
async fn a_report_creates_a_record_and_the_next_one_extends_it() {
    for path in [REPORT, REGISTER] {
        let api = Api::new().await;
        let first = api.post(path, gateway()).await.data(201).clone();
        assert_eq!((&first["status"], &first["expires_at"]), (&json!("active"), &json!("2026-11-28T12:01:30Z")), "{path}");
        api.bench.pass(60);
        let second = api.post(path, gateway()).await.data(200).clone();
        assert_eq!((&second["id"], &second["expires_at"]), (&first["id"], &json!("2026-11-28T12:02:30Z")));
        api.bench.pass(89);
        assert_eq!(api.get("/api/frontends/1").await.data(200)["status"], "active");
        api.bench.pass(1);
        assert_eq!(api.get("/api/frontends/1").await.data(200)["status"], "expired");
    }
}

#[tokio::test]
async fn the_older_path_shows_the_record_with_and_without_envelope() {
    let api = Api::new().await;
    let answer = api.post(REPORT, gateway()).await;
    let data = answer.data(201).as_object().unwrap();
    assert_eq!(data.len(), 12);
    assert!(data.iter().all(|(field, value)| answer.body[field] == *value), "{answer:?}");
    assert_eq!(api.post(REGISTER, gateway()).await.body.as_object().unwrap().len(), 1);
    for path in [REPORT, REGISTER] {
        let bare = api.post(&format!("{path}?envelope=false"), gateway()).await.body;
        assert!(bare["frontend_name"] == "uk_gateway" && bare.get("data").is_none(), "{bare}");
    }
}

#[tokio::test]
async fn name_and_type_are_required() {
    let api = Api::new().await;
    for path in [REPORT, REGISTER] {
        let missing = api.post(path, json!({"frontend_type": "SMPP"})).await;
        assert_eq!(missing.fault("frontend_name"), "is required");
        assert_eq!(api.post(path, json!({"frontend_name": "a"})).await.fault("frontend_type"), "is required");
        api.post(path, json!([])).await.failed(422);
    }
}

#[tokio::test]
async fn a_missing_address_is_that_of_the_caller() {
    let api = Api::new().await;
    assert_eq!(api.post(REGISTER, gateway()).await.data(201)["ip_address"], "192.0.2.1");
    let told = json!({"frontend_name": "b", "frontend_type": "IMS", "ip_address": "192.0.2.77"});
    assert_eq!(api.post(REGISTER, told).await.data(201)["ip_address"], "192.0.2.77");
}

#[tokio::test]
async fn a_configuration_is_an_object_or_the_text_of_one() {
    let api = Api::new().await;
    let object = json!({"port": 2775, "system_id": "gw", "bind_type": "transceiver"});
    for (at, configuration) in [object.clone(), json!(object.to_string())].into_iter().enumerate() {
        let mut report = gateway();
        report["frontend_name"] = json!(format!("gateway-{at}"));
        report["configuration"] = configuration;
        assert_eq!(api.post(REPORT, report).await.data(201)["configuration"], object);
    }
    let mut wrong = gateway();
    wrong["configuration"] = json!("port=2775");
    assert_eq!(api.post(REPORT, wrong).await.fault("configuration"), "must be a JSON object or a string that holds one");
}

#[tokio::test]
async fn a_frontend_that_returns_gets_a_new_record_and_the_log_tells() {
    let (lines, _guard) = log::listen();
    let api = Api::new().await;
    api.post(REPORT, gateway()).await.data(201);
    api.bench.pass(91);
    let back = api.post(REPORT, gateway()).await;
    assert_eq!(back.data(201)["id"], 2);
    let history = api.get("/api/frontends/history/uk_gateway").await;
    assert_eq!(each(history.data(200), "id"), [&json!(2), &json!(1)], "newest first");
    assert_eq!(each(history.data(200), "status"), [&json!("active"), &json!("expired")]);
    assert_eq!(api.get("/api/frontends/history/nobody").await.data(200), &json!([]));
    let told = lines.containing("frontend uk_gateway");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("frontend uk_gateway registered"), "{told:?}");
    assert!(told[1].contains("frontend uk_gateway re-registered after it had expired"), "{told:?}");
}

#[tokio::test]
async fn the_active_ones_the_counts_and_all_of_them_are_told_apart() {
    let api = Api::new().await;
    for (pause, name) in [(0, "a"), (91, "b"), (1, "c"), (1, "a")] {
        api.bench.pass(pause);
        api.post(REGISTER, json!({"frontend_name": name, "frontend_type": "SMPP"})).await.data(201);
    }
    let names =
        |list: &Value| each(list, "frontend_name").iter().map(|name| name.as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(api.get("/api/frontends").await.data(200)), ["a", "c", "b", "a"], "latest activity first");
    assert_eq!(names(api.get("/api/frontends/active").await.data(200)), ["a", "c", "b"]);
    let stats = json!({
        "active": 3, "expired": 1, "unique_frontends": 3, "active_count": 3, "expired_count": 1, "total_registrations": 4,
    });
    assert_eq!(api.get("/api/frontends/stats").await.data(200), &stats);
    assert_eq!(api.get("/api/frontends/stats?envelope=false").await.body, stats);
    api.get("/api/frontends/99").await.failed(404);
    api.get("/api/frontends/x").await.failed(404);
}

#[tokio::test]
async fn no_registry_content_affects_routing() {
    let route = Route { called_prefix: Some("44".into()), dest_smsc: Some("absent".into()), ..Route::default() };
    let api = Api::with(vec![route], |_| {}).await;
    api.post(REGISTER, json!({"frontend_name": "present", "frontend_type": "SMPP"})).await.data(201);
    let routed = api.submit("+447700900123").await;
    let unrouted = api.submit("+15550001111").await;
    assert_eq!(api.work("present").await, []);
    assert_eq!(api.work("absent").await, [routed]);
    assert!(api.bench.control.handle.message(unrouted).await.is_ok());
}

#[tokio::test]
async fn a_name_forges_no_line_of_the_log() {
    let api = Api::new().await;
    let forged = json!({"frontend_name": "a\nfrontend b registered", "frontend_type": "SMPP\u{0}"});
    let answer = api.post(REPORT, forged).await;
    assert_eq!(answer.fault("frontend_name"), "must not contain control characters");
    assert_eq!(answer.fault("frontend_type"), "must not contain control characters");
}

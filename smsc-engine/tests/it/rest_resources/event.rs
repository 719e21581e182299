//! The history of messages: R-API-82 to 84.

use serde_json::{Value, json};
use smsc_engine::model::Timestamp;

use super::{Api, each};
use crate::control::{NOON, route};

#[tokio::test]
async fn events_come_in_the_order_of_time_with_four_fields() {
    let api = Api::with(vec![route("44", "uk")], |_| {}).await;
    let id = api.submit("+447700900123").await.0;
    api.bench.pass(5);
    let seen = json!({"message_id": id, "name": "handset_confirmed", "description": "read", "event_source": "crm"});
    api.post("/api/events", seen).await.data(201);
    let answer = api.get(&format!("/api/events/{id}")).await;
    let events = answer.data(200);
    let names = [&json!("message_inserted"), &json!("message_routed"), &json!("handset_confirmed")];
    assert_eq!(each(events, "name"), names);
    assert!(events.as_array().unwrap().iter().all(|event| event.as_object().unwrap().len() == 4));
    let epoch = NOON.0 / 1000;
    let last = json!({"event_epoch": epoch + 5, "name": "handset_confirmed", "description": "read", "event_source": "crm"});
    assert_eq!(events[2], last);
    assert!(events[0]["event_epoch"] == epoch && events[0]["event_source"] == "smsc@localhost", "{events}");
}

#[tokio::test]
async fn an_event_of_any_name_is_added_for_a_caller_who_need_not_name_itself() {
    let api = Api::new().await;
    let answer = api.post("/api/events", json!({"message_id": 7, "name": "delivery_attempt_07"})).await;
    let added = json!({
        "message_id": 7, "event_epoch": NOON.0 / 1000, "name": "delivery_attempt_07", "description": "",
        "event_source": "192.0.2.1",
    });
    assert_eq!(answer.data(201), &added);
    assert_eq!(each(api.get("/api/events/7").await.data(200), "name"), [&json!("delivery_attempt_07")]);
}

#[tokio::test]
async fn what_is_wrong_with_an_event_is_told_by_field() {
    let api = Api::new().await;
    let nothing = api.post("/api/events", json!({})).await;
    assert_eq!((nothing.fault("message_id"), nothing.fault("name")), ("is required", "is required"));
    let wrong = json!({"message_id": 0, "name": "x".repeat(65), "description": "a\u{0}", "event_source": "y".repeat(256)});
    let wrong = api.post("/api/events", wrong).await;
    assert_eq!(wrong.fault("message_id"), "must be a positive integer");
    assert_eq!(wrong.fault("name"), "has more than 64 octets");
    assert_eq!(wrong.fault("description"), "must not contain control characters");
    assert_eq!(wrong.fault("event_source"), "has more than 255 octets");
}

#[tokio::test]
async fn a_message_nobody_knows_has_no_events() {
    let api = Api::new().await;
    assert_eq!(api.get("/api/events/4711").await.data(200), &json!([]));
    assert_eq!(api.get("/api/events/4711?envelope=false").await.body, json!([]));
    api.get("/api/events/none").await.failed(404);
}

#[tokio::test]
async fn events_older_than_their_time_vanish() {
    let api = Api::new().await;
    api.post("/api/events", json!({"message_id": 7, "name": "old"})).await.data(201);
    api.bench.pass(7 * 86_400);
    api.post("/api/events", json!({"message_id": 7, "name": "new"})).await.data(201);
    api.bench.pass(1);
    let retention = smsc_engine::core::Retention::default();
    let before = Timestamp(api.bench.clock.now().0).before(retention.events);
    api.bench.control.handle.event_log().unwrap().forget(before).await;
    assert_eq!(each(api.get("/api/events/7").await.data(200), "name"), [&json!("new")]);
}

#[tokio::test]
async fn a_core_without_events_says_so() {
    let api = Api::with(Vec::new(), |setup| setup.events = None).await;
    assert_eq!(api.get("/api/events/1").await.failed(503), "this core keeps no events");
    assert_eq!(api.post("/api/events", json!({"message_id": 1, "name": "a"})).await.failed(503), "this core keeps no events");
    assert_eq!(api.get("/api/events/1").await.body.get("data"), None::<&Value>);
}

//! Multimedia messages and signalling events: R-API-85 to 87.

use serde_json::{Value, json};

use super::{Api, each};

const MMS: [&str; 2] = ["/api/mms_messages", "/api/mms_message_queues"];
const SS7: &str = "/api/ss7_events";

fn picture() -> Value {
    json!({
        "source_msisdn": "+15551234567", "destination_msisdn": "+447700900123", "subject": "Look",
        "content_type": "image/jpeg", "content_location": "https://mms.example.com/1.jpg", "message_size": 48_213,
    })
}

#[tokio::test]
async fn both_names_of_multimedia_messages_are_one_collection() {
    let api = Api::new().await;
    let [first, second] = [MMS[0], MMS[1]];
    let id = api.post(first, picture()).await.data(201)["id"].clone();
    let other = api.post(second, picture()).await.data(201)["id"].clone();
    for path in MMS {
        assert_eq!(each(api.get(path).await.data(200), "id"), [&id, &other]);
        assert_eq!(each(api.get(&format!("{path}?offset=1&limit=1")).await.data(200), "id"), [&other]);
        assert_eq!(api.get(&format!("{path}/{id}")).await.data(200)["subject"], "Look");
    }
    assert_eq!(api.delete(&format!("{second}/{id}")).await.status, 204);
    api.get(&format!("{first}/{id}")).await.failed(404);
}

#[tokio::test]
async fn a_multimedia_message_comes_back_with_all_its_fields() {
    let api = Api::new().await;
    let answer = api.post(MMS[0], picture()).await;
    let made = answer.data(201);
    for (field, value) in picture().as_object().unwrap() {
        assert_eq!(&made[field], value, "{field}");
    }
    assert_eq!(made.as_object().unwrap().len(), 16);
    assert_eq!((&made["status"], &made["send_time"]), (&json!("pending"), &json!("2026-11-28T12:00:00Z")));
    assert_eq!((&made["deliver_time"], &made["delivery_attempts"]), (&Value::Null, &json!(0)));
    let missing = api.post(MMS[1], json!({"subject": "a\nb"})).await;
    assert_eq!((missing.fault("source_msisdn"), missing.fault("destination_msisdn")), ("is required", "is required"));
    assert_eq!(missing.fault("subject"), "must not contain control characters");
}

#[tokio::test]
async fn a_delivered_multimedia_message_has_the_time_of_it() {
    let api = Api::new().await;
    let id = api.post(MMS[0], picture()).await.data(201)["id"].clone();
    api.bench.pass(60);
    let path = format!("{}/{id}", MMS[1]);
    let done = api.patch(&path, json!({"status": "delivered", "subject": null})).await.data(200).clone();
    assert_eq!((&done["status"], &done["deliver_time"]), (&json!("delivered"), &json!("2026-11-28T12:01:00Z")));
    assert_eq!((&done["subject"], &done["content_type"]), (&Value::Null, &json!("image/jpeg")));
    assert_eq!(done["updated_at"], "2026-11-28T12:01:00Z");
    api.patch(&path, json!({"status": "lost"})).await.fault("status");
    api.patch("/api/mms_messages/99", json!({"subject": "x"})).await.failed(404);
}

#[tokio::test]
async fn a_signalling_event_is_made_shown_changed_and_deleted() {
    let api = Api::new().await;
    let event = json!({"event_type": "MAP_UPDATE_LOCATION", "imsi": "001010000000001", "msisdn": "+447700900123"});
    let made = api.post(SS7, event).await.data(201).clone();
    let id = &made["id"];
    let expected = json!({
        "id": id, "event_type": "MAP_UPDATE_LOCATION", "imsi": "001010000000001", "msisdn": "+447700900123",
        "timestamp": "2026-11-28T12:00:00Z", "inserted_at": "2026-11-28T12:00:00Z", "updated_at": "2026-11-28T12:00:00Z",
    });
    assert_eq!(made, expected);
    let path = format!("{SS7}/{id}");
    assert_eq!(api.get(&path).await.data(200), &expected);
    assert_eq!(each(api.get(SS7).await.data(200), "id"), [id]);
    let changed = api.patch(&path, json!({"imsi": null, "timestamp": "2026-11-28T14:00:00+02:00"})).await.data(200).clone();
    assert_eq!((&changed["imsi"], &changed["msisdn"]), (&Value::Null, &expected["msisdn"]));
    assert_eq!(changed["timestamp"], "2026-11-28T12:00:00Z");
    api.patch(&path, json!({"timestamp": null})).await.fault("timestamp");
    assert_eq!(api.delete(&path).await.status, 204);
    for path in [path.as_str(), "/api/ss7_events/0", "/api/ss7_events/-1", "/api/ss7_events/x"] {
        api.get(path).await.failed(404);
        api.patch(path, json!({"imsi": "1"})).await.failed(404);
        api.delete(path).await.failed(404);
    }
    assert_eq!(api.post(SS7, json!({"imsi": "1"})).await.fault("event_type"), "is required");
}

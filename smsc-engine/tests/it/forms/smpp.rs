//! The object `smpp` of the REST API: everything SMPP says goes both ways. R-GW-53.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use smsc_engine::api::Mode;
use smsc_engine::model::{Kind, Word};
use tower::ServiceExt;

use super::*;

/// A message with something to say in every field.
fn full() -> Message {
    let mut message = Message::new(MessageId(0), Account::from("partner"), Lane::from("uk"));
    message.service_type = Word::from("WAP");
    message.source = Address::new(5, 9, "Shop");
    message.destination = Address::new(1, 8, "447700900000");
    (message.esm_class, message.protocol_id, message.priority) = (0x43, 0x7F, 3);
    (message.data_coding, message.registered_delivery) = (0xF5, 0x11);
    message.user_data = (&[5, 0, 3, 9, 2, 1, 0xFF, 0, 0x1B][..]).into();
    message.tlvs = (&b"\x02\x04\x00\x02\x12\x34\x14\x01\x00\x00"[..]).into();
    message.expires = in_an_hour();
    message
}

/// The fields that both have in common.
fn compared(message: &Message) -> Message {
    let (id, lane) = (MessageId(0), Lane::default());
    let (submitted, deliver_after) = (Timestamp(0), Timestamp(0));
    Message { id, lane, submitted, deliver_after, extra: None, ..message.clone() }
}

#[tokio::test]
async fn every_field_of_smpp_goes_to_the_core_and_back_unchanged() {
    let own = Own::start().await;
    let core = forms(&own.served.url(), WorkList::MessageQueue);
    for (kind, change) in [(Kind::Mt, None), (Kind::Mo, Some(4)), (Kind::Mt, Some(0))] {
        let mut sent = full();
        sent.kind = kind;
        if let Some(data_coding) = change {
            // No header, and octets that are no text.
            (sent.esm_class, sent.data_coding, sent.user_data) = (0, data_coding, (&[0xFF, 0x80, 0][..]).into());
        }
        let id = submit(&core, Submission::new(sent.clone())).await.unwrap().id;
        assert_eq!(compared(&own.record(id).await.message), compared(&sent));
        let leased = lease(&core, "uk", 10).await;
        assert_eq!((leased[0].id, compared(&leased[0])), (id, compared(&sent)));
    }
}

#[tokio::test]
async fn a_message_takes_the_place_of_one_like_it() {
    let own = Own::start().await;
    let core = forms(&own.served.url(), WorkList::MessageQueue);
    let replacing = |text| Submission { replace_if_present: true, ..Submission::new(message("partner", "+447700900000", text)) };
    let answers = core.submit(vec![replacing("one"), replacing("two")]).await;
    let mut named = Vec::new();
    for answer in answers {
        named.push(answer.wait().await.unwrap().id);
    }
    assert_eq!(named[0], named[1]);
    assert_eq!(&own.record(named[0]).await.message.user_data[..], b"two");
}

#[tokio::test]
async fn a_datagram_leaves_no_message_behind() {
    let own = Own::start().await;
    let core = forms(&own.served.url(), WorkList::MessageQueue);
    let once = Submission { mode: Mode::Datagram, ..Submission::new(message("partner", "+447700900000", "x")) };
    let id = submit(&core, once).await.unwrap().id;
    let leased = lease(&core, "uk", 10).await;
    assert_eq!(leased[0].id, id);
    report(&core, &leased[0], Attempt::Delivered).await;
    assert!(own.bench.control.handle.message(id).await.is_err());
}

/// Asks the API and returns status and body.
async fn ask(own: &Own, method: &str, path: &str, body: Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).body(Body::from(body.to_string())).unwrap();
    let response = router(&own.bench).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let octets = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&octets).unwrap_or_default())
}

fn new(smpp: Value) -> Value {
    json!({
        "source_msisdn": "+15551234567", "destination_msisdn": "+447700900000", "message_body": "Hello", "source_smsc": "api",
        "smpp": smpp,
    })
}

#[tokio::test]
async fn the_object_is_shown_only_to_those_who_ask_for_it() {
    let own = Own::start().await;
    let (status, created) = ask(&own, "POST", "/api/messages", new(json!({"registered_delivery": 1, "dest_npi": 8}))).await;
    assert_eq!((status, created["data"].get("smpp")), (201, None));
    let id = created["data"]["id"].as_u64().unwrap();
    for path in [format!("/api/messages/{id}"), "/api/messages".to_owned(), "/api/message_queue?destination_smsc=uk".to_owned()] {
        let with = if path.contains('?') { format!("{path}&smpp=true") } else { format!("{path}?smpp=true") };
        let first = |json: &Value| if json["data"].is_array() { json["data"][0].clone() } else { json["data"].clone() };
        let (status, shown) = ask(&own, "GET", &with, Value::Null).await;
        let smpp = first(&shown)["smpp"].clone();
        assert_eq!((status, &smpp["user_data"], &smpp["dest_npi"]), (200, &json!("48656C6C6F"), &json!(8)), "{path}");
        assert_eq!((&smpp["kind"], &smpp["registered_delivery"], &smpp["message_state"]), (&json!("mt"), &json!(1), &json!(1)));
        let (_, shown) = ask(&own, "GET", &path, Value::Null).await;
        assert!(shown["data"].is_array() || first(&shown).get("smpp").is_none(), "{path}");
    }
    assert_eq!(ask(&own, "GET", "/api/messages?smpp=perhaps", Value::Null).await.0, 422);
}

#[tokio::test]
async fn octets_win_over_the_body_and_problems_name_their_fields() {
    let own = Own::start().await;
    let (_, created) = ask(&own, "POST", "/api/messages", new(json!({"user_data": "04340430", "data_coding": 8}))).await;
    assert_eq!((&created["data"]["message_body"], &created["data"]["tp_dcs_character_set"]), (&json!("да"), &json!("ucs2")));
    let (_, created) = ask(&own, "POST", "/api/messages", new(json!({"data_coding": 3}))).await;
    assert_eq!(created["data"]["tp_dcs_character_set"], "latin1", "the body is encoded so");
    for (smpp, field) in [
        (json!({"kind": "receipt"}), "smpp.kind"),
        (json!({"kind": "other"}), "smpp.kind"),
        (json!({"service_type": "TOOLONG"}), "smpp.service_type"),
        (json!({"source_ton": 256}), "smpp.source_ton"),
        (json!({"user_data": "0"}), "smpp.user_data"),
        (json!({"esm_class": 64, "user_data": "0500"}), "smpp.user_data"),
        (json!({"tlvs": "020400"}), "smpp.tlvs"),
        (json!({"about": 0}), "smpp.about"),
        (json!({"mode": "slow"}), "smpp.mode"),
        (json!(7), "smpp"),
    ] {
        let (status, answer) = ask(&own, "POST", "/api/messages", new(smpp.clone())).await;
        assert_eq!((status, answer["errors"]["fields"].get(field).is_some()), (422, true), "{smpp}: {answer}");
    }
    // SMPP knows senders without a number.
    let mut nobody = new(json!({}));
    nobody["source_msisdn"] = "".into();
    assert_eq!(ask(&own, "POST", "/api/messages", nobody).await.0, 201);
}

#[tokio::test]
async fn the_name_that_a_network_gave_finds_its_message() {
    let own = Own::start().await;
    let (_, created) = ask(&own, "POST", "/api/messages", new(json!({}))).await;
    let id = created["data"]["id"].as_u64().unwrap();
    let path = format!("/api/messages/{id}/delivery_status");
    let (status, shown) = ask(&own, "PUT", &path, json!({"status": "accepted"})).await;
    assert_eq!((status, &shown["data"]["status"]), (200, &json!("pending")));
    assert_eq!(ask(&own, "GET", "/api/message_queue?destination_smsc=uk&limit=0", Value::Null).await.0, 200);
    let by_name = |smsc: &str, name: &str, status: &str| json!({"dest_smsc": smsc, "smsc_message_id": name, "status": status});
    let tell = async |body: Value| ask(&own, "PUT", "/api/messages/delivery_status", body).await;
    assert_eq!(tell(by_name("uk", "A1", "delivered")).await.0, 404, "nobody said so yet");
    ask(&own, "PUT", &path, json!({"status": "ACCEPTD", "smsc_message_id": "A1", "dest_smsc": "uk"})).await;
    let (_, work) = ask(&own, "GET", "/api/message_queue?destination_smsc=uk", Value::Null).await;
    assert_eq!(work["data"], json!([]), "the network has it");
    assert_eq!(tell(by_name("us", "A1", "delivered")).await.0, 404);
    let (status, answer) = tell(json!({"status": "delivered"})).await;
    assert!(status == 422 && answer["errors"]["fields"].get("dest_smsc").is_some(), "{answer}");
    assert!(answer["errors"]["fields"].get("smsc_message_id").is_some(), "{answer}");
    let (status, shown) = tell(by_name("uk", "A1", "DELIVRD")).await;
    assert_eq!((status, &shown["data"]["id"], &shown["data"]["status"]), (200, &json!(id), &json!("delivered")));
    assert_eq!(tell(by_name("uk", "A1", "delivered")).await.0, 200, "twice is harmless");
    assert_eq!(tell(by_name("uk", "A1", "expired")).await.0, 422, "it ended in another way");
}

#[tokio::test]
async fn a_message_without_a_route_counts_as_handed_over_by_whoever_took_it() {
    let own = Own::start().await;
    let mut unrouted = new(json!({}));
    unrouted["destination_msisdn"] = "+331".into();
    let (_, created) = ask(&own, "POST", "/api/messages", unrouted).await;
    let id = created["data"]["id"].as_u64().unwrap();
    let taken = json!({"status": "accepted", "smsc_message_id": "A1", "dest_smsc": "fr"});
    ask(&own, "PUT", &format!("/api/messages/{id}/delivery_status"), taken).await;
    let end = json!({"status": "delivered", "smsc_message_id": "A1", "dest_smsc": "fr"});
    let (status, shown) = ask(&own, "PUT", "/api/messages/delivery_status", end).await;
    assert_eq!((status, &shown["data"]["id"], &shown["data"]["dest_smsc"]), (200, &json!(id), &json!("fr")));
}

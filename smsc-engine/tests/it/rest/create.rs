//! Messages handed in.

use std::time::Duration;

use smsc_engine::core::Unrouted;
use smsc_engine::http::rest::LongText;

use super::*;

#[tokio::test]
async fn the_four_required_fields_are_enough() {
    let api = Api::new().await;
    let answer = api.post("/api/messages", &hello()).await;
    assert_eq!(answer.json["status"], "success");
    let data = answer.data(201);
    assert!(data["id"].as_u64().unwrap() > 0);
    for (field, value) in
        [("status", "pending"), ("dest_smsc", "uk"), ("source_smsc", "api_client"), ("message_body", "Hello World")]
    {
        assert_eq!(data[field], value, "{field}");
    }
    assert_eq!(data["delivery_attempts"], 0);
    assert_eq!((&data["send_time"], &data["inserted_at"]), (&json!("2026-11-28T12:00:00Z"), &json!("2026-11-28T12:00:00Z")));
    assert!(data["deliver_time"].is_null() && data.get("duplicate").is_none());
}

#[tokio::test]
async fn each_field_that_is_missing_is_named() {
    let api = Api::new().await;
    for field in ["source_msisdn", "destination_msisdn", "message_body", "source_smsc"] {
        let mut body = hello();
        body.as_object_mut().unwrap().remove(field);
        for body in [body.clone(), hello_with(json!({ field: null })), hello_with(json!({ field: "" }))] {
            let answer = api.post("/api/messages", &body).await;
            assert_eq!(answer.detail(422), format!("validation failed: {field} is required"));
            assert_eq!(answer.json["errors"]["fields"], json!({ field: "is required" }));
            assert_eq!(api.post("/api/messages/create_async", &body).await.status, 422);
        }
    }
    let answer = api.post("/api/messages", &json!({})).await;
    assert_eq!(answer.json["errors"]["fields"].as_object().unwrap().len(), 4, "all are told at once");
}

#[tokio::test]
async fn a_body_that_is_no_json_is_malformed_and_one_of_wrong_types_is_invalid() {
    let api = Api::new().await;
    for body in ["", "{", "{\"source_msisdn\": }", "hello", "{}x", "\u{FEFF}{}"] {
        let answer = api.call("POST", "/api/messages", body).await;
        assert!(answer.detail(400).starts_with("the body is no JSON"), "{body}");
    }
    assert_eq!(api.call("POST", "/api/messages", vec![0xFF, 0xFE]).await.status, 400);
    for (body, field) in [
        (json!([1]), None),
        (json!("text"), None),
        (hello_with(json!({"destination_msisdn": 447700900000_u64})), Some("destination_msisdn")),
        (hello_with(json!({"message_parts": 300})), Some("message_parts")),
        (hello_with(json!({"expires": "tomorrow"})), Some("expires")),
        (hello_with(json!({"tp_dcs_compressed": "no"})), Some("tp_dcs_compressed")),
    ] {
        let answer = api.post("/api/messages", &body).await;
        answer.detail(422);
        if let Some(field) = field {
            assert!(answer.json["errors"]["fields"][field].is_string(), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn dest_smsc_is_kept_if_it_is_given_under_either_name() {
    let api = Api::new().await;
    for field in ["dest_smsc", "destination_smsc"] {
        let id = api.created(&hello_with(json!({ field: "backup", "message_body": field }))).await;
        let message = api.message(id).await;
        assert_eq!((&message["dest_smsc"], &message["destination_smsc"]), (&json!("backup"), &json!("backup")));
    }
    let detail = api.post("/api/messages", &hello_with(json!({"dest_smsc": "!rejected"}))).await;
    assert_eq!(detail.detail(422), "validation failed: dest_smsc must not begin with '!'");
}

#[tokio::test]
async fn the_deadline_is_a_day_unless_another_is_given() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    assert_eq!(api.message(id).await["expires"], "2026-11-29T12:00:00Z");
    let id = api.created(&hello_with(json!({"expires": "2026-11-28T14:30:00+01:00", "message_body": "soon"}))).await;
    assert_eq!(api.message(id).await["expires"], "2026-11-28T13:30:00Z");
    for (times, field) in [
        (json!({"expires": "2026-11-28T12:00:00Z"}), "expires"),
        (json!({"expires": "2026-11-28T13:00:00Z", "deliver_after": "2026-11-28T13:00:01Z"}), "deliver_after"),
    ] {
        let answer = api.post("/api/messages", &hello_with(times)).await;
        answer.detail(422);
        assert!(answer.json["errors"]["fields"][field].is_string(), "{answer:?}");
    }
}

#[tokio::test]
async fn every_optional_field_is_stored_and_shown() {
    let api = Api::new().await;
    let fields = json!({
        "dest_smsc": "backup", "source_imsi": "001010000000001", "dest_imsi": "001010000000002",
        "tp_dcs_character_set": "ucs2", "tp_dcs_coding_group": "general_data_coding", "tp_dcs_compressed": false,
        "tp_dcs_has_message_class": true, "tp_dcs_message_class": 1, "tp_user_data_header": {"00": "4A0302"},
        "message_part_number": 2, "message_parts": 3, "expires": "2026-11-28T18:00:00Z",
        "deliver_after": "2026-11-28T13:00:00Z", "deadletter": true, "raw_data_flag": false, "raw_sip_flag": true, "priority": 5,
    });
    let message = api.message(api.created(&hello_with(fields.clone())).await).await;
    for (field, value) in fields.as_object().unwrap() {
        assert_eq!(&message[field], value, "{field}");
    }
    assert_eq!(message["message_body"], "Hello World");
    assert_eq!(message["tp_data_coding_scheme"], "19");
}

#[tokio::test]
async fn a_message_without_options_shows_them_as_null_or_default() {
    let api = Api::new().await;
    let message = api.message(api.created(&hello()).await).await;
    for field in ["deliver_time", "source_imsi", "dest_imsi", "tp_dcs_message_class", "tp_user_data_header", "raw_pdu"] {
        assert!(message.as_object().unwrap()[field].is_null(), "{field}");
    }
    let expected = json!({
        "tp_dcs_character_set": "gsm7", "tp_dcs_coding_group": "general_data_coding", "tp_dcs_compressed": false,
        "tp_dcs_has_message_class": false, "tp_data_coding_scheme": "00", "message_part_number": 1, "message_parts": 1,
        "deadletter": false, "charge_failed": false, "raw_data_flag": false, "raw_sip_flag": false, "priority": 0,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&message[field], value, "{field}");
    }
}

#[tokio::test]
async fn four_character_sets_are_known_and_keep_the_text() {
    let api = Api::new().await;
    for (set, text) in [("gsm7", "Grüße €"), ("8bit", "\u{0}ÿ binary"), ("latin1", "Grüße ý"), ("ucs2", "да 👋")] {
        let id = api.created(&hello_with(json!({"tp_dcs_character_set": set, "message_body": text}))).await;
        let message = api.message(id).await;
        assert_eq!((&message["tp_dcs_character_set"], &message["message_body"]), (&json!(set), &json!(text)));
    }
    let chosen = api.message(api.created(&hello_with(json!({"message_body": "да"}))).await).await;
    assert_eq!((&chosen["tp_dcs_character_set"], &chosen["tp_data_coding_scheme"]), (&json!("ucs2"), &json!("08")));
    let unknown = api.post("/api/messages", &hello_with(json!({"tp_dcs_character_set": "utf8"}))).await;
    assert!(unknown.detail(422).contains("tp_dcs_character_set unknown variant `utf8`"), "{unknown:?}");
    let lacking = api.post("/api/messages", &hello_with(json!({"tp_dcs_character_set": "gsm7", "message_body": "да"}))).await;
    assert!(lacking.json["errors"]["fields"]["message_body"].is_string(), "{lacking:?}");
}

#[tokio::test]
async fn raw_data_goes_in_and_out_in_hexadecimal_digits() {
    let api = Api::new().await;
    let raw = json!({"raw_data_flag": true, "message_body": "00FF1B", "tp_user_data_header": {"05": "0B8423F0"}});
    let message = api.message(api.created(&hello_with(raw)).await).await;
    assert_eq!((&message["message_body"], &message["tp_dcs_character_set"]), (&json!("00FF1B"), &json!("8bit")));
    assert_eq!(message["tp_user_data_header"], json!({"05": "0B8423F0"}));
    let answer = api.post("/api/messages", &hello_with(json!({"raw_data_flag": true}))).await;
    assert!(answer.detail(422).contains("message_body must be pairs of hexadecimal digits"));
}

#[tokio::test]
async fn a_header_of_user_data_comes_back_as_it_was() {
    let api = Api::new().await;
    for (header, place) in [
        (json!({"00": "4A0302"}), (2, 3)),
        (json!({"08": "012C0201", "05": "0B8423F0"}), (1, 2)),
        (json!({"24": ["01", "02"]}), (1, 1)),
    ] {
        let id = api.created(&hello_with(json!({ "tp_user_data_header": header }))).await;
        let message = api.message(id).await;
        assert_eq!((&message["tp_user_data_header"], &message["message_body"]), (&header, &json!("Hello World")));
        assert_eq!((&message["message_part_number"], &message["message_parts"]), (&json!(place.0), &json!(place.1)));
    }
    let answer = api.post("/api/messages", &hello_with(json!({"tp_user_data_header": {"udh": "x"}}))).await;
    assert!(answer.json["errors"]["fields"]["tp_user_data_header"].is_string());
}

#[tokio::test]
async fn a_message_for_later_is_not_work_yet() {
    let api = Api::new().await;
    let id = api.created(&hello_with(json!({"deliver_after": "2026-11-28T13:00:00Z"}))).await;
    assert!(api.work("/api/messages/queue?smsc=uk").await.is_empty());
    api.bench.pass(3600);
    assert_eq!(api.work("/api/messages/queue?smsc=uk").await, [id]);
}

#[tokio::test]
async fn a_long_text_is_one_message_or_refused_as_the_operator_wants() {
    let long = hello_with(json!({"message_body": "x".repeat(161)}));
    let api = Api::new().await;
    assert_eq!(api.message(api.created(&long).await).await["message_body"], "x".repeat(161));
    let endless = hello_with(json!({"message_body": "x".repeat(153 * 255 + 1)}));
    assert_eq!(api.post("/api/messages", &endless).await.detail(422), "message too long");
    let api = Api::with(vec![], |_| {}, |options| options.long_text = LongText::Refuse).await;
    assert_eq!(api.post("/api/messages", &long).await.detail(422), "message too long");
    let id = api.created(&hello_with(json!({"message_body": "x".repeat(160)}))).await;
    assert_eq!(api.patch(id, json!({"message_body": "x".repeat(161)})).await.detail(422), "message too long");
}

#[tokio::test]
async fn what_nobody_waits_for_is_in_the_queue_soon() {
    let api = Api::new().await;
    let answer = api.post("/api/messages/create_async", &hello()).await;
    let expected = json!({"status": "accepted", "message": "message queued for batch processing"});
    assert_eq!((answer.data(202), answer.json.as_object().unwrap().len()), (&expected, 1));
    let work = wait_for_work(&api).await;
    assert_eq!(api.message(work[0]).await["message_body"], "Hello World");
}

async fn wait_for_work(api: &Api) -> Vec<u64> {
    for _ in 0..2_000 {
        let work = api.work("/api/messages/queue?smsc=uk").await;
        if !work.is_empty() {
            return work;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("nothing came");
}

#[tokio::test]
async fn whoever_wants_it_durable_waits_until_it_is() {
    let api = Api::with(vec![route("44", "uk")], |_| {}, |options| options.async_durable = true).await;
    assert_eq!(api.post("/api/messages/create_async", &hello()).await.status, 202);
    assert_eq!(api.work("/api/messages/queue?smsc=uk").await.len(), 1);
}

#[tokio::test]
async fn too_much_that_nobody_waits_for_is_unavailable() {
    let api = Api::new().await;
    api.bench.control.batch.close(Duration::from_secs(10)).await;
    let detail = api.post("/api/messages/create_async", &hello()).await;
    assert_eq!(detail.detail(503), "too many messages wait for batch processing");
}

#[tokio::test]
async fn a_full_store_is_unavailable() {
    let full = std::sync::Arc::new(smsc_engine::core::queue::MemoryQueue::new(1, 1));
    let api = Api::with(vec![], |setup| setup.queue = full, |_| {}).await;
    api.created(&hello()).await;
    let answer = api.post("/api/messages", &hello_with(json!({"message_body": "more"}))).await;
    assert_eq!(answer.detail(503), "the queue is full");
}

#[tokio::test]
async fn without_a_route_a_message_is_kept_or_refused_and_both_are_told() {
    let api = Api::new().await;
    let nowhere = hello_with(json!({"destination_msisdn": "+33612345678"}));
    let id = api.created(&nowhere).await;
    assert!(api.message(id).await["dest_smsc"].is_null());
    assert_eq!(api.events(id).await, ["message_inserted", "routing_failed"]);
    let api = Api::with(vec![], |setup| setup.policy.unrouted = Unrouted::Reject, |_| {}).await;
    assert_eq!(api.post("/api/messages", &nowhere).await.detail(422), "no route found for the message");
    assert_eq!(api.events(1).await, ["message_inserted", "routing_failed", "message_failed"]);
}

#[tokio::test]
async fn a_repeat_gets_the_first_message_and_nothing_is_queued() {
    let ttl = Some(Duration::from_secs(300));
    let api = Api::with(vec![route("44", "uk")], |setup| setup.fingerprint_ttl = ttl, |_| {}).await;
    let id = api.created(&hello()).await;
    let answer = api.post("/api/messages", &hello()).await;
    let data = answer.data(200);
    assert_eq!((&data["id"], &data["duplicate"]), (&json!(id), &json!(true)));
    assert_eq!(api.work("/api/messages/queue?smsc=uk").await, [id]);
    assert_eq!(api.events(id).await.last().unwrap(), "duplicate_detected");
    // It was removed, yet it came before.
    assert_eq!(api.call("DELETE", &format!("/api/messages/{id}"), "").await.status, 204);
    assert_eq!(api.post("/api/messages", &hello()).await.data(200), &json!({"id": id, "duplicate": true}));
    api.bench.pass(301);
    assert_ne!(api.created(&hello()).await, id);
}

#[tokio::test]
async fn what_is_answered_is_what_is_shown_afterwards() {
    let drops = Route { dest_smsc: None, drop: true, ..route("33", "") };
    let api = Api::with(vec![route("44", "uk"), drops], |_| {}, |_| {}).await;
    for other in [
        json!({}),
        json!({"destination_msisdn": "+49301234567"}),
        json!({"destination_msisdn": "+33612345678"}),
        json!({"dest_smsc": "backup", "priority": 3, "deadletter": true}),
        json!({"message_body": "D4F2", "raw_data_flag": true, "tp_user_data_header": {"00": "4A0201"}}),
        json!({"message_body": "да \"👋\"\n", "source_imsi": "001010000000001", "message_part_number": 2, "message_parts": 3}),
        json!({"smpp": {"registered_delivery": 1, "service_type": "CMT"}, "source_msisdn": "Shop \"1\""}),
    ] {
        let answer = api.post("/api/messages", &hello_with(other.clone())).await;
        let answered = answer.data(201);
        assert_eq!(*answered, api.message(answered["id"].as_u64().unwrap()).await, "{other}");
    }
}

#[tokio::test]
async fn bad_numbers_are_named() {
    let api = Api::new().await;
    for number in ["+", "Shop", "+44 7700", "447700900000x", "123456789012345678901", "+44\r\n7700"] {
        let answer = api.post("/api/messages", &hello_with(json!({"destination_msisdn": number}))).await;
        assert!(answer.detail(422).contains("destination_msisdn has an invalid phone number format"), "{number}");
    }
    for (field, value) in [("source_msisdn", "a name that is far too long"), ("source_smsc", "a\r\nb"), ("source_imsi", "12a")] {
        let answer = api.post("/api/messages", &hello_with(json!({ field: value }))).await;
        assert!(answer.json["errors"]["fields"][field].is_string(), "{answer:?}");
    }
}

#[tokio::test]
async fn answers_come_bare_for_those_who_want_them_so() {
    let api = Api::new().await;
    let answer = api.post("/api/messages?envelope=false", &hello()).await;
    assert_eq!((answer.status.as_u16(), &answer.json["status"]), (201, &json!("pending")));
    let id = answer.json["id"].as_u64().unwrap();
    assert_eq!(api.get(&format!("/api/messages/{id}?envelope=false")).await.json["id"], id);
    assert!(api.get("/api/messages?envelope=false").await.json.is_array());
    assert!(api.get("/api/messages/queue?smsc=uk&envelope=false").await.json.is_array());
    let answer = api.post("/api/messages/create_async?envelope=false", &hello()).await;
    assert_eq!(answer.json["status"], "accepted");
    api.get("/api/messages?envelope=maybe").await.detail(422);
    let api = Api::with(vec![], |_| {}, |options| options.envelope = false).await;
    assert!(api.get("/api/messages").await.json.is_array());
    assert!(api.get("/api/messages?envelope=true").await.json["data"].is_array());
}

#[tokio::test]
async fn many_at_a_time_lose_and_duplicate_nothing() {
    let api = std::sync::Arc::new(Api::new().await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..200 {
        let api = api.clone();
        tasks.spawn(async move { api.created(&hello_with(json!({"message_body": format!("message {n}")}))).await });
    }
    let mut ids = tasks.join_all().await;
    ids.sort_unstable();
    let mut takers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let api = api.clone();
        takers.spawn(async move {
            let mut taken = Vec::new();
            loop {
                match api.work("/api/messages/queue?smsc=uk&limit=7").await {
                    work if work.is_empty() => return taken,
                    work => taken.extend(work),
                }
            }
        });
    }
    let mut taken: Vec<u64> = takers.join_all().await.into_iter().flatten().collect();
    taken.sort_unstable();
    assert_eq!(taken, ids);
}

//! One message: looking at it, changing it, reporting on it, removing it.

use super::*;

#[tokio::test]
async fn one_message_is_shown_with_every_field() {
    let api = Api::new().await;
    let message = api.message(api.created(&hello()).await).await;
    let fields = "id source_msisdn destination_msisdn message_body source_smsc dest_smsc source_imsi dest_imsi \
                  tp_dcs_character_set tp_dcs_coding_group tp_dcs_compressed tp_dcs_has_message_class tp_dcs_message_class \
                  tp_data_coding_scheme tp_user_data_header message_part_number message_parts expires deliver_after \
                  deliver_time send_time status delivery_attempts deadletter charge_failed raw_data_flag raw_sip_flag raw_pdu \
                  priority inserted_at updated_at destination_smsc";
    for field in fields.split(' ').filter(|field| !field.is_empty()) {
        assert!(message.as_object().unwrap().contains_key(field), "{field}");
    }
    assert_eq!(message.as_object().unwrap().len(), fields.split_whitespace().count());
}

#[tokio::test]
async fn an_unknown_id_is_not_found_by_any_call() {
    let api = Api::new().await;
    for id in ["999999", "0", "-1", "abc", "18446744073709551616", "1%2F2", "%00"] {
        for (method, path, body) in [
            ("GET", "", ""),
            ("PATCH", "", r#"{"priority": 1}"#),
            ("PUT", "", ""),
            ("DELETE", "", ""),
            ("POST", "/increment_delivery_attempt", ""),
            ("POST", "/mark_delivered", r#"{"dest_smsc": "uk"}"#),
            ("PUT", "/delivery_status", r#"{"status": "delivered"}"#),
        ] {
            api.call(method, &format!("/api/messages/{id}{path}"), body).await.detail(404);
        }
    }
}

#[tokio::test]
async fn a_patch_moves_delays_and_rewrites() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    let changes = json!({"dest_smsc": "backup", "deliver_after": "2026-11-28T13:00:00Z", "message_body": "да"});
    let answer = api.patch(id, changes.clone()).await;
    for (field, value) in changes.as_object().unwrap() {
        assert_eq!(&answer.data(200)[field], value, "{field}");
    }
    assert_eq!(answer.data(200)["tp_dcs_character_set"], "ucs2");
    assert_eq!(*answer.data(200), api.message(id).await);
    assert!(api.work("/api/messages/queue?smsc=uk").await.is_empty());
    api.patch(id, json!({"deliver_after": null})).await.data(200);
    assert_eq!(api.work("/api/messages/queue?smsc=backup").await, [id]);
    let answer = api.patch(id, json!({"dest_smsc": null})).await;
    assert!(answer.data(200)["dest_smsc"].is_null());
    assert_eq!(api.work_of(&[("SMSc", "any"), ("include-unrouted", "true")]).await, [id]);
    assert!(api.events(id).await.contains(&"message_updated".to_owned()));
}

#[tokio::test]
async fn a_patch_sets_deadline_priority_and_dead_letter() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    let changes = json!({"expires": "2026-11-28T20:00:00Z", "priority": 3, "deadletter": true});
    let answer = api.patch(id, changes.clone()).await;
    for (field, value) in changes.as_object().unwrap() {
        assert_eq!(&answer.data(200)[field], value, "{field}");
    }
    let late = api.patch(id, json!({"deliver_after": "2026-11-28T21:00:00Z"})).await;
    assert_eq!(late.detail(422), "deliver_after is later than expires");
}

#[tokio::test]
async fn a_rewritten_text_keeps_the_header_before_it() {
    let api = Api::new().await;
    let header = json!({"00": "4A0201"});
    let id = api.created(&hello_with(json!({"tp_user_data_header": header, "tp_dcs_message_class": 0}))).await;
    let answer = api.patch(id, json!({"message_body": "Other"})).await;
    let data = answer.data(200);
    assert_eq!((&data["tp_user_data_header"], &data["message_body"]), (&header, &json!("Other")));
    assert_eq!(data["tp_dcs_message_class"], 0);
}

#[tokio::test]
async fn a_patch_ends_a_message_and_says_when() {
    let api = Api::new().await;
    for (changes, time) in [
        (json!({"status": "delivered"}), "2026-11-28T12:00:00Z"),
        (json!({"status": "delivered", "delivered_at": "2026-11-28T11:59:00Z"}), "2026-11-28T11:59:00Z"),
    ] {
        let id = api.created(&hello()).await;
        let answer = api.patch(id, changes).await;
        assert_eq!((&answer.data(200)["status"], &answer.data(200)["deliver_time"]), (&json!("delivered"), &json!(time)));
        assert_eq!(api.events(id).await.iter().filter(|name| *name == "message_delivered").count(), 1);
    }
    for status in ["failed", "expired", "rejected"] {
        let id = api.created(&hello()).await;
        let answer = api.patch(id, json!({ "status": status })).await;
        assert_eq!((&answer.data(200)["status"], answer.data(200)["deliver_time"].is_null()), (&json!(status), true));
    }
}

#[tokio::test]
async fn an_operator_gives_a_failed_message_another_chance() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    api.patch(id, json!({"status": "failed"})).await.data(200);
    let answer = api.patch(id, json!({"delivery_attempts": 0, "deliver_after": "2026-11-28T11:00:00Z"})).await;
    assert_eq!((&answer.data(200)["status"], &answer.data(200)["delivery_attempts"]), (&json!("pending"), &json!(0)));
    assert_eq!(api.work("/api/messages/queue?smsc=uk").await, [id]);
    // Attempts of one that waits start anew as well.
    api.call("PUT", &format!("/api/messages/{id}"), "").await.data(200);
    let answer = api.patch(id, json!({"delivery_attempts": 0, "deliver_after": "2026-11-28T11:00:00Z"})).await;
    assert_eq!(answer.data(200)["delivery_attempts"], 0);
    assert_eq!(api.work("/api/messages/queue?smsc=uk").await, [id]);
    api.patch(id, json!({"status": "delivered"})).await.data(200);
    api.patch(id, json!({"delivery_attempts": 0})).await.detail(422);
}

#[tokio::test]
async fn a_patch_that_says_nothing_or_nonsense_is_refused() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    let path = format!("/api/messages/{id}");
    for body in ["", "{}", r#"{"unknown": 1}"#] {
        assert_eq!(api.call("PATCH", &path, body).await.detail(422), "there is nothing to change", "{body}");
    }
    assert_eq!(api.call("PATCH", &path, "{").await.status, 400);
    for changes in [
        json!({"status": "lost"}),
        json!({"message_body": ""}),
        json!({"dest_smsc": "!at:me"}),
        json!({"priority": -1}),
        json!({"deliver_after": "soon"}),
        json!([]),
    ] {
        api.patch(id, changes).await.detail(422);
    }
    assert_eq!(api.message(id).await["status"], "pending");
}

#[tokio::test]
async fn failed_attempts_wait_two_four_and_eight_minutes_however_they_are_told() {
    for call in [("PUT", ""), ("POST", "/increment_delivery_attempt")] {
        let api = Api::new().await;
        let id = api.created(&hello()).await;
        for (attempts, due) in [(1, "12:02:00"), (2, "12:04:00"), (3, "12:08:00")] {
            let answer = api.call(call.0, &format!("/api/messages/{id}{}", call.1), "").await;
            let data = answer.data(200);
            assert_eq!(data["delivery_attempts"], attempts);
            assert_eq!(data["deliver_after"], format!("2026-11-28T{due}Z"));
            for field in ["deliver_time", "expires"] {
                assert!(data.as_object().unwrap().contains_key(field));
            }
        }
        assert_eq!(api.events(id).await.last().unwrap(), "delivery_attempt_3");
    }
}

#[tokio::test]
async fn no_attempt_is_counted_of_a_message_that_has_ended() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    api.patch(id, json!({"status": "delivered"})).await.data(200);
    let before = api.message(id).await;
    let answer = api.call("PUT", &format!("/api/messages/{id}"), "").await;
    assert_eq!(answer.detail(422), "the message is delivered");
    assert_eq!(api.message(id).await, before);
    let dead = api.created(&hello_with(json!({"expires": "2026-11-28T12:01:00Z"}))).await;
    api.bench.pass(60);
    api.call("POST", &format!("/api/messages/{dead}/increment_delivery_attempt"), "").await.detail(422);
}

#[tokio::test]
async fn whoever_delivered_says_so_once_or_twice() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    let path = format!("/api/messages/{id}/mark_delivered");
    let answer = api.post(&path, &json!({"dest_smsc": "uk_gateway"})).await;
    let data = answer.data(200).clone();
    for (field, value) in [("status", "delivered"), ("deliver_time", "2026-11-28T12:00:00Z"), ("dest_smsc", "uk_gateway")] {
        assert_eq!(data[field], value, "{field}");
    }
    api.bench.pass(60);
    assert_eq!(*api.post(&path, &json!({"dest_smsc": "other"})).await.data(200), data);
    assert_eq!(api.events(id).await.iter().filter(|name| *name == "message_delivered").count(), 1);
    // Without a name it was the one it was given to.
    let id = api.created(&hello()).await;
    let answer = api.call("POST", &format!("/api/messages/{id}/mark_delivered"), "").await;
    assert_eq!(answer.data(200)["dest_smsc"], "uk");
    let id = api.created(&hello()).await;
    api.patch(id, json!({"status": "failed"})).await.data(200);
    let answer = api.post(&format!("/api/messages/{id}/mark_delivered"), &json!({})).await;
    assert_eq!(answer.detail(422), "the message is failed");
}

#[tokio::test]
async fn the_network_tells_in_words_of_the_api_or_of_smpp() {
    let api = Api::new().await;
    for (word, status) in [
        ("delivered", "delivered"),
        ("DELIVRD", "delivered"),
        ("expired", "expired"),
        ("EXPIRED", "expired"),
        ("undeliverable", "failed"),
        ("UNDELIV", "failed"),
        ("rejected", "rejected"),
        ("REJECTD", "rejected"),
        ("deleted", "failed"),
        ("DELETED", "failed"),
        ("accepted", "pending"),
        ("ACCEPTD", "pending"),
        ("enroute", "pending"),
        ("ENROUTE", "pending"),
        ("unknown", "pending"),
        ("UNKNOWN", "pending"),
    ] {
        let id = api.created(&hello()).await;
        let body = json!({"status": word, "smsc_message_id": "a1", "error_code": "005", "done_date": "2611281200", "text": "Hi"});
        let answer = api.call("PUT", &format!("/api/messages/{id}/delivery_status"), body.to_string()).await;
        assert_eq!(answer.data(200)["status"], status, "{word}");
        assert!(api.events(id).await.contains(&"delivery_report".to_owned()));
    }
}

#[tokio::test]
async fn delivered_by_a_receipt_is_as_delivered_by_a_frontend() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    let path = format!("/api/messages/{id}/delivery_status");
    for _ in 0..2 {
        let body = json!({"status": "DELIVRD", "dest_smsc": "uk_gateway", "error_code": 0});
        let answer = api.call("PUT", &path, body.to_string()).await;
        let data = answer.data(200);
        assert_eq!((&data["status"], &data["dest_smsc"]), (&json!("delivered"), &json!("uk_gateway")));
        assert_eq!(data["deliver_time"], "2026-11-28T12:00:00Z");
    }
    assert_eq!(api.events(id).await.iter().filter(|name| *name == "message_delivered").count(), 1);
    let answer = api.call("PUT", &path, json!({"status": "expired"}).to_string()).await;
    assert_eq!(answer.detail(422), "the message is delivered");
    for body in [json!({}), json!({"status": "lost"}), json!({"status": "delivered", "error_code": "x"})] {
        api.call("PUT", &path, body.to_string()).await.detail(422);
    }
}

#[tokio::test]
async fn what_is_removed_is_gone() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    let path = format!("/api/messages/{id}");
    let answer = api.call("DELETE", &path, "").await;
    assert_eq!((answer.status.as_u16(), answer.json), (204, Value::Null));
    assert!(api.work("/api/messages/queue?smsc=uk").await.is_empty());
    api.call("DELETE", &path, "").await.detail(404);
    api.get(&path).await.detail(404);
    assert_eq!(api.events(id).await.last().unwrap(), "message_deleted");
}

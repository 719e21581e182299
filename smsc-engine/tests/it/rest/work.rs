//! What frontends are given to deliver.

use smsc_engine::model::Location;

use super::*;

/// Every way to ask for the work of a frontend.
const VARIANTS: [&str; 3] =
    ["/api/messages/queue?smsc=uk", "/api/message_queue?destination_smsc=uk", "/api/messages/get_by_smsc?smsc=uk"];

#[tokio::test]
async fn the_header_gives_a_frontend_its_own_messages_whatever_its_case() {
    for name in ["SMSc", "smsc", "SMSC"] {
        let api = Api::new().await;
        let id = api.created(&hello()).await;
        api.created(&hello_with(json!({"destination_msisdn": "+15550000000", "dest_smsc": "us"}))).await;
        assert_eq!(api.work_of(&[(name, "uk")]).await, [id]);
        assert!(api.work_of(&[(name, "uk")]).await.is_empty(), "it was given out");
        assert!(api.work_of(&[(name, "other")]).await.is_empty());
    }
}

#[tokio::test]
async fn unrouted_messages_come_only_to_those_who_want_them() {
    let api = Api::new().await;
    let id = api.created(&hello_with(json!({"destination_msisdn": "+33612345678"}))).await;
    assert!(api.work_of(&[("SMSc", "uk")]).await.is_empty());
    assert!(api.work_of(&[("SMSc", "uk"), ("include-unrouted", "false")]).await.is_empty());
    assert!(api.work(VARIANTS[0]).await.is_empty());
    assert!(api.work(VARIANTS[1]).await.is_empty());
    assert_eq!(api.work_of(&[("SMSc", "uk"), ("Include-Unrouted", "true")]).await, [id]);
}

#[tokio::test]
async fn get_by_smsc_has_unrouted_messages_too_unless_it_is_strict() {
    let unrouted = hello_with(json!({"destination_msisdn": "+33612345678"}));
    let api = Api::new().await;
    let (first, second) = (api.created(&unrouted).await, api.created(&hello()).await);
    let answer = api.get(VARIANTS[2]).await;
    assert_eq!((&answer.json["status"], ids(answer.data(200))), (&json!("success"), vec![first, second]));
    let list = answer.data(200);
    assert_eq!((&list[0]["destination_smsc"], &list[1]["destination_smsc"]), (&Value::Null, &json!("uk")));
    let api = Api::with(vec![], |_| {}, |options| options.strict_get_by_smsc = true).await;
    api.created(&unrouted).await;
    assert!(api.work(VARIANTS[2]).await.is_empty());
}

#[tokio::test]
async fn the_frontend_that_serves_the_recipient_gets_the_message() {
    for path in VARIANTS {
        let api = Api::with(vec![], |_| {}, |options| options.strict_get_by_smsc = true).await;
        let location = Location {
            imsi: "001010000000001".into(),
            msisdn: "+447700900000".into(),
            location: Some("uk".into()),
            expires: Some(api.bench.clock.now().after(std::time::Duration::from_secs(600))),
            ..Location::default()
        };
        api.bench.control.handle.locations().unwrap().upsert(location, api.bench.clock.now()).await.unwrap();
        let id = api.created(&hello()).await;
        assert!(api.message(id).await["dest_smsc"].is_null(), "no route says so");
        assert_eq!(api.work(path).await, [id], "{path}");
    }
}

#[tokio::test]
async fn what_has_ended_or_is_not_due_is_no_work() {
    for path in VARIANTS {
        let api = Api::new().await;
        let done = api.created(&hello()).await;
        api.post(&format!("/api/messages/{done}/mark_delivered"), &json!({"dest_smsc": "uk"})).await.data(200);
        api.created(&hello_with(json!({"deliver_after": "2026-11-28T13:00:00Z"}))).await;
        api.created(&hello_with(json!({"expires": "2026-11-28T12:01:00Z"}))).await;
        api.bench.pass(61);
        assert!(api.work(path).await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_oldest_comes_first_and_what_is_urgent_before_it() {
    for path in VARIANTS {
        let api = Api::new().await;
        let mut expected = Vec::new();
        for n in 0..5 {
            expected.push(api.created(&hello_with(json!({"message_body": format!("{n}")}))).await);
            api.bench.pass(1);
        }
        // It was tried before, so it was due later than the others.
        api.call("PUT", &format!("/api/messages/{}", expected[0]), "").await.data(200);
        api.bench.pass(120);
        let urgent = api.created(&hello_with(json!({"priority": 1}))).await;
        let all: Vec<u64> = [urgent].into_iter().chain(expected).collect();
        assert_eq!(api.work(path).await, all, "{path}");
    }
}

#[tokio::test]
async fn a_lease_hides_a_message_until_it_ends() {
    let api = Api::new().await;
    let id = api.created(&hello()).await;
    for path in VARIANTS {
        assert_eq!(api.work(path).await, [id]);
        for path in VARIANTS {
            assert!(api.work(path).await.is_empty(), "somebody has it");
        }
        api.bench.pass(61);
    }
    let api = Api::with(vec![], |_| {}, |options| options.lease = std::time::Duration::from_secs(5)).await;
    let id = api.created(&hello_with(json!({"dest_smsc": "uk"}))).await;
    assert_eq!(api.work(VARIANTS[0]).await, [id]);
    api.bench.pass(6);
    assert_eq!(api.work(VARIANTS[0]).await, [id]);
}

#[tokio::test]
async fn a_limit_is_kept_and_a_frontend_must_say_who_it_is() {
    let api = Api::new().await;
    for n in 0..5 {
        api.created(&hello_with(json!({"message_body": format!("{n}")}))).await;
    }
    assert_eq!(api.call("HEAD", VARIANTS[0], "").await.status, 200);
    assert_eq!(api.work("/api/messages/queue?smsc=uk&limit=0").await.len(), 0);
    assert_eq!(api.work("/api/messages/queue?smsc=uk&limit=2").await.len(), 2);
    assert_eq!(api.work("/api/messages/queue?smsc=uk&limit=99999999").await.len(), 3);
    for (path, field) in [
        ("/api/messages/queue", "smsc"),
        ("/api/messages/queue?smsc=", "smsc"),
        ("/api/messages/get_by_smsc", "smsc"),
        ("/api/messages/get_by_smsc?smsc=!rejected", "smsc"),
        ("/api/message_queue?smsc=uk", "destination_smsc"),
    ] {
        assert!(api.get(path).await.json["errors"]["fields"][field].is_string(), "{path}");
    }
    for limit in ["-1", "x", "99999999999999999999999"] {
        api.get(&format!("/api/messages/queue?smsc=uk&limit={limit}")).await.detail(422);
    }
}

//! The list of all messages.

use super::*;

/// So many messages; the first is delivered, the second failed.
async fn some(api: &Api, count: usize) -> Vec<u64> {
    let mut all = Vec::new();
    for n in 0..count {
        all.push(api.created(&hello_with(json!({"message_body": format!("message {n}")}))).await);
    }
    api.patch(all[0], json!({"status": "delivered"})).await.data(200);
    api.patch(all[1], json!({"status": "failed"})).await.data(200);
    all
}

#[tokio::test]
async fn all_states_are_listed_newest_first_a_hundred_at_a_time() {
    let api = Api::new().await;
    let mut all = some(&api, 120).await;
    all.reverse();
    assert_eq!(api.work("/api/messages").await, all[..100]);
    assert_eq!(api.work("/api/messages?limit=1000").await, all);
    assert_eq!(api.work("/api/messages?limit=7&offset=110").await, all[110..117]);
    assert_eq!(api.work("/api/messages?offset=119").await, all[119..]);
    assert!(api.work("/api/messages?offset=120").await.is_empty());
    assert!(api.work("/api/messages?limit=0").await.is_empty());
}

#[tokio::test]
async fn a_limit_above_a_thousand_counts_as_a_thousand() {
    let api = Api::new().await;
    some(&api, 1_005).await;
    assert_eq!(api.work("/api/messages?limit=1001").await.len(), 1_000);
    assert_eq!(api.work("/api/messages?limit=5000&offset=1000").await.len(), 5);
}

#[tokio::test]
async fn a_status_filters() {
    let api = Api::new().await;
    let all = some(&api, 4).await;
    assert_eq!(api.work("/api/messages?status=delivered").await, all[..1]);
    assert_eq!(api.work("/api/messages?status=failed").await, all[1..2]);
    assert_eq!(api.work("/api/messages?status=pending").await, [all[3], all[2]]);
    assert!(api.work("/api/messages?status=expired").await.is_empty());
    api.get("/api/messages?status=lost").await.detail(422);
}

#[tokio::test]
async fn systems_numbers_and_times_filter() {
    let api = Api::new().await;
    let first = api.created(&hello()).await;
    api.bench.pass(60);
    let second = api.created(&hello_with(json!({"source_smsc": "ims", "destination_msisdn": "+33612345678"}))).await;
    api.bench.pass(60);
    let third = api.created(&hello_with(json!({"source_msisdn": "+447700900000", "dest_smsc": "us"}))).await;
    for (filter, expected) in [
        ("source_smsc=ims", vec![second]),
        ("dest_smsc=uk", vec![first]),
        ("dest_smsc=us", vec![third]),
        ("msisdn=%2B447700900000", vec![third, first]),
        ("msisdn=447700900000", vec![third, first]),
        ("msisdn=+447700900000", vec![third, first]),
        ("msisdn=4477009", vec![]),
        ("since=2026-11-28T12:01:00Z", vec![third, second]),
        ("until=2026-11-28T12:01:00Z", vec![first]),
        ("since=2026-11-28T12:00:30Z&until=2026-11-28T12:01:30Z&source_smsc=ims", vec![second]),
        ("source_smsc=api_client&offset=1", vec![first]),
    ] {
        let answer = api.get(&format!("/api/messages?{filter}")).await;
        assert_eq!(ids(answer.data(200)), expected, "{filter}");
        assert!(!answer.headers.contains_key("x-list-truncated"));
    }
}

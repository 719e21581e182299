//! What the API leaves behind: records, events, lines of the log.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use smsc_engine::BoxFuture;
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::core::records::{RecordSink, RecorderOptions, SinkError};
use smsc_engine::core::{Records, sweep};
use smsc_engine::model::Cdr;
use tracing::field::{Field, Visit};

use super::*;

/// A database that works, or does not.
#[derive(Default)]
struct Database {
    is_broken: bool,
    records: Mutex<Vec<Cdr>>,
}

impl RecordSink for Database {
    fn write<'a>(&'a self, records: &'a [Cdr], _: bool) -> BoxFuture<'a, Result<(), SinkError>> {
        if !self.is_broken {
            self.records.lock().unwrap().extend_from_slice(records);
        }
        Box::pin(std::future::ready(if self.is_broken { Err(SinkError::Broken) } else { Ok(()) }))
    }

    fn name(&self) -> &str {
        "database"
    }
}

async fn recording(database: Arc<Database>) -> Api {
    let records = Records { sinks: vec![database], options: RecorderOptions::default() };
    let queue = Arc::new(MemoryQueue::keeping_until_recorded(1_000, 1_000));
    Api::with(vec![route("44", "uk")], |setup| (setup.queue, setup.records) = (queue, Some(records)), |_| {}).await
}

/// Looks until it is so.
async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..2_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it does not come true");
}

#[tokio::test]
async fn whoever_delivered_stands_in_the_one_record() {
    let database = Arc::new(Database::default());
    let api = recording(database.clone()).await;
    let id = api.created(&hello()).await;
    for _ in 0..2 {
        api.post(&format!("/api/messages/{id}/mark_delivered"), &json!({"dest_smsc": "uk_gateway"})).await.data(200);
    }
    let removed = api.created(&hello_with(json!({"message_body": "removed"}))).await;
    assert_eq!(api.call("DELETE", &format!("/api/messages/{removed}"), "").await.status, 204);
    let last = api.created(&hello_with(json!({"message_body": "last"}))).await;
    api.call("PUT", &format!("/api/messages/{last}/delivery_status"), r#"{"status": "UNDELIV"}"#).await.data(200);
    until(async || database.records.lock().unwrap().len() >= 2).await;
    let records = database.records.lock().unwrap();
    let written: Vec<_> = records.iter().map(|cdr| (cdr.message_id.0, cdr.dest_smsc.as_deref())).collect();
    assert_eq!(written, [(id, Some("uk_gateway")), (last, Some("uk"))]);
}

#[tokio::test]
async fn a_database_of_records_that_is_broken_does_not_stop_messages() {
    let api = recording(Arc::new(Database { is_broken: true, ..Database::default() })).await;
    let id = api.created(&hello()).await;
    api.patch(id, json!({"status": "delivered"})).await.data(200);
    until(async || api.get("/api/system/health").await.json["checks"]["database"] == "error").await;
    let answer = api.get("/api/system/health").await;
    assert_eq!((answer.status.as_u16(), &answer.json["status"]), (200, &json!("ok")));
    api.created(&hello_with(json!({"message_body": "more"}))).await;
}

#[tokio::test]
async fn a_message_past_its_deadline_is_a_dead_letter() {
    let api = Api::new().await;
    let id = api.created(&hello_with(json!({"expires": "2026-11-28T12:01:00Z"}))).await;
    api.bench.pass(61);
    let sweeping = tokio::spawn(sweep(api.bench.core.clone(), Default::default()));
    until(async || api.message(id).await["status"] == "expired").await;
    sweeping.abort();
    assert_eq!(api.message(id).await["deadletter"], true);
    assert_eq!(api.events(id).await.last().unwrap(), "message_dead_letter");
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[tokio::test]
async fn what_nobody_hears_of_is_logged_without_the_text() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(log.clone());
    let unrouted = smsc_engine::core::Unrouted::Reject;
    let api = Api::with(vec![], |setup| setup.policy.unrouted = unrouted, |_| {}).await;
    let secret = hello_with(json!({"message_body": "your PIN is 1234"}));
    assert_eq!(api.post("/api/messages/create_async", &secret).await.status, 202);
    let raw = json!({"pdu": "zz", "source_smsc": "api_client"});
    assert_eq!(api.post("/api/messages_raw/async", &raw).await.status, 202);
    let said = |words: &str| log.0.lock().unwrap().iter().any(|line| line.contains(words));
    until(async || said("a message of batch processing was refused")).await;
    assert!(said("error=no route to the destination") && said("a TPDU of batch processing cannot be read"));
    assert!(!said("PIN"), "a log shows no text");
}

//! A record for every end, once, saying what happened.

use std::sync::{Arc, Mutex};

use smsc_engine::BoxFuture;
use smsc_engine::core::Records;
use smsc_engine::core::records::{RecordSink, RecorderOptions, SinkError};
use smsc_engine::core::translate::{Mode, Translator};
use smsc_engine::model::{Cdr, Rule};

use super::*;

/// Keeps records as a database would: a doubtful one is looked for first.
#[derive(Default)]
struct Table(Mutex<Vec<Cdr>>);

impl RecordSink for Table {
    fn write<'a>(&'a self, records: &'a [Cdr], doubtful: bool) -> BoxFuture<'a, Result<(), SinkError>> {
        let mut table = self.0.lock().unwrap();
        for record in records {
            if !doubtful || !table.iter().any(|known| known.message_id == record.message_id) {
                table.push(record.clone());
            }
        }
        Box::pin(std::future::ready(Ok(())))
    }

    fn name(&self) -> &str {
        "table"
    }
}

impl Table {
    /// Waits until there are so many, and returns them by id.
    async fn records(&self, count: usize) -> Vec<Cdr> {
        for _ in 0..1000 {
            let mut records = self.0.lock().unwrap().clone();
            if records.len() >= count {
                records.sort_by_key(|record| record.message_id);
                return records;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} of {count} records came", self.0.lock().unwrap().len());
    }
}

fn recording(setup: &mut Setup, table: &Arc<Table>) {
    setup.queue = Arc::new(MemoryQueue::keeping_until_recorded(10_000, 10_000));
    setup.records = Some(Records { sinks: vec![table.clone()], options: RecorderOptions::default() });
    setup.node = "sms@node1".into();
}

async fn bench(table: &Arc<Table>) -> Bench {
    let routes = vec![route("44", "uk"), Route { drop: true, dest_smsc: None, ..route("999", "") }];
    Bench::with(routes, |setup| recording(setup, table)).await
}

fn to(number: &str) -> Message {
    Message { destination: Address::from_number(number), ..message("hello") }
}

#[tokio::test]
async fn each_end_is_recorded_as_the_documents_say() {
    let table = Arc::default();
    let bench = bench(&table).await;
    let delivered = bench.accepted(to("+447700900001")).await;
    let failed = bench.accepted(to("+447700900002")).await;
    let dropped = bench.accepted(to("999123")).await;
    let mut short = to("+447700900003");
    short.expires = Timestamp::now().after(Duration::from_millis(20));
    short.deliver_after = Timestamp::now().after(Duration::from_millis(10));
    let expired = bench.accepted(short).await;
    let pending = bench.accepted(to("+447700900004")).await;
    let deleted = bench.accepted(to("+447700900005")).await;
    bench.handle.delete(deleted).await.unwrap();
    for message in bench.lease("uk").await {
        if message.id == delivered {
            bench.report(&message, Attempt::TryAgain(8)).await;
            bench.handle.mark_delivered(delivered, Lane::from("uk2")).await.unwrap();
        } else if message.id == failed {
            bench.report(&message, Attempt::Failed(FinalState::Undeliverable, 50)).await;
            // A second report changes nothing.
            bench.report(&message, Attempt::Delivered).await;
        }
    }
    tokio::time::sleep(Duration::from_millis(25)).await;
    assert_eq!(bench.core.expire().await, Ok(1));
    let records = table.records(4).await;
    let shown: Vec<_> = records.iter().map(|record| (record.message_id, record.status, record.delivery_attempts)).collect();
    let expected = [
        (delivered, Status::Delivered, 2),
        (failed, Status::Failed, 1),
        (dropped, Status::Rejected, 0),
        (expired, Status::Expired, 0),
    ];
    assert_eq!(shown, expected);
    let [delivered, failed, dropped, expired] = &records[..] else { panic!() };
    assert!(delivered.delivery_time.is_some() && delivered.expiry_time.is_none() && !delivered.deadletter);
    assert_eq!(delivered.dest_smsc.as_deref(), Some("uk2"));
    assert_eq!((delivered.origin_node.as_deref(), delivered.destination_node.as_deref()), (Some("sms@node1"), Some("sms@node1")));
    assert_eq!((delivered.calling_number.as_str(), delivered.called_number.as_str()), ("Shop", "+447700900001"));
    assert_eq!((delivered.message_parts, delivered.message_body.as_deref()), (Some(1), Some("hello")));
    assert!(failed.delivery_time.is_none() && failed.destination_node.is_none());
    assert_eq!((dropped.dest_smsc.as_deref(), dropped.source_smsc.as_deref()), (None, Some("shop")));
    assert!(expired.expiry_time.is_some() && expired.delivery_time.is_none() && expired.deadletter);
    assert_eq!(bench.status(pending).await, Status::Pending);
}

#[tokio::test]
async fn a_record_has_the_parts_that_are_billed_and_the_translated_numbers() {
    // R-CDR-13, R-CDR-17.
    let table = Arc::default();
    let rule = Rule { called_match: Some(r"^00(\d+)$".into()), called_replace: Some(r"+\1".into()), ..Rule::default() };
    let bench = Bench::with(vec![route("44", "uk")], |setup| {
        recording(setup, &table);
        setup.translator = Arc::new(Translator::new(&[rule], Mode::First).unwrap());
    })
    .await;
    let mut parts = Vec::new();
    for (length, data_coding, billed) in [(160, 0, 1), (161, 0, 2), (307, 0, 3), (140, 8, 1), (142, 8, 2)] {
        let text = Message { user_data: "x".repeat(length).into(), data_coding, ..to("00447700900001") };
        let id = bench.accepted(text).await;
        bench.handle.mark_delivered(id, Lane::from("uk")).await.unwrap();
        parts.push((id, Some(billed)));
    }
    // Its sender cut it: each part is billed by itself.
    let mut part = to("00447700900001");
    (part.esm_class, part.user_data) = (0x40, (*b"\x05\x00\x03\x07\x03\x01part").to_vec().into());
    let id = bench.accepted(part).await;
    bench.handle.mark_delivered(id, Lane::from("uk")).await.unwrap();
    parts.push((id, Some(1)));
    let records = table.records(parts.len()).await;
    assert_eq!(records.iter().map(|record| (record.message_id, record.message_parts)).collect::<Vec<_>>(), parts);
    assert!(records.iter().all(|record| record.called_number == "+447700900001"), "{records:?}");
}

#[tokio::test]
async fn a_refused_message_is_recorded_as_rejected() {
    let table = Arc::default();
    let bench = Bench::with(vec![], |setup| {
        recording(setup, &table);
        setup.policy = Policy { unrouted: Unrouted::Reject, ..Policy::default() };
    })
    .await;
    assert_eq!(bench.submit(to("+15550100")).await, Err(Refusal::NoRoute));
    let record = table.records(1).await.remove(0);
    assert_eq!((record.status, record.dest_smsc, record.delivery_attempts), (Status::Rejected, None, 0));
    assert_eq!(bench.handle.counts().pending, 0);
}

#[tokio::test]
async fn a_record_that_was_not_noted_is_not_written_twice() {
    let table: Arc<Table> = Arc::default();
    let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::keeping_until_recorded(100, 100));
    // A life whose records reached the table, but not the note in the queue.
    let first = Bench::with(vec![route("44", "uk")], |setup| setup.queue = queue.clone()).await;
    let (noted, lost) = (first.accepted(to("+447700900001")).await, first.accepted(to("+447700900002")).await);
    first.handle.mark_delivered(noted, Lane::from("uk")).await.unwrap();
    first.handle.mark_delivered(lost, Lane::from("uk")).await.unwrap();
    let second = |table: &Arc<Table>| {
        let (queue, table) = (queue.clone(), table.clone());
        Bench::with(vec![route("44", "uk")], move |setup| {
            recording(setup, &table);
            setup.queue = queue;
        })
    };
    let restarted = second(&table).await;
    assert_eq!(table.records(2).await.len(), 2);
    assert_eq!(restarted.handle.recording().map(|statistics| statistics.flush_errors), Some(0));
    while restarted.handle.counts().unrecorded > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let third = second(&table).await;
    third.core.close(Duration::from_secs(5)).await.unwrap();
    assert_eq!(table.records(2).await.len(), 2);
}

#[tokio::test]
async fn privacy_leaves_the_text_of_delivered_messages_out() {
    let table = Arc::default();
    let bench = Bench::with(vec![route("44", "uk")], |setup| {
        recording(setup, &table);
        setup.policy = Policy { delete_body_after_delivery: true, ..Policy::default() };
    })
    .await;
    let (one, two) = (bench.accepted(to("+447700900001")).await, bench.accepted(to("+447700900002")).await);
    bench.handle.mark_delivered(one, Lane::from("uk")).await.unwrap();
    let failed = Update { status: Some(Status::Failed), ..Update::default() };
    bench.handle.update(two, failed).await.unwrap();
    let bodies: Vec<_> = table.records(2).await.into_iter().map(|record| record.message_body).collect();
    assert_eq!(bodies, [None, Some("hello".into())]);
}

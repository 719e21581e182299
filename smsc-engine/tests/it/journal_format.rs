//! Journals that earlier programs wrote are opened, and what they say is what they said.
//!
//! `fixtures/journal-N` holds a journal of every format so far. A directory is written by [`write`]: run the test
//! `the_format_of_today_is_read_back` with `SMSC_TEST_FIXTURE` naming a new directory, and commit what is there.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use smsc_engine::core::queue::{Change, End, JournalOptions, JournalQueue, Lease, Page, Queue, Record};
use smsc_engine::model::{Account, Address, FinalState, Lane, Message, MessageId, Outcome, Timestamp};

fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    // The smallest there is, so that the fixtures are small and have several segments.
    options.segment_octets = 4096;
    options
}

fn message(id: u64) -> Message {
    let mut message = Message::new(MessageId(id), Account::from("shop"), Lane::from("sandbox"));
    message.source = Address::new(5, 0, "Shop");
    message.destination = Address::new(1, 1, format!("4479{id:08}"));
    message.submitted = Timestamp(1_000 + id);
    message.deliver_after = Timestamp(1_000 + id);
    message.expires = Timestamp(4_000_000_000_000);
    message.priority = (id % 3) as u8;
    message.user_data = Bytes::from(vec![id as u8; 400]);
    message.tlvs = Bytes::from_static(&[0x02, 0x04, 0x00, 0x02, 0x12, 0x34]);
    message
}

fn outcome(state: FinalState) -> Outcome {
    Outcome { state, error: 7, attempts: 2, done: Timestamp(9_000) }
}

/// Makes one of everything: a receipt, a cancelled, a retried, a moved, a replaced, a reopened message.
async fn write(directory: &Path) {
    let queue = JournalQueue::open(directory, options()).unwrap();
    queue.append((1..=20).map(message).collect()).await.unwrap();
    let receipt = Some(Box::new(Message { about: Some(MessageId(1)), ..message(30) }));
    let settle = Change::Settle(End { receipt, ..End::new(MessageId(1), outcome(FinalState::Delivered)) });
    let fail = Change::Settle(End::new(MessageId(3), outcome(FinalState::Undeliverable)));
    let cancel = Change::Cancel(End::new(MessageId(2), outcome(FinalState::Deleted)));
    let lane = Some(Lane::from("backup"));
    let changes = vec![
        settle,
        fail,
        cancel,
        Change::Retry { id: MessageId(4), attempts: 1, deliver_after: Timestamp(70_000), lane: None },
        Change::Retry { id: MessageId(5), attempts: 2, deliver_after: Timestamp(80_000), lane },
        Change::Replace { message: Box::new(Message { user_data: "replaced".into(), ..message(6) }), now: Timestamp(0) },
        Change::Reopen { id: MessageId(3), deliver_after: Timestamp(60_000), expires: Timestamp(4_000_000_000_000) },
    ];
    assert!(queue.apply(changes).await.unwrap().iter().all(Result::is_ok));
    queue.close().await.unwrap();
}

/// What [`write`] makes, as every program must read it.
async fn check(queue: &JournalQueue) {
    let page = Page { max: 100, ..Page::default() };
    let records: Vec<Record> = queue.list(&page).await.unwrap();
    assert_eq!(records.len(), 21);
    for record in &records {
        let id = record.message.id.0;
        let (wanted, ended) = match id {
            1 => (message(1), Some(outcome(FinalState::Delivered))),
            2 => (message(2), Some(outcome(FinalState::Deleted))),
            3 => (Message { deliver_after: Timestamp(60_000), ..message(3) }, None),
            4 => (Message { attempts: 1, deliver_after: Timestamp(70_000), ..message(4) }, None),
            5 => (Message { attempts: 2, deliver_after: Timestamp(80_000), lane: "backup".into(), ..message(5) }, None),
            6 => (Message { user_data: "replaced".into(), ..message(6) }, None),
            30 => (Message { about: Some(MessageId(1)), ..message(30) }, None),
            _ => (message(id), None),
        };
        assert_eq!((&record.message, record.outcome), (&wanted, ended));
    }
    assert!(queue.next_id() > MessageId(30));
}

/// A copy that may be written to.
fn copy(fixture: &str, to: &Path) {
    let from = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Opens it, works with it, and opens it again.
async fn live_on(directory: &Path) {
    let queue = JournalQueue::open(directory, options()).unwrap();
    check(&queue).await;
    drop(queue);
    let queue = JournalQueue::open(directory, options()).unwrap();
    check(&queue).await;
    queue.append(vec![message(1_000_000)]).await.unwrap();
    let want = Lease { max: 100, now: Timestamp(2_000_000), until: Timestamp(2_000_001) };
    assert_eq!(queue.lease(&Lane::from("sandbox"), want).await.unwrap().len(), 19);
    drop(queue);
    let queue = JournalQueue::open(directory, options()).unwrap();
    assert_eq!(queue.get(MessageId(1_000_000)).await.unwrap().unwrap().message, message(1_000_000));
}

#[tokio::test]
async fn the_format_of_today_is_read_back() {
    let kept = std::env::var_os("SMSC_TEST_FIXTURE").map(PathBuf::from);
    let temporary = tempfile::tempdir().unwrap();
    let directory = kept.unwrap_or_else(|| temporary.path().join("today"));
    write(&directory).await;
    let again = temporary.path().join("again");
    std::fs::create_dir(&again).unwrap();
    for entry in std::fs::read_dir(&directory).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), again.join(entry.file_name())).unwrap();
    }
    live_on(&again).await;
}

#[tokio::test]
async fn every_earlier_format_is_read() {
    let temporary = tempfile::tempdir().unwrap();
    for fixture in ["journal-1", "journal-2"] {
        let directory = temporary.path().join(fixture);
        copy(fixture, &directory);
        live_on(&directory).await;
    }
}

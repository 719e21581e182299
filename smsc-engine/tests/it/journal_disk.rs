//! A journal on a real file system that is too small.
//!
//! Mounting one takes rights that not everybody has; without them the test is named and passes.
//! `SMSC_TEST_REQUIRE=1` (or a list of names with `tmpfs`) makes that a failure, `SMSC_TEST_SKIPPED` names a file to
//! note it in.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use smsc_engine::core::queue::{Change, End, JournalOptions, JournalQueue, Lease, OpenError, Queue, QueueError};
use smsc_engine::model::{Account, FinalState, Lane, Message, Outcome, Timestamp};

/// A file system of two megabytes, gone in the end.
struct Small(PathBuf);

impl Small {
    fn mount(directory: &Path) -> Option<Small> {
        std::fs::create_dir_all(directory).unwrap();
        let small = Small(directory.to_owned());
        small.run("mount", &["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).then_some(small)
    }

    fn remount(&self, options: &str) {
        assert!(self.run("mount", &["-o", &format!("remount,{options}")]), "it was mounted before");
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let mut command = Command::new(program);
        command.args(arguments).arg(&self.0).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        self.run("umount", &[]);
    }
}

fn skip() {
    let required = std::env::var("SMSC_TEST_REQUIRE").unwrap_or_default();
    assert!(required != "1" && !required.split(',').any(|name| name == "tmpfs"), "no small file system can be mounted");
    if let Some(path) = std::env::var_os("SMSC_TEST_SKIPPED") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "tmpfs").unwrap();
    }
    eprintln!("SKIPPED: no tmpfs can be mounted (needs root)");
}

fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    options.reserve_octets = 0;
    options.segment_octets = 256 << 10;
    options
}

fn message(queue: &JournalQueue) -> Message {
    let mut message = Message::new(queue.next_id(), Account::from("shop"), Lane::from("sandbox"));
    message.user_data = Bytes::from_static(&[b'x'; 2000]);
    message
}

async fn append_at_last(queue: &JournalQueue) {
    for _ in 0..2000 {
        match queue.append(vec![message(queue)]).await {
            Ok(()) => return,
            Err(error) => assert_eq!(error, QueueError::NoRoom),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the queue did not recover");
}

/// Octets that nobody has taken.
fn free(small: &Small) -> u64 {
    fs4::available_space(&small.0).unwrap()
}

#[tokio::test]
async fn a_part_of_a_small_file_system_is_left_to_others() {
    let directory = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(&directory.path().join("small")) else { return skip() };
    let mut options = options();
    options.reserve_octets = 512 << 10;
    let queue = JournalQueue::open(&small.0, options).unwrap();
    while queue.append(vec![message(&queue)]).await.is_ok() {
        // What it notes beside its segments is small.
        assert!(free(&small) >= 448 << 10, "{}", free(&small));
    }
    assert_eq!(queue.append(vec![message(&queue)]).await, Err(QueueError::NoRoom));
    std::fs::write(small.0.join("neighbour"), vec![1; 416 << 10]).unwrap();
}

#[tokio::test]
async fn a_small_file_system_fills_up_grows_and_turns_read_only() {
    let directory = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(&directory.path().join("small")) else { return skip() };
    let queue = JournalQueue::open(&small.0, options()).unwrap();
    let mut accepted = 0;
    let error = loop {
        match queue.append(vec![message(&queue)]).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, QueueError::NoRoom);
    assert!(accepted > 500, "{accepted}");
    let want = Lease { max: 10, now: Timestamp(1), until: Timestamp(2) };
    let leased = queue.lease(&Lane::from("sandbox"), want).await.unwrap();
    assert_eq!(leased.len(), 10, "what is there goes out");
    small.remount("size=8m");
    append_at_last(&queue).await;
    let outcome = Outcome { state: FinalState::Delivered, error: 0, attempts: 1, done: Timestamp(5) };
    let changes = leased.iter().map(|message| Change::Settle(End::new(message.id, outcome)));
    assert!(queue.apply(changes.collect()).await.unwrap().iter().all(Result::is_ok));
    drop(queue);
    let queue = JournalQueue::open(&small.0, options()).unwrap();
    let counts = queue.counts();
    assert_eq!((counts.pending, counts.delivered), (accepted + 1 - 10, 10));
    drop(queue);
    small.remount("ro");
    let Err(error) = JournalQueue::open(&small.0, options()) else { panic!("it was opened") };
    assert!(matches!(&error, OpenError::Disk { file, .. } if file == "lock"), "{error}");
    assert_eq!(error.to_string(), "lock: Read-only file system (os error 30)");
}

//! Many messages that wait: how fast they come, what they cost, and how soon they are back after an unclean end.

use std::path::Path;
use std::time::{Duration, Instant};

use smsc_engine::core::queue::{JournalQueue, Lease, Queue};
use smsc_engine::model::{Lane, Timestamp};
use tokio::runtime::Runtime;

use crate::{options, resident, sample};

/// Messages of one call.
const BATCH: u64 = 1000;
/// The small backlog beside the large one.
const FEW: u64 = 10_000;

pub(crate) fn run(root: &Path, runtime: &Runtime, messages: u64) {
    let directory = root.join("backlog");
    let queue = JournalQueue::open(&directory, options()).unwrap();
    let before = resident();
    fill(&queue, runtime, FEW.min(messages));
    claim(&queue, runtime);
    let start = Instant::now();
    fill(&queue, runtime, messages.saturating_sub(FEW));
    let rate = messages.saturating_sub(FEW) as f64 / start.elapsed().as_secs_f64();
    // The latest writes are kept in memory whatever waits.
    let own = resident().saturating_sub(before).saturating_sub(options().recent_octets as u64);
    println!("{messages} queued: {rate:.0}/s, {:.0} octets of memory each", own as f64 / messages as f64);
    claim(&queue, runtime);
    drop(queue);
    open(&directory, runtime, "after an unclean end");
    let queue = JournalQueue::open(&directory, options()).unwrap();
    runtime.block_on(queue.close()).unwrap();
    drop(queue);
    open(&directory, runtime, "after a clean end");
}

fn fill(queue: &JournalQueue, runtime: &Runtime, messages: u64) {
    runtime.block_on(async {
        for _ in 0..messages / BATCH {
            queue.append((0..BATCH).map(|_| sample(queue)).collect()).await.unwrap();
        }
    });
}

fn open(directory: &Path, runtime: &Runtime, how: &str) {
    let start = Instant::now();
    let queue = JournalQueue::open(directory, options()).unwrap();
    println!("opened {how} in {:.2} s", start.elapsed().as_secs_f64());
    claim(&queue, runtime);
}

fn claim(queue: &JournalQueue, runtime: &Runtime) {
    let lane = Lane::from("sandbox");
    let mut times = Vec::new();
    for _ in 0..100 {
        let now = Timestamp::now();
        let start = Instant::now();
        let want = Lease { max: 100, now, until: now.after(Duration::from_millis(1)) };
        assert_eq!(runtime.block_on(queue.lease(&lane, want)).unwrap().len(), 100);
        times.push(start.elapsed());
    }
    times.sort();
    let pending = queue.counts().pending;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!("lease of 100 of {pending}: {:.0} us (median), {:.0} us (worst)", micros(times[50]), micros(times[99]));
}

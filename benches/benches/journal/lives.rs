//! Whole lives: append by the hundred, lease by the hundred, settle, and a record of each.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use smsc_engine::core::queue::{Change, End, JournalOptions, JournalQueue, Lease, Queue};
use smsc_engine::model::{FinalState, Lane, Message, Outcome, Timestamp};
use tokio::runtime::Runtime;

use crate::{options, resident, sample};

/// One queue and all who work with it.
struct Lives {
    queue: JournalQueue,
    end: Instant,
    recorded: AtomicU64,
}

/// Messages of one call.
const BATCH: usize = 100;
/// Submitters, and as many deliverers.
const WORKERS: usize = 16;
/// Nobody submits while more than so many are pending or wait for their record.
const BACKLOG: u64 = 100_000;
/// Records that are written at once.
const RECORDS: usize = 4000;
/// How long an ended message is kept when there is a retention.
const RETENTION: Duration = Duration::from_secs(5);

/// Lives so long and returns how many whole lives a second there were.
pub(crate) fn rate(root: &Path, runtime: &Runtime, time: Duration) -> f64 {
    let lives = Lives::open(&root.join("lives"), 10_000, time);
    let start = Instant::now();
    runtime.block_on(lives.clone().run());
    let rate = lives.recorded.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    assert!(rate > 0.0);
    rate
}

/// Lives so long, with retention, and prints how it goes.
pub(crate) fn steady(root: &Path, runtime: &Runtime, time: Duration) {
    let directory = root.join("steady");
    let lives = Lives::open(&directory, JournalOptions::default().final_limit * 10, time);
    let rates = runtime.block_on(async {
        let report = tokio::spawn(report(lives.clone(), directory));
        lives.run().await;
        report.await.unwrap()
    });
    let minute = 6.min(rates.len() / 2);
    let mean = |rates: &[f64]| rates.iter().sum::<f64>() / rates.len().max(1) as f64;
    let (first, last) = (mean(&rates[..minute]), mean(&rates[rates.len() - minute..]));
    println!("first {minute} lines: {first:.0}/s, last {minute} lines: {last:.0}/s, ratio {:.2}", last / first);
}

async fn report(lives: Arc<Lives>, directory: std::path::PathBuf) -> Vec<f64> {
    let line = Duration::from_secs(10).min((lives.end - Instant::now()) / 3);
    let (mut rates, mut before) = (Vec::new(), 0);
    println!("seconds    lives/s   pending  unrecorded   remembered  files MB  resident MB");
    let start = Instant::now();
    while Instant::now() + line <= lives.end {
        let begin = Instant::now();
        tokio::time::sleep(line).await;
        let recorded = lives.recorded.load(Ordering::Relaxed);
        let rate = (recorded - before) as f64 / begin.elapsed().as_secs_f64();
        before = recorded;
        let counts = lives.queue.counts();
        println!(
            "{:>7.0} {rate:>10.0} {:>9} {:>11} {:>12} {:>9} {:>12}",
            start.elapsed().as_secs_f64(),
            counts.pending,
            counts.unrecorded,
            counts.delivered,
            size(&directory) >> 20,
            resident() >> 20
        );
        rates.push(rate);
    }
    rates
}

fn size(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).unwrap();
    // A file may be deleted meanwhile.
    entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|file| file.len()).sum()
}

impl Lives {
    fn open(directory: &Path, final_limit: usize, time: Duration) -> Arc<Lives> {
        let mut options = options();
        options.final_limit = final_limit;
        options.keep_until_recorded = true;
        let queue = JournalQueue::open(directory, options).unwrap();
        Arc::new(Lives { queue, end: Instant::now() + time, recorded: AtomicU64::new(0) })
    }

    async fn run(self: Arc<Lives>) {
        let mut tasks = Vec::new();
        for _ in 0..WORKERS {
            let (submits, delivers) = (self.clone(), self.clone());
            tasks.push(tokio::spawn(async move { submits.submit().await }));
            tasks.push(tokio::spawn(async move { delivers.deliver().await }));
        }
        let (records, forgets) = (self.clone(), self.clone());
        tasks.push(tokio::spawn(async move { records.record().await }));
        tasks.push(tokio::spawn(async move { forgets.forget().await }));
        for task in tasks {
            task.await.unwrap();
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    async fn submit(&self) {
        while !self.is_over() {
            let counts = self.queue.counts();
            if counts.pending + counts.unrecorded > BACKLOG {
                tokio::time::sleep(Duration::from_millis(1)).await;
                continue;
            }
            self.queue.append((0..BATCH).map(|_| sample(&self.queue)).collect()).await.unwrap();
        }
    }

    async fn deliver(&self) {
        let lane = Lane::from("sandbox");
        let mut watch = self.queue.watch(&lane);
        while !self.is_over() {
            let now = Timestamp::now();
            let want = Lease { max: BATCH, now, until: now.after(Duration::from_secs(60)) };
            let messages = self.queue.lease(&lane, want).await.unwrap();
            if messages.is_empty() {
                let _ = tokio::time::timeout(Duration::from_millis(100), watch.changed()).await;
                continue;
            }
            let outcome = Outcome { state: FinalState::Delivered, error: 0, attempts: 1, done: now };
            let settle = |message: &Message| Change::Settle(End::new(message.id, outcome));
            let results = self.queue.apply(messages.iter().map(settle).collect()).await.unwrap();
            assert!(results.iter().all(Result::is_ok));
        }
    }

    async fn record(&self) {
        let mut written = Vec::new();
        while !self.is_over() {
            let count = written.len() as u64;
            // What is written becomes durable while the next ones are read; the queue knows of it at once.
            let noted = self.queue.recorded(written);
            let (noted, records) = tokio::join!(noted, self.queue.unrecorded(None, RECORDS));
            noted.unwrap();
            self.recorded.fetch_add(count, Ordering::Relaxed);
            written = records.unwrap().into_iter().map(|record| record.message.id).collect();
            if written.is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }

    async fn forget(&self) {
        while !self.is_over() {
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.queue.forget(Timestamp::now().before(RETENTION)).await.unwrap();
        }
    }
}

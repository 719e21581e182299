//! How fast a shared queue is on a certain PostgreSQL: appends, whole lives, and leases in front of a long queue.
//!
//! `DB_HOSTNAME=… DB_PORT=… DB_NAME=… DB_USERNAME=… DB_PASSWORD=… cargo run --release -p smsc-engine
//! --features postgres --example shared_queue [-- SECONDS [MESSAGES]]`, in a database of its own: it stays full.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement prints, and fails by panicking"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use smsc_engine::core::queue::{Change, End, Lease, Queue, SharedQueue, SharedQueueOptions};
use smsc_engine::model::{Account, Address, FinalState, Lane, Message, Outcome, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig, Dialect};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let time = Duration::from_secs(arguments.next().unwrap_or(5));
    let backlog = arguments.next().unwrap_or(1_000_000);
    let config = DatabaseConfig::new(Dialect::Postgres).with_variables(|name| std::env::var(name).ok()).unwrap();
    let database = Database::open(&config).await.unwrap();
    let mut options = SharedQueueOptions::default();
    options.pending_limit = 100_000_000;
    let queue = Arc::new(SharedQueue::open(&database, "measured", options).await.unwrap());
    for callers in [1, 16, 256, 4096] {
        println!("{callers:>5} callers: {:>8.0} appends/s", appends(&queue, callers, time).await);
    }
    for workers in [1, 8] {
        println!("{workers:>5} workers: {:>8.0} lives/s", lives(&queue, workers, time).await);
    }
    for queued in [1000, backlog] {
        fill(&queue, queued).await;
        let (middle, most) = leases(&queue).await;
        println!(
            "{:>8} queued: lease of 100 {middle:.2?} (median), {most:.2?} (longest of 100)",
            queue.counts().lanes.iter().find(|count| count.lane == lane("long")).unwrap().pending
        );
    }
    queue.close().await.unwrap();
}

fn lane(name: &str) -> Lane {
    Lane::from(name)
}

/// A message of about 300 octets.
fn message(queue: &SharedQueue, lane: &Lane) -> Message {
    let mut message = Message::new(queue.next_id(), Account::from("shop"), lane.clone());
    message.source = Address::new(5, 0, "Shop");
    message.destination = Address::new(1, 1, format!("4479{:08}", message.id.0));
    message.submitted = Timestamp::now();
    message.deliver_after = message.submitted;
    message.expires = message.submitted.after(Duration::from_secs(86_400));
    message.user_data = Bytes::from_static(&[b'x'; 180]);
    message.tlvs = Bytes::from_static(&[0; 40]);
    message
}

/// Lets callers append one message each, again and again.
async fn appends(queue: &Arc<SharedQueue>, callers: usize, time: Duration) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (queue, over, count) = (Arc::clone(queue), Arc::clone(&over), Arc::clone(&count));
            tokio::spawn(async move {
                let lane = lane("appended");
                while !over.load(Ordering::Relaxed) {
                    queue.append(vec![message(&queue, &lane)]).await.unwrap();
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

/// Lets workers append, lease and settle by the hundred.
async fn lives(queue: &Arc<SharedQueue>, workers: usize, time: Duration) -> f64 {
    let count = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let tasks: Vec<_> = (0..workers)
        .map(|_| {
            let (queue, count) = (Arc::clone(queue), Arc::clone(&count));
            tokio::spawn(async move {
                let lane = lane("lived");
                while start.elapsed() < time {
                    queue.append((0..100).map(|_| message(&queue, &lane)).collect()).await.unwrap();
                    let leased = take(&queue, &lane).await;
                    let now = Timestamp::now();
                    let outcome = Outcome { state: FinalState::Delivered, error: 0, attempts: 1, done: now };
                    let ends = leased.iter().map(|message| Change::Settle(End::new(message.id, outcome))).collect();
                    let results = queue.apply(ends).await.unwrap();
                    count.fetch_add(results.iter().filter(|result| result.is_ok()).count() as u64, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    count.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
}

async fn take(queue: &SharedQueue, lane: &Lane) -> Vec<Message> {
    let now = Timestamp::now();
    queue.lease(lane, Lease { max: 100, now, until: now.after(Duration::from_secs(60)) }).await.unwrap()
}

async fn fill(queue: &Arc<SharedQueue>, until: u64) {
    let lane = lane("long");
    let there = || queue.counts().lanes.iter().find(|count| count.lane == lane).map_or(0, |count| count.pending);
    let start = Instant::now();
    let more = until.saturating_sub(there());
    let filling: Vec<_> = (0..2)
        .map(|_| {
            let (queue, lane) = (Arc::clone(queue), lane.clone());
            tokio::spawn(async move {
                for _ in 0..(more / 2).div_ceil(1000) {
                    queue.append((0..1000).map(|_| message(&queue, &lane)).collect()).await.unwrap();
                }
            })
        })
        .collect();
    for task in filling {
        task.await.unwrap();
    }
    println!("{more:>8} appended by the thousand: {:.0}/s", more as f64 / start.elapsed().as_secs_f64());
}

/// Leases and settles, so that the queue stays as long; how long a lease took.
async fn leases(queue: &SharedQueue) -> (Duration, Duration) {
    let lane = lane("long");
    let mut times = Vec::new();
    for _ in 0..100 {
        let start = Instant::now();
        let leased = take(queue, &lane).await;
        times.push(start.elapsed());
        assert_eq!(leased.len(), 100);
        let back: Vec<_> = leased.iter().map(|message| message.id).collect();
        queue.release(&back);
        // Whoever asks waits for the release, which is not what is measured.
        queue.get(back[0]).await.unwrap();
    }
    times.sort();
    (times[times.len() / 2], times.last().copied().unwrap_or_default())
}

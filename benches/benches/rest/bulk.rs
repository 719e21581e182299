//! A gateway and a core over loopback: messages handed in, leased and reported in bulk, all at the same time.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use smpp_session::net::rustls::crypto::ring;
use smsc_engine::api::{Answer, Attempt, CoreApi, Report, Submission};
use smsc_engine::model::{Account, Address, Lane, Message, MessageId};
use smsc_engine::remote::{BulkCore, CoreClient, CoreClientConfig};

/// What a gateway saw.
pub(crate) struct Through {
    /// Messages a second that were handed in, taken by the other side and reported as delivered.
    pub(crate) rate: f64,
    /// From one message handed in until the other side has it, while nothing else goes on; shortest first.
    pub(crate) waits: Vec<Duration>,
}

/// Sends so many messages through, after some that go alone.
pub(crate) async fn through(address: SocketAddr, messages: usize) -> Through {
    let _ = ring::default_provider().install_default();
    let client = CoreClient::new(CoreClientConfig::new(format!("http://{address}"))).unwrap();
    let core: Arc<dyn CoreApi> = Arc::new(BulkCore::new(client, Duration::from_secs(1)));
    let mut waits = Vec::new();
    for _ in 0..ALONE.min(messages) {
        waits.push(alone(&*core).await);
    }
    waits.sort();
    let (start, left) = (Instant::now(), Arc::new(AtomicI64::new(messages as i64)));
    let takers: Vec<_> = (0..TAKERS).map(|_| tokio::spawn(take(core.clone(), left.clone()))).collect();
    let senders: Vec<_> = (0..SENDERS).map(|_| tokio::spawn(send(core.clone(), messages / SENDERS))).collect();
    for task in senders.into_iter().chain(takers) {
        task.await.unwrap();
    }
    Through { rate: messages as f64 / start.elapsed().as_secs_f64(), waits }
}

/// One message, heard of by the watch.
async fn alone(core: &dyn CoreApi) -> Duration {
    let lane = lane();
    let mut work = core.watch(&lane);
    work.seen();
    let start = Instant::now();
    core.submit(vec![submission()]).await;
    let leased = loop {
        work.changed().await;
        let leased = core.lease(&lane, 1, HOLD).await;
        if !leased.is_empty() {
            break leased;
        }
    };
    let wait = start.elapsed();
    core.report(delivered(leased)).await;
    wait
}

/// Hands in batches as sessions gather them, one after the other.
async fn send(core: Arc<dyn CoreApi>, mut left: usize) {
    while left > 0 {
        let count = left.min(BATCH);
        for answer in core.submit((0..count).map(|_| submission()).collect()).await {
            assert!(matches!(answer, Answer::Now(Ok(_))));
        }
        left -= count;
    }
}

/// Takes what comes, and reports it, until all were taken.
async fn take(core: Arc<dyn CoreApi>, left: Arc<AtomicI64>) {
    let lane = lane();
    let mut work = core.watch(&lane);
    while left.load(Ordering::Relaxed) > 0 {
        work.seen();
        let leased = core.lease(&lane, MOST, HOLD).await;
        let count = leased.len();
        if count > 0 {
            core.report(delivered(leased)).await;
            left.fetch_sub(count as i64, Ordering::Relaxed);
        } else {
            // The last one was perhaps another's.
            let _ = tokio::time::timeout(Duration::from_millis(50), work.changed()).await;
        }
    }
}

fn submission() -> Submission {
    let mut message = Message::new(MessageId(0), Account::from("shop"), lane());
    message.source = Address::from_number("+15551234567");
    message.destination = Address::from_number("+447700900123");
    message.user_data = "Your parcel comes today between 14:00 and 16:00.".to_owned().into();
    Submission::new(message)
}

fn delivered(messages: Vec<Message>) -> Vec<Report> {
    messages.into_iter().map(|message| Report { message, attempt: Attempt::Delivered }).collect()
}

fn lane() -> Lane {
    Lane::from("carrier")
}

const ALONE: usize = 200;
const SENDERS: usize = 8;
const TAKERS: usize = 4;
/// What gathers while the disk of the core is busy with the batch before.
const BATCH: usize = 100;
const MOST: usize = 500;
const HOLD: Duration = Duration::from_secs(60);

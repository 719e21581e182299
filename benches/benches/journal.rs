//! How fast the journal accepts messages, beside what the disk allows in the same run.
//!
//! `cargo bench -p smsc-benches --bench journal`; with `-- --test` everything runs once and briefly.
//!
//! For 1, 16, 256 and 4096 callers that each append one message, wait until it is durable and go on, it prints the
//! rate of a bare log (octets of the same size, copied into a shared buffer; one thread writes and syncs them with
//! `fdatasync`) and the rate of `JournalQueue`, and their ratio. Then it takes messages through whole lives and
//! measures the memory of a backlog.
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use smsc_benches::bare_log::{BareLog, single_sync};
use smsc_engine::core::queue::{Change, End, JournalOptions, JournalQueue, Lease, Queue};
use smsc_engine::model::{Account, Address, FinalState, Lane, Message, MessageId, Outcome, Timestamp};

/// Text of one message: with its fields it takes about 300 octets in the journal.
const TEXT: [u8; 180] = [b'x'; 180];

fn main() {
    let smoke = !std::env::args().any(|argument| argument == "--bench") || std::env::args().any(|argument| argument == "--test");
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-{}", std::process::id()));
    let (rounds, time) = if smoke { (1, Duration::from_millis(50)) } else { (3, Duration::from_secs(2)) };
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let record = sample(&JournalQueue::open(root.join("size"), options()).unwrap()).encoded_len() + 9;
    println!("single sync: {:.0} us; one record: {record} octets", single_sync(&root).unwrap().as_secs_f64() * 1e6);
    println!("in flight   bare log/s    journal/s  ratio   CPU us per message: bare, journal");
    for callers in [1, 16, 256, 4096] {
        let (mut bare, mut journal) = (Vec::new(), Vec::new());
        // Taken in turns, so that a noisy neighbour hits both.
        for round in 0..rounds {
            let log = Arc::new(BareLog::create(&root.join(format!("bare-{callers}-{round}"))).unwrap());
            bare.push(runtime.block_on(bare_rate(log, record, callers, time)));
            let directory = root.join(format!("journal-{callers}-{round}"));
            let queue = Arc::new(JournalQueue::open(&directory, options()).unwrap());
            journal.push(runtime.block_on(journal_rate(queue, callers, time)));
            std::fs::remove_dir_all(directory).unwrap();
        }
        let (bare, journal) = (median(bare), median(journal));
        let ratio = journal.calls / bare.calls;
        println!("{callers:>9} {:>12.0} {:>12.0} {ratio:>6.2} {:>28.2} {:.2}", bare.calls, journal.calls, bare.cpu, journal.cpu);
    }
    lives(&root, &runtime, time);
    backlog(&root, &runtime, if smoke { 10_000 } else { 1_000_000 });
    std::fs::remove_dir_all(&root).unwrap();
}

fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    options.pending_limit = 20_000_000;
    options
}

/// Calls a second, and what one cost all threads together.
#[derive(Clone, Copy)]
struct Rate {
    calls: f64,
    cpu: f64,
}

fn median(mut rates: Vec<Rate>) -> Rate {
    rates.sort_by(|one, other| one.calls.total_cmp(&other.calls));
    rates[rates.len() / 2]
}

fn sample(queue: &dyn Queue) -> Message {
    static TEMPLATE: LazyLock<Message> = LazyLock::new(|| {
        let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::from("sandbox"));
        message.source = Address::new(5, 0, "Shop");
        message.submitted = Timestamp::now();
        message.deliver_after = message.submitted;
        message.expires = message.submitted.after(Duration::from_secs(86_400));
        message.user_data = bytes::Bytes::from_static(&TEXT);
        message.tlvs = bytes::Bytes::from_static(&[0; 40]);
        message
    });
    let id = queue.next_id();
    let mut digits = *b"447900000000";
    for (turn, digit) in digits.iter_mut().rev().take(8).enumerate() {
        *digit += (id.0 / 10_u64.pow(turn as u32) % 10) as u8;
    }
    Message { id, destination: Address::new(1, 1, digits), ..TEMPLATE.clone() }
}

async fn bare_rate(log: Arc<BareLog>, record: usize, callers: usize, time: Duration) -> Rate {
    let octets: Arc<[u8]> = vec![b'x'; record].into();
    rate(callers, time, move || {
        let (log, octets) = (Arc::clone(&log), Arc::clone(&octets));
        async move { log.append(&octets).await }
    })
    .await
}

async fn journal_rate(queue: Arc<JournalQueue>, callers: usize, time: Duration) -> Rate {
    let rate = rate(callers, time, {
        let queue = Arc::clone(&queue);
        move || {
            let queue = Arc::clone(&queue);
            async move { queue.append(vec![sample(&*queue)]).await.unwrap() }
        }
    })
    .await;
    queue.close().await.unwrap();
    rate
}

/// Runs `callers` tasks that call again and again, and returns how many calls a second were answered.
async fn rate<F>(callers: usize, time: Duration, call: impl Fn() -> F + Clone + Send + 'static) -> Rate
where
    F: Future<Output = ()> + Send + 'static,
{
    let done = Arc::new(AtomicU64::new(0));
    let (start, cpu) = (Instant::now(), cpu_time());
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (call, done) = (call.clone(), Arc::clone(&done));
            tokio::spawn(async move {
                while start.elapsed() < time {
                    call().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let done = done.load(Ordering::Relaxed) as f64;
    Rate { calls: done / start.elapsed().as_secs_f64(), cpu: (cpu_time() - cpu) * 1e6 / done }
}

/// Accept in batches, lease by the hundred, settle: whole lives, with tidying going on beside.
fn lives(root: &Path, runtime: &tokio::runtime::Runtime, time: Duration) {
    let mut options = options();
    options.final_limit = 10_000;
    let directory = root.join("lives");
    let queue = Arc::new(JournalQueue::open(&directory, options).unwrap());
    let start = Instant::now();
    let end = start + time * 3;
    let settled = runtime.block_on(async {
        let submitters: Vec<_> = (0..16).map(|_| tokio::spawn(submit(Arc::clone(&queue), end))).collect();
        let deliverers: Vec<_> = (0..16).map(|_| tokio::spawn(deliver(Arc::clone(&queue), end))).collect();
        for task in submitters {
            task.await.unwrap();
        }
        let mut settled = 0;
        for task in deliverers {
            settled += task.await.unwrap();
        }
        settled
    });
    let rate = settled as f64 / start.elapsed().as_secs_f64();
    println!("whole lives: {rate:.0}/s; {} pending at the end", queue.counts().pending);
    drop(queue);
    let size: u64 = std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("files of {} MB remain", size >> 20);
    std::fs::remove_dir_all(directory).unwrap();
}

async fn submit(queue: Arc<JournalQueue>, end: Instant) {
    while Instant::now() < end {
        queue.append((0..100).map(|_| sample(&*queue)).collect()).await.unwrap();
    }
}

async fn deliver(queue: Arc<JournalQueue>, end: Instant) -> usize {
    let lane = Lane::from("sandbox");
    let mut watch = queue.watch(&lane);
    let mut settled = 0;
    while Instant::now() < end {
        let now = Timestamp::now();
        let want = Lease { max: 100, now, until: now.after(Duration::from_secs(60)) };
        let messages = queue.lease(&lane, want).await.unwrap();
        if messages.is_empty() {
            let _ = tokio::time::timeout(Duration::from_millis(100), watch.changed()).await;
            continue;
        }
        let outcome = Outcome { state: FinalState::Delivered, error: 0, attempts: 1, done: now };
        let settle = |message: &Message| Change::Settle(End::new(message.id, outcome));
        let results = queue.apply(messages.iter().map(settle).collect()).await.unwrap();
        settled += results.iter().filter(|result| result.is_ok()).count();
    }
    settled
}

/// Memory of a backlog, and how long it takes to open it again.
fn backlog(root: &Path, runtime: &tokio::runtime::Runtime, messages: u64) {
    let directory = root.join("backlog");
    let queue = JournalQueue::open(&directory, options()).unwrap();
    let before = resident();
    let start = Instant::now();
    runtime.block_on(async {
        for _ in 0..messages / 1000 {
            queue.append((0..1000).map(|_| sample(&queue)).collect()).await.unwrap();
        }
    });
    let fill = start.elapsed().as_secs_f64();
    let each = resident().saturating_sub(before) as f64 / messages as f64;
    println!("backlog of {messages}: filled in {fill:.1} s, {each:.0} octets of memory each, recent groups included");
    drop(queue);
    let start = Instant::now();
    let queue = JournalQueue::open(&directory, options()).unwrap();
    println!("opened by reading everything in {:.2} s", start.elapsed().as_secs_f64());
    claim(&queue, runtime);
    runtime.block_on(queue.close()).unwrap();
    drop(queue);
    let before = resident();
    let start = Instant::now();
    let queue = JournalQueue::open(&directory, options()).unwrap();
    println!("opened by the snapshot in {:.2} s", start.elapsed().as_secs_f64());
    println!("{:.0} octets of memory each after that", resident().saturating_sub(before) as f64 / messages as f64);
    claim(&queue, runtime);
    drop(queue);
    std::fs::remove_dir_all(directory).unwrap();
}

fn claim(queue: &JournalQueue, runtime: &tokio::runtime::Runtime) {
    let lane = Lane::from("sandbox");
    let mut times = Vec::new();
    for _ in 0..100 {
        let now = Timestamp::now();
        let start = Instant::now();
        let want = Lease { max: 100, now, until: now.after(Duration::from_secs(1)) };
        assert_eq!(runtime.block_on(queue.lease(&lane, want)).unwrap().len(), 100);
        times.push(start.elapsed());
    }
    times.sort();
    println!(
        "lease of 100 from disk: {:.0} us (median), {:.0} us (worst)",
        times[50].as_secs_f64() * 1e6,
        times[99].as_secs_f64() * 1e6
    );
}

/// Resident octets of this process; 0 where the system does not tell.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).map_or(0, |pages| pages * 4096)
}

/// Seconds of processor time that this process has used; 0 where the system does not tell.
fn cpu_time() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // User and system time, the 14th and 15th field, in hundredths; the second one is the name in brackets.
    let fields = stat.rsplit(')').next().unwrap_or_default().split(' ').skip(12).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

//! How fast the journal accepts messages, beside what the disk allows in the same run.
//!
//! `cargo bench -p smsc-benches --bench journal [-- MODE]`; with `-- --test` everything runs once and briefly.
//!
//! Without a mode: for so many callers that each append one message, wait until it is durable and go on, it prints
//! the rate of a bare log (octets of the same size, copied into a shared buffer; one thread writes and syncs them with
//! `fdatasync`), the rate of `JournalQueue`, their ratio and how long a caller waits. Then whole lives: append, lease
//! by the hundred, settle, recorded.
//!
//! The workers of the runtime have a processor each, see [`smsc_benches::workers`]; the last line of the table says what
//! becomes of it when they have none.
//!
//! `--in-flight CALLERS`: only that line of the table.
//! `--workers THREADS`: so many threads of the runtime for the callers, of the bare log's as well; 2 without it.
//! `--free`: the kernel chooses their processors, in everything.
//! `--ten-minutes`, or `--steady SECONDS`: whole lives with tidying, records and retention, a line every ten seconds.
//! `--backlog MESSAGES`: filling, memory, leases, and opening after an end that was not clean.

mod backlog;
mod lives;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use smsc_benches::arguments::number;
use smsc_benches::bare_log::{BareLog, single_sync};
use smsc_benches::cpu::cpu_time;
use smsc_benches::workers;
use smsc_engine::core::queue::{JournalOptions, JournalQueue, Queue};
use smsc_engine::model::{Account, Address, Lane, Message, MessageId, Timestamp};
use tokio::runtime::Runtime;

/// Text of one message: with its fields it takes about 300 octets in the journal.
const TEXT: [u8; 180] = [b'x'; 180];
/// Callers at the bars, after a few below.
const IN_FLIGHT: [usize; 5] = [1, 16, 256, 1000, 4000];
/// The journal's part of what the bare log accepts, from 256 callers on.
const ACCEPT_BAR: f64 = 0.70;
/// The part of whole lives of what the bare log accepts from 1,000 callers.
const LIVES_BAR: f64 = 0.40;

/// As the programs have it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let number = |name| number(&arguments, name);
    let smoke = !has("--bench") || has("--test");
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("journal-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).unwrap();
    let (rounds, time) = if smoke { (1, Duration::from_millis(50)) } else { (5, Duration::from_secs(1)) };
    let bench = Bench { smoke, rounds, time, workers: number("--workers").unwrap_or(2) as usize, free: has("--free") };
    let runtime = workers::runtime(bench.workers, !bench.free);
    println!("single sync: {:.0} us", single_sync(&root).unwrap().as_secs_f64() * 1e6);
    let steady = if has("--ten-minutes") { Some(600) } else { number("--steady") };
    match (steady, number("--backlog")) {
        (Some(seconds), _) => lives::steady(&root, &runtime, Duration::from_secs(seconds)),
        (None, Some(messages)) => backlog::run(&root, &runtime, messages),
        (None, None) => rates(&root, &runtime, &bench, number("--in-flight")),
    }
    std::fs::remove_dir_all(&root).unwrap();
}

fn rates(root: &Path, runtime: &Runtime, bench: &Bench, only: Option<u64>) {
    let queue = JournalQueue::open(root.join("size"), options()).unwrap();
    let record = sample(&queue).encoded_len() + 9;
    drop(queue);
    println!("one record: {record} octets");
    println!("in flight   bare log/s    journal/s  ratio     p99 ms: bare, journal   CPU us per message: bare, journal");
    let mut log = 1.0;
    for callers in IN_FLIGHT.into_iter().filter(|callers| only.is_none_or(|only| only == *callers as u64)) {
        let rates = bench.pair(root, runtime, record, callers);
        let bar = (callers >= 256 && !bench.smoke).then_some(ACCEPT_BAR);
        print_line(callers, rates, bar);
        if callers == 1000 {
            log = rates.0.calls;
        }
    }
    if only.is_some() {
        return;
    }
    if !bench.free {
        println!("the same with workers that have no processor of their own:");
        let callers = IN_FLIGHT[IN_FLIGHT.len() - 1];
        print_line(callers, bench.pair(root, &workers::runtime(bench.workers, false), record, callers), None);
    }
    let lives = lives::rate(root, runtime, bench.time * 4);
    let ratio = lives / log;
    println!("whole lives: {lives:.0}/s, {ratio:.2} of the bare log{}", if bench.smoke { "" } else { verdict(ratio, LIVES_BAR) });
    if bench.smoke {
        lives::steady(root, runtime, Duration::from_millis(300));
        backlog::run(root, runtime, 20_000);
    }
}

impl Bench {
    /// The rates of the bare log and of the journal, taken in turns, so that a noisy neighbour hits both.
    fn pair(&self, root: &Path, runtime: &Runtime, record: usize, callers: usize) -> (Rate, Rate) {
        let (mut bare, mut journal) = (Vec::new(), Vec::new());
        for round in 0..self.rounds {
            let file = Arc::new(BareLog::create(&root.join("bare")).unwrap());
            bare.push(runtime.block_on(bare_rate(file, record, callers, self.time)));
            let directory = root.join(format!("journal-{callers}-{round}"));
            let queue = Arc::new(JournalQueue::open(&directory, options()).unwrap());
            journal.push(runtime.block_on(journal_rate(queue, callers, self.time)));
            std::fs::remove_dir_all(directory).unwrap();
        }
        (median(bare), median(journal))
    }
}

fn print_line(callers: usize, (bare, journal): (Rate, Rate), bar: Option<f64>) {
    let ratio = journal.calls / bare.calls;
    println!(
        "{callers:>9} {:>12.0} {:>12.0} {ratio:>6.2} {:>16.2} {:>7.2} {:>24.2} {:.2}{}",
        bare.calls,
        journal.calls,
        bare.p99 * 1e3,
        journal.p99 * 1e3,
        bare.cpu,
        journal.cpu,
        bar.map_or("", |bar| verdict(ratio, bar))
    );
}

fn verdict(ratio: f64, bar: f64) -> &'static str {
    if ratio >= bar { "  PASS" } else { "  FAIL" }
}

fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    options.pending_limit = 20_000_000;
    options
}

/// How it is measured.
struct Bench {
    smoke: bool,
    rounds: usize,
    time: Duration,
    workers: usize,
    free: bool,
}

/// Calls a second, how long nearly all took at most, in seconds, and what one cost all threads together.
#[derive(Clone, Copy)]
struct Rate {
    calls: f64,
    p99: f64,
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
    let mut rest = id.0;
    for digit in digits.iter_mut().rev().take(8) {
        *digit += (rest % 10) as u8;
        rest /= 10;
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
    let over = Arc::new(AtomicBool::new(false));
    let (start, cpu) = (Instant::now(), cpu_time());
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let (call, over) = (call.clone(), Arc::clone(&over));
            tokio::spawn(async move {
                let mut times = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let begin = Instant::now();
                    call().await;
                    times.push(begin.elapsed().as_secs_f32());
                }
                times
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let (spent, cpu) = (start.elapsed().as_secs_f64(), cpu_time() - cpu);
    let done = times.len() as f64;
    times.sort_by(f32::total_cmp);
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    Rate { calls: done / spent, p99: f64::from(p99), cpu: cpu * 1e6 / done }
}

/// Resident octets of this process; 0 where the system does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}

//! How many records a second the recorder brings onto the disk, beside what one sync costs in the same run.
//!
//! `cargo bench -p smsc-benches --bench records`; with `-- --test` everything runs once and briefly.
//!
//! Records of messages with a text of 100 octets are offered as fast as the recorder takes them, and what it refuses
//! is offered again a little later. The clock stops when the last one is durable in every sink.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use smsc_benches::bare_log::single_sync;
use smsc_engine::BoxFuture;
use smsc_engine::core::records::{FileFormat, FileOptions, FileSink, Ledger, RecordSink, Recorder, RecorderOptions, SqlRecords};
use smsc_engine::model::{Cdr, MessageId, Status, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig};

/// As the programs have it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let smoke = !std::env::args().any(|argument| argument == "--bench") || std::env::args().any(|argument| argument == "--test");
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("records-{}", std::process::id()));
    let (rounds, count) = if smoke { (1, 1_000) } else { (3, 100_000) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).unwrap();
    println!("single sync: {:.0} us; {count} records, median of {rounds}", single_sync(&root).unwrap().as_secs_f64() * 1e6);
    println!(
        "{:<24} {:>10} {:>16}   ten batches of 1,000 old ones a second go in \"cleaned up\"",
        "sink", "records/s", "records a batch"
    );
    for (name, open) in SINKS {
        let mut rates: Vec<_> = (0..rounds)
            .map(|round| {
                let directory = root.join(format!("{}-{round}", name.replace(' ', "-")));
                std::fs::create_dir_all(&directory).unwrap();
                let rate = runtime.block_on(async { rate(open(&directory).await, count).await });
                std::fs::remove_dir_all(directory).unwrap();
                rate
            })
            .collect();
        rates.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (rate, batch) = rates[rates.len() / 2];
        println!("{name:<24} {rate:>10.0} {batch:>16.0}");
    }
    std::fs::remove_dir_all(&root).unwrap();
}

type Sinks = Vec<Arc<dyn RecordSink>>;
type Open = fn(&Path) -> BoxFuture<'static, Sinks>;

const SINKS: [(&str, Open); 5] = [
    ("SQLite", |directory| sqlite(directory.into())),
    ("SQLite, cleaned up", |directory| cleaned_up(directory.into())),
    ("JSON lines", |directory| {
        let sink = file(directory, FileFormat::JsonLines);
        Box::pin(async move { vec![sink] })
    }),
    ("CSV", |directory| {
        let sink = file(directory, FileFormat::Csv);
        Box::pin(async move { vec![sink] })
    }),
    ("SQLite and JSON lines", |directory| {
        let file = file(directory, FileFormat::JsonLines);
        let sqlite = sqlite(directory.into());
        Box::pin(async move { sqlite.await.into_iter().chain([file]).collect() })
    }),
];

fn sqlite(directory: PathBuf) -> BoxFuture<'static, Sinks> {
    Box::pin(async move { vec![tables(&directory).await as Arc<dyn RecordSink>] })
}

async fn tables(directory: &Path) -> Arc<SqlRecords> {
    let database = Database::open(&DatabaseConfig::sqlite(directory.join("records.sqlite"))).await.unwrap();
    let records = SqlRecords::new(database);
    records.prepare().await.unwrap();
    Arc::new(records)
}

/// Tables from which old records are deleted all the time, a batch at a time.
fn cleaned_up(directory: PathBuf) -> BoxFuture<'static, Sinks> {
    Box::pin(async move {
        let records = tables(&directory).await;
        for batch in 0..OLD / OLD_AT_ONCE {
            let old =
                (0..OLD_AT_ONCE).map(|id| Cdr { submission_time: Timestamp(1), ..sample(LONG_AGO + batch * OLD_AT_ONCE + id) });
            records.write(&old.collect::<Vec<_>>(), false).await.unwrap();
        }
        let (cleaned, today) = (Arc::downgrade(&records), Timestamp::now());
        tokio::spawn(async move {
            while let Some(records) = cleaned.upgrade() {
                records.delete(Timestamp(today.0 / 2), OLD_AT_ONCE as usize).await.unwrap();
                drop(records);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        vec![records as Arc<dyn RecordSink>]
    })
}

/// More than are deleted in a run.
const OLD: u64 = 100_000;
const OLD_AT_ONCE: u64 = 1_000;
/// Ids that no other record has.
const LONG_AGO: u64 = 1 << 40;

fn file(directory: &Path, format: FileFormat) -> Arc<dyn RecordSink> {
    Arc::new(FileSink::open(directory, FileOptions::new(format)).unwrap())
}

/// A message queue that only counts whose records are written.
#[derive(Default)]
struct Counting(AtomicU64);

impl Ledger for Counting {
    fn unrecorded(&self, _max: usize) -> BoxFuture<'_, Vec<Cdr>> {
        Box::pin(async { Vec::new() })
    }

    fn recorded<'a>(&'a self, ids: &'a [MessageId]) -> BoxFuture<'a, ()> {
        self.0.fetch_add(ids.len() as u64, Ordering::Relaxed);
        Box::pin(async {})
    }
}

/// Records a second, and how many there were in a batch.
async fn rate(sinks: Sinks, count: u64) -> (f64, f64) {
    let ledger = Arc::new(Counting::default());
    let recorder = Recorder::start(RecorderOptions::default(), sinks, ledger.clone());
    let start = Instant::now();
    for id in 0..count {
        while !recorder.offer(sample(id)) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    while ledger.0.load(Ordering::Relaxed) < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    let batches = recorder.statistics().total_batches;
    recorder.close(Duration::from_secs(5)).await;
    (rate, count as f64 / batches.max(1) as f64)
}

fn sample(id: u64) -> Cdr {
    let now = Timestamp::now();
    Cdr {
        message_id: MessageId(id),
        calling_number: "447700900001".into(),
        called_number: format!("4479{:08}", id * 7919 % 100_000_000),
        source_smsc: Some("shop".into()),
        dest_smsc: Some("sandbox".into()),
        origin_node: Some("sms@node1.example.com".into()),
        destination_node: None,
        submission_time: now,
        delivery_time: Some(now),
        expiry_time: None,
        status: Status::Delivered,
        delivery_attempts: 1,
        message_parts: Some(1),
        deadletter: false,
        message_body: Some("x".repeat(100)),
    }
}

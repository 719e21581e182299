//! Durable accepts over SMPP on loopback, beside what the disk allows in the same run.
//!
//! `cargo bench -p smsc-benches --bench accept [-- --test] [-- IN_FLIGHT]`
//!
//! A client keeps 1000 `submit_sm` in flight; the centre answers each after its group was synced. In turns with it an
//! append-only file takes records of the same size from as many callers, with one `fdatasync` for all that wait.

mod generator;

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mimalloc::MiMalloc;
use smpp_pdu::{Addr, RegisteredDelivery, ShortMessage, SubmitSm};
use smpp_session::net::ServerConfig;
use smsc_benches::bare_log::{BareLog, single_sync};
use smsc_engine::core::queue::{JournalOptions, JournalQueue};
use smsc_engine::core::route::SingleRoute;
use smsc_engine::core::{Core, Setup};
use smsc_engine::frontend::{Account, Frontend, FrontendConfig};
use smsc_engine::model::Lane;
use tokio::runtime::{Builder, Runtime};

/// What one record takes in the journal, near enough: the text and a hundred octets of fields.
const RECORD: usize = TEXT.len() + 100;
const TEXT: &str = "Your parcel has been handed over to our driver and will be with you today between 14:00 and 16:00. Track it at example.com/t/8F3K2 or reply.";

/// As the programs have it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let smoke = arguments.iter().any(|argument| argument == "--test") || !arguments.iter().any(|argument| argument == "--bench");
    let in_flight = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(1000);
    let (rounds, time) = if smoke { (1, Duration::from_millis(100)) } else { (15, Duration::from_secs(1)) };
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("accept-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    println!("single sync: {:.0} µs", single_sync(&root).unwrap().as_secs_f64() * 1e6);
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let log = bare_rate(&root, in_flight, time);
        let (smpp, p99) = smpp_rate(&root.join(round.to_string()), in_flight, time);
        println!(
            "{in_flight} in flight: append-only file {log:>9.0}/s   over SMPP {smpp:>9.0}/s   ratio {:.2}   p99 {p99:.1?}",
            smpp / log
        );
        ratios.push(smpp / log);
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    if smoke {
        // A tenth of a second says nothing about speed.
        return std::fs::remove_dir_all(&root).unwrap();
    }
    println!("{}  median ratio {median:.2}, at least 0.60 is the bar", if median >= 0.6 { "PASS" } else { "FAIL" });
    std::fs::remove_dir_all(&root).unwrap();
}

/// Runs `in_flight` callers for a time, each doing one thing after the other; how many things a second.
async fn rate<F: Future<Output = ()> + 'static>(in_flight: usize, time: Duration, one: impl Fn() -> F + 'static) -> f64 {
    let one = Rc::new(one);
    let over = Rc::new(Cell::new(false));
    let start = Instant::now();
    let callers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (one, over) = (one.clone(), over.clone());
            tokio::task::spawn_local(async move {
                let mut done = 0_u64;
                while !over.get() {
                    one().await;
                    done += 1;
                }
                done
            })
        })
        .collect();
    tokio::time::sleep(time).await;
    over.set(true);
    let mut done = 0;
    for caller in callers {
        done += caller.await.unwrap();
    }
    done as f64 / start.elapsed().as_secs_f64()
}

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn bare_rate(root: &Path, in_flight: usize, time: Duration) -> f64 {
    let log = Arc::new(BareLog::create(&root.join("bare")).unwrap());
    let local = tokio::task::LocalSet::new();
    local.block_on(
        &one_thread(),
        rate(in_flight, time, move || {
            let log = log.clone();
            async move { log.append(&[b'x'; RECORD]).await }
        }),
    )
}

fn smpp_rate(directory: &Path, in_flight: usize, time: Duration) -> (f64, Duration) {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (core, frontend) = runtime.block_on(start(directory));
    let outcome = generator::run(frontend.address(), in_flight, time, &submit());
    runtime.block_on(async {
        frontend.shutdown(GRACE).await;
        core.close(GRACE).await.unwrap();
    });
    std::fs::remove_dir_all(directory).unwrap();
    (outcome.rate, outcome.p99)
}

fn submit() -> SubmitSm<'static> {
    SubmitSm {
        source_addr: Addr::alphanumeric("Parcels").unwrap(),
        destination_addr: Addr::international("447700900123").unwrap(),
        registered_delivery: RegisteredDelivery::ALWAYS,
        short_message: ShortMessage::new(TEXT).unwrap(),
        ..Default::default()
    }
}

/// A core and its SMPP side, which only accept: nothing is delivered, so that the figure is one thing.
async fn start(directory: &Path) -> (Core, Frontend) {
    let mut options = JournalOptions::default();
    options.pending_limit = 20_000_000;
    let queue = JournalQueue::open(directory, options).unwrap();
    let core = Core::start(Setup::new(Arc::new(queue), Arc::new(SingleRoute(Lane::from("nobody"))))).await.unwrap();
    let config = FrontendConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        system_id: "smsc".into(),
        accounts: vec![Account::new("test", "test")],
        server: ServerConfig::default(),
    };
    let frontend = Frontend::start(config, Arc::new(core.clone())).await.unwrap();
    (core, frontend)
}

const GRACE: Duration = Duration::from_secs(5);

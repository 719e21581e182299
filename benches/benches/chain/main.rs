//! The whole way: a partner, the gateway, the core, the gateway, a carrier, and the receipts all the way back.
//!
//! `cargo bench -p smsc-benches --bench chain [-- [--test] [--window 100]]`
//!
//! `--window`: how many messages may be unanswered on each of the binds to the carrier; the default of a bind is 100, of
//! this bench 1,000, for at 10,000 messages a second a hundred are answered within ten milliseconds or hold everything up.
//!
//! Everything runs in this process: core and gateway in the runtimes that the programs make for themselves, the others on
//! a thread each. They talk over TCP and HTTP on loopback as they would between processes. The core keeps every message
//! durably in its journal; rate limits are off, and there are no records. Kannel, where it is installed, is given the
//! same carrier and its spool, and is loaded over HTTP, which is its own way in.

mod carrier;
mod kannel;
mod load;
mod node;

use std::path::{Path, PathBuf};
use std::time::Duration;

use carrier::Carrier;
use mimalloc::MiMalloc;
use node::{Binding, Place, thread};
use smsc_benches::arguments::number;

/// As the programs have it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Messages that may be unanswered on each bind to the carrier.
const WINDOW: u32 = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let smoke = arguments.iter().any(|argument| argument == "--test") || !arguments.iter().any(|argument| argument == "--bench");
    // Only the first one counts, and this is the first.
    let _ = smpp_session::net::rustls::crypto::ring::default_provider().install_default();
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chain-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    let window = number(&arguments, "--window").map_or(WINDOW, |window| window.try_into().expect("--window is too large"));
    println!("window of each bind to the carrier: {window}");
    let passed = [speed(&root, smoke, window), latency(&root, smoke, window)];
    std::fs::remove_dir_all(&root).unwrap();
    assert!(smoke || passed.iter().all(|passed| *passed), "a bar was missed");
}

/// Messages a second, receipts back, with a gateway between, without one, and by Kannel.
fn speed(root: &Path, smoke: bool, window: u32) -> bool {
    let (rounds, messages, kannels) = if smoke { (1, 600, 0) } else { (5, 150_000, 10_000) };
    let (mut far, mut near, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        far.push(run(&root.join(format!("far{round}")), (Place::Gateway, window), messages));
        near.push(run(&root.join(format!("near{round}")), (Place::Core, window), messages));
        println!(
            "{messages} messages, receipts back: gateway and core {:>7.0}/s   core alone {:>7.0}/s",
            far[round], near[round]
        );
        if let Some(rate) = (kannels > 0).then(|| kannel::run(kannels)).flatten() {
            println!("{kannels} messages through Kannel, without receipts: {rate:>7.0}/s");
            others.push(rate);
        }
    }
    let times = median(&mut far.clone()) / median(&mut others.clone());
    let (far, near) = (median(&mut far), median(&mut near));
    let known = others.is_empty() || times >= 5.0;
    verdict(smoke, far >= 15_000.0, &format!("gateway and core: median {far:.0}/s, at least 15,000/s is the bar"))
        & verdict(
            smoke,
            near >= 40_000.0,
            &format!("core with its own carriers: median {near:.0}/s, at least 40,000/s is the bar"),
        )
        & verdict(smoke, known, &format!("{times:.1} times Kannel, at least 5 is the bar (NaN: it is not installed)"))
}

/// The time from a submission to the carrier at a thousand messages a second.
fn latency(root: &Path, smoke: bool, window: u32) -> bool {
    let (rate, time) = if smoke { (200, Duration::from_millis(500)) } else { (1_000, Duration::from_secs(20)) };
    let carrier = thread(Carrier::start);
    let chain = node::Chain::start(&root.join("latency"), Place::Gateway, Binding { address: carrier.value.address, window });
    let times = load::paced(chain.address, (rate, time), &carrier.value);
    chain.close();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    let (half, most) = (at(0.5), at(0.99));
    let text = format!("added at {rate}/s: p50 {half:.1?}, p99 {most:.1?}, {} messages; p50 below 5 ms is the bar", times.len());
    verdict(smoke, half < Duration::from_millis(5), &text)
}

fn run(directory: &Path, (place, window): (Place, u32), messages: usize) -> f64 {
    let carrier = thread(Carrier::start);
    let chain = node::Chain::start(directory, place, Binding { address: carrier.value.address, window });
    let rate = load::flood(chain.address, messages);
    assert_eq!(carrier.value.count(), messages, "each message reaches the carrier once");
    chain.close();
    std::fs::remove_dir_all(directory).unwrap();
    rate
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn verdict(smoke: bool, passed: bool, text: &str) -> bool {
    println!(
        "{}: {text}",
        if smoke {
            "smoke"
        } else if passed {
            "passed"
        } else {
            "MISSED"
        }
    );
    passed
}

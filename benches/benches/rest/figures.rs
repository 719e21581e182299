//! The figures of the operators' handbook: raw submissions, the profiles of batches, and what serving metrics costs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use smsc_engine::core::BatchOptions;

use crate::load::{self, Outcome};
use crate::node::Node;
use crate::{median, serve, server, submission, verdict};

/// R-OPS-36: TPDUs that nobody waits for, from one caller.
pub(crate) fn raw(root: &Path, smoke: bool) -> bool {
    let time = if smoke { Duration::from_millis(200) } else { Duration::from_secs(10) };
    let outcome = with_node(root, BatchOptions::default(), |address, _| load::run(address, (1, time), 202, raw_submission));
    let (median, last) = (outcome.percentile(0.5), outcome.percentile(0.99));
    let told = format!("raw submissions: {:.0}/s, p50 {median:.1?}, p99 {last:.1?}", outcome.rate);
    let passed = outcome.rate >= 4_650.0 && median <= Duration::from_micros(184) && last <= Duration::from_micros(550);
    verdict(smoke, passed, &format!("{told}; 4650/s, 184 µs and 550 µs are the bars"))
}

/// R-OPS-37: durable messages a second with each profile of batches.
pub(crate) fn profiles(root: &Path, smoke: bool) -> bool {
    let time = if smoke { Duration::from_millis(200) } else { Duration::from_secs(5) };
    let mut passed = true;
    for (name, size, millis, bar) in [
        ("high volume", 200, 200, 5_000.0),
        ("balanced", 100, 100, 4_500.0),
        ("low latency", 50, 20, 3_000.0),
        ("immediate", 10, 10, 1_500.0),
    ] {
        let options = BatchOptions {
            batch_size: size,
            flush_interval: Duration::from_millis(millis),
            capacity: 200_000,
            ..BatchOptions::default()
        };
        let rate = with_node(root, options, |address, node| {
            let start = Instant::now();
            let outcome = load::run(address, (64, time), 202, async_submission);
            // An answer only says that there was room; what counts is what is in the queue.
            while node.queued() < outcome.latencies.len() as u64 {
                std::thread::sleep(Duration::from_millis(1));
            }
            outcome.latencies.len() as f64 / start.elapsed().as_secs_f64()
        });
        passed &=
            verdict(smoke, rate >= bar, &format!("batches of {size}, {millis} ms ({name}): {rate:.0}/s, {bar:.0}/s is the bar"));
    }
    passed
}

/// R-OPS-27: durable submissions while metrics are fetched every second, and while they are not, in turns.
pub(crate) fn metrics(root: &Path, smoke: bool) -> bool {
    let (rounds, time) = if smoke { (1, Duration::from_millis(200)) } else { (9, Duration::from_secs(3)) };
    let mut ratios = Vec::new();
    for _ in 0..rounds {
        let run = |is_watched: bool| {
            with_node(root, BatchOptions::default(), |address, node| {
                let scraped = is_watched.then(|| node.serve_metrics());
                watched(scraped, || load::run(address, (64, time), 201, submission))
            })
        };
        let (without, with) = (run(false), run(true));
        println!("metrics: {:>8.0}/s without, {:>8.0}/s with", without.rate, with.rate);
        ratios.push(with.rate / without.rate);
    }
    let median = median(&mut ratios);
    verdict(smoke, median >= 0.97, &format!("metrics fetched every second: median ratio {median:.3}, at least 0.97 is the bar"))
}

/// Runs something on a centre of its own.
pub(crate) fn with_node<T>(root: &Path, options: BatchOptions, run: impl FnOnce(SocketAddr, &Node) -> T) -> T {
    let (runtime, directory) = (server(), root.join("figures"));
    let node = runtime.block_on(Node::with(&directory, options));
    let address = runtime.block_on(serve(node.router()));
    let inside = runtime.enter();
    let result = run(address, &node);
    drop(inside);
    runtime.block_on(node.close());
    std::fs::remove_dir_all(&directory).unwrap();
    result
}

/// Fetches the metrics every second while something runs, the first time at once.
fn watched(metrics: Option<SocketAddr>, run: impl FnOnce() -> Outcome) -> Outcome {
    let Some(address) = metrics else { return run() };
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let scraper = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let mut stream = TcpStream::connect(address).unwrap();
                stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
                let mut text = String::new();
                stream.read_to_string(&mut text).unwrap();
                assert!(text.contains("sms_c_queue_size_pending"), "{text}");
                std::thread::park_timeout(Duration::from_secs(1));
            }
        });
        let outcome = run();
        over.store(true, Ordering::Relaxed);
        scraper.thread().unpark();
        outcome
    })
}

fn raw_submission(number: u64) -> String {
    // An SMS-SUBMIT whose recipient has the number in its last eight digits.
    let digits = format!("4477{number:08}").into_bytes();
    let address: String = digits.chunks(2).map(|pair| format!("{}{}", char::from(pair[1]), char::from(pair[0]))).collect();
    let body =
        format!(r#"{{"pdu":"0001000C91{address}000004D4F29C0E","source_smsc":"api_client","source_msisdn":"+15551234567"}}"#);
    posted("/api/messages_raw/async", &body)
}

fn async_submission(number: u64) -> String {
    let text = submission(number);
    text.replacen("/api/messages ", "/api/messages/create_async ", 1)
}

fn posted(path: &str, body: &str) -> String {
    let length = body.len();
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
}

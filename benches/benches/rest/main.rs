//! The REST API: durable submissions beside a handler that only parses the same JSON, work lists beside long queues, and
//! a gateway that talks in bulk.
//!
//! `cargo bench -p smsc-benches --bench rest [-- --test] [-- posts lists raw profiles metrics dashboard bulk]`: those that
//! are named, or all.
//!
//! Both servers stand on axum, listen on loopback and are loaded in turns by the same callers. The API's rate limits
//! are off, and it runs without events, records and the memory of repeats.

mod browser;
mod bulk;
mod figures;
mod load;
mod node;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use mimalloc::MiMalloc;
use serde::{Deserialize, Serialize};
use tokio::runtime::{Builder, Runtime};

use smsc_engine::http::listen::{ListenOptions, Listener};

use node::Node;

/// What the handler without a centre behind it answers.
#[derive(Serialize)]
struct Answer {
    status: &'static str,
    data: Submission,
}

#[derive(Serialize, Deserialize)]
struct Submission {
    source_msisdn: String,
    destination_msisdn: String,
    message_body: String,
    source_smsc: String,
}

/// As the programs have it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let smoke = arguments.iter().any(|argument| argument == "--test") || !arguments.iter().any(|argument| argument == "--bench");
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("rest-{}", std::process::id()));
    std::fs::create_dir_all(&root).unwrap();
    let is_wanted = |name: &str| arguments.iter().any(|argument| argument == name);
    let all = !PARTS.iter().any(|(name, _)| is_wanted(name));
    let parts = PARTS.iter().filter(|(name, _)| all || is_wanted(name));
    let passed: Vec<bool> = parts.map(|(_, run)| run(&root, smoke)).collect();
    std::fs::remove_dir_all(&root).unwrap();
    assert!(smoke || passed.iter().all(|passed| *passed), "a bar was missed");
}

/// What is measured; each tells whether its bar is met.
type Part = fn(&Path, bool) -> bool;

const PARTS: [(&str, Part); 7] = [
    ("posts", submissions),
    ("lists", work_lists),
    ("raw", figures::raw),
    ("profiles", figures::profiles),
    ("metrics", figures::metrics),
    ("dashboard", browser::onlookers),
    ("bulk", gateway),
];

/// Durable submissions against parsing alone.
fn submissions(root: &Path, smoke: bool) -> bool {
    let (rounds, time, connections) = if smoke { (1, Duration::from_millis(200), 8) } else { (9, Duration::from_secs(2), 256) };
    let mut ratios = Vec::new();
    for round in 0..rounds {
        let bare = {
            let runtime = server();
            let address = runtime.block_on(serve(Router::new().route("/api/messages", post(parse))));
            load::run(address, (connections, time), 201, submission)
        };
        let ours = {
            let (runtime, directory) = (server(), root.join(round.to_string()));
            let node = runtime.block_on(Node::start(&directory));
            let address = runtime.block_on(serve(node.router()));
            let outcome = load::run(address, (connections, time), 201, submission);
            runtime.block_on(node.close());
            std::fs::remove_dir_all(&directory).unwrap();
            outcome
        };
        let ratio = ours.rate / bare.rate;
        println!(
            "{connections} connections: parsing alone {:>8.0}/s {:>5.1} µs   durable {:>8.0}/s {:>5.1} µs   ratio {ratio:.2}   \
             p50 {:.1?} p99 {:.1?}",
            bare.rate,
            bare.cpu,
            ours.rate,
            ours.cpu,
            ours.percentile(0.5),
            ours.percentile(0.99)
        );
        ratios.push(ratio);
    }
    let median = median(&mut ratios);
    verdict(smoke, median >= 0.5, &format!("durable submissions: median ratio {median:.2}, at least 0.50 is the bar"))
}

/// Work lists of a frontend with much and with little queued.
fn work_lists(root: &Path, smoke: bool) -> bool {
    let (few, many, calls) = if smoke { (300, 1_000, 20) } else { (1_000, 1_000_000, 3_000) };
    let (runtime, directory) = (server(), root.join("lists"));
    let node = runtime.block_on(Node::start(&directory));
    // So short that no list of ten runs dry, however fast it is polled.
    node.set_lease(Duration::from_millis(2));
    let address = runtime.block_on(serve(node.router()));
    runtime.block_on(node.fill("elsewhere", many - few));
    runtime.block_on(node.fill("here", few));
    let [short, long] = median_polls(address, ["here", "elsewhere"], calls);
    let ratio = long.as_secs_f64() / short.as_secs_f64();
    println!("polling for 10 messages: {few} queued {short:.1?}, {} queued {long:.1?}, ratio {ratio:.2}", many - few);
    let passed = verdict(smoke, ratio <= 1.3, &format!("work lists: ratio {ratio:.2}, at most 1.30 is the bar"));
    runtime.block_on(node.close());
    drop(runtime);
    let start = Instant::now();
    let runtime = server();
    let node = runtime.block_on(Node::start(&directory));
    let (opened, queued) = (start.elapsed(), node.queued());
    assert_eq!(queued, many as u64);
    runtime.block_on(node.close());
    passed
        & verdict(
            smoke,
            opened < Duration::from_secs(5),
            &format!("start with {queued} queued: {opened:.2?}, under 5 s is the bar"),
        )
}

/// Messages through a gateway and a core, each durable when it is answered, on the same machine.
fn gateway(root: &Path, smoke: bool) -> bool {
    let (rounds, messages) = if smoke { (1, 2_000) } else { (5, 200_000) };
    let mut rates = Vec::new();
    for round in 0..rounds {
        let (runtime, directory) = (server(), root.join(format!("bulk-{round}")));
        let node = runtime.block_on(Node::start(&directory));
        let listener = runtime.block_on(Listener::start(ListenOptions::new(([127, 0, 0, 1], 0).into()), node.router())).unwrap();
        let through = server().block_on(bulk::through(listener.address(), messages));
        let wait = |share: f64| through.waits[(through.waits.len() as f64 * share) as usize];
        println!(
            "in bulk: {:>8.0}/s handed in, leased and reported   alone p50 {:.1?} p99 {:.1?}",
            through.rate,
            wait(0.5),
            wait(0.99)
        );
        assert_eq!(node.queued(), 0);
        rates.push(through.rate);
        drop(listener);
        runtime.block_on(node.close());
        std::fs::remove_dir_all(&directory).unwrap();
    }
    let median = median(&mut rates);
    verdict(smoke, median >= 15_000.0, &format!("in bulk: median {median:.0}/s, at least 15000/s is the bar"))
}

/// How long one call for ten messages takes, in turns so that a noisy moment meets both.
fn median_polls(address: SocketAddr, frontends: [&'static str; 2], calls: usize) -> [Duration; 2] {
    let mut latencies = [Vec::new(), Vec::new()];
    while latencies.iter().any(|seen| seen.len() < calls) {
        for (frontend, seen) in frontends.into_iter().zip(&mut latencies) {
            let request =
                move |_| format!("GET /api/messages/queue?smsc={frontend}&limit=10 HTTP/1.1\r\nhost: localhost\r\n\r\n");
            let outcome = load::run(address, (1, Duration::from_millis(100)), 200, request);
            assert!(outcome.shortest > TEN_MESSAGES, "{frontend}: {} octets are no ten messages", outcome.shortest);
            seen.extend(outcome.latencies);
        }
    }
    latencies.map(|mut seen| {
        seen.sort();
        seen[seen.len() / 2]
    })
}

/// Octets that ten messages take at least.
const TEN_MESSAGES: usize = 3_000;

fn submission(number: u64) -> String {
    let body = format!(
        r#"{{"source_msisdn":"+15551234567","destination_msisdn":"+4477{number:08}","message_body":"Your parcel comes today between 14:00 and 16:00.","source_smsc":"api_client"}}"#
    );
    let length = body.len();
    format!(
        "POST /api/messages HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

async fn parse(Json(data): Json<Submission>) -> (StatusCode, Json<Answer>) {
    (StatusCode::CREATED, Json(Answer { status: "success", data }))
}

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address
}

fn server() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn median(ratios: &mut [f64]) -> f64 {
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Prints what came of it; a smoke run says nothing about speed.
fn verdict(smoke: bool, passed: bool, text: &str) -> bool {
    if !smoke {
        println!("{}  {text}", if passed { "PASS" } else { "FAIL" });
    }
    passed
}

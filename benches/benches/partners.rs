//! What a thousand partners cost a gateway that are bound and say nothing.
//!
//! `cargo bench -p smsc-benches --bench partners [-- --test] [-- PARTNERS]`
//!
//! The partners are in a process of their own, so that the figure is the gateway's alone.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use mimalloc::MiMalloc;
use smpp_session::net::{Client, Incoming, ServerConfig};
use smpp_session::{BindKind, Config, Credentials};
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::core::route::SingleRoute;
use smsc_engine::core::{Core, Setup};
use smsc_engine::frontend::{BindState, Binds, BindsOptions, ServerPeer};
use smsc_engine::model::Lane;
use tokio::runtime::Runtime;

/// As the programs have it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let smoke = arguments.iter().any(|argument| argument == "--test") || !arguments.iter().any(|argument| argument == "--bench");
    let partners = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(if smoke { 10 } else { 1000 });
    let runtime = Runtime::new().unwrap();
    match arguments.iter().find_map(|argument| argument.strip_prefix("--clients-of=")) {
        Some(address) => runtime.block_on(clients(address.parse().unwrap(), partners)),
        None => runtime.block_on(gateway(partners)),
    }
}

async fn gateway(partners: usize) {
    let queue = Arc::new(MemoryQueue::new(1_000_000, 1_000_000));
    let core = Core::start(Setup::new(queue, Arc::new(SingleRoute(Lane::from("nobody"))))).await.unwrap();
    let listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let server = ServerConfig { max_connections: partners, ..ServerConfig::default() };
    let binds = Binds::start(BindsOptions { listen, system_id: "gateway".into(), server }, Arc::new(core)).await.unwrap();
    let alone = resident();
    binds.set_servers((0..partners).map(|number| ServerPeer::new(name(number), name(number), "secret")).collect()).unwrap();
    let defined = resident();
    let mut child = start_clients(binds.listener().unwrap().address, partners);
    // Each side has been asked once whether it is there, if the time is long enough.
    tokio::time::sleep(Duration::from_secs(if partners < 1000 { 0 } else { 40 })).await;
    let bound = binds.list().iter().filter(|bind| bind.state == BindState::Connected).count();
    let all = resident();
    println!("{bound} of {partners} partners bound");
    println!("process: {alone} KiB with none, {defined} KiB with all defined, {all} KiB with all bound");
    println!("each: {:.1} KiB", (all - alone) as f64 / partners as f64);
    println!("{}  less than {MOST} KiB is the bar", if all < MOST && bound == partners { "PASS" } else { "FAIL" });
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Returns when all are bound.
fn start_clients(address: SocketAddr, partners: usize) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([format!("--clients-of={address}"), partners.to_string(), "--bench".into()]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
    child
}

async fn clients(address: SocketAddr, partners: usize) {
    let mut bound = Vec::with_capacity(partners);
    for number in 0..partners {
        let take = |incoming: Incoming| _ = incoming.acknowledge();
        let client = Client::connect(address, Config::default(), take).await.unwrap();
        client.bind(BindKind::Transceiver, &Credentials::new(name(number), "secret")).await.unwrap();
        bound.push(client);
    }
    println!("bound");
    std::future::pending::<()>().await;
}

fn name(number: usize) -> String {
    format!("partner{number}")
}

/// What this process takes of the memory, in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

// 100 MiB
const MOST: u64 = 100 * 1024;

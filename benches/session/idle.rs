//! Ten thousand sessions that do nothing: what they weigh, and whether they are kept alive on time.
//!
//! The ESMEs live in a process of their own, so that the memory measured is the server's alone.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use smpp_pdu::{BindTransceiver, EnquireLinkResp};
use smpp_session::net::{Server, ServerConfig};
use smpp_session::{Config, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::load::{Aside, one_thread};
use crate::ours::{self, Mc, submit};
use crate::raw::{next, octets};
use crate::{Plan, bar, process};

pub(crate) fn run(plan: Plan) {
    let sessions = plan.idle.min(process::descriptors().saturating_sub(200));
    if sessions < plan.idle {
        println!("only {sessions} sessions: the limit of open files is {}", process::descriptors());
    }
    let (seconds, before) = (if plan.smoke { 1 } else { 12 }, process::resident());
    let (server, address) = server(sessions + 10);
    let program = std::env::current_exe().unwrap();
    let arguments = ["idle-peers".into(), address.to_string(), sessions.to_string(), seconds.to_string()];
    let mut peers = Command::new(program).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(peers.stdout.take().unwrap()).lines().map(Result::unwrap);
    println!("{}", lines.next().unwrap());
    let bound = process::resident();
    lines.for_each(|line| println!("{line}"));
    assert!(peers.wait().unwrap().success());
    let after = process::resident();
    drop(server);
    let each = |resident: u64| resident.saturating_sub(before) as f64 / sessions as f64;
    println!("server: {:.2} KiB per session once bound, {:.2} KiB after {seconds} s of keep-alives", each(bound), each(after));
    let most = each(bound).max(each(after));
    bar(plan, "KiB per idle session, at most 12", most, most <= 12.0);
}

fn server(max_connections: usize) -> (Aside, SocketAddr) {
    let (sender, address) = mpsc::channel();
    let aside = Aside::run(move || async move {
        let timers = Timeouts { enquire_link: Some(INTERVAL), ..Timeouts::default() };
        let session = Config { timers, ..Config::default() };
        let config = ServerConfig { session, max_connections, ..ServerConfig::default() };
        let server = Server::bind("127.0.0.1:0", config, Arc::new(Mc)).await.unwrap();
        sender.send(server.local_addr()).unwrap();
        std::future::pending().await
    });
    (aside, address.recv().unwrap())
}

/// The process of the ESMEs.
pub(crate) fn peers(address: &str, sessions: &str, seconds: &str) {
    let (address, seconds) = (address.parse().unwrap(), Duration::from_secs(seconds.parse().unwrap()));
    let sessions: usize = sessions.parse().unwrap();
    one_thread().block_on(async {
        let gaps = Arc::new(Mutex::new(Vec::new()));
        let start = Instant::now();
        for _ in 0..sessions {
            let stream = bind(address).await;
            tokio::spawn(keep_alive(stream, gaps.clone()));
        }
        println!("{sessions} sessions bound in {:.1?}", start.elapsed());
        let client = ours::connect(address, Config { window: 1, ..Config::default() }).await;
        let (start, mut times) = (Instant::now(), Vec::new());
        while start.elapsed() < seconds {
            times.push(client.call(&submit()).await.unwrap().took());
        }
        print("submit_sm awaited meanwhile", &mut times);
        let mut late: Vec<Duration> = gaps.lock().unwrap().iter().map(|gap: &Duration| gap.saturating_sub(INTERVAL)).collect();
        print("enquire_link later than its time by", &mut late);
    });
}

async fn bind(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&octets(&BindTransceiver { interface_version: 0x34, ..Default::default() })).await.unwrap();
    let mut input = BytesMut::new();
    while next(&mut input).is_none() {
        assert!(stream.read_buf(&mut input).await.unwrap() > 0);
    }
    stream
}

/// Answers every enquire_link and notes the time since the one before.
async fn keep_alive(mut stream: TcpStream, gaps: Arc<Mutex<Vec<Duration>>>) {
    let mut answer = octets(&EnquireLinkResp::default());
    let (mut input, mut last) = ([0; 16], Instant::now());
    while stream.read_exact(&mut input).await.is_ok() {
        gaps.lock().unwrap().push(last.elapsed());
        answer[12..].copy_from_slice(&input[12..]);
        stream.write_all(&answer).await.unwrap();
        last = Instant::now();
    }
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    if let Some(longest) = times.last() {
        let [half, p99] = [times[times.len() / 2], times[times.len() * 99 / 100]];
        println!("{what}: half {half:.1?}, p99 {p99:.1?}, longest {longest:.1?} of {}", times.len());
    }
}

/// Silence after which the server asks.
const INTERVAL: Duration = Duration::from_secs(5);

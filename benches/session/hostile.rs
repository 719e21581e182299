//! What attacks cost a good client in pace, and the server in memory.
//!
//! The attacker is a process of its own with the lowest priority: in the field it has a machine of
//! its own, and must not win by taking our processors. What the protocol owes it is tested with
//! the crate; here it only does its worst.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use smpp_pdu::{BindTransceiver, CStr, CommandStatus, DeliverSm, DeliverSmResp, Password};
use smpp_session::Config;
use smpp_session::net::{Incoming, IncomingBind, Link, Service};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::load::{Outcome, Tally, median, one_thread};
use crate::ours::{self, Manner, Mc, submit};
use crate::raw::octets;
use crate::{Plan, bar, chosen, process};

const ATTACKS: [(&str, &str); 10] = [
    ("garbage", "8 at a time connect, send 4096 octets of noise, and again"),
    ("length", "8 at a time connect, announce a PDU of 4 GB, and again"),
    ("half", "500 connections with half a bind"),
    ("trickle", "500 connections, an octet a second each"),
    ("flood", "4 sessions send messages and never read"),
    ("silent", "100 sessions never answer what they are asked"),
    ("strays", "4 sessions send nothing but answers to nothing"),
    ("state", "4 connections send messages without a bind"),
    ("connects", "8 at a time connect and leave, and again"),
    ("guesses", "8 at a time bind with a wrong password, and again"),
];

pub(crate) fn run(plan: Plan) {
    println!("{:<58}{:>12}{:>12}{:>8}{:>12}", "attack", "alone /s", "under it /s", "ratio", "memory MiB");
    let (mut worst, mut most) = (f64::MAX, 0.0_f64);
    for (name, what) in chosen(&ATTACKS, |(name, _)| (*name).into()) {
        let (mut alone, mut under, mut memory) = (Vec::new(), Vec::new(), 0_u64);
        for _ in 0..plan.rounds {
            alone.push(turn(plan, None).0);
            let (outcome, grown) = turn(plan, Some(name));
            under.push(outcome);
            memory = memory.max(grown);
        }
        let (alone, under, memory) = (median(alone).rate, median(under).rate, memory as f64 / 1024.0);
        println!("{what:<58}{alone:>12.0}{under:>12.0}{:>8.2}{memory:>12.1}", under / alone);
        (worst, most) = (worst.min(under / alone), most.max(memory));
    }
    bar(plan, "least part of its pace the good client keeps, at least 0.8", worst, worst >= 0.8);
    bar(plan, "MiB an attack makes the server grow by, at most 32", most, most <= 32.0);
}

/// The good client's pace, and KiB the process grew by.
fn turn(plan: Plan, attack: Option<&str>) -> (Outcome, u64) {
    let (server, address) = ours::server(Arc::new(Doorman), Duration::ZERO);
    let before = process::resident();
    let attacker = attack.map(|name| Attacker::start(name, address));
    let tally = Tally::default();
    let client = ours::client(Manner::Tasks, address, Config { window: 10, ..Config::default() }, tally.clone());
    let outcome = tally.watch(plan.time);
    let grown = process::resident().saturating_sub(before);
    drop((attacker, client, server));
    (outcome, grown)
}

/// Serves like the other MC, wants a password, and asks whoever is evil.
struct Doorman;

impl Service for Doorman {
    fn bind(&self, bind: IncomingBind) {
        if bind.request().password.expose() == b"secret" {
            bind.accept(CStr::default()).unwrap();
        } else {
            bind.refuse(CommandStatus::RINVPASWD);
        }
    }

    fn bound(&self, link: &Link) {
        if link.system_id() == "silent" {
            while link.request(&DeliverSm::default()).is_ok() {}
        }
    }

    fn request(&self, request: Incoming) {
        Mc.request(request);
    }
}

/// The process of the attacker, killed when dropped.
struct Attacker(Child);

impl Attacker {
    fn start(name: &str, address: SocketAddr) -> Attacker {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new("nice")
            .args(["-n", "19"])
            .arg(program)
            .args(["attack", name, &address.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Attacker(child)
    }
}

impl Drop for Attacker {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// Attacks until it is killed.
pub(crate) fn attack(name: &str, address: &str) {
    let address: SocketAddr = address.parse().unwrap();
    let noise: Vec<u8> = (0..4096_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8 | 0x80).collect();
    let length = [u32::MAX, 4, 0, 9].iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<u8>>();
    one_thread().block_on(async move {
        match name {
            "garbage" => repeat(8, address, noise, true).await,
            "length" => repeat(8, address, length, true).await,
            "half" => hold(500, address, octets(&bind("evil", "secret"))[..20].to_vec(), None).await,
            "trickle" => hold(500, address, Vec::new(), Some(octets(&bind("evil", "secret")))).await,
            "flood" => flood(4, address, Some("evil"), octets(&submit()), false).await,
            "silent" => hold(100, address, octets(&bind("silent", "secret")), None).await,
            "strays" => flood(4, address, Some("evil"), octets(&DeliverSmResp::default()), false).await,
            "state" => flood(4, address, None, octets(&submit()), true).await,
            "connects" => repeat(8, address, Vec::new(), false).await,
            "guesses" => repeat(8, address, octets(&bind("evil", "guess")), true).await,
            _ => panic!("no attack is called {name}"),
        }
    });
}

fn bind<'a>(system_id: &'a str, password: &'a str) -> BindTransceiver<'a> {
    let (system_id, password) = (CStr::new(system_id).unwrap(), Password::new(password).unwrap());
    BindTransceiver { system_id, password, interface_version: 0x34, ..Default::default() }
}

/// So many at a time connect, send, perhaps wait for an answer, and leave, over and over.
async fn repeat(at_a_time: usize, address: SocketAddr, octets: Vec<u8>, waits: bool) {
    let tasks: Vec<_> = (0..at_a_time)
        .map(|_| {
            let octets = octets.clone();
            tokio::spawn(async move {
                loop {
                    // The server, or this machine's ports, may have had enough.
                    let Ok(mut stream) = TcpStream::connect(address).await else {
                        tokio::time::sleep(Duration::from_millis(1)).await;
                        continue;
                    };
                    // No port is kept busy for a minute.
                    stream.set_zero_linger().unwrap();
                    let _ = stream.write_all(&octets).await;
                    if waits {
                        let _ = stream.read(&mut [0; 64]).await;
                    }
                }
            })
        })
        .collect();
    wait_for(tasks).await;
}

/// So many connections stay and send these octets; then others, one a second.
async fn hold(connections: usize, address: SocketAddr, octets: Vec<u8>, slowly: Option<Vec<u8>>) {
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(&octets).await.unwrap();
        let slowly = slowly.clone();
        tasks.push(tokio::spawn(async move {
            for octet in slowly.into_iter().flatten() {
                let _ = stream.write_all(&[octet]).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            std::future::pending::<()>().await;
        }));
    }
    wait_for(tasks).await;
}

/// So many connections, bound or not, send this PDU as fast as it is taken.
async fn flood(connections: usize, address: SocketAddr, system_id: Option<&str>, pdu: Vec<u8>, reads: bool) {
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut stream = TcpStream::connect(address).await.unwrap();
        if let Some(system_id) = system_id {
            stream.write_all(&octets(&bind(system_id, "secret"))).await.unwrap();
            stream.read_buf(&mut Vec::new()).await.unwrap();
        }
        let pdus = pdu.repeat(500);
        let (mut reader, mut writer) = stream.into_split();
        tasks.push(tokio::spawn(async move { while writer.write_all(&pdus).await.is_ok() {} }));
        if reads {
            tasks.push(tokio::spawn(async move { while let Ok(1..) = reader.read(&mut vec![0; 65_536]).await {} }));
        } else {
            // Dropped, it would close the sending half too.
            std::mem::forget(reader);
        }
    }
    // What fits into the buffers of both sides is taken first; from then on the attack lasts.
    tokio::time::sleep(Duration::from_millis(300)).await;
    wait_for(tasks).await;
}

async fn wait_for(tasks: Vec<tokio::task::JoinHandle<()>>) {
    println!("on");
    for task in tasks {
        task.await.unwrap();
    }
    std::future::pending::<()>().await;
}

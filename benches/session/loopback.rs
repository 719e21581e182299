//! Awaited messages over loopback TCP, one connection.
//!
//! A virtual machine has two speeds, up to five-fold apart at window 1: both threads on one processor, or
//! each on its own and woken across. The scheduler picks for each turn; under `taskset -c 0` every turn
//! has the first.

use std::sync::Arc;
use std::time::Duration;

use smpp_session::Config;
use smpp_session::net::{Server, ServerConfig};

use crate::load::{Outcome, Tally, median};
use crate::ours::{Manner, Mc};
use crate::{Plan, bar, chosen, ours, raw, rusmppc, smpp34};

/// Who talks to whom.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Raw,
    Ours(Manner),
    /// Neither side of ours sleeps while the other is at work.
    Awake(Manner),
    OursToRaw,
    AwakeToRaw,
    RawToOurs,
    Smpp34,
    Smpp34ToRaw,
    RusmppcToRaw,
}

const LINES: [(Line, &str); 13] = [
    (Line::Raw, "bare loop → bare loop"),
    (Line::Ours(Manner::Tasks), "ours, a task each → ours"),
    (Line::Ours(Manner::InTurn), "ours, in turn → ours"),
    (Line::Ours(Manner::Gathered), "ours, gathered → ours"),
    (Line::Awake(Manner::Tasks), "the same, a task each, busy polling"),
    (Line::Awake(Manner::InTurn), "the same, in turn, busy polling"),
    (Line::Awake(Manner::Gathered), "the same, gathered, busy polling"),
    (Line::OursToRaw, "ours → bare loop"),
    (Line::AwakeToRaw, "ours, busy polling → bare loop"),
    (Line::RawToOurs, "bare loop → ours"),
    (Line::Smpp34, "smpp34 → smpp34"),
    (Line::Smpp34ToRaw, "smpp34 → bare loop"),
    (Line::RusmppcToRaw, "rusmppc → bare loop"),
];

pub(crate) fn run(plan: Plan) {
    println!("{:>7}  {:<36}{:>12}{:>14}{:>10}", "window", "client → server", "messages/s", "µs CPU each", "× bare");
    for window in chosen(&[1, 10, 100, 1000], usize::to_string) {
        let mut turns: Vec<Vec<Outcome>> = LINES.map(|_| Vec::new()).into();
        for _ in 0..plan.rounds {
            for ((line, _), turns) in LINES.iter().zip(&mut turns) {
                turns.push(turn(*line, window, plan));
            }
        }
        let outcomes: Vec<Outcome> = turns.into_iter().map(median).collect();
        for ((_, name), outcome) in LINES.iter().zip(&outcomes) {
            print(window, name, *outcome, outcomes[0].rate);
        }
        judge(plan, window, &outcomes);
    }
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        one.push(shared(plan, tokio::runtime::Builder::new_current_thread()));
        let mut workers = tokio::runtime::Builder::new_multi_thread();
        workers.worker_threads(2);
        two.push(shared(plan, workers));
    }
    let (one, two) = (median(one), median(two));
    print(1000, "ours, both on one thread", one, f64::NAN);
    print(1000, "ours, both on two workers", two, f64::NAN);
    bar(plan, "both sides on two workers, thousand a second, at least 500", two.rate / 1e3, two.rate >= 500e3);
}

fn print(window: usize, name: &str, outcome: Outcome, bare: f64) {
    let cpu = outcome.cpu.as_secs_f64() * 1e6;
    let note = if outcome.stalls { "  stalls" } else { "" };
    println!("{window:>7}  {name:<24}{:>12.0}{cpu:>14.2}{:>10.2}{note}", outcome.rate, outcome.rate / bare);
}

fn judge(plan: Plan, window: usize, outcomes: &[Outcome]) {
    let rate = |line: Line| LINES.iter().zip(outcomes).find(|((one, _), _)| *one == line).unwrap().1.rate;
    let kinds = [(Line::Ours as fn(Manner) -> Line, Line::OursToRaw, ""), (Line::Awake, Line::AwakeToRaw, ", busy polling")];
    for (ours, to_raw, how) in kinds {
        // Clients at the same server, and pairs with pairs: a peer has no server of its own to carry at the bare one.
        let client = rate(to_raw) / rate(Line::Smpp34ToRaw).max(rate(Line::RusmppcToRaw));
        let pair = |manner| rate(ours(manner)) / rate(Line::Smpp34);
        let part = |manner| rate(ours(manner)) / rate(Line::Raw);
        let tasks = pair(Manner::Tasks);
        bar(plan, &format!("client{how}, times the fastest peer's at the same server, more than 1"), client, client > 1.0);
        bar(plan, &format!("client and server{how}, times the fastest peer's, more than 1"), tasks, tasks > 1.0);
        for (manner, name) in [(Manner::Tasks, "a task each"), (Manner::InTurn, "in turn"), (Manner::Gathered, "gathered")] {
            let (pair, part) = (pair(manner), part(manner));
            match window {
                1 => bar(
                    plan,
                    &format!("latency in latencies of the bare loop, {name}{how}, at most 1.3"),
                    1.0 / part,
                    part >= 1.0 / 1.3,
                ),
                100 => bar(plan, &format!("times smpp34 → smpp34, {name}{how}, at least 8"), pair, pair >= 8.0),
                1000 => bar(plan, &format!("part of the bare loop, {name}{how}, at least 0.60"), part, part >= 0.6),
                _ => {}
            }
        }
    }
    if window == 1000 {
        let rate = rate(Line::Ours(Manner::Tasks));
        bar(plan, "million a second on one client thread, at least 1", rate / 1e6, rate >= 1e6);
    }
}

fn turn(line: Line, window: usize, plan: Plan) -> Outcome {
    let tally = Tally::default();
    let (server, address) = match line {
        Line::Ours(_) | Line::RawToOurs => ours::server(Arc::new(Mc), Duration::ZERO),
        Line::Awake(_) => ours::server(Arc::new(Mc), VIGIL),
        Line::Smpp34 => smpp34::server(),
        _ => raw::server(),
    };
    let ours =
        |manner, busy_poll| ours::client(manner, address, Config { window, busy_poll, ..Config::default() }, tally.clone());
    let client = match line {
        Line::Raw | Line::RawToOurs => raw::client(address, window, tally.clone()),
        Line::Ours(manner) => ours(manner, Duration::ZERO),
        Line::OursToRaw => ours(Manner::Tasks, Duration::ZERO),
        Line::Awake(manner) => ours(manner, VIGIL),
        Line::AwakeToRaw => ours(Manner::Tasks, VIGIL),
        Line::Smpp34 | Line::Smpp34ToRaw => smpp34::client(address, window, tally.clone()),
        Line::RusmppcToRaw => rusmppc::client(address, window, tally.clone()),
    };
    let outcome = tally.watch(plan.time);
    if line == Line::RusmppcToRaw {
        client.abandon();
    } else {
        drop(client);
    }
    drop(server);
    outcome
}

/// Client and server share a runtime.
fn shared(plan: Plan, mut builder: tokio::runtime::Builder) -> Outcome {
    let tally = Tally::default();
    let counted = tally.clone();
    let thread = std::thread::spawn(move || {
        let runtime = builder.enable_all().build().unwrap();
        runtime.block_on(async {
            let server = Server::bind("127.0.0.1:0", ServerConfig::default(), Arc::new(Mc)).await.unwrap();
            let client = ours::connect(server.local_addr(), Config { window: 1000, ..Config::default() }).await;
            tokio::spawn(ours::call_all(client, 1000, counted)).await.unwrap();
        });
    });
    let outcome = tally.watch(plan.time);
    thread.join().unwrap();
    outcome
}

/// How long those keep looking that do not sleep at once.
const VIGIL: Duration = Duration::from_micros(200);

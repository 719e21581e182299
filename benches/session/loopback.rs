//! Awaited messages over loopback TCP, one connection.
//!
//! A virtual machine has two speeds, up to five-fold apart at window 1: both threads on one processor, or
//! each on its own and woken across. The scheduler picks for each turn; under `taskset -c 0` every turn
//! has the first.

use std::sync::Arc;

use smpp_session::net::{Server, ServerConfig};

use crate::load::{Outcome, Tally, median};
use crate::ours::Mc;
use crate::{Plan, bar, chosen, ours, raw, rusmppc, smpp34};

/// Who talks to whom.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Raw,
    Ours,
    Gathered,
    InTurn,
    OursToRaw,
    RawToOurs,
    Smpp34,
    Smpp34ToRaw,
    RusmppcToRaw,
}

const LINES: [(Line, &str); 9] = [
    (Line::Raw, "bare loop → bare loop"),
    (Line::Ours, "ours → ours"),
    (Line::Gathered, "ours, gathered → ours"),
    (Line::InTurn, "ours, in turn → ours"),
    (Line::OursToRaw, "ours → bare loop"),
    (Line::RawToOurs, "bare loop → ours"),
    (Line::Smpp34, "smpp34 → smpp34"),
    (Line::Smpp34ToRaw, "smpp34 → bare loop"),
    (Line::RusmppcToRaw, "rusmppc → bare loop"),
];

pub(crate) fn run(plan: Plan) {
    println!("{:>7}  {:<24}{:>12}{:>14}{:>10}", "window", "client → server", "messages/s", "µs CPU each", "× bare");
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
    let ours = rate(Line::Ours);
    // Clients at the same server, and pairs with pairs: a peer has no server of its own to carry at the bare one.
    let client = rate(Line::OursToRaw) / rate(Line::Smpp34ToRaw).max(rate(Line::RusmppcToRaw));
    let pair = ours / rate(Line::Smpp34);
    bar(plan, "client, times the fastest peer's at the same server, more than 1", client, client > 1.0);
    bar(plan, "client and server, times the fastest peer's, more than 1", pair, pair > 1.0);
    match window {
        1 => {
            bar(plan, "latency in latencies of the bare loop, at most 1.3", rate(Line::Raw) / ours, rate(Line::Raw) / ours <= 1.3)
        }
        100 => bar(plan, "times smpp34 → smpp34, at least 8", pair, pair >= 8.0),
        1000 => {
            bar(plan, "million a second on one client thread, at least 1", ours / 1e6, ours >= 1e6);
            let parts = [
                (Line::Gathered, "part of the bare loop, in batches as it is, at least 0.60"),
                (Line::InTurn, "part of the bare loop, each awaited in turn, at least 0.60"),
                (Line::Ours, "part of the bare loop, each awaited by a task of its own, at least 0.60"),
            ];
            for (line, what) in parts {
                let part = rate(line) / rate(Line::Raw);
                bar(plan, what, part, part >= 0.6);
            }
        }
        _ => {}
    }
}

fn turn(line: Line, window: usize, plan: Plan) -> Outcome {
    let tally = Tally::default();
    let (server, address) = match line {
        Line::Ours | Line::Gathered | Line::InTurn | Line::RawToOurs => ours::server(Arc::new(Mc)),
        Line::Smpp34 => smpp34::server(),
        _ => raw::server(),
    };
    let client = match line {
        Line::Raw | Line::RawToOurs => raw::client,
        Line::Ours | Line::OursToRaw => ours::client,
        Line::Gathered => ours::gathering_client,
        Line::InTurn => ours::pipelining_client,
        Line::Smpp34 | Line::Smpp34ToRaw => smpp34::client,
        Line::RusmppcToRaw => rusmppc::client,
    };
    let client = client(address, window, tally.clone());
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
            tokio::spawn(ours::load(server.local_addr(), 1000, counted)).await.unwrap();
        });
    });
    let outcome = tally.watch(plan.time);
    thread.join().unwrap();
    outcome
}

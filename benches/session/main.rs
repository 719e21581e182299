//! Sessions: how fast, how large, how steady, beside a bare loop and the peer crates in the same run.
//!
//! `cargo bench -p smsc-benches-session [-- --test] [-- core|loopback [WINDOW]|delayed|idle|hostile [ATTACK]]`
//!
//! Client and server have a thread each unless a line says otherwise. Only ratios within one run
//! mean anything; CPU is that of the whole process, both sides, per message. A bar that is missed
//! is said, and fails nothing: timing on a busy machine is no reason for a red build.

mod core_alone;
mod delayed;
mod hostile;
mod idle;
mod load;
mod loopback;
mod ours;
mod process;
mod raw;
mod rusmppc;
mod smpp34;

use std::time::Duration;

/// How long and how often things are measured.
#[derive(Clone, Copy)]
struct Plan {
    /// Contestants of one table take turns, so many each.
    rounds: usize,
    /// Length of one turn.
    time: Duration,
    /// Sessions that do nothing.
    idle: usize,
    /// Run only once, to see that it runs.
    smoke: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["idle-peers", address, sessions, seconds] => return idle::peers(address, sessions, seconds),
        ["attack", name, address] => return hostile::attack(name, address),
        _ => {}
    }
    let smoke = words.contains(&"--test") || !words.contains(&"--bench");
    let plan = if smoke {
        Plan { rounds: 1, time: Duration::from_millis(100), idle: 100, smoke }
    } else {
        Plan { rounds: 5, time: Duration::from_millis(300), idle: 10_000, smoke }
    };
    let sections: [Section; 5] = [
        ("core", core_alone::run),
        ("loopback", loopback::run),
        ("delayed", delayed::run),
        ("idle", idle::run),
        ("hostile", hostile::run),
    ];
    for (name, run) in chosen(&sections, |(name, _)| (*name).into()) {
        println!("\n== {name}");
        run(plan);
    }
}

/// What is measured together, and its name on the command line.
type Section = (&'static str, fn(Plan));

/// What the arguments leave of a list; all of it if they name none of it.
fn chosen<T: Copy>(list: &[T], name: impl Fn(&T) -> String) -> Vec<T> {
    let named: Vec<T> = list.iter().filter(|item| std::env::args().any(|argument| argument == name(item))).copied().collect();
    if named.is_empty() { list.to_vec() } else { named }
}

/// Says whether a bar is reached; a smoke run says nothing about speed.
fn bar(plan: Plan, what: &str, value: f64, passes: bool) {
    if !plan.smoke {
        println!("{}  {what}: {value:.2}", if passes { "PASS" } else { "FAIL" });
    }
}

//! Sends messages to an MC as fast as it takes them, or at a rate, and tells how it went.
//!
//! `cargo run --release -p smpp-session --example load -- --help`

#![allow(clippy::print_stdout, reason = "a report is printed")]

mod args;
mod connect;
mod ledger;
mod plan;
mod report;
mod sender;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use smpp_session::net::{Client, Stats};
use tokio::task::JoinSet;
use tokio::time::sleep;

use args::{Args, HELP};
use ledger::Ledger;
use plan::Plan;
use report::Report;
use sender::Sender;

/// What stops a run, as one line for the person who started it.
type Failure = String;

fn main() -> ExitCode {
    let outcome = match Args::parse(std::env::args_os().skip(1)) {
        Ok(Some(args)) => run(args),
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => Err(format!("{error}; --help explains")),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(failure) => {
            eprintln!("load: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// True if every message was accepted and every receipt came once.
fn run(args: Args) -> Result<bool, Failure> {
    // One thread serves one connection fastest: nobody has to be woken on another.
    let mut builder = match args.binds {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.enable_all().build().map_err(|error| format!("cannot start: {error}"))?;
    let report = runtime.block_on(load(Arc::new(args)))?;
    print!("{report}");
    Ok(report.is_good())
}

async fn load(args: Arc<Args>) -> Result<Report, Failure> {
    let (ledger, stats) = (Arc::new(Ledger::default()), Stats::new());
    let mut clients = Vec::new();
    for _ in 0..args.binds {
        clients.push(connect::connect(&args, &ledger, &stats).await?);
    }
    let plan = Arc::new(Plan::new(&args));
    let bar = tokio::spawn(show_progress(progress_bar(&args), plan.clone()));
    let start = Instant::now();
    let sent = send(&args, &clients, (&plan, &ledger)).await;
    let took = start.elapsed();
    bar.abort();
    sent?;
    if args.receipts {
        wait_for_receipts(&ledger, args.receipt_wait).await;
    }
    let all = start.elapsed();
    for client in clients {
        client.unbind().await;
    }
    Ok(Report { took, all, stats: stats.snapshot(), receipts: args.receipts.then(|| ledger.tally()) })
}

/// Lets every session send its share.
async fn send(args: &Arc<Args>, clients: &[Client], (plan, ledger): (&Arc<Plan>, &Arc<Ledger>)) -> Result<(), Failure> {
    let mut senders = JoinSet::new();
    for client in clients {
        senders.spawn(Sender::new(client.clone(), args.clone(), plan.clone(), ledger.clone()).run());
    }
    while let Some(sender) = senders.join_next().await {
        sender.map_err(|error| error.to_string())??;
    }
    Ok(())
}

/// Until there is one for each message, or none has come for a while.
async fn wait_for_receipts(ledger: &Ledger, patience: Duration) {
    let (mut seen, mut since) = (ledger.receipts(), Instant::now());
    while !ledger.is_complete() && since.elapsed() < patience {
        sleep(TICK).await;
        if ledger.receipts() != seen {
            (seen, since) = (ledger.receipts(), Instant::now());
        }
    }
}

/// Draws nothing if nobody looks at a terminal.
fn progress_bar(args: &Args) -> ProgressBar {
    let (length, template) = match args.duration {
        None => (Some(args.count), "{wide_bar} {human_pos}/{human_len} {per_sec} {eta}"),
        Some(_) => (None, "{spinner} {human_pos} {per_sec} {elapsed}"),
    };
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
}

async fn show_progress(bar: ProgressBar, plan: Arc<Plan>) {
    loop {
        bar.set_position(plan.answered());
        sleep(TICK).await;
    }
}

const TICK: Duration = Duration::from_millis(50);

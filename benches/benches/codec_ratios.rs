//! Every PDU, both ways, against the yardstick and the peers, in one run and one table.
//!
//! `cargo bench -p smsc-benches --bench codec_ratios`; with `-- --test` every case runs once only.
//! A last argument that is no option keeps only the cases whose name contains it.

mod contest;

use contest::{Contest, Way};
use smsc_benches::allocation::Counting;
use smsc_benches::clock::Sampling;
use smsc_benches::report::{Figure, Report, Row};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let given = |option: &str| arguments.iter().any(|argument| argument == option);
    // `cargo bench` says `--bench`; `cargo test` says nothing, and wants no figures.
    let sampling = if given("--bench") && !given("--test") { Sampling::FULL } else { Sampling::SMOKE };
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let smoke = sampling == Sampling::SMOKE;
    let rows: Vec<Row> = contest::all()
        .into_iter()
        .filter(|contest| wanted.is_none_or(|wanted| contest.case.contains(wanted.as_str())))
        .map(|contest| run(contest, sampling))
        .collect();
    if smoke {
        // One pass says nothing about speed.
        println!("{} cases run once: every decoder takes them, every encoder writes them", rows.len());
        return;
    }
    println!("{}", Report(rows));
}

fn run(mut contest: Contest, sampling: Sampling) -> Row {
    let pdus = contest.pdus as f64;
    let (multiple, frugal) = (contest.multiple(), contest.way != Way::Frame);
    let times = sampling.measure(&mut contest.contestants);
    let figures = contest.contestants.iter_mut().zip(times).map(|(contestant, time)| Figure {
        name: contestant.name,
        nanoseconds: time / pdus,
        allocations: contestant.allocations() as f64 / pdus,
    });
    let figures = figures.collect();
    Row { case: contest.case, way: contest.way.name(), multiple, frugal, figures }
}

impl Contest {
    /// Where the bar is a multiple of the fastest peer, not just being ahead.
    fn multiple(&self) -> bool {
        let message = self.case.starts_with("submit_sm") || self.case.starts_with("deliver_sm");
        let response = self.case.contains("_resp");
        match self.way {
            Way::Decode | Way::Frame => message && !response,
            Way::Encode => false,
            Way::Build => true,
        }
    }
}

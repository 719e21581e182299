//! One case with all who can do it, and the run of a whole bench.

use std::env;

use crate::clock::{Contestant, Sampling};
use crate::report::{Bar, Figure, Report, Row};

/// One case, one way, and all who can do it; ours first.
pub struct Contest {
    /// What is worked on.
    pub case: &'static str,
    /// What is asked for.
    pub way: &'static str,
    /// Works in one batch.
    pub works: usize,
    /// Octets that one work takes in, on average.
    pub octets: f64,
    /// What ours must reach.
    pub bars: Vec<Bar>,
    /// Who competes.
    pub contestants: Vec<Contestant>,
}

impl Contest {
    fn run(mut self, sampling: Sampling) -> Row {
        let works = self.works as f64;
        let times = sampling.measure(&mut self.contestants);
        let figures = self.contestants.iter_mut().zip(times).map(|(contestant, time)| Figure {
            name: contestant.name,
            nanoseconds: time / works,
            allocations: contestant.allocations() as f64 / works,
        });
        let figures = figures.collect();
        Row { case: self.case, way: self.way, octets: self.octets, bars: self.bars, figures }
    }
}

/// The body of a bench's `main`: one table of the contests that the arguments leave.
///
/// `works` is what one work is called, `columns` who has a column of their own; without columns
/// every row names its contestants. With `--test` every case runs once only. A last argument that
/// is no option keeps only the cases whose name contains it.
pub fn hold(contests: Vec<Contest>, works: &'static str, columns: &'static [&'static str]) {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let given = |option: &str| arguments.iter().any(|argument| argument == option);
    // `cargo bench` says `--bench`; `cargo test` says nothing, and wants no figures.
    let sampling = if given("--bench") && !given("--test") { Sampling::FULL } else { Sampling::SMOKE };
    let wanted = arguments.iter().find(|argument| !argument.starts_with('-'));
    let rows: Vec<Row> = contests
        .into_iter()
        .filter(|contest| wanted.is_none_or(|wanted| contest.case.contains(wanted.as_str())))
        .map(|contest| contest.run(sampling))
        .collect();
    if sampling == Sampling::SMOKE {
        // One pass says nothing about speed.
        println!("{} cases run once: every contestant gives the right result", rows.len());
        return;
    }
    println!("{}", Report { rows, works, columns });
}

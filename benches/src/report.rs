//! The table of ratios and the verdict on every bar.
//!
//! It judges; it never fails: timing on a busy machine is no reason for a red build.

use std::fmt::{self, Display, Formatter};

/// What one contestant did in one case.
pub struct Figure {
    /// Who.
    pub name: &'static str,
    /// Nanoseconds for one work.
    pub nanoseconds: f64,
    /// Requests for memory for one work.
    pub allocations: f64,
}

/// One case: ours first.
pub struct Row {
    /// What is worked on.
    pub case: &'static str,
    /// What was asked for.
    pub way: &'static str,
    /// Octets that one work takes in.
    pub octets: f64,
    /// What ours must reach.
    pub bars: Vec<Bar>,
    /// Who did what.
    pub figures: Vec<Figure>,
}

impl Row {
    fn ours(&self) -> Option<&Figure> {
        self.figures.first()
    }

    fn others(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().skip(1)
    }

    fn peers(&self) -> impl Iterator<Item = &Figure> {
        self.others().filter(|figure| !figure.name.starts_with(YARDSTICK))
    }

    /// Nothing where there is nobody to compare with.
    fn judge(&self) -> Vec<Verdict> {
        let verdict = |bar: &Bar| self.measured(*bar).map(|value| Verdict::new(*bar, self, value));
        self.bars.iter().filter_map(verdict).collect()
    }

    fn measured(&self, bar: Bar) -> Option<f64> {
        let ours = self.ours()?;
        let times = |other: &Figure| other.nanoseconds / ours.nanoseconds;
        match bar {
            Bar::Yardstick => self.others().find(|figure| figure.name == YARDSTICK).map(|yardstick| 1.0 / times(yardstick)),
            Bar::NoAllocation => Some(ours.allocations),
            Bar::Ahead | Bar::Multiple(_) => self.peers().map(times).min_by(f64::total_cmp),
            Bar::Nanoseconds(_) => Some(ours.nanoseconds),
            // Octets per nanosecond.
            Bar::Throughput(_) => Some(self.octets / ours.nanoseconds),
        }
    }

    fn line(&self, columns: &[&str], f: &mut Formatter<'_>) -> fmt::Result {
        let Some(ours) = self.ours() else {
            return Ok(());
        };
        write!(f, "{:<WAY$}{:<CASE$}{:>8.1}{:>7.1} ", self.way, self.case, ours.nanoseconds, ours.allocations)?;
        for column in columns {
            match self.others().find(|figure| figure.name == *column) {
                Some(other) => {
                    let ratio = other.nanoseconds / ours.nanoseconds;
                    write!(f, "{:>9.1}{:>7.2}×{:>4.0}", other.nanoseconds, ratio, other.allocations)?;
                }
                None => write!(f, "{:>9}{:>8}{:>4}", "–", "", "")?,
            }
        }
        let failed: Vec<_> = self.judge().into_iter().filter(|verdict| !verdict.pass).collect();
        match failed.first() {
            None => write!(f, "  PASS")?,
            Some(verdict) => write!(f, "  FAIL {}", verdict.bar)?,
        }
        if columns.is_empty() {
            self.named_others(ours, f)?;
        }
        writeln!(f)
    }

    fn named_others(&self, ours: &Figure, f: &mut Formatter<'_>) -> fmt::Result {
        if self.bars.iter().any(|bar| matches!(bar, Bar::Throughput(_))) {
            write!(f, "  {:.2} GB/s", self.octets / ours.nanoseconds)?;
        }
        for other in self.others() {
            let ratio = other.nanoseconds / ours.nanoseconds;
            write!(f, "  | {} {:.1} {ratio:.2}× {:.0}", other.name, other.nanoseconds, other.allocations)?;
        }
        Ok(())
    }
}

/// All rows and what they mean.
pub struct Report {
    /// The table, line by line.
    pub rows: Vec<Row>,
    /// What one work is called.
    pub works: &'static str,
    /// Who has a column; if nobody, every row names who was there.
    pub columns: &'static [&'static str],
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Nanoseconds per {0}, times ours, allocations per {0}.\n", self.works)?;
        write!(f, "{:<WAY$}{:<CASE$}{:>8}{:>7} ", "", "", "ours", "allocs")?;
        for column in self.columns {
            write!(f, "{column:>21}")?;
        }
        writeln!(f)?;
        for row in &self.rows {
            row.line(self.columns, f)?;
        }
        writeln!(f)?;
        let verdicts: Vec<_> = self.rows.iter().flat_map(Row::judge).collect();
        let mut bars: Vec<Bar> = Vec::new();
        for verdict in &verdicts {
            if !bars.contains(&verdict.bar) {
                bars.push(verdict.bar);
            }
        }
        bars.into_iter().try_for_each(|bar| summarize(bar, &verdicts, f))
    }
}

fn summarize(bar: Bar, verdicts: &[Verdict], f: &mut Formatter<'_>) -> fmt::Result {
    let of_bar = || verdicts.iter().filter(|verdict| verdict.bar == bar);
    let failed = of_bar().filter(|verdict| !verdict.pass).count();
    let word = if failed == 0 { "PASS" } else { "FAIL" };
    write!(f, "{word}  {bar}: {} of {} rows", of_bar().count() - failed, of_bar().count())?;
    match of_bar().min_by(|a, b| a.margin().total_cmp(&b.margin())) {
        Some(worst) => writeln!(f, "; worst {:.2} in {} {}", worst.value, worst.way, worst.case),
        None => writeln!(f),
    }
}

/// What ours must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// At most one and a half times what a hand-written routine takes.
    Yardstick,
    /// Nothing is asked of the allocator.
    NoAllocation,
    /// Faster than every peer.
    Ahead,
    /// So many times as fast as the fastest peer.
    Multiple(f64),
    /// At most so many nanoseconds.
    Nanoseconds(f64),
    /// At least so many octets in a nanosecond, which is gigabytes in a second.
    Throughput(f64),
}

impl Bar {
    fn permits(self, value: f64) -> bool {
        match self {
            Bar::Yardstick => value <= 1.5,
            Bar::NoAllocation => value == 0.0,
            Bar::Ahead => value > 1.0,
            Bar::Multiple(least) | Bar::Throughput(least) => value >= least,
            Bar::Nanoseconds(most) => value <= most,
        }
    }
}

impl Display for Bar {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Bar::Yardstick => f.write_str("at most 1.5 × the yardstick"),
            Bar::NoAllocation => f.write_str("no allocation"),
            Bar::Ahead => f.write_str("ahead of every peer"),
            Bar::Multiple(least) => write!(f, "at least {least} × the fastest peer"),
            Bar::Nanoseconds(most) => write!(f, "at most {most} ns"),
            Bar::Throughput(least) => write!(f, "at least {least} GB/s"),
        }
    }
}

struct Verdict {
    bar: Bar,
    case: &'static str,
    way: &'static str,
    value: f64,
    pass: bool,
}

impl Verdict {
    fn new(bar: Bar, row: &Row, value: f64) -> Verdict {
        Verdict { bar, case: row.case, way: row.way, value, pass: bar.permits(value) }
    }

    /// Greater is better, whatever the bar.
    fn margin(&self) -> f64 {
        match self.bar {
            Bar::Yardstick | Bar::NoAllocation | Bar::Nanoseconds(_) => -self.value,
            Bar::Ahead | Bar::Multiple(_) | Bar::Throughput(_) => self.value,
        }
    }
}

/// How a contestant is called that is no peer.
const YARDSTICK: &str = "yardstick";
const WAY: usize = 9;
const CASE: usize = 24;

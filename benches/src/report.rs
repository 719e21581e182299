//! The table of ratios and the verdict on every bar.
//!
//! It judges; it never fails: timing on a busy machine is no reason for a red build.

use std::fmt::{self, Display, Formatter};

/// What one contestant did in one case.
pub struct Figure {
    /// Who.
    pub name: &'static str,
    /// Nanoseconds for one PDU.
    pub nanoseconds: f64,
    /// Requests for memory for one PDU.
    pub allocations: f64,
}

/// One case: ours first.
pub struct Row {
    /// The PDU.
    pub case: &'static str,
    /// What was asked for.
    pub way: &'static str,
    /// True where the issue asks for a multiple of the fastest peer.
    pub multiple: bool,
    /// True where nothing may be allocated; cutting frames shares a buffer, which costs one for each read.
    pub frugal: bool,
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

    fn judge(&self) -> Vec<Verdict> {
        let Some(ours) = self.ours() else {
            return Vec::new();
        };
        let mut verdicts = Vec::new();
        if self.frugal {
            verdicts.push(Verdict::new(Bar::NoAllocation, self, ours.allocations));
        }
        let yardstick = self.others().find(|figure| figure.name == YARDSTICK);
        verdicts.extend(yardstick.map(|yardstick| Verdict::new(Bar::Yardstick, self, ours.nanoseconds / yardstick.nanoseconds)));
        let ratios = || self.peers().map(|peer| peer.nanoseconds / ours.nanoseconds);
        if let Some(least) = ratios().min_by(f64::total_cmp) {
            verdicts.push(Verdict::new(Bar::Ahead, self, least));
            if self.multiple {
                verdicts.push(Verdict::new(Bar::Multiple, self, least));
            }
        }
        verdicts
    }
}

impl Display for Row {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(ours) = self.ours() else {
            return Ok(());
        };
        write!(f, "{:<7}{:<24}", self.way, self.case)?;
        write!(f, "{:>8.1}{:>7.1} ", ours.nanoseconds, ours.allocations)?;
        for column in COLUMNS {
            match self.others().find(|figure| figure.name == column) {
                Some(other) => {
                    let ratio = other.nanoseconds / ours.nanoseconds;
                    write!(f, "{:>9.1}{:>7.2}×{:>4.0}", other.nanoseconds, ratio, other.allocations)?;
                }
                None => write!(f, "{:>9}{:>8}{:>4}", "–", "", "")?,
            }
        }
        let failed: Vec<_> = self.judge().into_iter().filter(|verdict| !verdict.pass).collect();
        match failed.first() {
            None => write!(f, "  PASS"),
            Some(verdict) => write!(f, "  FAIL {}", verdict.bar.name()),
        }
    }
}

/// All rows and what they mean.
pub struct Report(pub Vec<Row>);

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "Nanoseconds per PDU, times ours, allocations per PDU.\n")?;
        write!(f, "{:<31}{:>8}{:>7} ", "", "ours", "allocs")?;
        for column in COLUMNS {
            write!(f, "{column:>21}")?;
        }
        writeln!(f)?;
        for row in &self.0 {
            writeln!(f, "{row}")?;
        }
        writeln!(f)?;
        let verdicts: Vec<_> = self.0.iter().flat_map(Row::judge).collect();
        BARS.into_iter().try_for_each(|bar| summarize(bar, &verdicts, f))
    }
}

fn summarize(bar: Bar, verdicts: &[Verdict], f: &mut Formatter<'_>) -> fmt::Result {
    let of_bar = || verdicts.iter().filter(|verdict| verdict.bar == bar);
    let failed = of_bar().filter(|verdict| !verdict.pass).count();
    let word = if failed == 0 { "PASS" } else { "FAIL" };
    write!(f, "{word}  {}: {} of {} rows", bar.name(), of_bar().count() - failed, of_bar().count())?;
    match of_bar().min_by(|a, b| a.margin().total_cmp(&b.margin())) {
        Some(worst) => writeln!(f, "; worst {:.2} in {} {}", worst.value, worst.way, worst.case),
        None => writeln!(f),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bar {
    Yardstick,
    NoAllocation,
    Ahead,
    Multiple,
}

impl Bar {
    fn name(self) -> &'static str {
        match self {
            Bar::Yardstick => "at most 1.5 × the yardstick",
            Bar::NoAllocation => "no allocation",
            Bar::Ahead => "ahead of every peer",
            Bar::Multiple => "at least 4 × the fastest peer",
        }
    }

    fn permits(self, value: f64) -> bool {
        match self {
            Bar::Yardstick => value <= 1.5,
            Bar::NoAllocation => value == 0.0,
            Bar::Ahead => value > 1.0,
            Bar::Multiple => value >= 4.0,
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
            Bar::Yardstick | Bar::NoAllocation => -self.value,
            Bar::Ahead | Bar::Multiple => self.value,
        }
    }
}

const BARS: [Bar; 4] = [Bar::Yardstick, Bar::NoAllocation, Bar::Ahead, Bar::Multiple];
const YARDSTICK: &str = "yardstick";
const COLUMNS: [&str; 6] = [YARDSTICK, "yardstick lazy", "rusmpp", "rusmpp borrowed", "smpp34", "smpp-codec"];

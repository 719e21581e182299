//! How it went, for people.

use std::fmt;
use std::time::Duration;

use smpp_pdu::CommandStatus;
use smpp_session::Distribution;
use smpp_session::net::{Operation, Snapshot};

use crate::ledger::Tally;

/// Everything known at the end.
pub(crate) struct Report {
    /// From the first message to the last answer.
    pub(crate) took: Duration,
    /// And to the last receipt.
    pub(crate) all: Duration,
    pub(crate) stats: Snapshot,
    pub(crate) receipts: Option<Tally>,
}

impl Report {
    /// Every message was accepted and every receipt came once.
    pub(crate) fn is_good(&self) -> bool {
        let statuses = &self.stats.statuses_in;
        let accepted = statuses.total() == statuses.of(CommandStatus::ROK) && self.stats.counters.expired == 0;
        accepted && self.receipts.is_none_or(|tally| tally.is_good())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = Distribution::default();
        let times = self.stats.response_times.get(&Operation::SubmitSm).unwrap_or(&nothing);
        let rate = times.count() as f64 / self.took.as_secs_f64();
        writeln!(f, "{} messages answered in {:.3?}: {rate:.0} per second", times.count(), self.took)?;
        if self.stats.counters.expired > 0 {
            writeln!(f, "{} not answered in time", self.stats.counters.expired)?;
        }
        show_statuses(f, &self.stats)?;
        show_times(f, times)?;
        match &self.receipts {
            Some(tally) => show_receipts(f, tally, self.all),
            None => Ok(()),
        }
    }
}

fn show_statuses(f: &mut fmt::Formatter<'_>, stats: &Snapshot) -> fmt::Result {
    f.write_str("statuses of all responses:")?;
    for (status, count) in stats.statuses_in.iter() {
        write!(f, " {status} {count}")?;
    }
    match stats.statuses_in.others() {
        0 => writeln!(f),
        others => writeln!(f, " others {others}"),
    }
}

fn show_times(f: &mut fmt::Formatter<'_>, times: &Distribution) -> fmt::Result {
    f.write_str("response times:")?;
    for (name, part) in [("min", 0.0), ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
        write!(f, " {name} {:.3?}", times.quantile(part).unwrap_or_default())?;
    }
    writeln!(f, "  (within 3.2 %)")?;
    let (shortest, longest) = times.range().unwrap_or_default();
    let steps = (0..32).map(|power| Duration::from_micros(1 << power));
    let mut below = 0;
    for limit in steps.skip_while(|limit| *limit < shortest).take_while(|limit| *limit < longest * 2) {
        let within = times.at_most(limit);
        let share = (within - below) as f64 / times.count().max(1) as f64;
        let bar = "#".repeat((share * BAR_WIDTH).round() as usize);
        writeln!(f, "  <= {:>10} {:>10} {:>5.1} % {bar}", format!("{limit:.1?}"), within - below, share * 100.0)?;
        below = within;
    }
    Ok(())
}

fn show_receipts(f: &mut fmt::Formatter<'_>, tally: &Tally, all: Duration) -> fmt::Result {
    let Tally { asked, got, early, missing, duplicate, unknown, same_id } = *tally;
    let rate = got as f64 / all.as_secs_f64();
    writeln!(f, "receipts: asked for {asked}, got {got} within {all:.3?}: {rate:.0} per second")?;
    writeln!(f, "  missing {missing}, duplicate {duplicate}, unknown {unknown}, before the response {early}")?;
    if same_id > 0 {
        writeln!(f, "  {same_id} messages were given the id of another")?;
    }
    Ok(())
}

// With the numbers before it, a line of a usual terminal.
const BAR_WIDTH: f64 = 40.0;

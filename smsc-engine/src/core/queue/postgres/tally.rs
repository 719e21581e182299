//! Counting: what one row counts for, and the sums of a cluster.

use std::collections::BTreeMap;

use crate::model::{Lane, Status};
use crate::sql::{Row as Columns, SqlError};

use super::super::{Counts, LaneCount};
use super::row::{Row, Stand};

/// How many messages of one lane stand how; what a transaction changes may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) pending: i64,
    pub(super) leased: i64,
    pub(super) delivered: i64,
    pub(super) failed: i64,
    pub(super) expired: i64,
    pub(super) rejected: i64,
    pub(super) owed: i64,
}

/// Tallies by lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tallies(pub(super) BTreeMap<Lane, Tally>);

impl Tally {
    fn add(&mut self, other: Tally) {
        self.pending += other.pending;
        self.leased += other.leased;
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.expired += other.expired;
        self.rejected += other.rejected;
        self.owed += other.owed;
    }

    /// What one message counts for, `sign` times.
    fn of(row: &Row, sign: i64) -> Tally {
        let mut tally = Tally::default();
        match &row.stand {
            Stand::Pending(hold) => {
                tally.pending = sign;
                tally.leased = if hold.is_some() { sign } else { 0 };
            }
            Stand::Ended { outcome, owed } => {
                match outcome.state.status() {
                    Status::Delivered => tally.delivered = sign,
                    Status::Expired => tally.expired = sign,
                    Status::Rejected => tally.rejected = sign,
                    Status::Failed | Status::Pending => tally.failed = sign,
                }
                tally.owed = if *owed { sign } else { 0 };
            }
        }
        tally
    }
}

impl Tallies {
    /// Reads the sums of all nodes.
    pub(super) fn read(rows: &[Columns]) -> Result<Self, SqlError> {
        let mut tallies = Tallies::default();
        for columns in rows {
            let lane: String = columns.get("lane")?;
            let tally = Tally {
                pending: columns.get("pending")?,
                leased: columns.get("leased")?,
                delivered: columns.get("delivered")?,
                failed: columns.get("failed")?,
                expired: columns.get("expired")?,
                rejected: columns.get("rejected")?,
                owed: columns.get("owed")?,
            };
            tallies.0.insert(Lane::from(lane.as_str()), tally);
        }
        Ok(tallies)
    }

    /// Counts a row in, or out with a negative sign.
    pub(super) fn count(&mut self, row: &Row, sign: i64) {
        self.0.entry(row.facts.lane.clone()).or_default().add(Tally::of(row, sign));
    }

    pub(super) fn add(&mut self, other: &Tallies) {
        for (lane, tally) in &other.0 {
            self.0.entry(lane.clone()).or_default().add(*tally);
        }
    }

    /// The sum over all lanes.
    pub(super) fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.0.values().for_each(|tally| total.add(*tally));
        total
    }

    pub(super) fn counts(&self) -> Counts {
        let number = |count: i64| u64::try_from(count).unwrap_or(0);
        let lane = |(lane, tally): (&Lane, &Tally)| LaneCount {
            lane: lane.clone(),
            pending: number(tally.pending),
            leased: number(tally.leased),
        };
        let total = self.total();
        Counts {
            lanes: self.0.iter().map(lane).collect(),
            pending: number(total.pending),
            delivered: number(total.delivered),
            failed: number(total.failed),
            expired: number(total.expired),
            rejected: number(total.rejected),
            unrecorded: number(total.owed),
        }
    }
}

//! Who waits for work on which lane, and when there is some as far as this node knows.

use std::collections::HashMap;

use tokio::sync::watch;

use crate::model::{Lane, Timestamp};

/// The lanes that somebody here asked for.
#[derive(Debug, Default)]
pub(super) struct Lanes(HashMap<Lane, Known>);

#[derive(Debug)]
struct Known {
    changes: watch::Sender<u64>,
    due: Option<Timestamp>,
    /// Counts what this node did to the lane and learnt of it: an older answer of the database does not take that back.
    stamp: u64,
}

impl Lanes {
    fn known(&mut self, lane: &Lane) -> &mut Known {
        self.0.entry(lane.clone()).or_insert_with(|| Known { changes: watch::channel(0).0, due: None, stamp: 0 })
    }

    pub(super) fn watch(&mut self, lane: &Lane) -> watch::Receiver<u64> {
        self.known(lane).changes.subscribe()
    }

    pub(super) fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.0.get(lane)?.due
    }

    /// Notes that this node put something on a lane, due then, and wakes who waits.
    pub(super) fn added(&mut self, lane: &Lane, due: Timestamp) {
        let known = self.known(lane);
        known.stamp += 1;
        known.due = Some(known.due.map_or(due, |other| other.min(due)));
        known.changes.send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Returns what to compare the database's answer with.
    pub(super) fn stamp(&mut self, lane: &Lane) -> u64 {
        self.known(lane).stamp
    }

    /// Takes the database's answer to a question that was asked at `stamp`.
    pub(super) fn learn(&mut self, lane: &Lane, due: Option<Timestamp>, stamp: u64) {
        let known = self.known(lane);
        known.due = if known.stamp == stamp { due } else { known.due.into_iter().chain(due).min() };
        known.stamp += 1;
    }

    /// Takes an answer that nobody here asked for and wakes who waits if there is something earlier than was known; not
    /// when something newer is known by now, for the next answer comes soon.
    pub(super) fn hear(&mut self, lane: &Lane, due: Option<Timestamp>, stamp: u64) {
        let before = self.next_due(lane);
        if self.stamp(lane) != stamp {
            return;
        }
        self.learn(lane, due, stamp);
        if due.is_some_and(|due| before.is_none_or(|before| due < before)) {
            self.known(lane).changes.send_modify(|changes| *changes = changes.wrapping_add(1));
        }
    }

    /// Lanes that somebody waits for, with their stamps.
    pub(super) fn watched(&self) -> Vec<(Lane, u64)> {
        let watched = self.0.iter().filter(|(_, known)| known.changes.receiver_count() > 0);
        watched.map(|(lane, known)| (lane.clone(), known.stamp)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_answer_takes_back_nothing_that_came_meanwhile() {
        let (mut lanes, lane) = (Lanes::default(), Lane::from("sandbox"));
        let stamp = lanes.stamp(&lane);
        lanes.added(&lane, Timestamp(50));
        lanes.learn(&lane, Some(Timestamp(70)), stamp);
        assert_eq!(lanes.next_due(&lane), Some(Timestamp(50)));
        let stamp = lanes.stamp(&lane);
        lanes.learn(&lane, Some(Timestamp(70)), stamp);
        assert_eq!(lanes.next_due(&lane), Some(Timestamp(70)));
    }

    #[test]
    fn who_waits_is_woken_by_what_is_earlier_only() {
        let (mut lanes, lane) = (Lanes::default(), Lane::from("sandbox"));
        assert!(lanes.watched().is_empty());
        let mut watch = lanes.watch(&lane);
        assert_eq!(lanes.watched(), [(lane.clone(), 0)]);
        for (due, wakes) in
            [(None, false), (Some(70), true), (Some(80), false), (Some(75), true), (None, false), (Some(90), true)]
        {
            let stamp = lanes.stamp(&lane);
            lanes.hear(&lane, due.map(Timestamp), stamp);
            assert_eq!(watch.has_changed().unwrap(), wakes, "{due:?}");
            watch.mark_unchanged();
        }
        lanes.hear(&lane, Some(Timestamp(1)), 0);
        assert_eq!(lanes.next_due(&lane), Some(Timestamp(90)), "an old answer tells nothing");
    }
}

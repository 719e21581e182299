//! What one transaction makes of the rows it has locked: decided in memory, in the order of the calls, written once.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::super::{Change, ChangeError, End, QueueError};
use super::job::{Drafted, MESSAGE_LIMIT, Stored};
use super::row::{Facts, Hold, Row, Stand};
use super::tally::Tallies;
use crate::model::{FinalState, Lane, MessageId, Timestamp, Word};

/// What a node always decides the same way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// This node.
    pub(super) node: i32,
    /// How far the clock of another node may be behind ours.
    pub(super) margin: Duration,
    /// A record is owed of every message that ended.
    pub(super) records: bool,
    pub(super) pending_limit: usize,
}

/// The rows of one transaction, in the order of their ids.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    rules: Rules,
    pub(super) entries: BTreeMap<MessageId, Entry<'a>>,
    /// New messages, receipts included.
    pub(super) fresh: Vec<&'a Stored>,
    /// Ids that no new message may have.
    taken: HashSet<MessageId>,
    /// Messages that are pending or owe a record.
    used: i64,
}

/// A message that was there before.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) before: Row,
    /// `None` once it is deleted.
    pub(super) now: Option<Row>,
    pub(super) body: Option<&'a Stored>,
    pub(super) erase: bool,
    pub(super) handing: Handing<'a>,
}

/// What becomes of the id that the next MC gave a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handing<'a> {
    Same,
    Gone,
    /// The latest turn counts when an id is given twice.
    Given {
        lane: Lane,
        remote: &'a Word,
        turn: i64,
    },
}

impl<'a> Plan<'a> {
    /// Begins with the rows that were found and locked, the ids known to be in use, and how many messages there are.
    pub(super) fn new(rules: Rules, rows: Vec<(MessageId, Row)>, taken: HashSet<MessageId>, used: i64) -> Self {
        let entry = |(id, row): (MessageId, Row)| (id, Entry::new(row));
        Plan { rules, entries: rows.into_iter().map(entry).collect(), fresh: Vec::new(), taken, used }
    }

    /// Takes new messages, all or none.
    pub(super) fn append(&mut self, messages: &'a [Stored]) -> Result<(), QueueError> {
        let limit = self.rules.pending_limit;
        if usize::try_from(self.used).unwrap_or(0) + messages.len() > limit {
            return Err(QueueError::Full { limit });
        }
        for (admitted, stored) in messages.iter().enumerate() {
            if !self.taken.insert(stored.id) {
                messages.iter().take(admitted).for_each(|stored| _ = self.taken.remove(&stored.id));
                return Err(QueueError::Duplicate(stored.id));
            }
        }
        self.fresh.extend(messages);
        self.used += messages.len() as i64;
        Ok(())
    }

    /// Makes one change.
    pub(super) fn change(&mut self, drafted: &'a Drafted) -> Result<(), ChangeError> {
        if let Some(octets) = drafted.carried.as_ref().map(|stored| stored.body.len()).filter(|octets| *octets > MESSAGE_LIMIT) {
            return Err(ChangeError::TooLarge { octets, limit: MESSAGE_LIMIT });
        }
        let entry = self.entries.get_mut(&drafted.change.id()).ok_or(ChangeError::Unknown)?;
        let row = entry.now.as_mut().ok_or(ChangeError::Unknown)?;
        row.permits(&drafted.change, &self.rules)?;
        if let Some(receipt) = drafted.receipt() {
            if !self.taken.insert(receipt.id) {
                return Err(ChangeError::Duplicate(receipt.id));
            }
            self.fresh.push(receipt);
            self.used += 1;
        }
        self.used -= row.room();
        entry.take(drafted, &self.rules);
        self.used += entry.now.as_ref().map_or(0, Row::room);
        Ok(())
    }

    /// Notes that a record is written; nothing for what has not ended.
    pub(super) fn recorded(&mut self, id: MessageId) {
        if let Some(row) = self.entries.get_mut(&id).and_then(|entry| entry.now.as_mut()) {
            self.used -= row.room();
            if let Stand::Ended { owed, .. } = &mut row.stand {
                *owed = false;
            }
            self.used += row.room();
        }
    }

    /// Ends a lease.
    pub(super) fn release(&mut self, id: MessageId) {
        if let Some(row) = self.entries.get_mut(&id).and_then(|entry| entry.now.as_mut())
            && let Stand::Pending(hold) = &mut row.stand
        {
            *hold = None;
        }
    }

    /// Tells whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.entries.values().all(|entry| !entry.is_changed())
    }

    /// What the transaction changes in the sums.
    pub(super) fn tallies(&self) -> Tallies {
        let mut tallies = Tallies::default();
        for stored in &self.fresh {
            tallies.count(&Row { facts: stored.facts.clone(), stand: Stand::Pending(None) }, 1);
        }
        for entry in self.entries.values().filter(|entry| entry.is_changed()) {
            tallies.count(&entry.before, -1);
            entry.now.iter().for_each(|row| tallies.count(row, 1));
        }
        tallies
    }

    /// Where somebody should look again, and from when on; and the deadlines of what is new there.
    pub(super) fn news(&self) -> Vec<(Lane, Timestamp, Timestamp)> {
        let fresh = self.fresh.iter().map(|stored| &stored.facts);
        let changed = self.entries.values().filter(|entry| entry.is_changed());
        let waiting = changed.filter_map(|entry| entry.now.as_ref()).filter(|row| row.stand == Stand::Pending(None));
        let mut news: BTreeMap<&Lane, (Timestamp, Timestamp)> = BTreeMap::new();
        for facts in fresh.chain(waiting.map(|row| &row.facts)) {
            let (due, expires) = news.entry(&facts.lane).or_insert((Timestamp::MAX, Timestamp::MAX));
            (*due, *expires) = ((*due).min(facts.due), (*expires).min(facts.expires));
        }
        news.into_iter().map(|(lane, (due, expires))| (lane.clone(), due, expires)).collect()
    }
}

impl<'a> Entry<'a> {
    fn new(row: Row) -> Self {
        Entry { now: Some(row.clone()), before: row, body: None, erase: false, handing: Handing::Same }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.now.as_ref() != Some(&self.before) || self.body.is_some() || self.erase || self.handing != Handing::Same
    }

    /// Does what is permitted.
    fn take(&mut self, drafted: &'a Drafted, rules: &Rules) {
        let Some(row) = self.now.as_mut() else { return };
        match &drafted.change {
            Change::Settle(end) | Change::Cancel(end) => {
                let End { outcome, by, erase, .. } = end;
                row.facts.lane = by.as_ref().unwrap_or(&row.facts.lane).clone();
                row.stand = Stand::Ended { outcome: *outcome, owed: rules.records && row.facts.billed };
                self.erase |= erase;
            }
            Change::Retry { attempts, deliver_after, lane, .. } => {
                let lane = lane.as_ref().unwrap_or(&row.facts.lane).clone();
                row.facts = Facts { attempts: *attempts, due: *deliver_after, lane, ..row.facts.clone() };
                row.stand = Stand::Pending(None);
            }
            Change::Handed { remote, until, .. } => {
                self.handing = Handing::Given { lane: row.facts.lane.clone(), remote, turn: drafted.turn };
                row.facts.due = *until;
                row.stand = Stand::Pending(None);
            }
            Change::Replace { .. } => {
                let Some(stored) = &drafted.carried else { return };
                row.facts = Facts { version: row.facts.version.wrapping_add(1) & VERSIONS, ..stored.facts.clone() };
                row.stand = Stand::Pending(None);
                self.body = Some(stored);
                self.handing = Handing::Gone;
            }
            Change::Reopen { deliver_after, expires, .. } => {
                row.facts = Facts { attempts: 0, due: *deliver_after, expires: *expires, ..row.facts.clone() };
                row.stand = Stand::Pending(None);
            }
            Change::Delete { .. } => self.now = None,
        }
    }
}

impl Row {
    /// Tells whether `change` is allowed.
    fn permits(&self, change: &Change, rules: &Rules) -> Result<(), ChangeError> {
        let ended = self.outcome().map(|outcome| outcome.state);
        match (change, ended) {
            (Change::Delete { .. }, _) => Ok(()),
            (Change::Reopen { .. }, None) => Err(ChangeError::Pending),
            (Change::Reopen { .. }, Some(state)) if state != FinalState::Delivered => Ok(()),
            (_, Some(state)) => Err(ChangeError::Final(state)),
            (Change::Cancel(end), None) => self.is_free(end.outcome.done, rules),
            (Change::Replace { now, .. }, None) => self.is_free(*now, rules),
            (Change::Settle(_) | Change::Retry { .. } | Change::Handed { .. }, None) => Ok(()),
        }
    }

    fn is_free(&self, now: Timestamp, rules: &Rules) -> Result<(), ChangeError> {
        match self.hold() {
            Some(hold) if hold.ends(rules) > now => Err(ChangeError::Leased),
            _ => Ok(()),
        }
    }

    /// How much of the limit of pending messages it takes.
    fn room(&self) -> i64 {
        match self.stand {
            Stand::Pending(_) | Stand::Ended { owed: true, .. } => 1,
            Stand::Ended { owed: false, .. } => 0,
        }
    }
}

impl Hold {
    /// When the lease is over for sure: whoever has it may go by a clock that is behind ours.
    fn ends(&self, rules: &Rules) -> Timestamp {
        if self.node == rules.node { self.until } else { self.until.after(rules.margin) }
    }
}

/// The column has a sign.
const VERSIONS: u32 = i32::MAX as u32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Message, Outcome, Status};

    const RULES: Rules = Rules { node: 1, margin: Duration::from_millis(30), records: true, pending_limit: 3 };

    fn message(id: u64) -> Message {
        Message { expires: Timestamp(900), ..Message::new(MessageId(id), "shop".into(), "sandbox".into()) }
    }

    fn row(stand: Stand) -> Row {
        Row { facts: Facts::new(&message(1)), stand }
    }

    fn plan(stand: Stand) -> Plan<'static> {
        Plan::new(RULES, vec![(MessageId(1), row(stand))], HashSet::new(), 1)
    }

    fn end() -> End {
        End::new(MessageId(1), Outcome { state: FinalState::Undeliverable, error: 0, attempts: 1, done: Timestamp(50) })
    }

    fn drafted(change: Change) -> &'static Drafted {
        Box::leak(Box::new(Drafted::new(change, 7)))
    }

    #[test]
    fn what_comes_back_to_where_it_was_is_not_written() {
        let mut plan = plan(Stand::Pending(None));
        let again = Change::Retry { id: MessageId(1), attempts: 0, deliver_after: Timestamp(0), lane: None };
        let later = Change::Retry { id: MessageId(1), attempts: 4, deliver_after: Timestamp(9), lane: None };
        assert_eq!(plan.change(drafted(later)), Ok(()));
        assert!(!plan.is_empty());
        assert_eq!(plan.change(drafted(again)), Ok(()));
        assert!(plan.is_empty() && plan.tallies() == Tallies::default());
    }

    #[test]
    fn the_lease_of_another_node_holds_longer_than_our_own() {
        let cancel = |done| {
            let outcome = Outcome { done: Timestamp(done), ..end().outcome };
            drafted(Change::Cancel(End { outcome, ..end() }))
        };
        let held = |node| plan(Stand::Pending(Some(Hold { node, until: Timestamp(100) })));
        assert_eq!(held(1).change(cancel(99)), Err(ChangeError::Leased));
        assert_eq!(held(1).change(cancel(100)), Ok(()));
        assert_eq!(held(2).change(cancel(129)), Err(ChangeError::Leased));
        assert_eq!(held(2).change(cancel(130)), Ok(()));
    }

    #[test]
    fn the_sums_follow_an_end_with_its_receipt_and_its_record() {
        let mut plan = plan(Stand::Pending(Some(Hold { node: 2, until: Timestamp(100) })));
        let receipt = Some(Box::new(Message { lane: "esme:shop".into(), ..message(2) }));
        assert_eq!(plan.change(drafted(Change::Settle(End { receipt, ..end() }))), Ok(()));
        let sums = plan.tallies().0;
        let (ended, receipt) = (sums[&Lane::from("sandbox")], sums[&Lane::from("esme:shop")]);
        assert_eq!((ended.pending, ended.leased, ended.failed, ended.owed), (-1, -1, 1, 1));
        assert_eq!((receipt.pending, receipt.leased), (1, 0));
        plan.recorded(MessageId(1));
        assert_eq!(plan.tallies().total().owed, 0);
        assert_eq!(plan.news(), [(Lane::from("esme:shop"), Timestamp(0), Timestamp(900))]);
        assert_eq!(plan.entries[&MessageId(1)].now.as_ref().unwrap().outcome().unwrap().state.status(), Status::Failed);
    }

    #[test]
    fn the_limit_counts_what_owes_a_record_and_what_the_plan_did_before() {
        let stored: Vec<_> = (2..5).map(|id| Stored::new(&message(id))).collect();
        let stored: &'static [Stored] = Box::leak(stored.into());
        let mut owing = plan(Stand::Ended { outcome: end().outcome, owed: true });
        assert_eq!(owing.append(stored), Err(QueueError::Full { limit: 3 }));
        owing.recorded(MessageId(1));
        assert_eq!(owing.append(stored), Ok(()));
        assert_eq!(owing.append(&stored[..1]), Err(QueueError::Full { limit: 3 }));
        let mut twice = plan(Stand::Pending(None));
        twice.taken.insert(MessageId(3));
        assert_eq!(twice.append(&stored[..2]), Err(QueueError::Duplicate(MessageId(3))));
        assert_eq!(twice.append(&stored[..1]), Ok(()), "all or none");
    }
}

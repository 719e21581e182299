//! The oracle: what was answered so far, and whether what is there agrees with it.

use std::collections::{BTreeMap, BTreeSet};

use smsc_engine::core::Policy;
use smsc_engine::core::queue::Record;
use smsc_engine::model::{FinalState, Kind, MessageId, Outcome, Timestamp};

use super::call::{Birth, Call, Told, answers, end, notifies, owes, tag};

/// A message that was seen.
pub(super) struct Known {
    pub(super) record: Record,
    /// Until when somebody holds it.
    pub(super) holder: Option<Timestamp>,
    /// It was deleted and never comes back.
    pub(super) gone: bool,
    /// It ended and was forgotten; it may come back with a crash.
    pub(super) forgotten: bool,
}

/// What the oracle knows.
pub(super) struct Model {
    pub(super) known: BTreeMap<MessageId, Known>,
    /// What was asked before the queue broke, and whether that was answered.
    pub(super) unsure: Vec<(Call, Told)>,
    /// Ids that were answered to submissions with a tag, and when.
    pub(super) accepted: BTreeMap<u64, Vec<(MessageId, Timestamp)>>,
    /// Since when the core must know a repeat of what has this tag.
    pub(super) certain: BTreeMap<u64, Timestamp>,
    /// Ends that the core told of.
    heard: BTreeSet<(MessageId, Timestamp)>,
    policy: Policy,
}

/// What is there now.
pub(super) struct Sight {
    pub(super) there: BTreeMap<MessageId, Record>,
    pub(super) now: Timestamp,
    /// The core has just started.
    pub(super) fresh: bool,
}

/// What turned out.
#[derive(Default)]
struct Turn {
    born: Vec<MessageId>,
    /// Messages that ended.
    ends: Vec<Record>,
    /// Messages that were asked about: nobody holds them any more.
    touched: BTreeSet<MessageId>,
}

impl Model {
    pub(super) fn new(policy: Policy) -> Model {
        let (known, accepted, certain) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Model { known, unsure: Vec::new(), accepted, certain, heard: BTreeSet::new(), policy }
    }

    /// Messages that are there and fit.
    pub(super) fn living(&self, fits: impl Fn(&Known) -> bool) -> Vec<MessageId> {
        let living = self.known.iter().filter(|(_, known)| !known.gone && !known.forgotten && fits(known));
        living.map(|(id, _)| *id).collect()
    }

    pub(super) fn record(&self, id: MessageId) -> &Record {
        &self.known[&id].record
    }

    /// Tells whether somebody delivers the message.
    pub(super) fn is_held(&self, id: MessageId, now: Timestamp) -> bool {
        self.known[&id].holder.is_some_and(|until| until > now)
    }

    /// Compares what is there with what these calls made of it, and learns of what was unsure. Returns what is new.
    pub(super) fn reconcile(&mut self, sight: Sight, calls: &[(Call, Told)]) -> Vec<MessageId> {
        let open: Vec<usize> = (0..calls.len()).filter(|at| calls[*at].1 == Told::Silent).collect();
        let mut least: Option<Vec<String>> = None;
        for subset in (0..1_u32 << open.len()).rev() {
            let is_made = |at: usize| match open.iter().position(|other| *other == at) {
                Some(bit) => subset & 1 << bit != 0,
                None => calls[at].1 == Told::Done,
            };
            let made: Vec<&Call> = (0..calls.len()).filter(|at| is_made(*at)).map(|at| &calls[at].0).collect();
            match self.compare(&sight, &made) {
                Ok(turn) => return self.adopt(sight, turn),
                Err(faults) if least.as_ref().is_none_or(|least| faults.len() < least.len()) => least = Some(faults),
                Err(_) => {}
            }
        }
        panic!("{}", least.unwrap_or_default().join("\n"))
    }

    /// The core told how a message ended: that is true, and told once.
    pub(super) fn hear(&mut self, id: MessageId, outcome: &Outcome) {
        assert_eq!(self.record(id).outcome.as_ref(), Some(outcome), "{id} is said to have ended so");
        assert!(self.heard.insert((id, outcome.done)), "{id} ended twice: {outcome:?}");
    }

    /// Nobody holds anything after a restart, and what the core remembers of repeats is what is there.
    pub(super) fn restart(&mut self) {
        self.known.values_mut().for_each(|known| known.holder = None);
        let texts: BTreeMap<u64, Timestamp> = self
            .living(|known| known.record.message.kind == Kind::Mt && !known.record.message.user_data.is_empty())
            .into_iter()
            .map(|id| &self.record(id).message)
            .filter(|message| message.user_data.starts_with(format!("{} ", tag(message)).as_bytes()))
            .map(|message| (tag(message), message.submitted))
            .collect();
        self.certain.retain(|tag, at| texts.get(tag) == Some(at));
    }

    fn compare(&self, sight: &Sight, made: &[&Call]) -> Result<Turn, Vec<String>> {
        let mut faults = Vec::new();
        let mut turn = Turn::default();
        let mut notified = Vec::new();
        let predicted = self.predict(sight, made, (&mut turn, &mut notified));
        for (id, expected) in &predicted {
            let before = &self.known[id];
            match (expected, sight.there.get(id)) {
                (Some(expected), Some(found)) if expected == found => {
                    if found.outcome.is_some() && found.outcome != before.record.outcome {
                        turn.ends.push(found.clone());
                    }
                }
                (Some(expected), Some(found)) => faults.push(format!("{id}: expected {expected:?}\nfound {found:?}")),
                (Some(expected), None) if !before.forgotten => faults.push(format!("{id} is lost: {expected:?}")),
                (None, Some(found)) => faults.push(format!("{id} came back: {found:?}")),
                (_, None) => {}
            }
        }
        let receipts = self.explain_births(sight, made, (&mut turn, &mut faults));
        explain_receipts(&turn.ends, receipts, (&notified, &mut faults));
        if faults.is_empty() { Ok(turn) } else { Err(faults) }
    }

    /// What these calls make of all messages that are known.
    fn predict(
        &self,
        sight: &Sight,
        made: &[&Call],
        (turn, notified): (&mut Turn, &mut Vec<Record>),
    ) -> BTreeMap<MessageId, Option<Record>> {
        let living = self.known.iter().map(|(id, known)| (*id, (!known.gone).then(|| known.record.clone())));
        let mut predicted: BTreeMap<MessageId, Option<Record>> = living.collect();
        for call in made {
            for (id, wish) in &call.wishes {
                turn.touched.insert(*id);
                let Some(Some(record)) = predicted.get(id) else { continue };
                if call.notices.contains(id) && record.outcome.is_none() {
                    notified.push(record.clone());
                }
                let record = wish(record);
                predicted.insert(*id, record);
            }
        }
        if sight.fresh {
            for record in predicted.values_mut().flatten() {
                if let Some(state) = left_over(record) {
                    let attempts = record.message.attempts;
                    *record = end(state, (0, attempts), sight.now, &self.policy)(record).unwrap();
                }
            }
        }
        predicted
    }

    /// Finds out where new messages come from; returns the receipts among them.
    fn explain_births<'a>(
        &self,
        sight: &'a Sight,
        made: &[&Call],
        (turn, faults): (&mut Turn, &mut Vec<String>),
    ) -> Vec<&'a Record> {
        let mut births: Vec<&Birth> = made.iter().flat_map(|call| &call.births).collect();
        let mut names = BTreeMap::new();
        let mut receipts = Vec::new();
        for (id, record) in sight.there.iter().filter(|(id, _)| !self.known.contains_key(id)) {
            turn.born.push(*id);
            if record.message.kind == Kind::Receipt {
                receipts.push(record);
                continue;
            }
            let name = |tag: u64| names.get(&tag).copied();
            let Some(birth) = births.iter().position(|birth| birth.fits(record, sight, (name, &self.policy))) else {
                faults.push(format!("{id} came out of nowhere, or is not what it should be: {record:?}"));
                continue;
            };
            births.remove(birth);
            names.entry(tag(&record.message)).or_insert(*id);
            if record.outcome.is_some() {
                turn.ends.push(record.clone());
            }
        }
        faults.extend(births.iter().map(|birth| format!("was accepted and is not there: {birth:?}")));
        receipts
    }

    fn adopt(&mut self, sight: Sight, turn: Turn) -> Vec<MessageId> {
        for known in self.known.values_mut() {
            let found = sight.there.get(&known.record.message.id);
            known.gone |= found.is_none() && !known.forgotten;
            if found.is_some_and(|found| *found != known.record) || turn.touched.contains(&known.record.message.id) {
                known.holder = None;
            }
            if let Some(found) = found {
                known.record = found.clone();
            }
        }
        for id in &turn.born {
            let record = sight.there[id].clone();
            let Known { record, .. } =
                self.known.entry(*id).or_insert(Known { record, holder: None, gone: false, forgotten: false });
            if tag(&record.message) > 0 {
                self.accepted.entry(tag(&record.message)).or_default().push((*id, record.message.submitted));
            }
        }
        turn.born
    }
}

impl Birth {
    /// Whether a new message is this one.
    fn fits(&self, found: &Record, sight: &Sight, (name, policy): (impl Fn(u64) -> Option<MessageId>, &Policy)) -> bool {
        let mut message = self.message.clone();
        message.id = found.message.id;
        message.about = self.follows.and_then(name);
        let plain = Record { message, outcome: None, leased: None, remote: None };
        let Some(state) = self.ends else { return plain == *found };
        if self.may_wait && plain == *found {
            return true;
        }
        let at = [plain.message.submitted, sight.now];
        at.into_iter().any(|done| end(state, (0, 0), done, policy)(&plain).as_ref() == Some(found))
    }
}

/// Every end that owes a receipt has one, and no other receipt is there.
fn explain_receipts(ends: &[Record], mut receipts: Vec<&Record>, (notified, faults): (&[Record], &mut Vec<String>)) {
    for ended in ends.iter().filter(|ended| owes(ended)) {
        match receipts.iter().position(|receipt| answers(&receipt.message, ended)) {
            Some(at) => drop(receipts.remove(at)),
            None => faults.push(format!("no receipt says that this ended: {ended:?}")),
        }
    }
    for receipt in receipts {
        if !notified.iter().any(|record| notifies(&receipt.message, &record.message)) {
            faults.push(format!("a receipt without a message: {receipt:?}"));
        }
    }
}

/// How a message ends that was to end at once when the process died.
fn left_over(record: &Record) -> Option<FinalState> {
    match (record.outcome, record.message.lane.as_str()) {
        (None, "!answered") => Some(FinalState::Delivered),
        (None, "!rejected") => Some(FinalState::Rejected),
        _ => None,
    }
}

//! Nothing that a journal answered is lost, and nothing it was never told appears, wherever the power fails.
//!
//! A seeded run does random things to a journal on a faulty disk, lets the power fail somewhere, opens what is left
//! and compares it with what was answered; then it goes on with the survivor. What was asked and not answered may be
//! there or not, but as a whole: an append, or all changes of one call.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use smsc_engine::core::queue::{
    Change, ChangeError, End, JournalOptions, JournalQueue, Lease, OpenError, Page, Queue, QueueError, Record,
};
use smsc_engine::model::{Account, Address, FinalState, Lane, Message, MessageId, Outcome, Timestamp, Word};
use smsc_engine::testing::{Dice, FaultyIo};

const LANES: [&str; 2] = ["sandbox", "backup"];
const LATER: Timestamp = Timestamp(1_000_000);

/// How a message stands; absent from the model means that there never was one.
#[derive(Clone, Debug, PartialEq)]
enum State {
    There(Standing),
    /// It ended and was forgotten, and may come back until the next call is answered.
    Forgotten(Standing),
    /// It was deleted, or forgotten for good.
    Gone,
}

#[derive(Clone, Debug, PartialEq)]
struct Standing {
    message: Message,
    outcome: Option<Outcome>,
    remote: Option<Word>,
    recorded: bool,
}

/// What one call makes of messages.
type Call = Vec<(MessageId, State)>;

#[derive(Default)]
struct Model {
    sure: BTreeMap<MessageId, State>,
    /// What was asked for and never answered.
    unsure: Vec<Call>,
    highest: u64,
}

/// What is found in a queue, and the messages of which a record is owed.
struct Found {
    records: BTreeMap<MessageId, Record>,
    owed: Vec<MessageId>,
}

impl State {
    fn pending(message: Message) -> State {
        State::There(Standing { message, outcome: None, remote: None, recorded: false })
    }

    fn standing(&self) -> Option<&Standing> {
        match self {
            State::There(standing) => Some(standing),
            State::Forgotten(_) | State::Gone => None,
        }
    }

    fn is(&self, id: MessageId, found: &Found) -> bool {
        match (self, found.records.get(&id)) {
            (State::There(standing) | State::Forgotten(standing), Some(record)) => {
                let Standing { message, outcome, remote, .. } = standing;
                let there = (&record.message, &record.outcome, &record.remote) == (message, outcome, remote);
                there && found.owed.contains(&id) == standing.owes()
            }
            (State::There(_), None) | (State::Gone, Some(_)) => false,
            (State::Forgotten(_) | State::Gone, None) => true,
        }
    }
}

impl Standing {
    fn owes(&self) -> bool {
        self.outcome.is_some() && !self.recorded
    }

    fn ended(self, outcome: Outcome) -> State {
        State::There(Standing { outcome: Some(outcome), recorded: false, ..self })
    }
}

async fn look(queue: &JournalQueue) -> Found {
    let page = Page { max: usize::MAX, ..Page::default() };
    let records = queue.list(&page).await.unwrap();
    let count = records.len();
    let records: BTreeMap<_, _> = records.into_iter().map(|record| (record.message.id, record)).collect();
    assert_eq!(records.len(), count);
    let owed = queue.unrecorded(None, usize::MAX).await.unwrap();
    let ends: Vec<_> = owed.iter().map(|record| (record.outcome.unwrap().done, record.message.id)).collect();
    assert!(ends.is_sorted(), "{ends:?}");
    assert_eq!(queue.counts().unrecorded as usize, owed.len());
    Found { records, owed: ends.into_iter().map(|(_, id)| id).collect() }
}

impl Model {
    fn take(&mut self, call: Call) {
        self.sure.extend(call);
    }

    /// Compares what is there with what was answered, and takes what was not answered as it turned out.
    async fn check(&mut self, queue: &JournalQueue) {
        let found = look(queue).await;
        let there = &found.records;
        for call in std::mem::take(&mut self.unsure) {
            let done = call.iter().filter(|(id, state)| state.is(*id, &found)).count();
            assert!(done == 0 || done == call.len(), "half of a call survived: {call:#?}\n{there:#?}");
            if done > 0 {
                self.take(call);
            }
        }
        for (id, state) in &self.sure {
            assert!(state.is(*id, &found), "{id}: answered {state:#?}\nfound {:#?}", there.get(id));
        }
        for (id, state) in &mut self.sure {
            if let State::Forgotten(standing) = state {
                let came_back = there.contains_key(id).then(|| standing.clone());
                *state = came_back.map_or(State::Gone, State::There);
            }
        }
        for id in there.keys() {
            assert!(self.sure.contains_key(id), "{id} came out of nowhere");
        }
        let next = queue.next_id().0;
        assert!(next > self.highest, "{next} was handed out before, like {}", self.highest);
        self.highest = next;
        self.check_leases(queue).await;
        self.check_handings(queue).await;
    }

    async fn check_handings(&self, queue: &JournalQueue) {
        for standing in self.sure.values().filter_map(State::standing) {
            let Some(remote) = &standing.remote else { continue };
            let mut found = Vec::new();
            for lane in LANES {
                found.extend(queue.handed(&Lane::from(lane), remote.octets()).await.unwrap());
            }
            // Each of its own; on which lane depends on what else had happened by then.
            let ids: Vec<_> = found.iter().map(|record| record.message.id).collect();
            assert_eq!(ids, [standing.message.id]);
        }
    }

    async fn check_leases(&self, queue: &JournalQueue) {
        for lane in LANES.map(Lane::from) {
            let want = Lease { max: usize::MAX, now: LATER, until: Timestamp(2_000_000) };
            let mut leased = queue.lease(&lane, want).await.unwrap();
            queue.release(&leased.iter().map(|message| message.id).collect::<Vec<_>>());
            leased.sort_by_key(|message| message.id);
            let wanted = self.pending().filter(|message| message.lane == lane).cloned();
            assert_eq!(leased, wanted.collect::<Vec<_>>());
        }
        assert_eq!(queue.counts().pending as usize, self.pending().count());
    }

    fn pending(&self) -> impl Iterator<Item = &Message> {
        let there = self.sure.values().filter_map(State::standing);
        there.filter(|standing| standing.outcome.is_none()).map(|standing| &standing.message)
    }

    fn pick(&self, dice: &mut Dice, fits: impl Fn(&Standing) -> bool) -> Option<Standing> {
        let all: Vec<_> = self.sure.values().filter_map(State::standing).filter(|standing| fits(standing)).collect();
        all.get(dice.throw(all.len() as u64) as usize).map(|standing| Standing::clone(standing))
    }
}

/// One life of the queue, and what it did.
struct Life<'a> {
    queue: &'a JournalQueue,
    model: &'a mut Model,
    dice: &'a mut Dice,
}

impl Life<'_> {
    fn message(&mut self) -> Message {
        let id = self.queue.next_id();
        assert!(id.0 > self.model.highest);
        self.model.highest = id.0;
        let lane = LANES[self.dice.throw(2) as usize];
        let mut message = Message::new(id, Account::from("shop"), Lane::from(lane));
        message.destination = Address::new(1, 1, id.to_string());
        message.deliver_after = Timestamp(self.dice.throw(LATER.0));
        message.priority = self.dice.throw(4) as u8;
        let octets = if self.dice.throw(8) == 0 { 3000 } else { self.dice.throw(160) };
        message.user_data = Bytes::from(vec![self.dice.throw(256) as u8; octets as usize]);
        message
    }

    /// A few new messages, and what appending them makes.
    fn batch(&mut self) -> (Vec<Message>, Call) {
        let batch: Vec<_> = (0..=self.dice.throw(3)).map(|_| self.message()).collect();
        let call = batch.iter().map(|message| (message.id, State::pending(message.clone())));
        let call = call.collect();
        (batch, call)
    }

    /// A few changes of different messages, and what they make together.
    fn changes(&mut self) -> (Vec<Change>, Call) {
        let (mut changes, mut call) = (Vec::new(), Call::new());
        for _ in 0..=self.dice.throw(6) {
            let Some((change, outcome)) = self.one_change() else {
                continue;
            };
            if call.iter().all(|(id, _)| outcome.iter().all(|(other, _)| other != id)) {
                changes.push(change);
                call.extend(outcome);
            }
        }
        (changes, call)
    }

    async fn append(&mut self) -> Result<(), QueueError> {
        let (batch, call) = self.batch();
        let result = self.queue.append(batch).await;
        self.note(call, result)
    }

    async fn change(&mut self) -> Result<(), QueueError> {
        let (changes, call) = self.changes();
        let result = self.queue.apply(changes).await;
        self.note(call, result.map(all_good))
    }

    /// Several calls at once, so that they share a group or follow each other closely.
    async fn crowd(&mut self) -> Result<(), QueueError> {
        let (changes, changed) = self.changes();
        let (one, first) = self.batch();
        let (other, second) = self.batch();
        let (ids, noted) = self.records(&changed);
        let queue = self.queue;
        let results = tokio::join!(queue.append(one), queue.recorded(ids), queue.apply(changes), queue.append(other));
        let results = [
            self.note(first, results.0),
            self.note(noted, results.1),
            self.note(changed, results.2.map(all_good)),
            self.note(second, results.3),
        ];
        results.into_iter().collect()
    }

    /// Some messages whose records were written; none of those that are changed at the same time.
    fn records(&mut self, changed: &Call) -> (Vec<MessageId>, Call) {
        let mut call = Call::new();
        for _ in 0..self.dice.throw(6) {
            let Some(standing) = self.model.pick(self.dice, Standing::owes) else { break };
            let id = standing.message.id;
            if changed.iter().chain(&call).all(|(other, _)| *other != id) {
                call.push((id, State::There(Standing { recorded: true, ..standing })));
            }
        }
        (call.iter().map(|(id, _)| *id).collect(), call)
    }

    fn note(&mut self, call: Call, result: Result<(), QueueError>) -> Result<(), QueueError> {
        match &result {
            // Nothing was asked, so nothing was written.
            Ok(()) if call.is_empty() => {}
            Ok(()) => {
                for state in self.model.sure.values_mut().filter(|state| matches!(state, State::Forgotten(_))) {
                    *state = State::Gone;
                }
                self.model.take(call);
            }
            Err(_) => self.model.unsure.push(call),
        }
        result
    }

    fn one_change(&mut self) -> Option<(Change, Call)> {
        match self.dice.throw(16) {
            0 | 1 => return self.reopen(),
            2 => return self.delete(),
            _ => {}
        }
        let standing = self.model.pick(self.dice, |standing| standing.outcome.is_none())?;
        let id = standing.message.id;
        Some(match self.dice.throw(8) {
            0 => self.retry(standing),
            1 => {
                let mut other = Message { id, ..self.message() };
                other.lane = standing.message.lane;
                let change = Change::Replace { message: Box::new(other.clone()), now: Timestamp(0) };
                (change, vec![(id, State::pending(other))])
            }
            2 => {
                let outcome = self.outcome(FinalState::Deleted);
                (Change::Cancel(End::new(id, outcome)), vec![(id, standing.ended(outcome))])
            }
            3 => {
                let outcome = self.outcome(FinalState::Delivered);
                let receipt = self.message();
                let call = vec![(id, standing.ended(outcome)), (receipt.id, State::pending(receipt.clone()))];
                (Change::Settle(End { receipt: Some(Box::new(receipt)), ..End::new(id, outcome) }), call)
            }
            4 => self.deliver(standing),
            5 => self.hand_over(standing),
            _ => {
                let outcome = self.outcome(FinalState::Undeliverable);
                (Change::Settle(End::new(id, outcome)), vec![(id, standing.ended(outcome))])
            }
        })
    }

    /// An end with everything that can go with it.
    fn deliver(&mut self, mut standing: Standing) -> (Change, Call) {
        let id = standing.message.id;
        let outcome = self.outcome(FinalState::Delivered);
        let by = Lane::from(LANES[self.dice.throw(2) as usize]);
        standing.message.lane = by.clone();
        standing.message.user_data = Bytes::new();
        (Change::Settle(End { by: Some(by), erase: true, ..End::new(id, outcome) }), vec![(id, standing.ended(outcome))])
    }

    fn hand_over(&mut self, mut standing: Standing) -> (Change, Call) {
        let id = standing.message.id;
        let remote = Word::new(self.dice.throw(u64::MAX).to_string());
        let until = Timestamp(self.dice.throw(LATER.0));
        standing.message.deliver_after = until;
        standing.remote = Some(remote.clone());
        (Change::Handed { id, remote, until }, vec![(id, State::There(standing))])
    }

    fn retry(&mut self, standing: Standing) -> (Change, Call) {
        let lane = (self.dice.throw(2) == 0).then(|| Lane::from(LANES[self.dice.throw(2) as usize]));
        let message = Message {
            attempts: standing.message.attempts + 1,
            deliver_after: Timestamp(self.dice.throw(LATER.0)),
            lane: lane.clone().unwrap_or(standing.message.lane.clone()),
            ..standing.message
        };
        let Message { id, attempts, deliver_after, .. } = message;
        let change = Change::Retry { id, attempts, deliver_after, lane };
        (change, vec![(id, State::There(Standing { message, ..standing }))])
    }

    fn reopen(&mut self) -> Option<(Change, Call)> {
        let failed = |outcome: Outcome| outcome.state != FinalState::Delivered;
        let standing = self.model.pick(self.dice, |standing| standing.outcome.is_some_and(failed))?;
        let message = Message { attempts: 0, deliver_after: Timestamp(self.dice.throw(LATER.0)), ..standing.message };
        let Message { id, deliver_after, expires, .. } = message;
        let again = State::There(Standing { message, outcome: None, recorded: false, ..standing });
        Some((Change::Reopen { id, deliver_after, expires }, vec![(id, again)]))
    }

    fn delete(&mut self) -> Option<(Change, Call)> {
        let id = self.model.pick(self.dice, |_| true)?.message.id;
        Some((Change::Delete { id }, vec![(id, State::Gone)]))
    }

    fn outcome(&mut self, state: FinalState) -> Outcome {
        Outcome { state, error: 0, attempts: 1, done: Timestamp(self.dice.throw(1000)) }
    }

    async fn forget(&mut self) {
        let before = Timestamp(500 + self.dice.throw(600));
        let old = |standing: &Standing| standing.recorded && standing.outcome.is_some_and(|outcome| outcome.done < before);
        let _ = self.queue.forget(before).await;
        for (id, state) in &mut self.model.sure {
            // One that is being moved just now stays for another round.
            if let State::There(standing) = state
                && old(standing)
                && self.queue.get(*id).await == Ok(None)
            {
                *state = State::Forgotten(standing.clone());
            }
        }
    }

    async fn step(&mut self) -> Result<(), QueueError> {
        match self.dice.throw(10) {
            0..2 => self.append().await,
            2..6 => self.change().await,
            6..8 => self.crowd().await,
            _ => {
                self.forget().await;
                Ok(())
            }
        }
    }
}

fn all_good(results: Vec<Result<(), ChangeError>>) {
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    options.reserve_octets = 0;
    // Small, so that segments are begun, emptied and used again all the time.
    options.segment_octets = 4096;
    options.recent_octets = 2048;
    options.keep_until_recorded = true;
    options
}

fn open(io: &FaultyIo) -> Result<JournalQueue, OpenError> {
    JournalQueue::open_on(Arc::new(io.clone()), options())
}

/// Lives once: until the power fails after so many changes of the disk, or for so many steps. Tells whether it failed.
async fn live(io: &FaultyIo, model: &mut Model, dice: &mut Dice, steps: u64) -> bool {
    let queue = match open(io) {
        Ok(queue) => queue,
        Err(OpenError::Disk { .. } | OpenError::Queue(QueueError::Poisoned(_))) => return true,
        Err(other) => panic!("{other}"),
    };
    let mut life = Life { queue: &queue, model, dice };
    for _ in 0..steps {
        match life.step().await {
            Ok(()) => {}
            Err(QueueError::Poisoned(_)) => return true,
            Err(other) => panic!("{other}"),
        }
    }
    if life.dice.throw(2) == 0 {
        return queue.close().await.is_err();
    }
    false
}

/// Opens what the crash left, with the power on, and compares.
async fn examine(io: &FaultyIo, model: &mut Model) {
    let queue = open(io).unwrap_or_else(|error| panic!("{error}"));
    model.check(&queue).await;
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[test]
fn random_lives_with_random_crashes_lose_nothing() {
    for seed in 0..150 {
        let name = format!("seed {seed}");
        let context = std::panic::AssertUnwindSafe(|| {
            runtime().block_on(async {
                let mut dice = Dice::new(seed);
                let mut io = FaultyIo::new(seed);
                let mut model = Model::default();
                for _ in 0..4 {
                    io.fail_after(dice.throw(120));
                    live(&io, &mut model, &mut dice, 40).await;
                    io = io.crash();
                    examine(&io, &mut model).await;
                    io = io.crash();
                }
            });
        });
        std::panic::catch_unwind(context).unwrap_or_else(|_| panic!("{name}"));
    }
}

/// Repeats a life of so many steps and lets the power fail one change of the disk later each time.
fn crash_everywhere(seed: u64, steps: u64, before: impl Fn(&mut Dice) -> (FaultyIo, Model)) {
    for changes in 0.. {
        let mut dice = Dice::new(seed);
        let (mut io, mut model) = before(&mut dice);
        let failed = runtime().block_on(async {
            io.fail_after(changes);
            let failed = live(&io, &mut model, &mut dice, steps).await;
            io = io.crash();
            examine(&io, &mut model).await;
            // What recovery did must hold, too.
            examine(&io.crash(), &mut model).await;
            failed
        });
        if !failed {
            assert!(changes > 60, "the run was long enough to mean something");
            return;
        }
    }
}

#[test]
fn a_crash_at_every_single_change_of_the_disk_loses_nothing() {
    for seed in 0..2 {
        crash_everywhere(seed, 25, |dice| (FaultyIo::new(dice.throw(1000)), Model::default()));
    }
}

/// The same with a journal that has a past, so that old segments are emptied, deleted and used again meanwhile.
#[test]
fn a_crash_at_every_single_change_loses_nothing_while_segments_are_emptied() {
    for seed in 0..2 {
        crash_everywhere(seed, 25, |dice| {
            let io = FaultyIo::new(dice.throw(1000));
            let mut model = Model::default();
            runtime().block_on(live(&io, &mut model, dice, 60));
            (io, model)
        });
    }
}

#[test]
fn a_clean_end_leaves_everything() {
    for seed in 0..50 {
        runtime().block_on(async {
            let mut dice = Dice::new(seed);
            let io = FaultyIo::new(seed);
            let mut model = Model::default();
            for _ in 0..4 {
                assert!(!live(&io, &mut model, &mut dice, 40).await);
                assert_eq!(model.unsure, Vec::<Call>::new());
                examine(&io, &mut model).await;
            }
        });
    }
}

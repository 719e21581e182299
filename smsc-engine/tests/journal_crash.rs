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
    Change, ChangeError, JournalOptions, JournalQueue, Lease, OpenError, Page, Queue, QueueError, Record,
};
use smsc_engine::model::{Account, Address, FinalState, Lane, Message, MessageId, Outcome, Timestamp};
use smsc_engine::testing::{Dice, FaultyIo};

const LANES: [&str; 2] = ["sandbox", "backup"];
const LATER: Timestamp = Timestamp(1_000_000);

/// How a message stands; absent from the model means that there is none.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Pending(Message),
    Ended(Message, Outcome),
    /// It ended and was forgotten, and may come back.
    Forgotten(Message, Outcome),
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

impl State {
    fn message(&self) -> &Message {
        let (State::Pending(message) | State::Ended(message, _) | State::Forgotten(message, _)) = self;
        message
    }

    fn is(&self, record: Option<&Record>) -> bool {
        match (self, record) {
            (State::Pending(message), Some(record)) => record.message == *message && record.outcome.is_none(),
            (State::Ended(message, outcome) | State::Forgotten(message, outcome), Some(record)) => {
                record.message == *message && record.outcome == Some(*outcome)
            }
            (State::Forgotten(..), None) => true,
            (_, None) => false,
        }
    }
}

impl Model {
    fn take(&mut self, call: Call) {
        self.sure.extend(call);
    }

    /// Compares what is there with what was answered, and takes what was not answered as it turned out.
    async fn check(&mut self, queue: &JournalQueue) {
        let page = Page { max: usize::MAX, ..Page::default() };
        let records = queue.list(&page).await.unwrap();
        let there: BTreeMap<_, _> = records.iter().map(|record| (record.message.id, record)).collect();
        assert_eq!(there.len(), records.len());
        for call in std::mem::take(&mut self.unsure) {
            let done = call.iter().filter(|(id, state)| state.is(there.get(id).copied())).count();
            assert!(done == 0 || done == call.len(), "half of a call survived: {call:#?}\n{there:#?}");
            if done > 0 {
                self.take(call);
            }
        }
        for (id, state) in &self.sure {
            assert!(state.is(there.get(id).copied()), "{id}: answered {state:#?}\nfound {:#?}", there.get(id));
        }
        for id in there.keys() {
            assert!(self.sure.contains_key(id), "{id} came out of nowhere");
        }
        let next = queue.next_id().0;
        assert!(next > self.highest, "{next} was handed out before, like {}", self.highest);
        self.highest = next;
        self.check_leases(queue).await;
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
        self.sure.values().filter_map(|state| match state {
            State::Pending(message) => Some(message),
            _ => None,
        })
    }

    fn pick(&self, dice: &mut Dice, fits: impl Fn(&State) -> bool) -> Option<&State> {
        let all: Vec<_> = self.sure.values().filter(|state| fits(state)).collect();
        all.get(dice.throw(all.len() as u64) as usize).copied()
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
        let call = batch.iter().map(|message| (message.id, State::Pending(message.clone())));
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
        let queue = self.queue;
        let results = tokio::join!(queue.append(one), queue.apply(changes), queue.append(other));
        let results = [self.note(first, results.0), self.note(changed, results.1.map(all_good)), self.note(second, results.2)];
        results.into_iter().collect()
    }

    fn note(&mut self, call: Call, result: Result<(), QueueError>) -> Result<(), QueueError> {
        match &result {
            Ok(()) => self.model.take(call),
            Err(_) => self.model.unsure.push(call),
        }
        result
    }

    fn one_change(&mut self) -> Option<(Change, Call)> {
        let reopens = self.dice.throw(8) == 0;
        if reopens {
            return self.reopen();
        }
        let message = self.model.pick(self.dice, |state| matches!(state, State::Pending(_)))?.message().clone();
        let id = message.id;
        Some(match self.dice.throw(6) {
            0 => self.retry(message),
            1 => {
                let mut other = Message { id, ..self.message() };
                other.lane = message.lane;
                let change = Change::Replace { message: Box::new(other.clone()), now: Timestamp(0) };
                (change, vec![(id, State::Pending(other))])
            }
            2 => {
                let outcome = self.outcome(FinalState::Deleted);
                (Change::Cancel { id, outcome, receipt: None }, vec![(id, State::Ended(message, outcome))])
            }
            3 => {
                let outcome = self.outcome(FinalState::Delivered);
                let receipt = self.message();
                let call = vec![(id, State::Ended(message, outcome)), (receipt.id, State::Pending(receipt.clone()))];
                (Change::Settle { id, outcome, receipt: Some(Box::new(receipt)) }, call)
            }
            _ => {
                let outcome = self.outcome(FinalState::Undeliverable);
                (Change::Settle { id, outcome, receipt: None }, vec![(id, State::Ended(message, outcome))])
            }
        })
    }

    fn retry(&mut self, message: Message) -> (Change, Call) {
        let lane = (self.dice.throw(2) == 0).then(|| Lane::from(LANES[self.dice.throw(2) as usize]));
        let again = Message {
            attempts: message.attempts + 1,
            deliver_after: Timestamp(self.dice.throw(LATER.0)),
            lane: lane.clone().unwrap_or(message.lane.clone()),
            ..message
        };
        let Message { id, attempts, deliver_after, .. } = again;
        (Change::Retry { id, attempts, deliver_after, lane }, vec![(id, State::Pending(again))])
    }

    fn reopen(&mut self) -> Option<(Change, Call)> {
        let failed = |state: &State| matches!(state, State::Ended(_, outcome) if outcome.state != FinalState::Delivered);
        let message = self.model.pick(self.dice, failed)?.message().clone();
        let again = Message { attempts: 0, deliver_after: Timestamp(self.dice.throw(LATER.0)), ..message };
        let Message { id, deliver_after, expires, .. } = again;
        Some((Change::Reopen { id, deliver_after, expires }, vec![(id, State::Pending(again))]))
    }

    fn outcome(&mut self, state: FinalState) -> Outcome {
        Outcome { state, error: 0, attempts: 1, done: Timestamp(self.dice.throw(1000)) }
    }

    fn forget(&mut self) {
        let before = Timestamp(500 + self.dice.throw(600));
        self.queue.forget(before);
        for state in self.model.sure.values_mut() {
            if let State::Ended(message, outcome) = state
                && outcome.done < before
            {
                *state = State::Forgotten(message.clone(), *outcome);
            }
        }
    }

    async fn step(&mut self) -> Result<(), QueueError> {
        match self.dice.throw(10) {
            0..2 => self.append().await,
            2..6 => self.change().await,
            6..8 => self.crowd().await,
            _ => {
                self.forget();
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
    // Small, so that segments are begun, emptied and used again all the time.
    options.segment_octets = 4096;
    options.recent_octets = 2048;
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

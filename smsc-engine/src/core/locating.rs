//! Messages without a route: they wait for somebody to serve their recipient.
//!
//! Such a message lies on the lane of the frontend that serves its recipient, or on the empty lane while nobody does.
//! When a registration comes, the messages of that number move; one that has run out is noticed when the frontend
//! asks for work.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::inner::Inner;
use super::location::Reach;
use super::queue::{Change, Lease, Page, QueueError};
use crate::model::{Lane, Message, MessageId, Timestamp, Word};

/// Which messages wait, by the number of their recipient.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    by_number: Mutex<HashMap<Word, Vec<MessageId>>>,
    /// How many there are: most cores have none and need no lock to know it.
    count: AtomicUsize,
}

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    fn add(&self, message: &Message) {
        let mut by_number = self.lock();
        let ids = by_number.entry(message.destination.digits.clone()).or_default();
        if !ids.contains(&message.id) {
            ids.push(message.id);
            self.count.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// All of them.
    fn all(&self) -> Vec<(Word, MessageId)> {
        self.lock().iter().flat_map(|(number, ids)| ids.iter().map(|id| (number.clone(), *id))).collect()
    }

    /// Another node knows what became of it.
    fn drop_one(&self, number: &Word, id: MessageId) {
        if let Entry::Occupied(mut ids) = self.lock().entry(number.clone()) {
            let before = ids.get().len();
            ids.get_mut().retain(|known| *known != id);
            self.count.fetch_sub(before - ids.get().len(), Ordering::AcqRel);
            if ids.get().is_empty() {
                ids.remove();
            }
        }
    }

    /// The message ended or found a route.
    pub(super) fn remove(&self, message: &Message) {
        if self.is_empty() || message.lane.is_public() {
            return;
        }
        self.drop_one(&message.destination.digits, message.id);
    }

    /// The messages of a number, with or without `+`.
    fn of(&self, number: &str) -> Vec<MessageId> {
        self.lock().get(&digits(number)).cloned().unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Word, Vec<MessageId>>> {
        self.by_number.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears when somebody comes to serve a number, or nobody does any more; the messages of the number follow.
///
/// Give its [`listener`](Follower::listener) to the locations and the follower to the core.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    heard: Arc<Heard>,
}

/// Numbers to look at; each once, so a busy network does not fill the memory.
#[derive(Debug, Default)]
struct Heard {
    numbers: Mutex<HashSet<String>>,
    more: Notify,
}

impl Follower {
    /// Makes a follower that has heard nothing.
    pub fn new() -> Follower {
        Follower::default()
    }

    /// Returns what the locations call.
    pub fn listener(&self) -> Arc<dyn Fn(Reach) + Send + Sync> {
        let heard = self.heard.clone();
        Arc::new(move |reach| {
            let (Reach::Served { msisdn, .. } | Reach::Lost { msisdn }) = reach;
            heard.numbers.lock().unwrap_or_else(PoisonError::into_inner).insert(msisdn);
            heard.more.notify_one();
        })
    }

    /// Lets messages follow for as long as the core lives.
    pub(super) async fn run(self, core: Weak<Inner>) {
        loop {
            self.heard.more.notified().await;
            let numbers = std::mem::take(&mut *self.heard.numbers.lock().unwrap_or_else(PoisonError::into_inner));
            let Some(inner) = core.upgrade() else { return };
            for number in numbers {
                inner.follow(&number).await;
            }
        }
    }
}

impl Inner {
    /// Who serves the recipient of a message at the moment.
    pub(super) fn serving(&self, message: &Message, now: Timestamp) -> Option<Lane> {
        self.locations.as_ref()?.serving(message.destination.digits.octets(), now)
    }

    /// Waits with new messages; a registration may have come while they were written.
    pub(super) async fn await_location(&self, messages: Vec<Message>) {
        let now = self.now();
        let mut moves = Vec::new();
        for message in messages {
            self.waiting.add(&message);
            let lane = self.lane_now(&message, now);
            if lane != message.lane {
                moves.push(move_to(lane, &message));
            }
        }
        self.make_moves(moves).await;
    }

    /// The recipient's registration changed: its messages follow.
    pub(super) async fn follow(&self, number: &str) {
        if self.locations.as_ref().is_some_and(|locations| locations.serving(number.as_bytes(), self.now()).is_some()) {
            self.alert(number).await;
        }
        let now = self.now();
        let mut moves = Vec::new();
        for id in self.waiting.of(number) {
            let Ok(Some(record)) = self.queue.get(id).await else { continue };
            let message = &record.message;
            let lane = self.lane_now(message, now);
            // One that is out for delivery moves when it comes back and still fits nobody.
            let is_out = record.leased.is_some_and(|until| until > now);
            if record.outcome.is_none() && !is_out && !message.lane.is_public() && lane != message.lane {
                moves.push(move_to(lane, message));
            }
        }
        self.make_moves(moves).await;
    }

    /// Takes the messages of recipients whom this frontend serves at the moment.
    pub(super) async fn take_located(&self, frontend: &Lane, want: Lease) -> Vec<Message> {
        let lane = Lane::located(frontend.as_str());
        let mut messages = self.take(&lane, want).await;
        let mut moves = Vec::new();
        messages.retain(|message| {
            let serving = self.lane_now(message, want.now);
            let stays = serving == lane;
            if !stays {
                moves.push(move_to(serving, message));
            }
            stays
        });
        self.make_moves(moves).await;
        messages
    }

    /// When the next message of a recipient whom this frontend serves is due.
    pub(super) fn next_due_located(&self, frontend: &Lane) -> Option<Timestamp> {
        self.may_wait().then(|| self.queue.next_due(&Lane::located(frontend.as_str()))).flatten()
    }

    /// Whether there may be messages that wait for a location; other nodes may have some of which we know nothing.
    pub(super) fn may_wait(&self) -> bool {
        self.origin.is_some() || !self.waiting.is_empty()
    }

    /// Forgets what ended or found its way at another node, and finds what other nodes left behind.
    pub(super) async fn find_waiting_again(&self) -> Result<(), QueueError> {
        for (number, id) in self.waiting.all() {
            let record = self.queue.get(id).await?;
            if record.is_none_or(|record| record.outcome.is_some() || record.message.lane.is_public()) {
                self.waiting.drop_one(&number, id);
            }
        }
        self.find_waiting().await
    }

    /// Finds after a restart who waits.
    pub(super) async fn find_waiting(&self) -> Result<(), QueueError> {
        let lanes = self.queue.counts().lanes;
        for count in lanes.into_iter().filter(|count| count.pending > 0 && !count.lane.is_public()) {
            let mut page =
                Page { max: PAGE, lane: Some(count.lane), status: Some(crate::model::Status::Pending), ..Page::default() };
            loop {
                let records = self.queue.list(&page).await?;
                let Some(last) = records.last() else { break };
                page.beyond = Some(last.message.id);
                self.await_location(records.into_iter().map(|record| record.message).collect()).await;
            }
        }
        Ok(())
    }

    /// Where a message without a route waits at the moment.
    pub(super) fn lane_now(&self, message: &Message, now: Timestamp) -> Lane {
        self.serving(message, now).map(|frontend| Lane::located(frontend.as_str())).unwrap_or_default()
    }

    async fn make_moves(&self, moves: Vec<Change>) {
        if moves.is_empty() {
            return;
        }
        // One that ended meanwhile needs no move.
        if let Err(error) = self.queue.apply(moves).await {
            tracing::error!(%error, "messages cannot follow their recipients");
        }
    }
}

/// A number as messages have it, without `+`.
pub(super) fn digits(number: &str) -> Word {
    Word::new(number.strip_prefix('+').unwrap_or(number))
}

fn move_to(lane: Lane, message: &Message) -> Change {
    let Message { id, attempts, deliver_after, .. } = *message;
    Change::Retry { id, attempts, deliver_after, lane: Some(lane) }
}

const PAGE: usize = 1000;

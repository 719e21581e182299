//! The proof that something is a [`Queue`]: every implementation, ours or another, runs this one battery.
//!
//! It checks the promises of the trait, not the speed and not what happens at a crash. It fails by panicking, as
//! tests do.

mod asking;
mod ending;
mod living;

use std::sync::Arc;

use bytes::Bytes;

use crate::core::queue::{BoxFuture, Change, ChangeError, Counts, End, LaneCount, Lease, Like, Page, Queue, QueueError, Record};
use crate::model::{Account, Address, FinalState, Kind, Lane, Message, MessageId, Outcome, Status, Timestamp, Word};

/// Opens queues for the battery: each `fresh` one is empty, and `reopen` opens again what was closed.
pub trait QueueMaker: Send + Sync {
    /// Opens an empty queue that takes no more than `pending_limit` pending messages.
    fn fresh(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>>;

    /// The same, and it keeps ended messages until their record is written.
    fn keeping(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>>;

    /// Opens the last queue again, as it was opened before, after it was closed; `None` when it keeps nothing.
    fn reopen(&self) -> BoxFuture<'_, Option<Arc<dyn Queue>>>;

    /// Tells whether a lease outlives the queue that gave it, as it must when others share the messages.
    fn leases_survive(&self) -> bool {
        false
    }
}

/// Runs every check against queues of this maker.
///
/// # Panics
/// When a queue breaks a promise.
pub async fn queue_battery(maker: &dyn QueueMaker) {
    living::order(maker).await;
    living::lanes(maker).await;
    living::leases(maker).await;
    living::due_times(maker).await;
    living::deadlines(maker).await;
    living::settling_once(maker).await;
    living::cancel_and_replace(maker).await;
    living::retry_and_move(maker).await;
    living::reopening(maker).await;
    ending::delivered_by_another(maker).await;
    ending::erasing(maker).await;
    ending::deleting(maker).await;
    ending::handing_over(maker).await;
    ending::handings_come_back(maker).await;
    ending::recording(maker).await;
    ending::records_come_back(maker).await;
    asking::finding(maker).await;
    asking::finding_in_a_crowd(maker).await;
    asking::listing_and_counting(maker).await;
    asking::oldest(maker).await;
    asking::limits(maker).await;
    asking::forgetting(maker).await;
    asking::forgetting_for_good(maker).await;
    asking::rushing(maker).await;
    asking::races(maker).await;
    asking::watching(maker).await;
    asking::closing(maker).await;
    asking::coming_back(maker).await;
}

const MANY: usize = 1000;
const LANE: &str = "sandbox";

/// One queue and short words for what the checks do with it.
struct Bench {
    queue: Arc<dyn Queue>,
    lane: Lane,
}

impl Bench {
    async fn new(maker: &dyn QueueMaker) -> Self {
        Bench::of(maker.fresh(MANY).await)
    }

    fn of(queue: Arc<dyn Queue>) -> Self {
        Bench { queue, lane: Lane::from(LANE) }
    }

    /// Makes a message that was submitted and is due at 100 and expires at 10,000.
    fn message(&self) -> Message {
        let mut message = Message::new(self.queue.next_id(), Account::from("shop"), self.lane.clone());
        message.submitted = Timestamp(100);
        message.deliver_after = Timestamp(100);
        message.expires = Timestamp(10_000);
        message.source = Address::new(5, 0, "Shop");
        message.destination = Address::new(1, 1, format!("4479{:08}", message.id.0));
        message.user_data = Bytes::from(format!("text of {}", message.id));
        message.tlvs = Bytes::from_static(&[0x02, 0x04, 0x00, 0x02, 0x12, 0x34]);
        message
    }

    async fn append(&self, messages: &[Message]) {
        self.queue.append(messages.to_vec()).await.unwrap();
    }

    async fn appended(&self) -> Message {
        let message = self.message();
        self.append(std::slice::from_ref(&message)).await;
        message
    }

    async fn lease(&self, now: u64, max: usize) -> Vec<Message> {
        let want = Lease { max, now: Timestamp(now), until: Timestamp(now + 60) };
        self.queue.lease(&self.lane, want).await.unwrap()
    }

    async fn leased_ids(&self, now: u64) -> Vec<MessageId> {
        self.lease(now, MANY).await.into_iter().map(|message| message.id).collect()
    }

    async fn change(&self, change: Change) -> Result<(), ChangeError> {
        let results = self.queue.apply(vec![change]).await.unwrap();
        assert_eq!(results.len(), 1);
        results[0]
    }

    async fn settle(&self, id: MessageId, state: FinalState) -> Result<(), ChangeError> {
        self.change(Change::Settle(End::new(id, outcome(state, 200)))).await
    }

    async fn handed(&self, lane: &str, remote: &str) -> Option<MessageId> {
        let record = self.queue.handed(&Lane::from(lane), remote.as_bytes()).await.unwrap();
        record.map(|record| record.message.id)
    }

    async fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>, max: usize) -> Vec<MessageId> {
        let records = self.queue.unrecorded(beyond, max).await.unwrap();
        records.into_iter().map(|record| record.message.id).collect()
    }

    async fn get(&self, id: MessageId) -> Record {
        self.queue.get(id).await.unwrap().unwrap()
    }

    fn due(&self) -> Option<Timestamp> {
        self.queue.next_due(&self.lane)
    }
}

fn outcome(state: FinalState, done: u64) -> Outcome {
    Outcome { state, error: 7, attempts: 1, done: Timestamp(done) }
}

fn retry(id: MessageId, deliver_after: u64) -> Change {
    Change::Retry { id, attempts: 1, deliver_after: Timestamp(deliver_after), lane: None }
}

fn with_receipt(end: End, receipt: &Message) -> Change {
    Change::Settle(End { receipt: Some(Box::new(receipt.clone())), ..end })
}

fn cancel(id: MessageId, now: u64) -> Change {
    Change::Cancel(End::new(id, outcome(FinalState::Deleted, now)))
}

fn replace(message: &Message, now: u64) -> Change {
    Change::Replace { message: Box::new(message.clone()), now: Timestamp(now) }
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

//! The proof that something is a [`Queue`]: every implementation, ours or another, runs this one battery.
//!
//! It checks the promises of the trait, not the speed and not what happens at a crash. It fails by panicking, as
//! tests do.

use std::sync::Arc;

use bytes::Bytes;

use crate::core::queue::{BoxFuture, Change, ChangeError, Counts, LaneCount, Lease, Like, Page, Queue, QueueError, Record};
use crate::model::{Account, Address, FinalState, Lane, Message, MessageId, Outcome, Status, Timestamp, Word};

/// Opens queues for the battery: each `fresh` one is empty, and `reopen` opens again what was closed.
pub trait QueueMaker: Send + Sync {
    /// Opens an empty queue that takes no more than `pending_limit` pending messages.
    fn fresh(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>>;

    /// Opens the last fresh queue again after it was closed; `None` when it keeps nothing.
    fn reopen(&self) -> BoxFuture<'_, Option<Arc<dyn Queue>>>;
}

/// Runs every check against queues of this maker.
///
/// # Panics
/// When a queue breaks a promise.
pub async fn queue_battery(maker: &dyn QueueMaker) {
    order(maker).await;
    leases(maker).await;
    due_times(maker).await;
    deadlines(maker).await;
    settling_once(maker).await;
    cancel_and_replace(maker).await;
    retry_and_move(maker).await;
    reopening(maker).await;
    finding(maker).await;
    listing_and_counting(maker).await;
    limits(maker).await;
    forgetting(maker).await;
    races(maker).await;
    watching(maker).await;
    closing(maker).await;
    coming_back(maker).await;
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
        self.change(Change::Settle { id, outcome: outcome(state, 200), receipt: None }).await
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

fn cancel(id: MessageId, now: u64) -> Change {
    Change::Cancel { id, outcome: outcome(FinalState::Deleted, now), receipt: None }
}

fn replace(message: &Message, now: u64) -> Change {
    Change::Replace { message: Box::new(message.clone()), now: Timestamp(now) }
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

async fn order(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..6).map(|_| bench.message()).collect();
    messages[1].priority = 3;
    messages[2].deliver_after = Timestamp(50);
    messages[3].priority = 1;
    messages[4].priority = 3;
    messages[4].deliver_after = Timestamp(50);
    bench.append(&messages).await;
    let wanted: Vec<_> = [4, 1, 3, 2, 0, 5].map(|n| messages[n].id).into();
    assert_eq!(ids(&bench.lease(100, 2).await), wanted[..2], "priority, then due time");
    let rest = bench.lease(100, MANY).await;
    assert_eq!(ids(&rest), wanted[2..], "due time, then id");
    assert_eq!(rest[2], messages[0], "a message comes out as it went in");
    let elsewhere = Lease { max: MANY, now: Timestamp(100), until: Timestamp(160) };
    assert_eq!(bench.queue.lease(&Lane::from("elsewhere"), elsewhere).await.unwrap(), []);
}

async fn leases(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    assert_eq!(bench.leased_ids(100).await, [message.id]);
    assert_eq!(bench.leased_ids(159).await, [], "a leased message is hidden");
    assert_eq!(bench.due(), Some(Timestamp(160)));
    assert_eq!(bench.get(message.id).await.leased, Some(Timestamp(160)));
    assert_eq!(bench.leased_ids(160).await, [message.id], "a lease ends");
    bench.queue.release(&[message.id, MessageId(u64::MAX)]);
    assert_eq!(bench.get(message.id).await.leased, None);
    assert_eq!(bench.leased_ids(161).await, [message.id], "a released message is due at once");
    assert_eq!(bench.get(message.id).await.message.attempts, 0, "a lease is no attempt");
    bench.settle(message.id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.leased_ids(9_999).await, []);
    bench.queue.release(&[message.id]);
    assert_eq!(bench.leased_ids(9_999).await, [], "an ended message is not revived");
}

async fn due_times(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    assert_eq!(bench.due(), None);
    let mut late = bench.message();
    late.deliver_after = Timestamp(5_000);
    bench.append(std::slice::from_ref(&late)).await;
    assert_eq!(bench.due(), Some(Timestamp(5_000)));
    assert_eq!(bench.leased_ids(4_999).await, []);
    let early = bench.appended().await;
    assert_eq!(bench.due(), Some(Timestamp(100)));
    assert_eq!(bench.leased_ids(4_999).await, [early.id]);
    assert_eq!(bench.leased_ids(5_000).await, [late.id]);
}

async fn deadlines(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut never = bench.message();
    never.expires = Timestamp::MAX;
    let mut short = bench.message();
    short.expires = Timestamp(500);
    bench.append(&[never.clone(), short.clone()]).await;
    assert_eq!(bench.queue.next_expiry(), Some(Timestamp(500)));
    let expired = async |now| ids(&bench.queue.expired(Timestamp(now), MANY).await.unwrap());
    assert_eq!(expired(499).await, []);
    assert_eq!(expired(500).await, [short.id]);
    assert_eq!(bench.leased_ids(500).await, [never.id], "an expired message is never handed out");
    assert_eq!(expired(500).await, [short.id], "it stays until it is settled");
    bench.settle(short.id, FinalState::Expired).await.unwrap();
    assert_eq!(expired(501).await, []);
    assert_eq!(bench.queue.next_expiry(), None);

    let held = bench.appended().await;
    bench.lease(9_990, MANY).await;
    assert_eq!(expired(10_001).await, [], "who delivers it may finish");
    assert_eq!(expired(10_050).await, [held.id]);
    let mut dead = bench.message();
    dead.expires = Timestamp(1);
    bench.append(std::slice::from_ref(&dead)).await;
    assert_eq!(ids(&bench.queue.expired(Timestamp(10_050), 1).await.unwrap()), [dead.id], "longest overdue first");
}

async fn settling_once(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    let mut receipt = bench.message();
    receipt.about = Some(message.id);
    let settle =
        Change::Settle { id: message.id, outcome: outcome(FinalState::Delivered, 200), receipt: Some(Box::new(receipt.clone())) };
    let mut second = bench.message();
    second.about = Some(message.id);
    let again = Change::Settle {
        id: message.id,
        outcome: outcome(FinalState::Undeliverable, 201),
        receipt: Some(Box::new(second.clone())),
    };
    let unknown = Change::Settle {
        id: MessageId(u64::MAX),
        outcome: outcome(FinalState::Delivered, 200),
        receipt: Some(Box::new(second.clone())),
    };
    let results = bench.queue.apply(vec![settle, again, unknown]).await.unwrap();
    assert_eq!(results, [Ok(()), Err(ChangeError::Final(FinalState::Delivered)), Err(ChangeError::Unknown)]);
    assert_eq!(
        bench.settle(message.id, FinalState::Expired).await,
        Err(ChangeError::Final(FinalState::Delivered)),
        "in a later call, too"
    );
    let record = bench.get(message.id).await;
    assert_eq!(record.outcome, Some(outcome(FinalState::Delivered, 200)));
    assert_eq!(record.status(), Status::Delivered);
    assert_eq!(bench.get(receipt.id).await.message, receipt);
    assert_eq!(bench.queue.get(second.id).await.unwrap(), None, "a refused settlement brings no receipt");
    assert_eq!(bench.leased_ids(200).await, [receipt.id]);

    let taken =
        Change::Settle { id: receipt.id, outcome: outcome(FinalState::Delivered, 300), receipt: Some(Box::new(message.clone())) };
    assert_eq!(bench.change(taken).await, Err(ChangeError::Duplicate(message.id)));
    assert_eq!(bench.get(receipt.id).await.outcome, None);
}

async fn cancel_and_replace(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    bench.lease(100, 1).await;
    assert_eq!(bench.change(cancel(message.id, 159)).await, Err(ChangeError::Leased));
    assert_eq!(bench.change(replace(&message, 159)).await, Err(ChangeError::Leased));
    bench.queue.release(&[message.id]);

    let mut other = message.clone();
    other.user_data = Bytes::from_static(b"quite another text");
    other.deliver_after = Timestamp(300);
    other.priority = 2;
    other.lane = Lane::from("other");
    assert_eq!(bench.change(replace(&other, 160)).await, Ok(()));
    assert_eq!(bench.get(message.id).await.message, other);
    assert_eq!(bench.leased_ids(400).await, [], "it left its lane");
    assert_eq!(bench.queue.next_due(&other.lane), Some(Timestamp(300)));
    assert_eq!(bench.queue.counts().pending, 1);

    let both = vec![replace(&message, 170), cancel(message.id, 170), replace(&other, 170), retry(message.id, 170)];
    let ended = Err(ChangeError::Final(FinalState::Deleted));
    assert_eq!(bench.queue.apply(both).await.unwrap(), [Ok(()), Ok(()), ended, ended]);
    let record = bench.get(message.id).await;
    assert_eq!((record.message, record.outcome), (message.clone(), Some(outcome(FinalState::Deleted, 170))));
    assert_eq!(record.outcome.map(|outcome| outcome.state.status()), Some(Status::Failed));
    assert_eq!(bench.change(cancel(MessageId(u64::MAX), 1)).await, Err(ChangeError::Unknown));

    let held = bench.appended().await;
    bench.lease(200, 1).await;
    assert_eq!(bench.change(cancel(held.id, 260)).await, Ok(()), "a lease that is over hinders nothing");
}

async fn retry_and_move(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    bench.lease(100, 1).await;
    assert_eq!(bench.change(retry(message.id, 120)).await, Ok(()));
    assert_eq!(bench.leased_ids(119).await, []);
    let again = bench.lease(120, MANY).await;
    assert_eq!(again, [Message { attempts: 1, deliver_after: Timestamp(120), ..message.clone() }]);

    let backup = Lane::from("backup");
    let moved = Change::Retry { id: message.id, attempts: 2, deliver_after: Timestamp(130), lane: Some(backup.clone()) };
    assert_eq!(bench.change(moved).await, Ok(()));
    assert_eq!(bench.leased_ids(500).await, []);
    let want = Lease { max: 1, now: Timestamp(130), until: Timestamp(190) };
    let there = bench.queue.lease(&backup, want).await.unwrap();
    assert_eq!(there, [Message { attempts: 2, deliver_after: Timestamp(130), lane: backup.clone(), ..message.clone() }]);
    let twice = vec![retry(message.id, 140), retry(message.id, 150)];
    assert_eq!(bench.queue.apply(twice).await.unwrap(), [Ok(()), Ok(())]);
    assert_eq!(bench.queue.next_due(&backup), Some(Timestamp(150)), "the last one counts");
}

async fn reopening(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    let reopen = |id| Change::Reopen { id, deliver_after: Timestamp(300), expires: Timestamp(20_000) };
    assert_eq!(bench.change(reopen(message.id)).await, Err(ChangeError::Pending));
    bench.settle(message.id, FinalState::Undeliverable).await.unwrap();
    let twice = vec![reopen(message.id), reopen(message.id)];
    assert_eq!(bench.queue.apply(twice).await.unwrap(), [Ok(()), Err(ChangeError::Pending)]);
    let again = Message { deliver_after: Timestamp(300), expires: Timestamp(20_000), ..message.clone() };
    assert_eq!(bench.lease(300, 1).await, [again]);
    let counts = bench.queue.counts();
    assert_eq!((counts.pending, counts.failed), (1, 0));
    bench.settle(message.id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.change(reopen(message.id)).await, Err(ChangeError::Final(FinalState::Delivered)));
}

async fn finding(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..8).map(|_| bench.message()).collect();
    for message in &mut messages {
        message.destination = Address::new(1, 1, "447900000001");
    }
    messages[1].account = Account::from("rival");
    messages[2].service_type = Word::new("WAP");
    messages[3].destination = Address::new(1, 1, "447900000002");
    messages[4].source = Address::new(5, 0, "Other");
    messages[5].destination = Address::new(2, 1, "447900000001");
    bench.append(&messages).await;
    bench.settle(messages[7].id, FinalState::Delivered).await.unwrap();
    let mut like = Like {
        account: Account::from("shop"),
        source: messages[0].source.clone(),
        destination: messages[0].destination.clone(),
        service_type: Some(Word::default()),
    };
    let found = async |like: &Like, max| {
        let records = bench.queue.find(like, max).await.unwrap();
        records.into_iter().map(|record| record.message.id).collect::<Vec<_>>()
    };
    assert_eq!(found(&like, MANY).await, [messages[6].id, messages[0].id], "pending and alike, newest first");
    assert_eq!(found(&like, 1).await, [messages[6].id]);
    like.service_type = None;
    assert_eq!(found(&like, MANY).await, [messages[6].id, messages[2].id, messages[0].id]);
    like.account = Account::from("nobody");
    assert_eq!(found(&like, MANY).await, []);
}

async fn listing_and_counting(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..6).map(|_| bench.message()).collect();
    messages[1].lane = Lane::from("other");
    bench.append(&messages).await;
    bench.settle(messages[0].id, FinalState::Delivered).await.unwrap();
    bench.settle(messages[2].id, FinalState::Rejected).await.unwrap();
    bench.lease(100, 1).await;
    let listed = async |page: Page| {
        let records = bench.queue.list(&page).await.unwrap();
        records.iter().map(|record| messages.iter().position(|m| m.id == record.message.id).unwrap()).collect::<Vec<_>>()
    };
    let all = Page { max: MANY, ..Page::default() };
    assert_eq!(listed(all.clone()).await, [0, 1, 2, 3, 4, 5]);
    assert_eq!(listed(Page { newest_first: true, max: 2, ..all.clone() }).await, [5, 4]);
    let beyond = Some(messages[4].id);
    assert_eq!(listed(Page { newest_first: true, max: 2, beyond, ..all.clone() }).await, [3, 2]);
    assert_eq!(listed(Page { beyond, ..all.clone() }).await, [5]);
    assert_eq!(listed(Page { status: Some(Status::Rejected), ..all.clone() }).await, [2]);
    assert_eq!(listed(Page { status: Some(Status::Pending), ..all.clone() }).await, [1, 3, 4, 5]);
    assert_eq!(listed(Page { lane: Some(Lane::from("other")), ..all.clone() }).await, [1]);
    assert_eq!(listed(Page { lane: Some(Lane::from("unheard-of")), ..all }).await, [] as [usize; 0]);
    let lane = |name, pending, leased| LaneCount { lane: Lane::from(name), pending, leased };
    let wanted = Counts {
        lanes: vec![lane("other", 1, 0), lane(LANE, 3, 1)],
        pending: 4,
        delivered: 1,
        failed: 0,
        expired: 0,
        rejected: 1,
    };
    assert_eq!(bench.queue.counts(), wanted);
}

async fn limits(maker: &dyn QueueMaker) {
    let bench = Bench::of(maker.fresh(3).await);
    let messages: Vec<_> = (0..4).map(|_| bench.message()).collect();
    let full = Err(QueueError::Full { limit: 3 });
    assert_eq!(bench.queue.append(messages.clone()).await, full, "all or none");
    assert_eq!(bench.queue.counts().pending, 0);
    bench.append(&messages[..3]).await;
    assert_eq!(bench.queue.append(messages[3..].to_vec()).await, full);
    let outcome = outcome(FinalState::Delivered, 200);
    let receipt = Some(Box::new(messages[3].clone()));
    let settle = Change::Settle { id: messages[0].id, outcome, receipt };
    assert_eq!(bench.change(settle).await, Ok(()), "a receipt is taken even by a full queue");
    assert_eq!(bench.queue.append(vec![bench.message()]).await, full);
    bench.settle(messages[1].id, FinalState::Delivered).await.unwrap();
    let fits = bench.message();
    let twice = vec![bench.message(), messages[2].clone()];
    bench.settle(messages[3].id, FinalState::Delivered).await.unwrap();
    assert_eq!(bench.queue.append(twice.clone()).await, Err(QueueError::Duplicate(messages[2].id)));
    assert_eq!(bench.queue.get(twice[0].id).await.unwrap(), None, "all or none");
    bench.append(&[fits.clone(), twice[0].clone()]).await;
    assert_eq!(bench.queue.append(vec![bench.message()]).await, full);
}

async fn forgetting(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let messages: Vec<_> = (0..3).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    for (message, done) in messages.iter().zip([200, 300]) {
        let outcome = outcome(FinalState::Delivered, done);
        bench.change(Change::Settle { id: message.id, outcome, receipt: None }).await.unwrap();
    }
    assert_eq!(bench.queue.forget(Timestamp(300)), 1);
    assert_eq!(bench.queue.get(messages[0].id).await.unwrap(), None);
    assert_eq!(bench.get(messages[1].id).await.message, messages[1]);
    assert_eq!(bench.queue.forget(Timestamp::MAX), 1, "a pending message is never forgotten");
    assert_eq!(bench.get(messages[2].id).await.message, messages[2]);
    assert_eq!(bench.settle(messages[1].id, FinalState::Expired).await, Err(ChangeError::Unknown));
}

/// Many tasks do everything at once; each message must end exactly once.
async fn races(maker: &dyn QueueMaker) {
    let bench = Arc::new(Bench::new(maker).await);
    let mut tasks = Vec::new();
    for task in 0..8_u64 {
        let bench = Arc::clone(&bench);
        tasks.push(tokio::spawn(async move {
            let mut ends = 0;
            for round in 0..12 {
                let messages: Vec<_> = (0..3).map(|_| bench.message()).collect();
                bench.append(&messages).await;
                let now = 200 + task + round;
                for message in bench.lease(now, 4).await {
                    ends += u64::from(bench.settle(message.id, FinalState::Delivered).await.is_ok());
                }
                ends += u64::from(bench.change(cancel(messages[1].id, now)).await.is_ok());
                let _ = bench.change(replace(&messages[2], now)).await;
            }
            ends
        }));
    }
    let mut ends = 0;
    for task in tasks {
        ends += task.await.unwrap();
    }
    let counts = bench.queue.counts();
    assert_eq!(counts.delivered + counts.failed, ends);
    assert_eq!(counts.pending + ends, 8 * 12 * 3);
    let left = bench.leased_ids(9_000).await;
    assert_eq!(left.len() as u64, counts.pending);
}

async fn watching(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut watch = bench.queue.watch(&bench.lane);
    let mut other = bench.queue.watch(&Lane::from("other"));
    let message = bench.appended().await;
    watch.changed().await.unwrap();
    bench.lease(100, 1).await;
    bench.queue.release(&[message.id]);
    watch.changed().await.unwrap();
    assert!(!other.has_changed().unwrap());
    let lane = Some(Lane::from("other"));
    bench.change(Change::Retry { id: message.id, attempts: 1, deliver_after: Timestamp(5), lane }).await.unwrap();
    other.changed().await.unwrap();
}

async fn closing(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let message = bench.appended().await;
    bench.queue.close().await.unwrap();
    assert_eq!(bench.queue.append(vec![bench.message()]).await, Err(QueueError::Closed));
    assert_eq!(bench.queue.apply(vec![cancel(message.id, 1)]).await, Err(QueueError::Closed));
    let want = Lease { max: 1, now: Timestamp(100), until: Timestamp(160) };
    assert_eq!(bench.queue.lease(&bench.lane, want).await, Err(QueueError::Closed));
    assert_eq!(bench.queue.get(message.id).await, Err(QueueError::Closed));
    assert_eq!(bench.queue.close().await, Ok(()), "closing twice is no error");
}

async fn coming_back(maker: &dyn QueueMaker) {
    let bench = Bench::new(maker).await;
    let mut messages: Vec<_> = (0..5).map(|_| bench.message()).collect();
    bench.append(&messages).await;
    bench.lease(100, 2).await;
    bench.settle(messages[0].id, FinalState::Delivered).await.unwrap();
    bench.change(retry(messages[2].id, 700)).await.unwrap();
    messages[3].user_data = Bytes::from_static(b"replaced");
    bench.change(replace(&messages[3], 100)).await.unwrap();
    let last = bench.queue.next_id();
    bench.queue.close().await.unwrap();
    drop(bench);
    let Some(queue) = maker.reopen().await else {
        return;
    };
    let bench = Bench::of(queue);
    assert!(bench.queue.next_id() > last, "ids are not used twice");
    assert_eq!(bench.get(messages[0].id).await.outcome, Some(outcome(FinalState::Delivered, 200)));
    assert_eq!(bench.settle(messages[0].id, FinalState::Expired).await, Err(ChangeError::Final(FinalState::Delivered)));
    assert_eq!(bench.leased_ids(100).await, [1, 3, 4].map(|n: usize| messages[n].id), "leases are gone");
    assert_eq!(bench.get(messages[3].id).await.message, messages[3]);
    let retried = Message { attempts: 1, deliver_after: Timestamp(700), ..messages[2].clone() };
    assert_eq!(bench.lease(700, 10).await.last(), Some(&retried));
    assert_eq!(bench.queue.append(vec![messages[1].clone()]).await, Err(QueueError::Duplicate(messages[1].id)));
    let counts = bench.queue.counts();
    assert_eq!((counts.pending, counts.delivered), (4, 1));
}

//! The queue in SQLite: beside the journal, killed at random, with its table gone, opened twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use smsc_engine::core::queue::{
    Change, End, JournalOptions, JournalQueue, Lease, Like, Page, Queue, QueueError, SqlQueue, SqlQueueError, SqlQueueOptions,
};
use smsc_engine::model::{Account, Address, Extra, FinalState, Lane, Message, MessageId, Outcome, Status, Timestamp, Word};
use smsc_engine::sql::{Database, DatabaseConfig, Dialect, Statement};
use smsc_engine::testing::Dice;

const LANES: [&str; 2] = ["sandbox", "backup"];

async fn open(directory: &Path, options: SqlQueueOptions) -> SqlQueue {
    SqlQueue::open(&DatabaseConfig::sqlite(directory.join("queue.sqlite")), options).await.unwrap()
}

fn outcome(state: FinalState, done: u64) -> Outcome {
    Outcome { state, error: 7, attempts: 2, done: Timestamp(done) }
}

/// The same queue twice.
struct Pair {
    directory: tempfile::TempDir,
    keep_until_recorded: bool,
    journal: JournalQueue,
    sql: SqlQueue,
    ids: Vec<MessageId>,
    now: u64,
}

/// Asks both queues and returns their answer, which is the same.
macro_rules! both {
    ($pair:expr, $queue:ident => $ask:expr) => {{
        let one = {
            let $queue: &dyn Queue = &$pair.journal;
            $ask
        };
        let other = {
            let $queue: &dyn Queue = &$pair.sql;
            $ask
        };
        assert_eq!(one, other, "the journal's answer and SQLite's");
        one
    }};
}

impl Pair {
    async fn new(keep_until_recorded: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (journal, sql) = Self::open(directory.path(), keep_until_recorded).await;
        Pair { directory, keep_until_recorded, journal, sql, ids: Vec::new(), now: 1000 }
    }

    async fn open(directory: &Path, keep_until_recorded: bool) -> (JournalQueue, SqlQueue) {
        let mut options = JournalOptions::default();
        (options.pending_limit, options.final_limit) = (60, 30);
        options.keep_until_recorded = keep_until_recorded;
        options.segment_octets = 16 << 10;
        let mut other = SqlQueueOptions::default();
        (other.pending_limit, other.final_limit) = (60, 30);
        other.keep_until_recorded = keep_until_recorded;
        // Some bodies come from memory, some from the file.
        other.recent_octets = 2000;
        (JournalQueue::open(directory.join("journal"), options).unwrap(), open(directory, other).await)
    }

    async fn reopen(&mut self) {
        both!(self, queue => queue.close().await).unwrap();
        let (journal, sql) = Self::open(self.directory.path(), self.keep_until_recorded).await;
        (self.journal, self.sql) = (journal, sql);
    }

    fn message(&mut self, dice: &mut Dice) -> Message {
        let id = both!(self, queue => queue.next_id());
        let mut message = Message::new(id, Account::from("shop"), self.lane(dice));
        message.destination = Address::new(1, 1, dice.throw(5).to_string());
        message.submitted = Timestamp(self.now);
        message.deliver_after = Timestamp(self.now + dice.throw(3) * dice.throw(50));
        message.expires = if dice.throw(3) == 0 { Timestamp::MAX } else { Timestamp(self.now + dice.throw(300)) };
        message.priority = dice.throw(3) as u8;
        message.user_data = Bytes::from(vec![b'x'; dice.throw(200) as usize]);
        if dice.throw(4) == 0 {
            message.extra = Some(Box::new(Extra { raw_pdu: Bytes::from_static(b"pdu"), ..Extra::NONE }));
        }
        message
    }

    fn lane(&self, dice: &mut Dice) -> Lane {
        Lane::from(LANES[dice.throw(2) as usize])
    }

    fn id(&self, dice: &mut Dice) -> MessageId {
        // The latest ids are the most interesting; some are no message's any more.
        let back = dice.throw(dice.clone().throw(100).max(1)) as usize;
        self.ids.iter().rev().nth(back).copied().unwrap_or(MessageId(1 << 40))
    }

    fn end(&mut self, dice: &mut Dice) -> End {
        let state = FinalState::ALL[dice.throw(6) as usize];
        let mut end = End::new(self.id(dice), outcome(state, self.now));
        end.erase = dice.throw(3) == 0;
        end.by = (dice.throw(3) == 0).then(|| self.lane(dice));
        if dice.throw(4) == 0 {
            let receipt = self.message(dice);
            self.ids.push(receipt.id);
            end.receipt = Some(Box::new(receipt));
        }
        end
    }

    fn change(&mut self, dice: &mut Dice) -> Change {
        let id = self.id(dice);
        match dice.throw(9) {
            0..3 => Change::Settle(self.end(dice)),
            3 => Change::Cancel(self.end(dice)),
            4 => {
                let lane = (dice.throw(2) == 0).then(|| self.lane(dice));
                let deliver_after = Timestamp(self.now + dice.throw(50));
                Change::Retry { id, attempts: dice.throw(9) as u32, deliver_after, lane }
            }
            5 => {
                let remote = Word::new(dice.throw(10).to_string().into_bytes());
                Change::Handed { id, remote, until: Timestamp(self.now + dice.throw(100)) }
            }
            6 => {
                let message = Message { id, ..self.message(dice) };
                Change::Replace { message: Box::new(message), now: Timestamp(self.now) }
            }
            7 => {
                let expires = Timestamp(self.now + dice.throw(500));
                Change::Reopen { id, deliver_after: Timestamp(self.now), expires }
            }
            _ => Change::Delete { id },
        }
    }

    async fn step(&mut self, dice: &mut Dice) {
        self.now += dice.throw(10);
        let now = Timestamp(self.now);
        match dice.throw(10) {
            0..3 => {
                let batch: Vec<_> = (0..=dice.throw(3)).map(|_| self.message(dice)).collect();
                self.ids.extend(batch.iter().map(|message| message.id));
                let _ = both!(self, queue => queue.append(batch.clone()).await);
            }
            3..6 => {
                let changes: Vec<_> = (0..=dice.throw(5)).map(|_| self.change(dice)).collect();
                both!(self, queue => queue.apply(changes.clone()).await).unwrap();
            }
            6 => {
                let (lane, max) = (self.lane(dice), dice.throw(8) as usize);
                let want = Lease { max, now, until: Timestamp(self.now + dice.throw(60)) };
                let leased = both!(self, queue => queue.lease(&lane, want).await).unwrap();
                if dice.throw(2) == 0 {
                    let ids: Vec<_> = leased.iter().map(|message| message.id).take(2).collect();
                    both!(self, queue => queue.release(&ids));
                }
            }
            7 => {
                let ids: Vec<_> = (0..4).map(|_| self.id(dice)).collect();
                both!(self, queue => queue.recorded(ids.clone()).await).unwrap();
            }
            8 => {
                let before = Timestamp(self.now.saturating_sub(dice.throw(400)));
                both!(self, queue => queue.forget(before).await).unwrap();
            }
            _ if dice.throw(4) == 0 => self.reopen().await,
            _ => {}
        }
        self.compare(dice).await;
    }

    async fn compare(&mut self, dice: &mut Dice) {
        let now = Timestamp(self.now);
        let (id, lane) = (self.id(dice), self.lane(dice));
        both!(self, queue => queue.get(id).await).unwrap();
        both!(self, queue => queue.expired(now, 5).await).unwrap();
        both!(self, queue => queue.handed(&lane, dice.clone().throw(10).to_string().as_bytes()).await).unwrap();
        both!(self, queue => queue.unrecorded(None, 5).await).unwrap();
        both!(self, queue => (queue.next_due(&lane), queue.next_expiry()));
        let destination = Address::new(1, 1, dice.throw(5).to_string());
        let like = Like { account: "shop".into(), source: Address::default(), destination, service_type: None };
        both!(self, queue => queue.find(&like, 3).await).unwrap();
        let mut page = Page { max: usize::MAX, newest_first: dice.throw(2) == 0, ..Page::default() };
        if dice.throw(4) == 0 {
            page = Page { max: 5, status: Some(Status::ALL[dice.throw(5) as usize]), lane: Some(lane), ..page };
        }
        both!(self, queue => queue.list(&page).await).unwrap();
        both!(self, queue => {
            let mut counts = queue.counts();
            // Which lanes were ever named is not kept.
            counts.lanes.retain(|lane| lane.pending > 0);
            counts
        });
    }
}

#[tokio::test]
async fn it_answers_as_the_journal_does_whatever_is_done_to_both() {
    for seed in 0..8 {
        let mut dice = Dice::new(seed);
        let mut pair = Pair::new(seed % 2 == 0).await;
        for _ in 0..250 {
            pair.step(&mut dice).await;
        }
        assert!(pair.ids.len() > 50);
        both!(pair, queue => queue.close().await).unwrap();
    }
}

/// Where the child of the next test works.
const CHILD: &str = "SMSC_TEST_SQL_QUEUE";

/// Takes messages in, settles them, forgets some, and says what was answered, until it is killed.
async fn work(directory: &Path) {
    let queue = Arc::new(open(directory, SqlQueueOptions::default()).await);
    let tasks = (0..4).map(|_| {
        let queue = Arc::clone(&queue);
        tokio::spawn(async move {
            loop {
                let batch: Vec<_> = (0..3).map(|_| Message::new(queue.next_id(), "shop".into(), "sandbox".into())).collect();
                let ids: Vec<_> = batch.iter().map(|message| message.id).collect();
                queue.append(batch).await.unwrap();
                say("taken", &ids);
                let receipt = Message::new(queue.next_id(), "shop".into(), "esme:shop".into());
                let end = End { receipt: Some(Box::new(receipt.clone())), ..End::new(ids[0], outcome(FinalState::Delivered, 5)) };
                let changes = vec![Change::Settle(end), Change::Delete { id: ids[1] }];
                assert!(queue.apply(changes).await.unwrap().iter().all(Result::is_ok));
                say("ended", &[ids[0]]);
                say("taken", &[receipt.id]);
                say("deleted", &[ids[1]]);
            }
        })
    });
    futures_util::future::join_all(tasks).await;
}

fn say(what: &str, ids: &[MessageId]) {
    let ids: Vec<_> = ids.iter().map(|id| id.0.to_string()).collect();
    let mut out = std::io::stdout().lock();
    writeln!(out, "@{what} {}", ids.join(" ")).unwrap();
    out.flush().unwrap();
}

/// What a killed program had said.
#[derive(Default)]
struct Said(BTreeMap<String, BTreeSet<u64>>);

impl Said {
    fn note(&mut self, line: &str) {
        // The last line may be cut.
        let Some((what, ids)) = line.strip_prefix('@').and_then(|line| line.strip_suffix('\n')?.split_once(' ')) else { return };
        let ids = ids.split(' ').map(|id| id.parse::<u64>().unwrap());
        self.0.entry(what.to_owned()).or_default().extend(ids);
    }

    fn of(&self, what: &str) -> BTreeSet<u64> {
        self.0.get(what).cloned().unwrap_or_default()
    }

    async fn compare(&self, directory: &Path) {
        let queue = open(directory, SqlQueueOptions::default()).await;
        let all = queue.list(&Page { max: usize::MAX, ..Page::default() }).await.unwrap();
        let there: BTreeMap<_, _> = all.iter().map(|record| (record.message.id.0, record)).collect();
        let (taken, ended, deleted) = (self.of("taken"), self.of("ended"), self.of("deleted"));
        for id in &taken {
            // A deletion that was not heard of any more may have happened.
            let record = there.get(id);
            assert!(record.is_some() || !ended.contains(id), "{id} was taken and is gone");
        }
        let lost = taken.iter().filter(|id| !there.contains_key(id) && !deleted.contains(id)).count();
        assert!(lost <= 4 * ROUNDS as usize, "{lost} messages are gone, more than deletions under way");
        for id in &ended {
            assert_eq!(there[id].outcome, Some(outcome(FinalState::Delivered, 5)), "{id}");
        }
        for id in &deleted {
            assert!(!there.contains_key(id), "{id} was deleted");
        }
        let highest = taken.iter().next_back().copied().unwrap_or(0);
        assert!(queue.next_id().0 > highest);
        // Ends come with their receipts, or not at all.
        let receipts = all.iter().filter(|record| record.message.lane.as_str() == "esme:shop").count();
        let ends = all.iter().filter(|record| record.outcome.is_some()).count();
        assert_eq!(receipts, ends);
        queue.close().await.unwrap();
    }
}

const ROUNDS: u64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_it_answered_is_there_after_the_program_was_killed() {
    if let Some(directory) = std::env::var_os(CHILD) {
        return work(Path::new(&directory)).await;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut said = Said::default();
    let mut dice = Dice::new(u64::from(std::process::id()));
    for _ in 0..ROUNDS {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["sql_queue::what_it_answered_is_there_after_the_program_was_killed", "--exact", "--nocapture"]);
        let mut child = command.env(CHILD, directory.path()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (mut line, mut lines) = (String::new(), 50 + dice.throw(400));
        while out.read_line(&mut line).unwrap() > 0 {
            said.note(&line);
            line.clear();
            lines = lines.saturating_sub(1);
            if lines == 0 {
                child.kill().unwrap();
            }
        }
        child.wait().unwrap();
        assert_eq!(lines, 0, "the child ended by itself");
        said.compare(directory.path()).await;
    }
    assert!(said.of("ended").len() > 100);
}

#[tokio::test]
async fn a_failed_write_poisons_it_and_what_it_knows_can_still_be_asked() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(directory.path(), SqlQueueOptions::default()).await;
    let message = Message::new(queue.next_id(), "shop".into(), "sandbox".into());
    queue.append(vec![message.clone()]).await.unwrap();
    let other = Database::open(&DatabaseConfig::sqlite(directory.path().join("queue.sqlite"))).await.unwrap();
    other.execute(Statement::new("DROP TABLE queue_outcomes")).await.unwrap();
    let end = || vec![Change::Settle(End::new(message.id, outcome(FinalState::Delivered, 5)))];
    let error = queue.apply(end()).await.unwrap_err();
    assert!(matches!(&error, QueueError::Poisoned(text) if text.contains("queue_outcomes")), "{error}");
    assert_eq!(queue.append(vec![Message::new(queue.next_id(), "shop".into(), "sandbox".into())]).await, Err(error.clone()));
    let want = Lease { max: 1, now: Timestamp(9), until: Timestamp(99) };
    assert_eq!(queue.lease(&Lane::from("sandbox"), want).await, Err(error.clone()));
    assert_eq!(queue.get(message.id).await.unwrap().unwrap().message, message);
    assert_eq!(queue.close().await, Err(error));
}

#[tokio::test]
async fn only_one_may_open_it_and_only_in_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let queue = open(directory.path(), SqlQueueOptions::default()).await;
    let config = DatabaseConfig::sqlite(directory.path().join("queue.sqlite"));
    let second = SqlQueue::open(&config, SqlQueueOptions::default()).await.err().unwrap();
    assert!(matches!(second, SqlQueueError::Lock { .. }) && second.to_string().contains("queue.sqlite.lock"), "{second}");
    queue.close().await.unwrap();
    assert!(SqlQueue::open(&config, SqlQueueOptions::default()).await.is_ok());
    let elsewhere = SqlQueue::open(&DatabaseConfig::new(Dialect::Postgres), SqlQueueOptions::default()).await;
    assert_eq!(elsewhere.err().unwrap().to_string(), "a queue cannot be kept in postgres, only in sqlite");
}

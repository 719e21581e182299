//! The tasks that write: each takes everything that waits, commits it as one transaction and answers all.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::super::{ChangeError, QueueError};
use super::error::refusal;
use super::ids;
use super::job::{Job, Work};
use super::plan::Plan;
use super::row::{ENDED, PENDING, Row};
use super::shared::Shared;
use super::table::{COUNTS, MESSAGES, WRITERS};
use super::write::{self, note};
use crate::model::MessageId;
use crate::sql::{MOST_TRIES, SqlError, Statement, Transaction};

pub(super) struct Writer {
    shared: Arc<Shared>,
    /// Which of the tasks of this node.
    number: i32,
    /// Transactions that it began.
    count: AtomicI64,
}

/// What became of one call.
enum Answer {
    Append(Result<(), QueueError>),
    Apply(Vec<Result<(), ChangeError>>),
    Done,
}

/// Why a group was not written.
enum Failure {
    /// Nothing was done.
    Sql(SqlError),
    /// Nobody knows.
    Uncertain(SqlError),
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Failure::Sql(error)
    }
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, number: i32) -> Self {
        Writer { shared, number, count: AtomicI64::new(0) }
    }

    /// Works until the queue stops and nothing waits any more.
    pub(super) async fn run(self) {
        let mut stopping = self.shared.stopping.subscribe();
        loop {
            let jobs = std::mem::take(&mut self.shared.lock().jobs);
            if !jobs.is_empty() {
                self.write(jobs).await;
                continue;
            }
            if *stopping.borrow() {
                return;
            }
            tokio::select! {
                () = self.shared.work.notified() => {}
                _ = stopping.changed() => {}
            }
        }
    }

    /// Makes a group durable and answers all who wait for it.
    async fn write(&self, jobs: Vec<Job>) {
        let (mut tries, mut careful) = (0, false);
        let failure = loop {
            tries += 1;
            match self.attempt(&jobs, careful).await {
                Ok(answers) => {
                    self.shared.written();
                    return jobs.into_iter().zip(answers).for_each(|(job, answer)| answer.give(job.work));
                }
                Err(Failure::Sql(error)) if error.is_conflict() && tries < MOST_TRIES => {}
                // An id was in use: which call is to blame is found out before anything is written.
                Err(Failure::Sql(error)) if error.is_duplicate() && !careful => careful = true,
                // What the server never takes must not be in the way of the others.
                Err(Failure::Sql(error)) if jobs.len() > 1 && !error.is_unreachable() && !error.is_out_of_room() => {
                    return self.write_apart(jobs).await;
                }
                Err(failure) => break failure,
            }
        };
        self.give_up(jobs, failure).await;
    }

    async fn write_apart(&self, jobs: Vec<Job>) {
        for job in jobs {
            Box::pin(self.write(vec![job])).await;
        }
    }

    /// Refuses what was not written, or keeps it until the database is back.
    async fn give_up(&self, jobs: Vec<Job>, failure: Failure) {
        let is_away = matches!(&failure, Failure::Sql(error) if error.is_unreachable()) && self.shared.open().is_ok();
        let error = self.explain(failure);
        let (kept, refused): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| is_away && job.may_wait());
        refused.into_iter().for_each(|job| job.work.refuse(&error));
        if !kept.is_empty() {
            tokio::time::sleep(PAUSE).await;
            self.shared.put_back(kept);
        }
    }

    async fn attempt(&self, jobs: &[Job], careful: bool) -> Result<Vec<Answer>, Failure> {
        let shared = &*self.shared;
        let mut transaction = shared.database.begin_hot().await?;
        let touched: BTreeSet<MessageId> = jobs.iter().flat_map(|job| job.work.touched()).collect();
        let rows = lock(&mut transaction, touched).await?;
        let fresh: Vec<MessageId> = jobs.iter().flat_map(|job| job.work.fresh()).collect();
        let taken = if careful { in_use(&mut transaction, &fresh).await? } else { HashSet::new() };
        let used = self.used(&mut transaction, fresh.len()).await?;
        let mut plan = Plan::new(shared.rules, rows, taken, used);
        let answers = jobs.iter().map(|job| answer(&mut plan, &job.work)).collect();
        if plan.is_empty() {
            transaction.rollback().await?;
            return Ok(answers);
        }
        if let Some(foreign) = plan.fresh.iter().map(|stored| stored.id).filter(|id| shared.ids.is_foreign(*id)).max() {
            ids::skip(&shared.database, foreign).await?;
        }
        let tallies = plan.tallies();
        plan.write(&mut transaction, shared.rules.node).await?;
        let number = shared.session << 32 | self.count.fetch_add(1, Ordering::Relaxed) & i64::from(u32::MAX);
        note(&mut transaction, (shared.rules.node, self.number, number), &tallies).await?;
        let moving = shared.moving.read().await;
        match transaction.commit().await {
            Ok(()) => {}
            Err(error) if error.is_unreachable() => {
                // This may take long; the counts may be wrong until they are read anew.
                drop(moving);
                if !self.look_up(number).await.map_err(|_| Failure::Uncertain(error))? {
                    return Err(Failure::Sql(SqlError::lost()));
                }
            }
            Err(error) => return Err(Failure::Sql(error)),
        }
        shared.commit(&plan, &tallies);
        Ok(answers)
    }

    /// Returns how many messages are pending or owe a record: exactly if that matters.
    async fn used(&self, transaction: &mut Transaction, more: usize) -> Result<i64, SqlError> {
        let total = self.shared.lock().tallies.total();
        let used = total.pending + total.owed;
        let limit = self.shared.rules.pending_limit;
        if more == 0 || usize::try_from(used).unwrap_or(0) + more <= limit - limit / 10 {
            return Ok(used);
        }
        let sum = format!("SELECT CAST(COALESCE(SUM(pending + owed), 0) AS BIGINT) AS used FROM {COUNTS}");
        let rows = transaction.rows(Statement::new(sum)).await?;
        rows.first().map_or(Ok(used), |row| row.get("used"))
    }

    /// Finds out whether a transaction counts whose answer was lost.
    async fn look_up(&self, number: i64) -> Result<bool, SqlError> {
        let deadline = Instant::now() + self.shared.options.lookup_time;
        loop {
            let found = async {
                let mut transaction = self.shared.database.begin_hot().await?;
                // If the lost transaction is not over yet it holds this row, and this waits for it.
                let look = format!("SELECT last FROM {WRITERS} WHERE node = ? AND writer = ? FOR UPDATE");
                let look = Statement::new(look).bind(self.shared.rules.node).bind(self.number);
                let last: Option<i64> = transaction.rows(look).await?.first().map(|row| row.get("last")).transpose()?;
                transaction.rollback().await?;
                Ok(last)
            };
            match found.await {
                // Somebody else writes under our name, and may have done so since.
                Ok(Some(last)) if last >> 32 > self.shared.session => return Err(SqlError::lost()),
                Ok(last) => return Ok(last == Some(number)),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    fn explain(&self, failure: Failure) -> QueueError {
        match failure {
            Failure::Sql(error) => {
                // Once, not for every try.
                if self.shared.lock().trouble.is_none() {
                    tracing::error!(%error, "the queue cannot be written to");
                }
                self.shared.note(Some(&error));
                refusal(&error)
            }
            Failure::Uncertain(error) => {
                self.shared.note(Some(&error));
                tracing::error!(critical = true, %error, "nobody knows whether the last changes of the queue count");
                QueueError::Uncertain(error.to_string().into())
            }
        }
    }
}

impl Answer {
    /// Answers whoever waits; they may have gone away.
    fn give(self, work: Work) {
        match (self, work) {
            (Answer::Append(result), Work::Append { answer, .. }) => _ = answer.send(result),
            (Answer::Apply(results), Work::Apply { answer, .. }) => _ = answer.send(Ok(results)),
            (_, Work::Recorded { answer, .. }) => _ = answer.send(Ok(())),
            _ => {}
        }
    }
}

/// Does in a plan what a call wants.
fn answer<'a>(plan: &mut Plan<'a>, work: &'a Work) -> Answer {
    match work {
        Work::Append { messages, .. } => Answer::Append(plan.append(messages)),
        Work::Apply { changes, .. } => Answer::Apply(changes.iter().map(|drafted| plan.change(drafted)).collect()),
        Work::Recorded { ids, .. } => {
            ids.iter().for_each(|id| plan.recorded(*id));
            Answer::Done
        }
        Work::Release { ids, .. } => {
            ids.iter().for_each(|id| plan.release(*id));
            Answer::Done
        }
    }
}

/// Reads the rows of messages and keeps them as they are until the end of the transaction; always in the same order,
/// so that no two transactions wait for each other.
async fn lock(transaction: &mut Transaction, mut wanted: BTreeSet<MessageId>) -> Result<Vec<(MessageId, Row)>, SqlError> {
    let mut found = Vec::with_capacity(wanted.len());
    // A message may be reopened between the two questions: then it is where nobody looked. So the first comes again.
    for side in [PENDING, ENDED, PENDING] {
        if wanted.is_empty() {
            break;
        }
        let lock = Statement::new(format!("{side} WHERE id = ANY(?) ORDER BY id FOR UPDATE"));
        for columns in transaction.rows(lock.bind(write::ids(wanted.iter().copied()))).await? {
            let (id, row) = Row::read(&columns)?;
            wanted.remove(&id);
            found.push((id, row));
        }
    }
    Ok(found)
}

async fn in_use(transaction: &mut Transaction, fresh: &[MessageId]) -> Result<HashSet<MessageId>, SqlError> {
    let look = Statement::new(format!("SELECT id FROM {MESSAGES} WHERE id = ANY(?)"));
    let rows = transaction.rows(look.bind(write::ids(fresh.iter().copied()))).await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// How long to wait before a database is asked again that was away.
const PAUSE: Duration = Duration::from_millis(100);

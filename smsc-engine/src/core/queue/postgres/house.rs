//! What goes on beside the calls: ids are fetched, counts are read, other nodes' news are heard.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::QueueError;
use super::error::unreadable;
use super::ids::{BLOCK, MESSAGE_IDS, reserve};
use super::lease::next_due;
use super::read::next_expiry;
use super::shared::Shared;
use super::table::{CLOCK, COUNTS, HANDINGS, MESSAGES, NODES, OUTCOMES};
use super::tally::Tallies;
use crate::model::Timestamp;
use crate::sql::{SqlError, Statement};

/// Fetches ids whenever they run low, more at a time when they go fast.
pub(super) async fn fetch_ids(shared: Arc<Shared>) {
    let (mut last, mut count) = (Instant::now(), BLOCK);
    loop {
        shared.ids.wanted.notified().await;
        while shared.ids.is_low() {
            count = if last.elapsed() < FAST { (count * 2).min(BLOCK * MOST_BLOCKS) } else { BLOCK };
            last = Instant::now();
            match reserve(&shared.database, MESSAGE_IDS, count).await {
                Ok(block) => shared.ids.add(block),
                Err(error) => {
                    shared.note(Some(&error));
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

/// Looks whether other nodes added something that somebody here waits for.
pub(super) async fn listen(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.options.poll_interval).await;
        let watched = shared.lock().lanes.watched();
        if watched.is_empty() {
            continue;
        }
        // Failures are told elsewhere, and the next round is soon.
        let Ok(due) = next_due(&shared, &watched, shared.latest()).await else { continue };
        let mut state = shared.lock();
        for ((lane, stamp), due) in watched.iter().zip(due) {
            state.lanes.hear(lane, due, *stamp);
        }
    }
}

/// Learns of which lanes there is work from before, and when.
pub(super) async fn learn_due(shared: &Shared) -> Result<(), QueueError> {
    let lanes: Vec<_> = {
        let mut state = shared.lock();
        let some = state.tallies.0.iter().filter(|(_, tally)| tally.pending > 0).map(|(lane, _)| lane.clone());
        let some: Vec<_> = some.collect();
        some.into_iter().map(|lane| (lane.clone(), state.lanes.stamp(&lane))).collect()
    };
    let due = next_due(shared, &lanes, shared.latest()).await?;
    let mut state = shared.lock();
    for ((lane, stamp), due) in lanes.iter().zip(due) {
        state.lanes.learn(lane, due, *stamp);
    }
    Ok(())
}

/// Reads counts and deadlines again and again, tells the others that this node is alive, and tidies up.
pub(super) async fn refresh(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(shared.options.refresh_interval).await;
        if let Err(error) = round(&shared).await {
            tracing::warn!(%error, "the state of the shared queue is not known");
        }
    }
}

async fn round(shared: &Shared) -> Result<(), QueueError> {
    show_life(shared).await?;
    read_counts(shared).await?;
    next_expiry(shared).await?;
    forget_surplus(shared).await
}

/// Reads the counts of the whole cluster.
pub(super) async fn read_counts(shared: &Shared) -> Result<(), QueueError> {
    let sum = |column: &str| format!("CAST(SUM({column}) AS BIGINT) AS {column}");
    let columns = ["pending", "leased", "delivered", "failed", "expired", "rejected", "owed"].map(sum).join(", ");
    let ask = format!("SELECT lane, {columns}, COUNT(*) AS parts FROM {COUNTS} GROUP BY lane");
    // No commit of this node is between what is read and what is known. One that hangs must not keep the others waiting
    // behind us: then the counts stay as they are for a round.
    let Ok(moving) = tokio::time::timeout(SHORT_WAIT, shared.moving.write()).await else { return Ok(()) };
    let rows = tokio::time::timeout(SHORT, shared.rows(Statement::new(ask))).await;
    let rows = rows.unwrap_or_else(|_| Err(QueueError::Unreachable("no answer in time".into())))?;
    let tallies = Tallies::read(&rows).map_err(|error| unreadable(&error))?;
    shared.lock().tallies = tallies;
    drop(moving);
    let parts: i64 = rows.iter().filter_map(|row| row.get::<i64>("parts").ok()).sum();
    if parts > MOST_PARTS + 2 * rows.len() as i64 { fold(shared).await } else { Ok(()) }
}

/// Makes one row of the many that each lane has by now.
async fn fold(shared: &Shared) -> Result<(), QueueError> {
    let all = "pending, leased, delivered, failed, expired, rejected, owed";
    let sums: Vec<_> = all.split(", ").map(|column| format!("SUM({column})")).collect();
    let fold = format!(
        "WITH gone AS (DELETE FROM {COUNTS} WHERE id IN (SELECT id FROM {COUNTS} ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED)
         RETURNING *) INSERT INTO {COUNTS} (lane, {all}) SELECT lane, {} FROM gone GROUP BY lane",
        sums.join(", ")
    );
    execute(shared, Statement::new(fold).bind(FOLD)).await.map(drop)
}

/// Tells the others that this node is alive, and learns which others are not.
async fn show_life(shared: &Shared) -> Result<(), QueueError> {
    let node = shared.rules.node;
    let seen = format!("UPDATE {NODES} SET seen = {CLOCK} WHERE number = ? AND session = ?");
    if execute(shared, Statement::new(seen).bind(node).bind(shared.session)).await? == 0 {
        tracing::error!(critical = true, "another process has joined the shared queue under the name of this node");
    }
    let silence = i64::try_from(shared.options.orphaned_after.as_millis()).unwrap_or(i64::MAX);
    let silent = Statement::new(format!("SELECT number FROM {NODES} WHERE number <> ? AND seen < {CLOCK} - ?"));
    let rows = shared.rows(silent.bind(node).bind(silence)).await?;
    let orphans = rows.iter().map(|row| row.get("number")).collect::<Result<_, SqlError>>();
    shared.lock().orphans = orphans.map_err(|error| unreadable(&error))?;
    Ok(())
}

async fn forget_surplus(shared: &Shared) -> Result<(), QueueError> {
    let total = shared.lock().tallies.total();
    let ended = total.delivered + total.failed + total.expired + total.rejected - total.owed;
    let surplus = usize::try_from(ended).unwrap_or(0).saturating_sub(shared.options.final_limit);
    if surplus > 0 {
        forget(shared, Timestamp::MAX, surplus).await?;
    }
    Ok(())
}

/// Forgets messages that ended before `done_before`, the first ones first, at most so many.
pub(super) async fn forget(shared: &Shared, done_before: Timestamp, max: usize) -> Result<usize, QueueError> {
    let mut forgotten = 0;
    while forgotten < max {
        let step = (max - forgotten).min(FORGET_STEP);
        let forget = Statement::new(forget_statement()).bind(super::row::millis(done_before)).bind(step);
        let rows = shared.rows(forget).await?;
        let count: usize = rows.first().map_or(Ok(0), |row| row.get("gone")).map_err(|error| unreadable(&error))?;
        forgotten += count;
        if count < step {
            break;
        }
    }
    if forgotten > 0 {
        read_counts(shared).await?;
    }
    Ok(forgotten)
}

fn forget_statement() -> String {
    let of = |states: &str| format!("-COUNT(*) FILTER (WHERE state IN ({states}))");
    let (delivered, failed, expired, rejected) = (of("2"), of("4, 5, 7"), of("3"), of("8"));
    format!(
        "WITH gone AS (DELETE FROM {OUTCOMES} WHERE id IN (SELECT id FROM {OUTCOMES} WHERE NOT owed AND done < ?
           ORDER BY done, id LIMIT ? FOR UPDATE SKIP LOCKED) RETURNING id, state, lane),
         bodies AS (DELETE FROM {MESSAGES} WHERE id IN (SELECT id FROM gone)),
         handings AS (DELETE FROM {HANDINGS} WHERE id IN (SELECT id FROM gone)),
         noted AS (INSERT INTO {COUNTS} (lane, pending, leased, delivered, failed, expired, rejected, owed)
           SELECT lane, 0, 0, {delivered}, {failed}, {expired}, {rejected}, 0 FROM gone GROUP BY lane)
         SELECT COUNT(*) AS gone FROM gone"
    )
}

async fn execute(shared: &Shared, statement: Statement<'_>) -> Result<u64, QueueError> {
    let done = shared.database.execute(statement).await;
    shared.note(done.as_ref().err());
    done.map_err(|error| unreadable(&error))
}

/// Ids that run low again within this time are fetched in larger blocks.
const FAST: Duration = Duration::from_secs(1);
const MOST_BLOCKS: u64 = 100;
/// How long to wait before a database is asked again that did not answer.
const PAUSE: Duration = Duration::from_millis(500);
/// How long commits may be kept waiting by a count that waits for another commit.
const SHORT_WAIT: Duration = Duration::from_millis(100);
/// How long commits may be kept waiting by a count.
const SHORT: Duration = Duration::from_secs(5);
/// Rows of counts that are folded into one per lane.
const MOST_PARTS: i64 = 200;
const FOLD: usize = 10_000;
/// Messages that are forgotten in one transaction.
const FORGET_STEP: usize = 1000;

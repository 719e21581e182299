//! Handing out: a lease is written into the database before the messages go out, so no other node hands them out too.

use std::cmp::Reverse;

use super::super::{Lease, QueueError};
use super::error::unreadable;
use super::row::{Row, millis, moment};
use super::shared::Shared;
use super::table::{COUNTS, MESSAGES, WORK};
use super::tally::{Tallies, Tally};
use super::write::ids;
use crate::model::{Lane, Message, MessageId, Timestamp};
use crate::sql::{List, Row as Columns, SqlError, Statement, past_conflicts};

/// What was leased, and whether more was due.
struct Taken {
    rows: Vec<(MessageId, Row, Option<Vec<u8>>)>,
    more: bool,
}

/// Hands out what is due on a lane.
pub(super) async fn lease(shared: &Shared, lane: &Lane, want: Lease) -> Result<Vec<Message>, QueueError> {
    if want.max == 0 {
        return Ok(Vec::new());
    }
    shared.see(want.now);
    let stamp = shared.lock().lanes.stamp(lane);
    let taken = past_conflicts(|| take(shared, lane, want)).await;
    shared.note(taken.as_ref().err());
    let Taken { rows, more } = taken.map_err(|error| unreadable(&error))?;
    let due = if more { Some(want.now) } else { next_due(shared, &[(lane.clone(), stamp)], want.now).await?.pop().flatten() };
    shared.lock().lanes.learn(lane, due, stamp);
    complete(shared, rows).await
}

async fn take(shared: &Shared, lane: &Lane, want: Lease) -> Result<Taken, SqlError> {
    let max = want.max.min(MOST);
    let mut transaction = shared.database.begin_hot().await?;
    let (now, free) = (millis(want.now), free(shared, want.now));
    let statement = Statement::new(statement()).bind(lane).bind(lane).bind(lane).bind(now).bind(now);
    let statement = free.into_iter().fold(statement, Statement::bind).bind(max + 1).bind(max + 1);
    let statement = statement.bind(shared.rules.node).bind(millis(want.until)).bind(max).bind(lane);
    let rows = transaction.rows(statement).await?;
    if rows.is_empty() {
        transaction.rollback().await?;
        return Ok(Taken { rows: Vec::new(), more: false });
    }
    let fresh = rows.iter().filter(|row| row.get("held").is_ok_and(|held: bool| !held)).count();
    let moving = shared.moving.read().await;
    // If the answer is lost, the messages may be leased to nobody: they are handed out again once that is over.
    transaction.commit().await?;
    let tally = Tally { leased: i64::try_from(fresh).unwrap_or(0), ..Tally::default() };
    shared.lock().tallies.add(&Tallies([(lane.clone(), tally)].into()));
    drop(moving);
    let found: usize = rows.first().map_or(Ok(0), |row| row.get("found"))?;
    let read = |columns: &Columns| Row::read(columns).and_then(|(id, row)| Ok((id, row, columns.get("body")?)));
    let mut taken = Taken { rows: rows.iter().map(read).collect::<Result<_, _>>()?, more: found > max };
    taken.rows.sort_by_key(|(id, row, _)| (Reverse(row.facts.priority), row.facts.due, *id));
    Ok(taken)
}

/// Puts rows and bodies together; a body that cannot be read is reported and left out.
async fn complete(shared: &Shared, rows: Vec<(MessageId, Row, Option<Vec<u8>>)>) -> Result<Vec<Message>, QueueError> {
    let mut messages = Vec::with_capacity(rows.len());
    for (id, row, body) in rows {
        let body = match body {
            Some(body) => body,
            // It was replaced while this was on its way; now that it is leased it stays as it is.
            None => match read_body(shared, id).await? {
                Some(body) => body,
                None => continue,
            },
        };
        match row.message(id, &body) {
            Ok(message) => messages.push(message),
            Err(error) => tracing::error!(%error, "a message cannot be read and stays where it is"),
        }
    }
    Ok(messages)
}

async fn read_body(shared: &Shared, id: MessageId) -> Result<Option<Vec<u8>>, QueueError> {
    let read = Statement::new(format!("SELECT body FROM {MESSAGES} WHERE id = ANY(?)"));
    let rows = shared.rows(read.bind(ids(std::iter::once(id)))).await?;
    rows.first().map(|row| row.get("body")).transpose().map_err(|error| unreadable(&error))
}

/// The values of [`FREE`].
pub(super) fn free(shared: &Shared, now: Timestamp) -> [i64; 3] {
    let margin = i64::try_from(shared.rules.margin.as_millis()).unwrap_or(i64::MAX);
    [i64::from(shared.rules.node), millis(now), millis(now).saturating_sub(margin)]
}

/// Asks when the next message of each lane is due, or the next lease over; in the order of the lanes.
pub(super) async fn next_due(
    shared: &Shared,
    lanes: &[(Lane, u64)],
    now: Timestamp,
) -> Result<Vec<Option<Timestamp>>, QueueError> {
    let names = List::Texts(lanes.iter().map(|(lane, _)| lane.as_str()).collect());
    let now = millis(now);
    let ask = Statement::new(due_statement()).bind(names).bind(now).bind(now).bind(now).bind(now);
    let rows = shared.rows(ask.planned_anew()).await?;
    let due = |row: &Columns| row.get::<Option<i64>>("due").map(|due| due.map(moment));
    rows.iter().map(due).collect::<Result<_, _>>().map_err(|error| unreadable(&error))
}

/// A message that nobody holds: by our clock if we did ourselves, by a clock that may be behind if another node did.
pub(super) const FREE: &str = "(w.holder IS NULL OR w.held_until <= CASE WHEN w.holder = ? THEN ? ELSE ? END)";

/// One more than wanted is looked for, to know whether there is more. The body is of the same version as the row: if
/// it was replaced between the look and the lock, the row is newer than the body that this statement sees.
fn statement() -> String {
    format!(
        "WITH RECURSIVE {}, picked AS (
           SELECT f.id, f.held FROM levels v CROSS JOIN LATERAL (
             SELECT w.id, w.holder IS NOT NULL AS held FROM {WORK} w
             WHERE w.lane = ? AND w.priority = v.priority AND w.due <= ? AND w.expires > ? AND {FREE}
             ORDER BY w.due, w.id LIMIT ? FOR UPDATE SKIP LOCKED
           ) f LIMIT ?
         ), taken AS (
           UPDATE {WORK} w SET holder = ?, held_until = ? FROM (SELECT id, held FROM picked LIMIT ?) p WHERE w.id = p.id
           RETURNING w.*, p.held
         ), noted AS (
           INSERT INTO {COUNTS} (lane, pending, leased, delivered, failed, expired, rejected, owed)
           SELECT ?, 0, COUNT(*), 0, 0, 0, 0, 0 FROM taken WHERE NOT held HAVING COUNT(*) > 0
         )
         SELECT t.*, CAST(NULL AS SMALLINT) AS state, m.body, (SELECT COUNT(*) FROM picked) AS found
         FROM taken t LEFT JOIN {MESSAGES} m ON m.id = t.id AND m.version = t.version",
        levels("?")
    )
}

fn due_statement() -> String {
    format!(
        "SELECT n.due FROM UNNEST(?) WITH ORDINALITY AS l(lane, place) CROSS JOIN LATERAL (
           WITH RECURSIVE {}, free AS (
             SELECT MIN(f.due) AS due FROM levels v CROSS JOIN LATERAL (
               SELECT w.due FROM {WORK} w WHERE w.lane = l.lane AND w.priority = v.priority AND w.holder IS NULL
               AND w.expires > ? ORDER BY w.due, w.id LIMIT 1
             ) f
           )
           SELECT CASE WHEN free.due <= ? THEN free.due ELSE LEAST(free.due, (
             SELECT MIN(w.held_until) FROM levels v JOIN {WORK} w ON w.lane = l.lane AND w.priority = v.priority
             WHERE w.due <= ? AND w.holder IS NOT NULL AND w.expires > ?
           )) END AS due FROM free
         ) n ORDER BY l.place",
        levels("l.lane")
    )
}

/// The priorities on a lane, highest first, each found with one step into the index.
fn levels(lane: &str) -> String {
    format!(
        "levels(priority) AS (
           SELECT * FROM (SELECT w.priority FROM {WORK} w WHERE w.lane = {lane} ORDER BY w.priority DESC LIMIT 1) first
           UNION ALL
           SELECT (SELECT w.priority FROM {WORK} w WHERE w.lane = {lane} AND w.priority < v.priority
                   ORDER BY w.priority DESC LIMIT 1) FROM levels v WHERE v.priority IS NOT NULL
         )"
    )
}

/// Messages that one call hands out at most: they are all in memory.
const MOST: usize = 10_000;

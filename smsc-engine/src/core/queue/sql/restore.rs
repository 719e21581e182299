//! Making the index again: one scan of the tables in the order of the ids, without the bodies.

use super::super::index::{Facts, Handing, Index, Known, Limits, Marks};
use super::SqlQueueError;
use super::group::Body;
use super::table::{HANDINGS, MESSAGES, NEXT_ID, OUTCOMES, STATE};
use crate::model::{FinalState, Lane, MessageId, Outcome, Timestamp, Word};
use crate::sql::{Database, Row, SqlError, Statement};

/// A queue as it was found.
pub(super) struct Restored {
    pub(super) index: Index<Body>,
    /// The first id that nobody had.
    pub(super) next_id: u64,
    pub(super) next_version: u32,
    /// Messages with rows that the index has no place for.
    pub(super) surplus: Vec<MessageId>,
}

pub(super) async fn restore(database: &Database, limits: Limits) -> Result<Restored, SqlQueueError> {
    let reserved = Statement::new(format!("SELECT value FROM {STATE} WHERE name = ?")).bind(NEXT_ID);
    let rows = database.rows(reserved).await?;
    let next_id = rows.first().map_or(Ok(1_u64), |row| row.get("value"))?;
    let mut restored = Restored { index: Index::new(limits), next_id: next_id.max(1), next_version: 1, surplus: Vec::new() };
    // As the database sorts: large ids are negative there.
    let mut from = i64::MIN;
    loop {
        let rows = database.rows(Statement::new(scan()).bind(from).bind(PAGE)).await?;
        for row in &rows {
            restored.take(row)?;
        }
        let Some(last) = rows.last().filter(|_| rows.len() == PAGE) else { break };
        let Some(next) = last.get::<i64>("id")?.checked_add(1) else { break };
        from = next;
    }
    restored.index.take_freed();
    restored.index.rebuild(Timestamp::now());
    restored.surplus = restored.index.take_freed().map(|body| MessageId(body.id)).collect();
    Ok(restored)
}

impl Restored {
    fn take(&mut self, row: &Row) -> Result<(), SqlQueueError> {
        let id: MessageId = row.get("id")?;
        let version = row.get("version")?;
        self.next_id = self.next_id.max(id.0.saturating_add(1));
        self.next_version = self.next_version.max(u32::saturating_add(version, 1));
        let outcome = outcome(row, id)?;
        let handing = handing(row)?;
        let by: Option<String> = row.get("end_lane")?;
        let lane = by.map_or_else(|| row.get("lane"), Ok)?;
        let marks = Marks {
            billed: row.get("billed")?,
            recorded: row.get::<Option<bool>>("recorded")?.unwrap_or(false),
            erased: row.get("erased")?,
            handed: handing.is_some(),
        };
        let facts = Facts {
            lane: self.index.lane(&Lane::from(lane.as_str())),
            attempts: row.get("attempts")?,
            due: Timestamp(row.get("due")?),
            expires: Timestamp(row.get("expires")?),
            alike: row.get("alike")?,
            priority: row.get("priority")?,
            at_once: false,
            marks,
        };
        // Its lane was named just now.
        self.index.restore_entry(Known { id, facts, body: Body { id: id.0, version }, outcome, handing });
        Ok(())
    }
}

fn outcome(row: &Row, id: MessageId) -> Result<Option<Outcome>, SqlQueueError> {
    let Some(state) = row.get::<Option<u8>>("state")? else { return Ok(None) };
    let state = FinalState::from_message_state(state);
    let state = state.ok_or(SqlQueueError::Row { id: id.0, fault: "its state is no end" })?;
    let (error, attempts, done) = (row.get("error")?, row.get("end_attempts")?, Timestamp(row.get("done")?));
    Ok(Some(Outcome { state, error, attempts, done }))
}

fn handing(row: &Row) -> Result<Option<Handing>, SqlError> {
    let Some(order) = row.get::<Option<u64>>("turn")? else { return Ok(None) };
    let (lane, remote): (String, Vec<u8>) = (row.get("handed_lane")?, row.get("remote")?);
    Ok(Some(Handing { lane: Lane::from(lane.as_str()), remote: Word::new(remote), order }))
}

fn scan() -> String {
    format!(
        "SELECT m.id AS id, m.version AS version, m.lane AS lane, m.attempts AS attempts, m.due AS due, m.expires AS expires,
         m.priority AS priority, m.alike AS alike, m.billed AS billed, m.erased AS erased, o.state AS state, o.error AS error,
         o.attempts AS end_attempts, o.done AS done, o.lane AS end_lane, o.recorded AS recorded, h.lane AS handed_lane,
         h.remote AS remote, h.turn AS turn
         FROM {MESSAGES} m LEFT JOIN {OUTCOMES} o ON o.id = m.id LEFT JOIN {HANDINGS} h ON h.id = m.id
         WHERE m.id >= ? ORDER BY m.id LIMIT ?"
    )
}

/// Rows that are read at a time: some megabytes.
const PAGE: usize = 5000;

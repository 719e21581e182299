//! Ids without asking the database for each: blocks of them, fetched before the last one runs out.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::table::IDS;
use crate::model::MessageId;
use crate::sql::{Database, SqlError, Statement};

/// The ids that this node may give to messages.
#[derive(Debug)]
pub(super) struct Ids {
    supply: Mutex<Supply>,
    /// The supply runs low.
    pub(super) wanted: Notify,
}

#[derive(Debug)]
struct Supply {
    blocks: VecDeque<Range<u64>>,
    /// Ids of this start of this node alone, for the time that the database is away.
    spare: Range<u64>,
    /// No id from here on was ever reserved, as far as this node knows.
    end: u64,
}

impl Ids {
    pub(super) fn new(session: i64, first: Range<u64>) -> Self {
        let start = SPARE | (session as u64 & SESSIONS) << 32;
        let supply = Supply { end: first.end, blocks: VecDeque::from([first]), spare: start..start + (1 << 32) };
        Ids { supply: Mutex::new(supply), wanted: Notify::new() }
    }

    /// Takes the next id. When the database did not bring more in time it comes out of a range that belongs to this
    /// session alone: as unique as the others, only longer.
    pub(super) fn next(&self) -> MessageId {
        let mut supply = self.lock();
        let id = supply.take();
        if supply.left() < BLOCK / 2 {
            self.wanted.notify_one();
        }
        MessageId(id)
    }

    pub(super) fn add(&self, block: Range<u64>) {
        let mut supply = self.lock();
        supply.end = supply.end.max(block.end);
        supply.blocks.push_back(block);
    }

    pub(super) fn is_low(&self) -> bool {
        self.lock().left() < BLOCK / 2
    }

    /// Tells whether `id` may be one that nobody has reserved.
    pub(super) fn is_foreign(&self, id: MessageId) -> bool {
        id.0 < SPARE && id.0 >= self.lock().end
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Supply> {
        self.supply.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Supply {
    fn take(&mut self) -> u64 {
        while let Some(block) = self.blocks.front_mut() {
            if let Some(id) = block.next() {
                return id;
            }
            self.blocks.pop_front();
        }
        // Four thousand millions of them.
        self.spare.next().unwrap_or(SPARE)
    }

    fn left(&self) -> u64 {
        self.blocks.iter().map(|block| block.end - block.start).sum()
    }
}

/// Reserves ids, or numbers of another name, for this node alone.
pub(super) async fn reserve(database: &Database, name: &str, count: u64) -> Result<Range<u64>, SqlError> {
    let mut transaction = database.begin().await?;
    let reserve = Statement::new(format!(
        "INSERT INTO {IDS} (name, value) VALUES (?, ? + 1)
         ON CONFLICT (name) DO UPDATE SET value = {IDS}.value + ? RETURNING value"
    ));
    let rows = transaction.rows(reserve.bind(name).bind(count).bind(count)).await?;
    let end: u64 = rows.first().map_or(Ok(count + 1), |row| row.get("value"))?;
    transaction.commit().await?;
    Ok(end.saturating_sub(count)..end)
}

/// Sees to it that nobody reserves ids up to this one, which came from elsewhere.
pub(super) async fn skip(database: &Database, id: MessageId) -> Result<(), SqlError> {
    let skip = Statement::new(format!("UPDATE {IDS} SET value = ? WHERE name = ? AND value < ?"));
    let next = id.0.saturating_add(1);
    database.execute(skip.bind(next).bind(MESSAGE_IDS).bind(next)).await.map(drop)
}

/// The name under which ids of messages are reserved.
pub(super) const MESSAGE_IDS: &str = "message";
/// The name under which starts of nodes are counted.
pub(super) const SESSIONS_NAME: &str = "session";
/// How many ids are reserved at a time; a start skips at most so many.
pub(super) const BLOCK: u64 = 10_000;
/// Above all ids that are reserved in blocks, below the sign.
const SPARE: u64 = 1 << 62;
/// Starts that are told apart in spare ids.
const SESSIONS: u64 = (1 << 29) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_from_blocks_and_when_these_run_dry_from_a_range_of_the_session() {
        let ids = Ids::new(3, 5..7);
        assert_eq!([ids.next(), ids.next()], [MessageId(5), MessageId(6)]);
        let spare = SPARE + (3 << 32);
        assert_eq!([ids.next(), ids.next()], [MessageId(spare), MessageId(spare + 1)]);
        assert!(ids.is_foreign(MessageId(7)) && !ids.is_foreign(MessageId(spare)));
        ids.add(100..101);
        assert_eq!([ids.next(), ids.next()], [MessageId(100), MessageId(spare + 2)]);
        assert_ne!(Ids::new(4, 0..0).next(), MessageId(spare));
    }
}

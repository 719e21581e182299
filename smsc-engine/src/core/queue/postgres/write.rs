//! Writing a plan: few statements, each for all rows of its kind.

use super::job::Stored;
use super::plan::{Entry, Handing, Plan};
use super::row::{Facts, Row, Stand, millis};
use super::table::{COUNTS, HANDINGS, MESSAGES, OUTCOMES, WORK, WRITERS};
use super::tally::{Tallies, Tally};
use crate::core::queue::index::erase;
use crate::model::{Lane, Message, MessageId, Outcome};
use crate::sql::{List, SqlError, Statement, Transaction};

/// A message with what is known of it.
type Known<'a> = (MessageId, &'a Facts);

/// The changes of a plan by what must be written.
#[derive(Default)]
struct Sorted<'a> {
    ended: Vec<(Known<'a>, Outcome, bool)>,
    /// Those that had ended before.
    revived: Vec<MessageId>,
    reopened: Vec<Known<'a>>,
    waiting: Vec<(Known<'a>, &'a Row)>,
    recorded: Vec<MessageId>,
    gone: Vec<MessageId>,
}

impl<'a> Sorted<'a> {
    fn sort(entries: impl Iterator<Item = (MessageId, &'a Entry<'a>)>) -> Self {
        let mut sorted = Sorted::default();
        for (id, entry) in entries {
            let Some(now) = &entry.now else {
                sorted.gone.push(id);
                continue;
            };
            let known = (id, &now.facts);
            match (&entry.before.stand, &now.stand) {
                _ if *now == entry.before => {}
                (Stand::Ended { outcome: before, .. }, Stand::Ended { outcome, owed: false })
                    if before == outcome && now.facts == entry.before.facts =>
                {
                    sorted.recorded.push(id);
                }
                (before, Stand::Ended { outcome, owed }) => {
                    sorted.revived.extend(matches!(before, Stand::Ended { .. }).then_some(id));
                    sorted.ended.push((known, *outcome, *owed));
                }
                (Stand::Ended { .. }, Stand::Pending(_)) => {
                    sorted.revived.push(id);
                    sorted.reopened.push(known);
                }
                (Stand::Pending(_), Stand::Pending(_)) => sorted.waiting.push((known, now)),
            }
        }
        sorted
    }
}

impl Plan<'_> {
    /// Makes these changes in a transaction.
    pub(super) async fn write(&self, transaction: &mut Transaction, node: i32) -> Result<(), SqlError> {
        let changed = || self.entries.iter().filter(|(_, entry)| entry.is_changed()).map(|(id, entry)| (*id, entry));
        let sorted = Sorted::sort(changed());
        // Texts first: a body may be deleted with its message.
        self.write_bodies(transaction).await?;
        write_handings(transaction, changed()).await?;
        if !sorted.revived.is_empty() {
            let forget = Statement::new(format!("DELETE FROM {OUTCOMES} WHERE id = ANY(?)"));
            transaction.execute(forget.bind(ids(sorted.revived.iter().copied()))).await?;
        }
        write_ended(transaction, &sorted.ended, node).await?;
        write_waiting(transaction, &sorted.waiting).await?;
        insert_work(transaction, &sorted.reopened).await?;
        if !sorted.recorded.is_empty() {
            let recorded = Statement::new(format!("UPDATE {OUTCOMES} SET owed = FALSE WHERE id = ANY(?)"));
            transaction.execute(recorded.bind(ids(sorted.recorded.iter().copied()))).await?;
        }
        delete(transaction, &sorted.gone).await?;
        insert(transaction, &self.fresh).await
    }

    async fn write_bodies(&self, transaction: &mut Transaction) -> Result<(), SqlError> {
        let mut bodies: Vec<(MessageId, u32, Vec<u8>)> = Vec::new();
        let mut unread = Vec::new();
        for (id, entry) in &self.entries {
            match (&entry.now, entry.body) {
                (Some(row), Some(stored)) if !entry.erase => bodies.push((*id, row.facts.version, stored.body.clone())),
                (Some(row), Some(stored)) => bodies.push((*id, row.facts.version, erased(&stored.body))),
                (Some(_), None) if entry.erase => unread.push(*id),
                _ => {}
            }
        }
        if !unread.is_empty() {
            let read = Statement::new(format!("SELECT id, version, body FROM {MESSAGES} WHERE id = ANY(?) ORDER BY id"));
            for row in transaction.rows(read.bind(ids(unread.into_iter()))).await? {
                bodies.push((row.get("id")?, row.get("version")?, erased(&row.get::<Vec<u8>>("body")?)));
            }
        }
        if bodies.is_empty() {
            return Ok(());
        }
        let update = Statement::new(format!(
            "UPDATE {MESSAGES} m SET version = t.version, body = t.body
             FROM UNNEST(?, ?, ?) AS t(id, version, body) WHERE m.id = t.id"
        ));
        let update = update.bind(ids(bodies.iter().map(|(id, ..)| *id)));
        let update = update.bind(ints(bodies.iter().map(|(_, version, _)| i64::from(*version))));
        let update = update.bind(List::Blobs(bodies.iter().map(|(.., body)| body.as_slice()).collect()));
        transaction.execute(update).await.map(drop)
    }
}

/// Writes what the transaction changes in the sums, and its number as the last one of this writer.
pub(super) async fn note(transaction: &mut Transaction, writer: (i32, i32, i64), tallies: &Tallies) -> Result<(), SqlError> {
    let (node, writer, number) = writer;
    let note = Statement::new(format!(
        "WITH noted AS (INSERT INTO {WRITERS} (node, writer, last) VALUES (?, ?, ?)
         ON CONFLICT (node, writer) DO UPDATE SET last = excluded.last)
         INSERT INTO {COUNTS} (lane, pending, leased, delivered, failed, expired, rejected, owed)
         SELECT * FROM UNNEST(?, ?, ?, ?, ?, ?, ?, ?)"
    ));
    let note = note.bind(node).bind(writer).bind(number);
    let changed: Vec<_> = tallies.0.iter().filter(|(_, tally)| **tally != Tally::default()).collect();
    let note = note.bind(List::Texts(changed.iter().map(|(lane, _)| lane.as_str()).collect()));
    let columns: [fn(&Tally) -> i64; 7] = [
        |tally| tally.pending,
        |tally| tally.leased,
        |tally| tally.delivered,
        |tally| tally.failed,
        |tally| tally.expired,
        |tally| tally.rejected,
        |tally| tally.owed,
    ];
    let note = columns.iter().fold(note, |note, column| note.bind(ints(changed.iter().map(|(_, tally)| column(tally)))));
    transaction.execute(note).await.map(drop)
}

async fn insert(transaction: &mut Transaction, fresh: &[&Stored]) -> Result<(), SqlError> {
    if fresh.is_empty() {
        return Ok(());
    }
    let mut fresh = fresh.to_vec();
    // Two nodes that write the same id by mistake must not wait for each other in a circle.
    fresh.sort_by_key(|stored| stored.id);
    let insert = Statement::new(format!(
        "WITH fresh AS (SELECT * FROM UNNEST({FACTS_MARKS}, ?) AS t({FACTS}, body)),
         bodies AS (INSERT INTO {MESSAGES} (id, version, body) SELECT id, version, body FROM fresh)
         INSERT INTO {WORK} ({FACTS}) SELECT {FACTS} FROM fresh"
    ));
    let known: Vec<Known<'_>> = fresh.iter().map(|stored| (stored.id, &stored.facts)).collect();
    let insert = bind_facts(insert, &known).bind(List::Blobs(fresh.iter().map(|stored| stored.body.as_slice()).collect()));
    transaction.execute(insert).await.map(drop)
}

async fn insert_work(transaction: &mut Transaction, known: &[Known<'_>]) -> Result<(), SqlError> {
    if known.is_empty() {
        return Ok(());
    }
    let insert = Statement::new(format!("INSERT INTO {WORK} ({FACTS}) SELECT * FROM UNNEST({FACTS_MARKS})"));
    transaction.execute(bind_facts(insert, known)).await.map(drop)
}

async fn write_ended(transaction: &mut Transaction, ended: &[(Known<'_>, Outcome, bool)], node: i32) -> Result<(), SqlError> {
    if ended.is_empty() {
        return Ok(());
    }
    let known: Vec<Known<'_>> = ended.iter().map(|(known, ..)| *known).collect();
    let end = Statement::new(format!(
        "WITH gone AS (DELETE FROM {WORK} WHERE id = ANY(?))
         INSERT INTO {OUTCOMES} ({FACTS}, state, error, tries, done, owed, node)
         SELECT t.*, ? FROM UNNEST({FACTS_MARKS}, ?, ?, ?, ?, ?) AS t"
    ));
    let end = bind_facts(end.bind(ids(known.iter().map(|(id, _)| *id))).bind(node), &known);
    let end = end.bind(ints(ended.iter().map(|(_, outcome, _)| i64::from(outcome.state.message_state()))));
    let end = end.bind(ints(ended.iter().map(|(_, outcome, _)| i64::from(outcome.error))));
    let end = end.bind(ints(ended.iter().map(|(_, outcome, _)| i64::from(outcome.attempts))));
    let end = end.bind(ints(ended.iter().map(|(_, outcome, _)| millis(outcome.done))));
    let end = end.bind(List::Bools(ended.iter().map(|(.., owed)| *owed).collect()));
    transaction.execute(end).await.map(drop)
}

async fn write_waiting(transaction: &mut Transaction, waiting: &[(Known<'_>, &Row)]) -> Result<(), SqlError> {
    if waiting.is_empty() {
        return Ok(());
    }
    let update = Statement::new(format!(
        "UPDATE {WORK} w SET lane = t.lane, attempts = t.attempts, due = t.due, expires = t.expires, priority = t.priority,
         alike = t.alike, billed = t.billed, version = t.version, holder = t.holder, held_until = t.held_until
         FROM UNNEST({FACTS_MARKS}, ?, ?) AS t({FACTS}, holder, held_until) WHERE w.id = t.id"
    ));
    let known: Vec<Known<'_>> = waiting.iter().map(|(known, _)| *known).collect();
    let holds = || waiting.iter().map(|(_, row)| row.hold());
    let update = bind_facts(update, &known);
    let update = update.bind(List::Ints(holds().map(|hold| Some(i64::from(hold?.node))).collect()));
    let update = update.bind(List::Ints(holds().map(|hold| Some(millis(hold?.until))).collect()));
    transaction.execute(update).await.map(drop)
}

async fn write_handings<'a>(
    transaction: &mut Transaction,
    changed: impl Iterator<Item = (MessageId, &'a Entry<'a>)> + Clone,
) -> Result<(), SqlError> {
    let gone: Vec<_> = changed.clone().filter(|(_, entry)| entry.handing == Handing::Gone).map(|(id, _)| id).collect();
    if !gone.is_empty() {
        let forget = Statement::new(format!("DELETE FROM {HANDINGS} WHERE id = ANY(?)"));
        transaction.execute(forget.bind(ids(gone.into_iter()))).await?;
    }
    let mut given: Vec<(MessageId, &Lane, &[u8], i64)> = Vec::new();
    for (id, entry) in changed {
        if let Handing::Given { lane, remote, turn } = &entry.handing {
            given.push((id, lane, remote.octets(), *turn));
        }
    }
    if given.is_empty() {
        return Ok(());
    }
    let insert = Statement::new(format!(
        "INSERT INTO {HANDINGS} (id, lane, remote, turn) SELECT * FROM UNNEST(?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET lane = excluded.lane, remote = excluded.remote, turn = excluded.turn"
    ));
    let insert = insert.bind(ids(given.iter().map(|(id, ..)| *id)));
    let insert = insert.bind(List::Texts(given.iter().map(|(_, lane, ..)| lane.as_str()).collect()));
    let insert = insert.bind(List::Blobs(given.iter().map(|(_, _, remote, _)| *remote).collect()));
    let insert = insert.bind(ints(given.iter().map(|(.., turn)| *turn)));
    transaction.execute(insert).await.map(drop)
}

async fn delete(transaction: &mut Transaction, gone: &[MessageId]) -> Result<(), SqlError> {
    if gone.is_empty() {
        return Ok(());
    }
    let delete = Statement::new(format!(
        "WITH gone AS (SELECT UNNEST(?) AS id), w AS (DELETE FROM {WORK} WHERE id IN (SELECT id FROM gone)),
         o AS (DELETE FROM {OUTCOMES} WHERE id IN (SELECT id FROM gone)),
         h AS (DELETE FROM {HANDINGS} WHERE id IN (SELECT id FROM gone))
         DELETE FROM {MESSAGES} WHERE id IN (SELECT id FROM gone)"
    ));
    transaction.execute(delete.bind(ids(gone.iter().copied()))).await.map(drop)
}

fn bind_facts<'a>(statement: Statement<'a>, known: &[Known<'a>]) -> Statement<'a> {
    statement
        .bind(ids(known.iter().map(|(id, _)| *id)))
        .bind(List::Texts(known.iter().map(|(_, facts)| facts.lane.as_str()).collect()))
        .bind(ints(known.iter().map(|(_, facts)| i64::from(facts.attempts))))
        .bind(ints(known.iter().map(|(_, facts)| millis(facts.due))))
        .bind(ints(known.iter().map(|(_, facts)| millis(facts.expires))))
        .bind(ints(known.iter().map(|(_, facts)| i64::from(facts.priority))))
        .bind(ints(known.iter().map(|(_, facts)| facts.alike as i64)))
        .bind(List::Bools(known.iter().map(|(_, facts)| facts.billed).collect()))
        .bind(ints(known.iter().map(|(_, facts)| i64::from(facts.version))))
}

/// Takes the text out of a body; what is no message has none that we know of, and whoever reads it is told so.
fn erased(body: &[u8]) -> Vec<u8> {
    let mut emptied = Vec::new();
    if let Ok(mut message) = Message::decode(body) {
        erase(&mut message);
        message.encode(&mut emptied);
    }
    emptied
}

pub(super) fn ids(ids: impl Iterator<Item = MessageId>) -> List<'static> {
    ints(ids.map(|id| id.0 as i64))
}

fn ints(numbers: impl Iterator<Item = i64>) -> List<'static> {
    List::Ints(numbers.map(Some).collect())
}

const FACTS: &str = "id, lane, attempts, due, expires, priority, alike, billed, version";
const FACTS_MARKS: &str = "?, ?, ?, ?, ?, ?, ?, ?, ?";

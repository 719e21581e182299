//! Writing a batch: many rows with one statement, in few sizes so that the server keeps few statements prepared.

use bytes::Bytes;

use super::super::index::{self, Handing};
use super::group::{Batch, Stored};
use super::table::{HANDING_COLUMNS, HANDINGS, MESSAGE_COLUMNS, MESSAGES, NEXT_ID, OUTCOME_COLUMNS, OUTCOMES, STATE};
use crate::model::{Message, MessageId};
use crate::sql::{SqlError, Statement, Transaction, Value};

impl Batch {
    /// Makes these changes in a transaction.
    pub(super) async fn write(&self, transaction: &mut Transaction) -> Result<(), SqlError> {
        for rows in sized(&self.accepted) {
            let rows = rows.iter().map(message_row);
            transaction.execute(Statement::insert(MESSAGES, &MESSAGE_COLUMNS, rows, true)).await?;
        }
        self.write_ends(transaction).await?;
        self.write_changes(transaction).await?;
        for table in [MESSAGES, OUTCOMES, HANDINGS] {
            each_list(transaction, &format!("DELETE FROM {table} WHERE id IN "), &self.gone).await?;
        }
        Ok(())
    }

    async fn write_ends(&self, transaction: &mut Transaction) -> Result<(), SqlError> {
        for rows in sized(&self.settled) {
            let rows = rows.iter().map(|(id, outcome, lane)| {
                let state = outcome.state.message_state();
                let lane: Value<'_> = lane.as_ref().into();
                let (error, attempts, done) = (outcome.error, outcome.attempts, outcome.done.0);
                [(*id).into(), state.into(), error.into(), attempts.into(), done.into(), lane, false.into()]
            });
            transaction.execute(Statement::insert(OUTCOMES, &OUTCOME_COLUMNS, rows, true)).await?;
        }
        for id in &self.erased {
            erase(transaction, *id).await?;
        }
        each_list(transaction, &format!("UPDATE {OUTCOMES} SET recorded = TRUE WHERE id IN "), &self.recorded).await
    }

    async fn write_changes(&self, transaction: &mut Transaction) -> Result<(), SqlError> {
        self.write_handings(transaction).await?;
        for (id, attempts, due, lane) in &self.retried {
            let retry = format!("UPDATE {MESSAGES} SET attempts = ?, due = ?, lane = COALESCE(?, lane) WHERE id = ?");
            let retry = Statement::new(retry).bind(*attempts).bind(due.0).bind(lane.as_ref()).bind(*id);
            transaction.execute(retry).await?;
        }
        for stored in &self.replaced {
            let places: Vec<_> = MESSAGE_COLUMNS.iter().map(|column| format!("{column} = ?")).collect();
            let replace = Statement::new(format!("UPDATE {MESSAGES} SET {} WHERE id = ?", places.join(", ")));
            let replace = message_row(stored).into_iter().fold(replace, Statement::bind).bind(stored.body.id);
            transaction.execute(replace).await?;
            let forget = Statement::new(format!("DELETE FROM {HANDINGS} WHERE id = ?")).bind(stored.body.id);
            transaction.execute(forget).await?;
        }
        for (id, due, expires) in &self.reopened {
            // It stays on the lane of whoever ended it.
            let reopen = Statement::new(format!(
                "UPDATE {MESSAGES} SET attempts = 0, due = ?, expires = ?,
                 lane = COALESCE((SELECT lane FROM {OUTCOMES} WHERE id = ?), lane) WHERE id = ?"
            ));
            transaction.execute(reopen.bind(due.0).bind(expires.0).bind(*id).bind(*id)).await?;
            transaction.execute(Statement::new(format!("DELETE FROM {OUTCOMES} WHERE id = ?")).bind(*id)).await?;
        }
        Ok(())
    }

    async fn write_handings(&self, transaction: &mut Transaction) -> Result<(), SqlError> {
        let replace = transaction.dialect().on_duplicate(&["id"], &HANDING_COLUMNS);
        for rows in sized(&self.handed) {
            let rows = rows.iter().map(|(id, until, handing)| {
                let Handing { lane, remote, order } = handing;
                [(*id).into(), lane.into(), remote.octets().into(), (*order).into(), until.0.into()]
            });
            transaction.execute(Statement::insert(HANDINGS, &HANDING_COLUMNS, rows, true).push(&replace)).await?;
        }
        let due = format!(
            "UPDATE {MESSAGES} SET due = (SELECT until FROM {HANDINGS} WHERE {HANDINGS}.id = {MESSAGES}.id) WHERE id IN "
        );
        let ids: Vec<_> = self.handed.iter().map(|(id, ..)| *id).collect();
        each_list(transaction, &due, &ids).await
    }
}

/// Notes from which id on none was handed out.
pub(super) async fn reserve(transaction: &mut Transaction, next_id: u64) -> Result<(), SqlError> {
    let row = [NEXT_ID.into(), next_id.into()];
    let replace = transaction.dialect().on_duplicate(&["name"], &["value"]);
    let insert = Statement::insert(STATE, &["name", "value"], [row], true);
    transaction.execute(insert.push(&replace)).await.map(drop)
}

fn message_row(stored: &Stored) -> [Value<'_>; MESSAGE_COLUMNS.len()] {
    let Stored { body, lane, facts, octets } = stored;
    [
        body.id.into(),
        body.version.into(),
        lane.into(),
        facts.attempts.into(),
        facts.due.0.into(),
        facts.expires.0.into(),
        facts.priority.into(),
        facts.alike.into(),
        facts.marks.billed.into(),
        false.into(),
        (&**octets).into(),
    ]
}

/// Takes the text out of a stored message.
async fn erase(transaction: &mut Transaction, id: MessageId) -> Result<(), SqlError> {
    let body = Statement::new(format!("SELECT body FROM {MESSAGES} WHERE id = ?")).bind(id);
    let rows = transaction.rows(body).await?;
    let octets: Vec<u8> = rows.first().map_or(Ok(Vec::new()), |row| row.get("body"))?;
    let mut emptied = Vec::new();
    // What is no message has no text that we know of; whoever reads it is told so.
    if let Ok(mut message) = Message::decode(&Bytes::from(octets)) {
        index::erase(&mut message);
        message.encode(&mut emptied);
    }
    let update = Statement::new(format!("UPDATE {MESSAGES} SET body = ?, erased = TRUE WHERE id = ?"));
    transaction.execute(update.bind(emptied).bind(id)).await.map(drop)
}

async fn each_list(transaction: &mut Transaction, text: &str, ids: &[MessageId]) -> Result<(), SqlError> {
    for ids in sized(ids) {
        transaction.execute(listed(text, ids)).await?;
    }
    Ok(())
}

/// Ends a statement with the list of these ids; it is kept prepared, so there should be few sizes of lists.
pub(super) fn listed(text: &str, ids: &[MessageId]) -> Statement<'static> {
    let marks = vec!["?"; ids.len()].join(", ");
    ids.iter().fold(Statement::new(format!("{text}({marks})")), |statement, id| statement.bind(*id))
}

/// Splits into runs of few sizes.
pub(super) fn sized<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = SIZES.into_iter().find(|size| *size <= rest.len())?;
        let (run, more) = rest.split_at(size);
        rest = more;
        Some(run)
    })
}

/// Rows of one statement: each more of them saves less, and they must not bind too many values.
const SIZES: [usize; 5] = [256, 64, 16, 4, 1];

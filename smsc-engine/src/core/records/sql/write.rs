//! Writing records, each once.
//!
//! When a connection is lost during a commit, nobody knows whether the records are there, and the server may
//! still be at work when we ask it over a new connection. So every batch locks a row for each node whose records it
//! writes: the next batch waits until the one before is decided, and then what it looks up is the truth.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use super::super::column::{COLUMNS, Field, fields};
use super::super::{Key, RecordSink, SinkError, key};
use super::SqlRecords;
use crate::BoxFuture;
use crate::model::{Cdr, Timestamp};
use crate::sql::{Dialect, SqlError, Statement, Transaction, Value};

impl RecordSink for SqlRecords {
    fn write<'a>(&'a self, records: &'a [Cdr], doubtful: bool) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            self.prepare().await?;
            let mut transaction = self.database.begin().await?;
            lock_nodes(&mut transaction, records).await?;
            let there = if doubtful { find(&mut transaction, records).await? } else { HashSet::new() };
            let dialect = transaction.dialect();
            let fresh: Vec<_> = records.iter().filter(|cdr| !there.contains(&kept_key(dialect, cdr))).collect();
            for chunk in fresh.chunks(ROWS) {
                transaction.execute(insert(dialect, chunk)).await?;
            }
            Ok(transaction.commit().await?)
        })
    }

    fn name(&self) -> &str {
        self.database.dialect().name()
    }
}

fn insert<'a>(dialect: Dialect, records: &[&'a Cdr]) -> Statement<'a> {
    let now = Timestamp::now();
    let columns: Vec<_> = COLUMNS.into_iter().chain(["inserted_at", "updated_at"]).collect();
    let rows = records.iter().map(|cdr| {
        let values = COLUMNS.into_iter().zip(fields(cdr)).map(|(column, field)| value(dialect, (cdr, column), field));
        let values: Vec<_> = values.chain([now.into(), now.into()]).collect();
        values
    });
    Statement::insert("cdrs", &columns, rows, records.len() == ROWS)
}

/// Makes a value that no server refuses: a record is worth more than the end of a name that is too long.
fn value<'a>(dialect: Dialect, (cdr, column): (&Cdr, &str), field: Field<'a>) -> Value<'a> {
    match field {
        // Ids keep all their bits; what is counted fits in 32 bits, with a sign.
        Field::Number(Some(number)) if column != "message_id" => number.min(i32::MAX as u64).into(),
        Field::Number(number) => number.into(),
        Field::Flag(flag) => flag.into(),
        Field::Time(time) => time.into(),
        Field::Text(None) => Value::Text(None),
        Field::Text(Some(text)) => {
            let kept = if column == "message_body" { cut_octets(text, LONGEST_BODY) } else { cut_characters(text, LONGEST_TEXT) };
            if kept.len() < text.len() {
                let id = cdr.message_id;
                tracing::warn!(message_id = %id, column, octets = text.len(), kept = kept.len(), "a text of a record was cut");
            }
            Value::Text(Some(without_nul(dialect, kept)))
        }
    }
}

/// PostgreSQL has no texts with NUL in them.
fn without_nul(dialect: Dialect, text: &str) -> Cow<'_, str> {
    if dialect == Dialect::Postgres && text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{FFFD}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn cut_octets(text: &str, most: usize) -> &str {
    let end = text.floor_char_boundary(most);
    text.get(..end).unwrap_or_default()
}

fn cut_characters(text: &str, most: usize) -> &str {
    let end = text.char_indices().nth(most).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

/// Waits until nobody else is writing records of these nodes.
async fn lock_nodes(transaction: &mut Transaction, records: &[Cdr]) -> Result<(), SqlError> {
    let dialect = transaction.dialect();
    if dialect == Dialect::Sqlite {
        return Ok(());
    }
    let name = |cdr: &'_ Cdr| {
        without_nul(dialect, cut_characters(cdr.origin_node.as_deref().unwrap_or_default(), LONGEST_TEXT)).into_owned()
    };
    // In one order, so that two writers do not wait for one another.
    let nodes: BTreeSet<String> = records.iter().map(name).collect();
    for node in &nodes {
        let lock = Statement::new("SELECT node FROM cdr_writers WHERE node = ? FOR UPDATE").bind(node);
        if transaction.rows(lock).await?.is_empty() {
            // The new row is locked by whoever made it.
            let row = Statement::insert("cdr_writers", &["node"], [[node.into()]], true);
            transaction.execute(row.push(&dialect.on_duplicate(&["node"], &[]))).await?;
        }
    }
    Ok(())
}

/// Returns which of the records are there already.
async fn find(transaction: &mut Transaction, records: &[Cdr]) -> Result<HashSet<Key>, SqlError> {
    let mut there = HashSet::new();
    for chunk in records.chunks(IDS) {
        let question = "SELECT message_id, origin_node, submission_time FROM cdrs WHERE message_id IN ";
        let question = Statement::new(question).push_list(chunk.iter().map(|cdr| cdr.message_id));
        for row in transaction.rows(question).await? {
            there.insert((row.get("message_id")?, row.get("origin_node")?, row.get("submission_time")?));
        }
    }
    Ok(there)
}

/// The key of a record as this server gives it back.
fn kept_key(dialect: Dialect, cdr: &Cdr) -> Key {
    let (id, node, submitted) = key(cdr);
    let node = node.map(|node| without_nul(dialect, cut_characters(&node, LONGEST_TEXT)).into_owned());
    (id, node, dialect.kept_time(submitted))
}

/// Rows of one statement: as many as a batch usually has, so that servers keep it prepared.
const ROWS: usize = 100;
/// Ids of one question.
const IDS: usize = 1_000;
/// Octets of a `TEXT` in MariaDB.
const LONGEST_BODY: usize = 65_535;
/// Characters of a `VARCHAR(255)`.
const LONGEST_TEXT: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(cut_octets("aé", 2), "a");
        assert_eq!(cut_octets("aé", 3), "aé");
        assert_eq!(cut_characters("éàü", 2), "éà");
        assert_eq!(cut_characters("éàü", 3), "éàü");
        assert_eq!(without_nul(Dialect::Postgres, "a\0b"), "a\u{FFFD}b");
        assert_eq!(without_nul(Dialect::Sqlite, "a\0b"), "a\0b");
    }
}

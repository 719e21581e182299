//! The table of changes, one for all lists of a database.

use super::{BookError, Change, Entry};
use crate::core::tables::version;
use crate::model::Timestamp;
use crate::sql::{Database, Dialect, Migration, Row as SqlRow, SqlError, Statement, Step, Transaction};

/// A change that is kept: another entry, or none where the file has one.
#[derive(Clone, Debug)]
pub(super) struct Row<T> {
    pub(super) key: String,
    pub(super) entry: Option<T>,
    /// Counts up with the keys that were ever changed: the order of what was added.
    pub(super) place: u64,
    pub(super) change: Change,
}

/// What is written for one change.
pub(super) enum Write<T> {
    Put(Row<T>),
    Forget(String),
}

/// Makes the table if it is not there.
pub(super) async fn open<T: Entry>(database: &Database) -> Result<(), SqlError> {
    database.migrate(TABLE, MIGRATIONS).await?;
    version::open(database, &name::<T>()).await
}

/// The name under which the changes of one kind have a version.
pub(super) fn name<T: Entry>() -> String {
    format!("{TABLE}:{}", T::KIND)
}

/// Reads the changes of one kind in the order of their places.
pub(super) async fn load<T: Entry>(database: &Database) -> Result<Vec<Row<T>>, BookError> {
    let question = format!("SELECT {} FROM {TABLE} WHERE kind = ? ORDER BY place, entry_key", COLUMNS.join(", "));
    let rows = database.rows(Statement::new(question).bind(T::KIND)).await?;
    rows.iter().map(read).collect()
}

/// Writes one change.
pub(super) async fn save<T: Entry>(transaction: &mut Transaction, write: &Write<T>) -> Result<(), BookError> {
    let statement = match write {
        Write::Put(row) => {
            let on_duplicate = transaction.dialect().on_duplicate(&COLUMNS[..2], &COLUMNS[2..]);
            Statement::insert(TABLE, &COLUMNS, [values(row)?], true).push(&on_duplicate)
        }
        Write::Forget(key) => {
            Statement::new(format!("DELETE FROM {TABLE} WHERE kind = ? AND entry_key = ?")).bind(T::KIND).bind(key)
        }
    };
    transaction.execute(statement).await?;
    Ok(())
}

fn values<T: Entry>(row: &Row<T>) -> Result<[crate::sql::Value<'_>; 6], BookError> {
    let entry = row.entry.as_ref().map(|entry| entry.store().to_string());
    if entry.as_ref().is_some_and(|entry| entry.len() > LONGEST_ENTRY) {
        let reason = format!("it takes more than {LONGEST_ENTRY} octets");
        return Err(BookError::Entry { kind: T::KIND, key: row.key.clone(), reason });
    }
    let Change { at, by } = &row.change;
    Ok([T::KIND.into(), (&row.key).into(), entry.into(), row.place.into(), (*at).into(), by.into()])
}

fn read<T: Entry>(row: &SqlRow) -> Result<Row<T>, BookError> {
    // MariaDB compares texts without regard to case, so there it is a column of octets.
    let key = String::from_utf8_lossy(&row.get::<Vec<u8>>("entry_key")?).into_owned();
    let fault = |reason: String| BookError::Stored { kind: T::KIND, key: key.clone(), reason };
    let column = |error: SqlError| fault(error.to_string());
    let stored: Option<String> = row.get("entry").map_err(column)?;
    let entry = stored.map(|stored| restore::<T>(&stored, &key).map_err(fault)).transpose()?;
    let at: Timestamp = row.get("changed_at").map_err(column)?;
    let change = Change { at, by: row.get("changed_by").map_err(column)? };
    let place = row.get("place").map_err(column)?;
    Ok(Row { entry, place, change, key })
}

fn restore<T: Entry>(stored: &str, key: &str) -> Result<T, String> {
    // What serde says may quote the text, and with it a secret.
    let value = serde_json::from_str(stored).map_err(|error| format!("no JSON at column {}", error.column()))?;
    let entry = T::restore(value)?;
    entry.check()?;
    if entry.key() == key { Ok(entry) } else { Err(format!("it is that of {:?}", entry.key())) }
}

const TABLE: &str = "overlay";
// The key first.
const COLUMNS: [&str; 6] = ["kind", "entry_key", "entry", "place", "changed_at", "changed_by"];
/// MariaDB's `TEXT` ends at 65,535.
const LONGEST_ENTRY: usize = 60_000;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "changes over files",
    steps: &[
        Step::Only(Dialect::Sqlite, TEXT_KEYS),
        Step::Only(Dialect::Postgres, TEXT_KEYS),
        Step::Only(
            Dialect::MySql,
            "CREATE TABLE overlay (kind VARCHAR(32) NOT NULL, entry_key VARBINARY(255) NOT NULL, entry TEXT,
             place BIGINT NOT NULL, changed_at {time} NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (kind, entry_key)) {table}",
        ),
    ],
}];

const TEXT_KEYS: &str = "CREATE TABLE overlay (kind VARCHAR(32) NOT NULL, entry_key VARCHAR(255) NOT NULL, entry TEXT,
     place BIGINT NOT NULL, changed_at {time} NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (kind, entry_key)) {table}";

//! Versions of the tables that several programs share: each change counts one up, and says which rows it was about.
//!
//! Whoever changes such a table holds the row of its version until the change counts, so changes come one after the
//! other, and a program that knows everything up to a version knows what it has missed. A file is nobody's but ours and
//! has no versions.

use crate::sql::{Database, Dialect, Migration, SqlError, Statement, Step, Transaction};

/// Tells whether other programs may change the tables of this database.
pub(crate) fn is_shared(database: &Database) -> bool {
    database.dialect() == Dialect::Postgres
}

/// Makes what versions are kept in, and begins that of `table`.
pub(crate) async fn open(database: &Database, table: &str) -> Result<(), SqlError> {
    if !is_shared(database) {
        return Ok(());
    }
    database.migrate("table_versions", MIGRATIONS).await?;
    let begin = Statement::new("INSERT INTO table_versions (name, version) VALUES (?, 0) ON CONFLICT (name) DO NOTHING");
    database.execute(begin.bind(table)).await.map(drop)
}

/// Returns the version of a table, as of now; 0 for one of our own.
pub(crate) async fn current(database: &Database, table: &str) -> Result<u64, SqlError> {
    if !is_shared(database) {
        return Ok(0);
    }
    let rows = database.rows(Statement::new(format!("{VERSION} WHERE name = ?")).bind(table)).await?;
    rows.first().map_or(Ok(0), |row| row.get("version"))
}

/// Returns the versions of all shared tables by their names.
#[cfg(feature = "centre")]
pub(crate) async fn all(database: &Database) -> Result<Vec<(String, u64)>, SqlError> {
    let rows = database.rows(Statement::new(VERSION)).await?;
    rows.iter().map(|row| Ok((row.get("name")?, row.get("version")?))).collect()
}

/// Waits for one's turn to change a table, which lasts until the end of the transaction, and returns its version.
pub(crate) async fn lock(transaction: &mut Transaction, table: &str) -> Result<u64, SqlError> {
    let rows = transaction.rows(Statement::new(format!("{VERSION} WHERE name = ? FOR UPDATE")).bind(table)).await?;
    rows.first().map_or(Ok(0), |row| row.get("version"))
}

/// Counts a locked version up, for a change of these rows; none stands for all.
pub(crate) async fn count(
    transaction: &mut Transaction,
    (table, version): (&str, u64),
    rows: Option<&[u64]>,
) -> Result<u64, SqlError> {
    let next = version + 1;
    let update = Statement::new("UPDATE table_versions SET version = ? WHERE name = ?").bind(next).bind(table);
    transaction.execute(update).await?;
    // No row has the number 0.
    let rows = rows.filter(|rows| rows.len() <= MOST_ROWS).unwrap_or(&[0]);
    let changes = rows.iter().map(|row| [table.into(), next.into(), (*row).into()]);
    if !rows.is_empty() {
        let insert = Statement::insert("table_changes", &["name", "version", "row_id"], changes, rows.len() == 1);
        transaction.execute(insert.push(" ON CONFLICT DO NOTHING")).await?;
    }
    if next % FORGET_EVERY == 0 {
        let old = "DELETE FROM table_changes WHERE name = ? AND version <= ?";
        transaction.execute(Statement::new(old).bind(table).bind(next.saturating_sub(KEPT))).await?;
    }
    Ok(next)
}

/// Asks which rows were changed beyond version `seen`; `None` if that is not known any more, or was all of them.
pub(crate) fn changed(table: &str, seen: u64) -> Statement<'static> {
    let question = "SELECT DISTINCT row_id FROM table_changes WHERE name = ? AND version > ? ORDER BY row_id LIMIT ?";
    Statement::new(question).bind(table.to_owned()).bind(seen).bind(MOST_NEWS + 1)
}

/// Whether the rows that [`changed`] names are all, for one who knew `seen` and wants to know `version`.
pub(crate) fn is_known(rows: &[u64], (seen, version): (u64, u64)) -> bool {
    version - seen.min(version) < KEPT && rows.len() <= MOST_NEWS && rows.first() != Some(&0)
}

const VERSION: &str = "SELECT name, version FROM table_versions";

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "versions of shared tables",
    steps: &[
        Step::All("CREATE TABLE table_versions (name VARCHAR(64) PRIMARY KEY, version BIGINT NOT NULL) {table}"),
        Step::All(
            "CREATE TABLE table_changes (name VARCHAR(64) NOT NULL, version BIGINT NOT NULL, row_id BIGINT NOT NULL,
             PRIMARY KEY (name, version, row_id)) {table}",
        ),
    ],
}];

/// Rows of one change that are named; more are all.
const MOST_ROWS: usize = 1000;
/// Rows that are read one by one; with more, the whole table is.
const MOST_NEWS: usize = 5000;
/// Versions whose rows are known: at a thousand changes a second, ten seconds; whoever was away longer reads the table.
const KEPT: u64 = 10_000;
const FORGET_EVERY: u64 = 500;

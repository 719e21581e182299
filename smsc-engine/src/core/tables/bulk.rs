//! Reading whole tables and changing many rows at once, for those that are held in memory.

use super::stored::{Stored, select};
use crate::sql::{Database, SqlError, Statement, Transaction};

/// One step of a change to a table.
pub(super) enum RowChange<'a, T> {
    /// Adds a row, or replaces the one with its number.
    Put(&'a T),
    Delete(u64),
    Clear,
}

/// Reads page by page what one moment of the table held, in the order of the numbers.
pub(super) async fn load<T: Stored>(transaction: &mut Transaction) -> Result<Vec<T>, SqlError> {
    let mut all: Vec<T> = Vec::new();
    loop {
        let after = all.last().map_or(0, T::id);
        let page = transaction.rows(select::<T>("id > ? ORDER BY id LIMIT ?").bind(after).bind(PAGE)).await?;
        for row in &page {
            all.push(T::read(row)?);
        }
        if page.len() < PAGE {
            return Ok(all);
        }
    }
}

/// Makes changes in their order, all or none.
pub(super) async fn save<T: Stored>(database: &Database, changes: &[RowChange<'_, T>]) -> Result<(), SqlError> {
    let mut transaction = database.begin().await?;
    write(&mut transaction, changes).await?;
    transaction.commit().await
}

/// Makes changes in their order.
pub(super) async fn write<T: Stored>(transaction: &mut Transaction, changes: &[RowChange<'_, T>]) -> Result<(), SqlError> {
    let mut rest = changes;
    while let Some((first, others)) = rest.split_first() {
        match first {
            RowChange::Put(_) => rest = put(transaction, rest).await?,
            RowChange::Delete(_) => rest = delete(transaction, rest).await?,
            RowChange::Clear => {
                transaction.execute(Statement::new(format!("DELETE FROM {}", T::TABLE))).await?;
                rest = others;
            }
        }
    }
    Ok(())
}

/// Stores the rows at the beginning of `changes` with one statement and returns the other changes.
async fn put<'a, 'b, T: Stored>(
    transaction: &mut Transaction,
    changes: &'a [RowChange<'b, T>],
) -> Result<&'a [RowChange<'b, T>], SqlError> {
    let mut rows: Vec<&T> = Vec::new();
    for change in changes.iter().take(ROWS) {
        match change {
            // PostgreSQL writes no row twice in one statement, and nearly always ids grow.
            RowChange::Put(row) if rows.last().is_none_or(|last| last.id() < row.id()) => rows.push(row),
            _ => break,
        }
    }
    let columns: Vec<_> = std::iter::once("id").chain(T::COLUMNS.iter().copied()).collect();
    let values = rows.iter().map(|row| std::iter::once(row.id().into()).chain(row.values()));
    let replace = transaction.dialect().on_duplicate(&["id"], T::COLUMNS);
    let insert = Statement::insert(T::TABLE, &columns, values, matches!(rows.len(), 1 | ROWS)).push(&replace);
    transaction.execute(insert).await?;
    Ok(changes.get(rows.len()..).unwrap_or_default())
}

/// Deletes the rows at the beginning of `changes` with one statement and returns the other changes.
async fn delete<'a, 'b, T: Stored>(
    transaction: &mut Transaction,
    changes: &'a [RowChange<'b, T>],
) -> Result<&'a [RowChange<'b, T>], SqlError> {
    let ids = changes.iter().take(ROWS).map_while(|change| match change {
        RowChange::Delete(id) => Some(*id),
        _ => None,
    });
    let ids: Vec<u64> = ids.collect();
    let count = ids.len();
    transaction.execute(Statement::new(format!("DELETE FROM {} WHERE id IN ", T::TABLE)).push_list(ids)).await?;
    Ok(changes.get(count..).unwrap_or_default())
}

/// Rows that are read at a time: some megabytes.
const PAGE: usize = 5000;
/// Rows of one statement: times the columns of any table here, this is below what any server binds.
const ROWS: usize = 500;

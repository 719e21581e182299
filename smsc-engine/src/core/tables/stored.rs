//! A table of things that are made, looked at, changed and deleted one by one.

use std::marker::PhantomData;

use crate::model::Timestamp;
use crate::sql::{Database, Migration, Row, SqlError, Statement, Value};

/// What one row of a table holds; the table gives it its number.
pub trait Stored: Sized + Send + Sync + 'static {
    /// The name of the table, and of the component whose migrations make it.
    const TABLE: &'static str;
    /// The columns beside `id`, in the order of the values.
    const COLUMNS: &'static [&'static str];
    /// How the table is made.
    const MIGRATIONS: &'static [Migration];

    /// Returns its number.
    fn id(&self) -> u64;

    /// Gives it its number.
    fn set_id(&mut self, id: u64);

    /// Notes that it was made, or changed, just now.
    fn stamp(&mut self, now: Timestamp, made: bool);

    /// Returns the values of its columns.
    fn values(&self) -> Vec<Value<'_>>;

    /// Reads a row.
    ///
    /// # Errors
    /// [`SqlError::Column`] if a column holds what no such thing can have.
    fn read(row: &Row) -> Result<Self, SqlError>;
}

/// Implements [`Stored`] out of one list of fields and their columns.
macro_rules! stored {
    ($type:ident in $table:literal, $migrations:ident, $($stamp:ident)? { $($field:ident = $column:literal),* $(,)? }) => {
        impl $crate::core::tables::Stored for $type {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$($column),*];
            const MIGRATIONS: &'static [$crate::sql::Migration] = $migrations;

            fn id(&self) -> u64 {
                self.id
            }

            fn set_id(&mut self, id: u64) {
                self.id = id;
            }

            #[allow(unused_variables, reason = "not everything has times")]
            fn stamp(&mut self, now: $crate::model::Timestamp, made: bool) {
                $(
                    if made {
                        self.inserted_at = now;
                    }
                    self.$stamp = now;
                )?
            }

            fn values(&self) -> Vec<$crate::sql::Value<'_>> {
                vec![$($crate::core::tables::column::Column::value(&self.$field)),*]
            }

            fn read(row: &$crate::sql::Row) -> Result<Self, $crate::sql::SqlError> {
                let id = row.get("id")?;
                Ok($type { id, $($field: $crate::core::tables::column::Column::read(row, $column)?),* })
            }
        }
    };
}

pub(super) use stored;

/// A table of such things in a database; copies are the same table.
#[derive(Clone, Debug)]
pub struct SqlTable<T> {
    database: Database,
    rows: PhantomData<fn() -> T>,
}

impl<T: Stored> SqlTable<T> {
    /// Makes the table if it is not there, and brings an old one up to date.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database) -> Result<Self, SqlError> {
        database.migrate(T::TABLE, T::MIGRATIONS).await?;
        Ok(SqlTable { database: database.clone(), rows: PhantomData })
    }

    /// Adds a row and returns it with its number.
    ///
    /// # Errors
    /// See [`SqlError`]; then there is no such row.
    pub async fn create(&self, mut new: T, now: Timestamp) -> Result<T, SqlError> {
        new.stamp(now, true);
        let mut transaction = self.database.begin().await?;
        let key = transaction.insert(Statement::insert(T::TABLE, T::COLUMNS, [new.values()], true)).await?;
        transaction.commit().await?;
        new.set_id(u64::try_from(key).unwrap_or(0));
        Ok(new)
    }

    /// Returns the row with this number.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn get(&self, id: u64) -> Result<Option<T>, SqlError> {
        let rows = self.database.rows(select::<T>("id = ?").bind(id)).await?;
        rows.first().map(T::read).transpose()
    }

    /// Returns at most `max` rows with numbers greater than `after`, in order.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn list(&self, after: u64, max: usize) -> Result<Vec<T>, SqlError> {
        let question = select::<T>("id > ? ORDER BY id LIMIT ?").bind(after).bind(max);
        self.database.rows(question).await?.iter().map(T::read).collect()
    }

    /// Returns at most `max` rows in the order of their numbers, without the first `offset`.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn page(&self, offset: usize, max: usize) -> Result<Vec<T>, SqlError> {
        // A server has no larger number.
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let question = select::<T>("id > 0 ORDER BY id LIMIT ? OFFSET ?").bind(max).bind(offset);
        self.database.rows(question).await?.iter().map(T::read).collect()
    }

    /// Counts the rows.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn count(&self) -> Result<u64, SqlError> {
        let rows = self.database.rows(Statement::new(format!("SELECT COUNT(*) AS number FROM {}", T::TABLE))).await?;
        rows.first().map_or(Ok(0), |row| row.get("number"))
    }

    /// Changes a row and returns it; its number stays whatever `edit` does to it. `None` if there is no such row.
    ///
    /// # Errors
    /// See [`SqlError`]; then the row is as it was.
    pub async fn edit(&self, id: u64, now: Timestamp, edit: impl FnOnce(&mut T) + Send) -> Result<Option<T>, SqlError> {
        let mut transaction = self.database.begin().await?;
        let question = select::<T>("id = ?").bind(id).push(transaction.dialect().for_update());
        let Some(mut row) = transaction.rows(question).await?.first().map(T::read).transpose()? else {
            transaction.rollback().await?;
            return Ok(None);
        };
        edit(&mut row);
        row.set_id(id);
        row.stamp(now, false);
        transaction.execute(update(&row)).await?;
        transaction.commit().await?;
        Ok(Some(row))
    }

    /// Deletes a row and tells whether there was one.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn delete(&self, id: u64) -> Result<bool, SqlError> {
        let delete = Statement::new(format!("DELETE FROM {} WHERE id = ?", T::TABLE)).bind(id);
        Ok(self.database.execute(delete).await? > 0)
    }
}

/// Asks for whole rows; `condition` is ours alone.
pub(super) fn select<T: Stored>(condition: &str) -> Statement<'static> {
    Statement::new(format!("SELECT id, {} FROM {} WHERE {condition}", T::COLUMNS.join(", "), T::TABLE))
}

fn update<T: Stored>(row: &T) -> Statement<'_> {
    let places: Vec<_> = T::COLUMNS.iter().map(|column| format!("{column} = ?")).collect();
    let update = Statement::new(format!("UPDATE {} SET {} WHERE id = ?", T::TABLE, places.join(", ")));
    row.values().into_iter().fold(update, Statement::bind).bind(row.id())
}

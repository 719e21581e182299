//! Throwing old records away, or putting them aside.

use super::super::SinkError;
use super::SqlRecords;
use crate::model::Timestamp;
use crate::sql::{SqlError, Statement, past_conflicts};

impl SqlRecords {
    /// Moves the oldest records that were submitted before `before` into the table `cdrs_archive`, at most `max` of them,
    /// and returns how many.
    ///
    /// Copying and deleting are one transaction on the same keys: nothing is deleted that was not copied.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses; then nothing was moved.
    pub async fn archive(&self, before: Timestamp, max: usize) -> Result<usize, SinkError> {
        self.remove(before, max, true).await
    }

    /// Deletes the oldest records that were submitted before `before`, at most `max` of them, and returns how many.
    ///
    /// Called again and again with pauses until it returns 0, it holds nobody up.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses; then nothing was deleted.
    pub async fn delete(&self, before: Timestamp, max: usize) -> Result<usize, SinkError> {
        self.remove(before, max, false).await
    }

    async fn remove(&self, before: Timestamp, max: usize, copy: bool) -> Result<usize, SinkError> {
        self.prepare().await?;
        Ok(past_conflicts(|| self.remove_once(before, max, copy)).await?)
    }

    async fn remove_once(&self, before: Timestamp, max: usize, copy: bool) -> Result<usize, SqlError> {
        let mut transaction = self.database.begin().await?;
        let oldest = "SELECT id FROM cdrs WHERE submission_time < ? ORDER BY submission_time, id LIMIT ?";
        // Two that tidy at the same time take turns.
        let oldest = Statement::new(oldest).push(self.database.dialect().for_update()).bind(before).bind(max.min(LARGEST_BATCH));
        let rows = transaction.rows(oldest).await?;
        let ids = rows.iter().map(|row| row.get("id")).collect::<Result<Vec<i64>, SqlError>>()?;
        if ids.is_empty() {
            transaction.rollback().await?;
            return Ok(0);
        }
        if copy {
            let copy = Statement::new("INSERT INTO cdrs_archive SELECT * FROM cdrs WHERE id IN ").push_list(ids.iter().copied());
            transaction.execute(copy).await?;
        }
        let delete = Statement::new("DELETE FROM cdrs WHERE id IN ").push_list(ids.iter().copied());
        transaction.execute(delete).await?;
        transaction.commit().await?;
        Ok(ids.len())
    }
}

/// As many keys as every server takes in one statement, and as many rows as it locks without being noticed.
const LARGEST_BATCH: usize = 10_000;

//! Asks a server whether what it has committed survives a power cut.

use std::sync::atomic::Ordering;

use super::{Database, Dialect, SqlError, Statement};

/// Settings that must not have a certain value, and why; SQLite is not asked, for we say how it writes.
const POSTGRES: [(&str, &[&str], &str); 3] = [
    ("fsync", &["off"], "a power cut may destroy the database"),
    ("synchronous_commit", &["off"], "the last commits are lost in a crash"),
    ("full_page_writes", &["off"], "a power cut may destroy the database"),
];
const MYSQL: [(&str, &[&str], &str); 3] = [
    ("innodb_flush_log_at_trx_commit", &["0", "2"], "the last second of commits is lost in a crash"),
    ("innodb_doublewrite", &["0", "OFF"], "a power cut may destroy the database"),
    ("default_storage_engine", &["MyISAM", "Aria", "MEMORY"], "its tables know no transactions"),
];

impl Database {
    /// Returns what keeps the server's commits from being durable, in sentences; nothing if all is well.
    ///
    /// # Errors
    /// When the server cannot be asked.
    pub async fn durability_faults(&self) -> Result<Vec<String>, SqlError> {
        let settings = match self.dialect() {
            Dialect::Sqlite => return Ok(Vec::new()),
            Dialect::Postgres => POSTGRES,
            Dialect::MySql => MYSQL,
        };
        let mut faults = Vec::new();
        for (setting, bad, consequence) in settings {
            let found = self.setting(setting).await?;
            if bad.iter().any(|bad| bad.eq_ignore_ascii_case(&found)) {
                faults.push(format!("{setting} is {found}: {consequence}"));
            }
        }
        Ok(faults)
    }

    /// Writes a warning into the log for every fault, once.
    ///
    /// # Errors
    /// When there is no connection; a server that does not tell is taken to be in order.
    pub(super) async fn warn_of_weak_durability(&self) -> Result<(), SqlError> {
        let faults = match self.durability_faults().await {
            Err(error) if error.is_unreachable() => return Err(error),
            faults => faults.unwrap_or_default(),
        };
        if !self.0.asked.swap(true, Ordering::Relaxed) {
            for fault in faults {
                tracing::warn!(database = self.0.place, "{fault}");
            }
        }
        Ok(())
    }

    async fn setting(&self, name: &'static str) -> Result<String, SqlError> {
        let question = match self.dialect() {
            Dialect::Postgres => format!("SELECT current_setting('{name}') AS value"),
            _ => format!("SELECT CAST(@@{name} AS CHAR(40)) AS value"),
        };
        let rows = self.rows(Statement::new(question)).await?;
        rows.first().map_or(Ok(String::new()), |row| row.get("value"))
    }
}

//! Fingerprints of accepted messages in the shared database.

use std::collections::HashMap;
use std::time::Duration;

use ring::hmac;

use crate::BoxFuture;
use crate::core::{FingerprintStore, Known, Print, StoreError};
use crate::model::{MessageId, Timestamp};
use crate::sql::{Database, Migration, SqlError, Statement, Step};

/// What the nodes of a cluster accepted of late.
pub struct SqlFingerprints {
    database: Database,
    key: hmac::Key,
}

impl SqlFingerprints {
    /// Makes the table if it is not there; `key` is the cluster's, by chance and known to no peer.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database, key: &[u8; 32]) -> Result<SqlFingerprints, SqlError> {
        database.migrate(TABLE, MIGRATIONS).await?;
        Ok(SqlFingerprints { database: database.clone(), key: hmac::Key::new(hmac::HMAC_SHA256, key) })
    }

    /// Deletes what is older than `ttl` every now and then, for ever.
    pub async fn clean(self: std::sync::Arc<Self>, ttl: Duration) {
        loop {
            tokio::time::sleep(CLEAN).await;
            let old = Statement::new("DELETE FROM fingerprints WHERE seen < ?").bind(Timestamp::now().before(ttl).0);
            if let Err(error) = self.database.execute(old).await {
                tracing::debug!(%error, "old fingerprints are deleted later");
            }
        }
    }

    async fn write(&self, new: &[Print], ttl: Duration) -> Result<Vec<Known>, SqlError> {
        let mut known = Vec::new();
        for new in new.chunks(ROWS) {
            let rows = new.iter().map(|new| [new.print.to_vec().into(), new.id.0.into(), new.at.0.into()]);
            let insert = Statement::insert(TABLE, &COLUMNS, rows, new.len() == 1).push(TAKE_OLD);
            let old = new.first().map_or(0, |first| first.at.before(ttl).0);
            let written = self.database.rows(insert.bind(old)).await?;
            if written.len() < new.len() {
                let written: Vec<Vec<u8>> = written.iter().map(|row| row.get("print")).collect::<Result<_, _>>()?;
                known.extend(self.find(new.iter().filter(|new| !written.iter().any(|print| *print == new.print))).await?);
            }
        }
        Ok(known)
    }

    async fn find(&self, met: impl Iterator<Item = &Print>) -> Result<Vec<Known>, SqlError> {
        let met: HashMap<Vec<u8>, Print> = met.map(|new| (new.print.to_vec(), *new)).collect();
        let find = Statement::new("SELECT print, message_id, seen FROM fingerprints WHERE print IN ");
        let rows = self.database.rows(find.push_list(met.keys().cloned())).await?;
        let read = rows.iter().map(|row| {
            let (print, former, at): (Vec<u8>, u64, u64) = (row.get("print")?, row.get("message_id")?, row.get("seen")?);
            Ok(met.get(&print).map(|new| Known { new: *new, former: MessageId(former), at: Timestamp(at) }))
        });
        read.filter_map(Result::transpose).collect()
    }
}

impl FingerprintStore for SqlFingerprints {
    fn print(&self, octets: &[u8]) -> [u8; 16] {
        let digest = hmac::sign(&self.key, octets);
        let mut print = [0; 16];
        print.iter_mut().zip(digest.as_ref()).for_each(|(octet, digest)| *octet = *digest);
        print
    }

    fn note<'a>(&'a self, new: &'a [Print], ttl: Duration) -> BoxFuture<'a, Result<Vec<Known>, StoreError>> {
        Box::pin(async move { self.write(new, ttl).await.map_err(StoreError::new) })
    }

    fn replace(&self, new: Print, former: MessageId) -> BoxFuture<'_, Result<bool, StoreError>> {
        Box::pin(async move {
            let update = Statement::new("UPDATE fingerprints SET message_id = ?, seen = ? WHERE print = ? AND message_id = ?");
            let update = update.bind(new.id.0).bind(new.at.0).bind(new.print.to_vec()).bind(former.0);
            self.database.execute(update).await.map(|changed| changed > 0).map_err(StoreError::new)
        })
    }

    fn forget(&self, prints: Vec<Print>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            for prints in prints.chunks(ROWS) {
                let delete = Statement::new("DELETE FROM fingerprints WHERE message_id IN ");
                let delete = delete.push_list(prints.iter().map(|print| print.id.0)).push(" AND print IN ");
                let delete = delete.push_list(prints.iter().map(|print| print.print.to_vec()));
                if let Err(error) = self.database.execute(delete).await {
                    tracing::debug!(%error, "fingerprints of what was not accepted are found out later");
                }
            }
        })
    }
}

const TABLE: &str = "fingerprints";
const COLUMNS: [&str; 3] = ["print", "message_id", "seen"];
const TAKE_OLD: &str = " ON CONFLICT (print) DO UPDATE SET message_id = excluded.message_id, seen = excluded.seen
    WHERE fingerprints.seen < ? RETURNING print";
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "fingerprints of messages",
    steps: &[
        Step::All(
            "CREATE TABLE fingerprints (print {blob} PRIMARY KEY, message_id BIGINT NOT NULL, seen BIGINT NOT NULL) {table}",
        ),
        Step::All("CREATE INDEX fingerprints_by_age ON fingerprints (seen)"),
    ],
}];
/// Rows of one statement.
const ROWS: usize = 500;
const CLEAN: Duration = Duration::from_secs(60);

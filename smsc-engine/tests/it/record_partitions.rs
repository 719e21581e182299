//! Records in a table with partitions, made and dropped by the statements of the manual while records are written.

use std::sync::Arc;
use std::time::Duration;

use smsc_engine::core::records::{Recorder, RecorderOptions, SqlRecords};
use smsc_engine::model::{Cdr, Timestamp};
use smsc_engine::sql::{Database, Dialect, Statement};

use crate::record_tables::{all, until_empty};
use crate::records::{MemoryLedger, delivered};
use crate::servers::Server;

/// The first of these months is dropped: 15 October and 15 November 2026.
const OLD: Timestamp = Timestamp(1_792_022_400_000);
const NEW: Timestamp = Timestamp(1_794_700_800_000);

/// The statements of a block of `docs/records.md`.
fn manual(block: &str) -> Vec<String> {
    let page = include_str!("../../../docs/records.md");
    let (_, rest) = page.split_once(&format!("\n```sql {block}\n")).unwrap();
    let (block, _) = rest.split_once("\n```").unwrap();
    block.split(';').map(|statement| statement.trim().to_owned()).filter(|statement| !statement.is_empty()).collect()
}

async fn run(database: &Database, block: &str) {
    let mut transaction = database.begin().await.unwrap();
    for statement in manual(block) {
        transaction.execute(Statement::new(statement.clone())).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }
    transaction.commit().await.unwrap();
}

fn submitted(id: u64, at: Timestamp) -> Cdr {
    Cdr { submission_time: at, ..delivered(id) }
}

async fn partitions_come_and_go_while_records_are_written(dialect: Dialect, name: &str) {
    let Some(server) = Server::start(dialect).await else { return };
    let database = Database::open(&server.config()).await.unwrap();
    let records = Arc::new(SqlRecords::new(database.clone()).with_large_indexes());
    let ledger = Arc::new(MemoryLedger::default());
    let options = RecorderOptions { longest_pause: Duration::from_millis(100), largest_batch: 50, ..RecorderOptions::default() };
    let recorder = Recorder::start(options, vec![records.clone()], ledger.clone());
    let end = |range: std::ops::Range<u64>, at| {
        for id in range {
            ledger.end(&submitted(id, at));
            recorder.offer(submitted(id, at));
        }
    };
    end(0..200, OLD);
    until_empty(&ledger).await;
    end(200..600, OLD);
    run(&database, name).await;
    until_empty(&ledger).await;
    end(600..1_000, NEW);
    run(&database, &format!("{name} drop")).await;
    end(1_000..1_400, NEW);
    until_empty(&ledger).await;
    recorder.close(Duration::from_secs(60)).await;
    let mut left: Vec<_> = all(&records).await.iter().map(|record| record.cdr.message_id.0).collect();
    left.sort_unstable();
    assert_eq!(left, (600..1_400).collect::<Vec<_>>(), "the old month is gone, and nothing else");
}

#[tokio::test]
async fn months_are_dropped_on_postgresql_while_records_are_written() {
    partitions_come_and_go_while_records_are_written(Dialect::Postgres, "postgresql").await;
}

#[tokio::test]
async fn months_are_dropped_on_mariadb_while_records_are_written() {
    partitions_come_and_go_while_records_are_written(Dialect::MySql, "mariadb").await;
}

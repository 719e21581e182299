//! Looking records up.

use super::super::{RecordFilter, RecordStore, SinkError, StoredRecord};
use super::{Query, SqlRecords};
use crate::BoxFuture;
use crate::model::{Cdr, Status};
use crate::sql::{Row, SqlError, Statement, Value};

impl RecordStore for SqlRecords {
    fn records<'a>(&'a self, filter: &'a RecordFilter) -> BoxFuture<'a, Result<Vec<StoredRecord>, SinkError>> {
        Box::pin(async move {
            self.prepare().await?;
            let rows = self.database.rows(question(filter)).await?;
            rows.iter().map(|row| Ok(record(row)?)).collect()
        })
    }
}

impl SqlRecords {
    /// Runs one of the [`QUERIES`](super::QUERIES) with its parameters and returns the rows.
    ///
    /// # Errors
    /// When the database cannot be asked, or the parameters are not those of the query.
    pub async fn run(&self, query: &Query, parameters: Vec<Value<'_>>) -> Result<Vec<Row>, SinkError> {
        self.prepare().await?;
        let statement = Statement::new(query.text(self.database.dialect()));
        Ok(self.database.rows(parameters.into_iter().fold(statement, Statement::bind)).await?)
    }
}

/// Asks for a page: every condition is an index's, and the pages go by the key.
fn question(filter: &RecordFilter) -> Statement<'_> {
    let mut statement = Statement::new("SELECT * FROM cdrs WHERE 1 = 1");
    if let Some(number) = &filter.number {
        statement = statement.push(" AND (calling_number = ? OR called_number = ?)").bind(number).bind(number);
    }
    if let Some(smsc) = &filter.smsc {
        statement = statement.push(" AND (source_smsc = ? OR dest_smsc = ?)").bind(smsc).bind(smsc);
    }
    let mut condition = |text: &str, value: Option<Value<'static>>| {
        let Some(value) = value else { return };
        let before = std::mem::replace(&mut statement, Statement::new(""));
        statement = before.push(text).bind(value);
    };
    condition(" AND submission_time >= ?", filter.from.map(Value::from));
    condition(" AND submission_time < ?", filter.until.map(Value::from));
    condition(" AND status = ?", filter.status.map(|status| status.name().into()));
    condition(" AND id < ?", filter.beyond.map(Value::from));
    statement.push(" ORDER BY id DESC LIMIT ?").bind(filter.max)
}

fn record(row: &Row) -> Result<StoredRecord, SqlError> {
    let status: String = row.get("status")?;
    let cdr = Cdr {
        message_id: row.get("message_id")?,
        calling_number: row.get("calling_number")?,
        called_number: row.get("called_number")?,
        source_smsc: row.get("source_smsc")?,
        dest_smsc: row.get("dest_smsc")?,
        origin_node: row.get("origin_node")?,
        destination_node: row.get("destination_node")?,
        submission_time: row.get("submission_time")?,
        delivery_time: row.get("delivery_time")?,
        expiry_time: row.get("expiry_time")?,
        status: Status::from_name(&status).ok_or_else(|| SqlError::Column {
            column: "status".into(),
            found: "another word",
            wanted: "the end of a message",
        })?,
        delivery_attempts: row.get::<Option<u32>>("delivery_attempts")?.unwrap_or(0),
        message_parts: row.get("message_parts")?,
        deadletter: row.get::<Option<bool>>("deadletter")?.unwrap_or(false),
        message_body: row.get("message_body")?,
    };
    Ok(StoredRecord { id: row.get("id")?, cdr })
}

//! Records of messages that have ended: pages of them, and the operators' questions.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use super::answer::{Answer, Body, Data, Fault, Params};
use crate::calendar;
use crate::core::records::{QUERIES, Query, RecordFilter, RecordStore, SqlRecords, StoredRecord, masked};
use crate::model::Timestamp;
use crate::ops::Operations;
use crate::sql::{Row, Statement, Value};

/// Which records to show.
#[derive(Deserialize)]
pub(super) struct Wanted {
    number: Option<String>,
    from: Option<String>,
    until: Option<String>,
    smsc: Option<String>,
    beyond: Option<i64>,
    max: Option<usize>,
    #[serde(default)]
    masked: bool,
}

/// One question and its parameters, in their order.
#[derive(Deserialize)]
pub(super) struct Question {
    name: String,
    #[serde(default)]
    parameters: Vec<String>,
}

/// A question that can be asked.
#[derive(Serialize)]
pub(super) struct Known {
    name: &'static str,
    parameters: &'static [&'static str],
}

pub(super) async fn queries() -> Data<Vec<Known>> {
    Data(QUERIES.iter().map(|query| Known { name: query.name, parameters: query.parameters }).collect())
}

pub(super) async fn list(State(operations): State<Arc<Operations>>, Params(wanted): Params<Wanted>) -> Answer<Vec<Json>> {
    let filter = RecordFilter {
        from: wanted.from.as_deref().map(time).transpose()?,
        until: wanted.until.as_deref().map(time).transpose()?,
        number: wanted.number,
        smsc: wanted.smsc,
        beyond: wanted.beyond,
        max: wanted.max.unwrap_or(PAGE).min(MOST),
        ..RecordFilter::default()
    };
    let records = store(&operations)?.records(&filter).await.map_err(Fault::failed)?;
    Ok(Data(records.iter().map(|record| shown(record, wanted.masked)).collect()))
}

pub(super) async fn query(State(operations): State<Arc<Operations>>, Body(question): Body<Question>) -> Answer<Vec<Json>> {
    let Question { name, parameters } = question;
    let query = Query::named(&name).ok_or_else(|| Fault::unknown(format!("there is no question {name:?}")))?;
    if query.parameters.len() != parameters.len() {
        let wanted = if query.parameters.is_empty() { "none".to_owned() } else { query.parameters.join(", ") };
        return Err(Fault::wrong(format!("{name} wants {} parameters: {wanted}", query.parameters.len())));
    }
    let store = store(&operations)?;
    store.prepare().await.map_err(Fault::failed)?;
    let mut statement = Statement::new(query.text(store.database().dialect()));
    for (parameter, text) in query.parameters.iter().zip(&parameters) {
        statement = match *parameter {
            "from" | "until" | "before" => statement.bind(time(text)?),
            _ => statement.bind(text.as_str()),
        };
    }
    let rows = store.database().rows(statement).await.map_err(Fault::failed)?;
    Ok(Data(rows.iter().map(row).collect()))
}

fn store(operations: &Operations) -> Result<&SqlRecords, Fault> {
    operations.control.records.as_ref().ok_or_else(|| Fault::unknown("this centre keeps no records in a database"))
}

fn time(text: &str) -> Result<Timestamp, Fault> {
    calendar::parse(text).ok_or_else(|| Fault::wrong(format!("{text:?} is no time such as 2026-11-28T00:00:00Z")))
}

/// A record without the text of its message.
fn shown(record: &StoredRecord, hidden: bool) -> Json {
    let cdr = &record.cdr;
    let number = |number: &str| if hidden { masked(number) } else { number.to_owned() };
    json!({
        "id": record.id,
        "message_id": cdr.message_id.0,
        "calling_number": number(&cdr.calling_number),
        "called_number": number(&cdr.called_number),
        "source_smsc": cdr.source_smsc,
        "dest_smsc": cdr.dest_smsc,
        "submission_time": calendar::text(cdr.submission_time),
        "delivery_time": cdr.delivery_time.map(calendar::text),
        "expiry_time": cdr.expiry_time.map(calendar::text),
        "status": cdr.status.name(),
        "delivery_attempts": cdr.delivery_attempts,
        "message_parts": cdr.message_parts,
    })
}

fn row(row: &Row) -> Json {
    let cells = row.columns().zip(row.values()).map(|(name, value)| (name.to_owned(), cell(value)));
    let cells = cells.filter(|(name, _)| name != BODY);
    Json::Object(cells.collect::<Map<_, _>>())
}

fn cell(value: &Value<'_>) -> Json {
    match value {
        Value::Bool(flag) => json!(flag),
        Value::Int(number) => json!(number),
        Value::Real(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Blob(octets) => json!(octets.as_ref().map(|octets| format!("{} octets", octets.len()))),
        Value::Time(time) => json!(time.map(calendar::text)),
        Value::Date(day) => json!(day.map(calendar::date)),
        // No column holds one.
        Value::List(_) => Json::Null,
    }
}

/// Texts of messages are in no answer: whoever wants them asks the database.
const BODY: &str = "message_body";
const PAGE: usize = 100;
const MOST: usize = 10_000;

//! Records of ended messages: found, counted by the usual questions, and exported.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::super::curl;
use super::super::desk::Desk;
use crate::calendar;
use crate::core::records::{Export, Privacy, QUERIES, Query, RecordFilter, RecordStore, StoredRecord};
use crate::http::csv::exported;
use crate::http::pages::form::{Faults, Field, Fields};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::link::Link;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, count, visible};
use crate::http::pages::visit::Visit;
use crate::model::{Status, Timestamp};
use crate::sql::{Row as SqlRow, Value};

#[derive(Template)]
#[template(path = "records.html")]
struct Records {
    layout: Layout,
    filter: Vec<Field>,
    rows: Vec<Row>,
    next: Option<String>,
    first: Option<String>,
    /// What the export asks for besides its boxes.
    asked: Vec<(&'static str, String)>,
    /// Whether texts may leave this centre.
    bodies: bool,
    questions: Vec<(&'static str, String)>,
    command: String,
}

struct Row {
    message: u64,
    shown: String,
    state: Badge,
    from: String,
    to: String,
    by: String,
    through: String,
    submitted: Moment,
    ended: Option<Moment>,
    attempts: u32,
    parts: String,
    text: String,
}

#[derive(Template)]
#[template(path = "question.html")]
struct Question {
    layout: Layout,
    title: String,
    name: &'static str,
    fields: Vec<(String, String, &'static str)>,
    asked: bool,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    more: bool,
    fault: String,
}

pub(in super::super) async fn list(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let records = desk.records()?;
    let mut faults = Faults::default();
    let filter = filter(&fields, &mut faults, PAGE + 1);
    let found = if faults.is_empty() { records.records(&filter).await.map_err(Problem::broken)? } else { Vec::new() };
    let layout = desk.layout(&visit, ("/records", "Records"));
    let view = view((&desk, layout), &fields, &faults, &found);
    Ok(if faults.is_empty() { page(&view) } else { refused(&view) })
}

fn filter(fields: &Fields, faults: &mut Faults, max: usize) -> RecordFilter {
    RecordFilter {
        number: fields.word("number"),
        from: faults.moment(fields, "from"),
        until: faults.moment(fields, "until"),
        status: Status::from_name(fields.text("status")),
        smsc: fields.word("smsc"),
        beyond: fields.word("beyond").and_then(|key| key.parse().ok()),
        max,
    }
}

fn view((desk, layout): (&Desk, Layout), fields: &Fields, faults: &Faults, found: &[StoredRecord]) -> Records {
    let link = |path: &str| FILTERS.iter().fold(Link::to(path), |link, name| link.with(name, fields.text(name)));
    let ends: Vec<(&str, &str)> =
        [("", "any")].into_iter().chain(Status::ALL.iter().skip(1).map(|status| (status.name(), status.name()))).collect();
    let asked = [
        Field::text("number", "Number of sender or recipient", fields.text("number")),
        Field::choice("status", "Ended as", fields.text("status"), &ends),
        Field::text("smsc", "Came from or went through", fields.text("smsc")).suggest(desk.frontends()),
        Field::text("from", "Submitted from (UTC)", fields.text("from")),
        Field::text("until", "until", fields.text("until")),
    ];
    let now = desk.now();
    let next =
        (found.len() > PAGE).then(|| found.get(PAGE - 1).map(|last| link("/records").with("beyond", last.id.to_string()).text()));
    Records {
        filter: asked.into_iter().map(|field| Field { fault: faults.of(field.name).map(str::to_owned), ..field }).collect(),
        rows: found.iter().take(PAGE).map(|record| row(record, now, desk.options.hide_message_body)).collect(),
        next: next.flatten(),
        first: (!fields.text("beyond").is_empty()).then(|| link("/records").text()),
        asked: FILTERS.iter().map(|name| (*name, visible(fields.text(name)))).filter(|(_, text)| !text.is_empty()).collect(),
        bodies: !desk.options.hide_message_body && !desk.options.hide_message_body_in_export,
        questions: QUERIES.iter().map(|query| (query.name, words(query.name))).collect(),
        command: command(fields),
        layout,
    }
}

/// The command of a shell that exports the same records.
fn command(fields: &Fields) -> String {
    let options = FILTERS.iter().filter(|name| **name != "status");
    let given = options.filter_map(|name| Some(format!(" --{name} {}", curl::quoted(&visible(&fields.word(name)?)))));
    format!("smsc records export{}", given.collect::<String>())
}

fn row(record: &StoredRecord, now: Timestamp, hidden: bool) -> Row {
    let cdr = &record.cdr;
    let text = cdr.message_body.as_deref().unwrap_or_default();
    Row {
        message: cdr.message_id.0,
        shown: cdr.message_id.to_string(),
        state: cdr.status.into(),
        from: visible(&cdr.calling_number),
        to: visible(&cdr.called_number),
        by: cdr.source_smsc.as_deref().map_or("–".into(), visible),
        through: cdr.dest_smsc.as_deref().map_or("–".into(), visible),
        submitted: Moment::new(cdr.submission_time, now),
        ended: cdr.delivery_time.or(cdr.expiry_time).map(|at| Moment::new(at, now)),
        attempts: cdr.delivery_attempts,
        parts: cdr.message_parts.map_or("–".into(), |parts| parts.to_string()),
        text: if hidden { "(hidden)".into() } else { visible(&text.chars().take(PREVIEW).collect::<String>()) },
    }
}

/// Sends all records that match, a page of the table at a time, however many there are.
pub(in super::super) async fn export(
    State(desk): State<Arc<Desk>>,
    _: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let mut faults = Faults::default();
    let filter = filter(&fields, &mut faults, PAGE);
    if !faults.is_empty() {
        return Err(Problem::conflict("The filter cannot be read; go back and correct it."));
    }
    desk.records()?.prepare().await.map_err(Problem::broken)?;
    let privacy = Privacy { hide_message_body_in_export: desk.options.hide_message_body_in_export, ..Privacy::default() };
    let export = Export { bodies: fields.ticked("bodies") && !desk.options.hide_message_body, masked: fields.ticked("masked") }
        .under(privacy);
    Ok(exported(desk.control.clone(), filter, export))
}

/// One of the usual questions, with its answer if all it needs was given.
pub(in super::super) async fn ask(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let question = Query::named(&name).ok_or_else(|| Problem::missing("There is no such question."))?;
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let asked = question.parameters.is_empty() || fields.ticked("asked");
    let mut faults = Faults::default();
    let parameters = parameters(question, &fields, asked.then_some(&mut faults));
    let hidden = desk.options.hide_message_body;
    let title = words(question.name);
    let mut view = Question {
        layout: desk.layout(&visit, ("/records", &title)),
        title,
        name: question.name,
        fields: inputs(question, &fields),
        asked,
        columns: Vec::new(),
        rows: Vec::new(),
        more: false,
        fault: question.parameters.iter().find_map(|name| faults.of(name)).unwrap_or_default().to_owned(),
    };
    if asked && faults.is_empty() {
        let rows = desk.records()?.run(question, parameters).await.map_err(Problem::broken)?;
        view.columns = rows.first().map(|row| row.columns().map(visible).collect()).unwrap_or_default();
        view.more = rows.len() > SHOWN;
        view.rows = rows.iter().take(SHOWN).map(|row| cells(row, hidden)).collect();
    }
    Ok(if view.fault.is_empty() { page(&view) } else { refused(&view) })
}

fn inputs(question: &Query, fields: &Fields) -> Vec<(String, String, &'static str)> {
    let mut inputs: Vec<(String, String, &'static str)> = Vec::new();
    for name in question.parameters {
        if !inputs.iter().any(|(_, _, known)| known == name) {
            inputs.push((words(name), visible(fields.text(name)), name));
        }
    }
    inputs
}

fn parameters(question: &Query, fields: &Fields, faults: Option<&mut Faults>) -> Vec<Value<'static>> {
    let mut unheard = Faults::default();
    let faults = faults.unwrap_or(&mut unheard);
    let mut values = Vec::new();
    for name in question.parameters {
        let value = match *name {
            "from" | "until" | "before" => faults.moment(fields, name).map(Value::from),
            _ => fields.word(name).map(|text| Value::Text(Some(text.into()))),
        };
        if value.is_none() {
            faults.add(name, format!("{}: fill it in", words(name)));
        }
        values.extend(value);
    }
    values
}

fn cells(row: &SqlRow, hidden: bool) -> Vec<String> {
    let values = row.columns().zip(row.values());
    values.map(|(column, value)| if hidden && column == "message_body" { "(hidden)".to_owned() } else { cell(value) }).collect()
}

fn cell(value: &Value<'_>) -> String {
    match value {
        Value::Bool(Some(flag)) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Int(Some(number)) => number.to_string(),
        Value::Real(Some(number)) => format!("{number:.2}"),
        Value::Text(Some(text)) => visible(text),
        Value::Blob(Some(octets)) => format!("{} octets", count(octets.len() as u64)),
        Value::Time(Some(at)) => calendar::text(*at),
        Value::Date(Some(at)) => calendar::date(*at),
        _ => "–".to_owned(),
    }
}

/// The name of a question as a sentence begins.
fn words(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The fields that choose records.
const FILTERS: [&str; 5] = ["number", "status", "smsc", "from", "until"];
const PAGE: usize = 50;
const SHOWN: usize = 500;
const PREVIEW: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_gets_its_parameters_in_order() {
        for question in QUERIES {
            let filled = "number=1&pattern+of+calling+number=1%25&from=2026-01-01&until=2026-12-31&one=1&other=2&before=2026-01-01&word=x&calling+number=1&called+number=2";
            let mut faults = Faults::default();
            let values = parameters(question, &Fields::read(filled.as_bytes()), Some(&mut faults));
            assert!(faults.is_empty() && values.len() == question.parameters.len(), "{question:?} {faults:?}");
            let mut faults = Faults::default();
            parameters(question, &Fields::default(), Some(&mut faults));
            assert_eq!(faults.is_empty(), question.parameters.is_empty());
        }
        assert_eq!(words("delivery_rate_by_route"), "Delivery rate by route");
    }
}

//! The messages of the queue, found and listed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::super::desk::Desk;
use super::overview::lane_name;
use super::search::{Criteria, Found, search};
use crate::core::content;
use crate::core::queue::Record;
use crate::http::pages::form::{Faults, Field, Fields};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::link::Link;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, count, visible};
use crate::http::pages::visit::Visit;
use crate::model::{Kind, Status, Timestamp};

#[derive(Template)]
#[template(path = "queue.html")]
struct Queue {
    layout: Layout,
    filter: Vec<Field>,
    states: Vec<(String, String, bool)>,
    rows: Vec<Row>,
    seen: String,
    searched: bool,
    number: String,
    next: Option<String>,
    first: Option<String>,
    /// All that match, for bulk changes.
    all: String,
    records: String,
}

/// One message in a list.
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) shown_id: String,
    pub(super) state: Badge,
    pub(super) kind: &'static str,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) by: String,
    pub(super) lane: String,
    pub(super) attempts: u32,
    pub(super) submitted: Moment,
    pub(super) due: Option<Moment>,
    pub(super) text: String,
}

impl Row {
    /// Shows a message; `None` of a text is a hidden one.
    pub(super) fn new(record: &Record, now: Timestamp, hidden: bool) -> Row {
        let message = &record.message;
        Row {
            id: message.id.0,
            shown_id: message.id.to_string(),
            state: record.status().into(),
            kind: match message.kind {
                Kind::Receipt => "receipt",
                Kind::Alert => "alert",
                Kind::Mo => "from a subscriber",
                _ => "",
            },
            from: visible(&message.source.number()),
            to: visible(&message.destination.number()),
            by: visible(message.account.as_str()),
            lane: lane_name(&message.lane),
            attempts: record.outcome.map_or(message.attempts, |outcome| outcome.attempts),
            submitted: Moment::new(message.submitted, now),
            due: record.outcome.is_none().then(|| Moment::new(message.deliver_after, now)),
            text: if hidden { "(hidden)".to_owned() } else { preview(&content::text(message)) },
        }
    }
}

fn preview(text: &str) -> String {
    visible(&text.chars().take(PREVIEW).collect::<String>())
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let mut faults = Faults::default();
    let criteria = Criteria::read(&fields, &mut faults);
    let found = if faults.is_empty() { search(desk.handle(), &criteria, PAGE).await? } else { Found::default() };
    let layout = desk.layout(&visit, ("/message_queue", "Message queue")).live();
    let view = view((&desk, layout), &fields, &faults, &found);
    Ok(if faults.is_empty() { page(&view) } else { refused(&view) })
}

fn view((desk, layout): (&Desk, Layout), fields: &Fields, faults: &Faults, found: &Found) -> Queue {
    let now = desk.now();
    let link = |changed: &str, value: &str| {
        let value_of = |name: &'static str| if name == changed { value.to_owned() } else { fields.text(name).to_owned() };
        let names = ["q", "status", "smsc", "from", "until"];
        let link = names.iter().fold(Link::to("/message_queue"), |link, name| link.with(name, value_of(name)));
        if changed == "beyond" { link.with("beyond", value) } else { link }.text()
    };
    let states = std::iter::once("").chain(Status::ALL.map(Status::name)).map(|name| {
        let word = if name.is_empty() { "all" } else { name };
        (word.to_owned(), link("status", name), fields.text("status") == name)
    });
    let number = fields.text("q").trim().to_owned();
    Queue {
        filter: filter(desk, fields, faults),
        states: states.collect(),
        rows: found.records.iter().map(|record| Row::new(record, now, desk.options.hide_message_body)).collect(),
        seen: count(found.seen as u64),
        searched: !number.is_empty() || !fields.text("from").is_empty() || !fields.text("until").is_empty(),
        records: Link::to("/records").with("number", &number).text(),
        number: visible(&number),
        next: found.next.map(|id| link("beyond", &id.to_string())),
        first: (!fields.text("beyond").is_empty()).then(|| link("", "")),
        all: link("", "").replacen("/message_queue", "/message_queue/bulk", 1),
        layout,
    }
}

fn filter(desk: &Desk, fields: &Fields, faults: &Faults) -> Vec<Field> {
    let fault = |field: Field| Field { fault: faults.of(field.name).map(str::to_owned), ..field };
    vec![
        fault(Field::text("smsc", "Frontend", fields.text("smsc")).suggest(desk.frontends())),
        fault(Field::text("from", "Accepted from (UTC)", fields.text("from"))),
        fault(Field::text("until", "until", fields.text("until"))),
    ]
}

const PAGE: usize = 50;
const PREVIEW: usize = 60;

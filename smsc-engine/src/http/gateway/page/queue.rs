//! What waits in the core. The gateway holds no message, so each look asks the core.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::super::desk::Desk;
use crate::http::pages::form::{Field, Fields};
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::link::Link;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, Tone, count, visible, visible_lines};
use crate::http::pages::visit::Visit;
use crate::model::{MessageId, Status, Timestamp};
use crate::remote::{CoreFault, MessageView, PendingFilter, PendingPage};

#[derive(Template)]
#[template(path = "gateway/queue.html")]
struct Queue {
    layout: Layout,
    filter: Vec<Field>,
    /// Why there is nothing to show.
    fault: Option<String>,
    found: String,
    /// How many wait for each bind, and where only those are shown.
    lanes: Vec<(String, String, String)>,
    rows: Vec<Row>,
    searched: bool,
}

/// One message in the list.
struct Row {
    id: u64,
    shown_id: String,
    state: Badge,
    from: String,
    to: String,
    lane: String,
    attempts: u32,
    due: Option<Moment>,
    expires: Option<Moment>,
    text: String,
}

#[derive(Template)]
#[template(path = "gateway/message.html")]
struct One {
    layout: Layout,
    row: Row,
    /// `None` of a text is a hidden one.
    body: Option<String>,
    facts: Vec<(&'static str, String)>,
    times: Vec<(&'static str, Option<Moment>)>,
    /// Why nobody fetches it, as far as the gateway knows.
    warning: Option<String>,
}

impl Row {
    fn new(message: &MessageView, now: Timestamp, hides_texts: bool) -> Row {
        let moment = |at: Option<Timestamp>| at.map(|at| Moment::new(at, now));
        let preview = || message.body.chars().take(PREVIEW).collect::<String>();
        Row {
            id: message.id,
            shown_id: message.message_id().to_string(),
            state: state(&message.status),
            from: visible(&message.source),
            to: visible(&message.destination),
            lane: message.dest_smsc.as_deref().map(visible).unwrap_or_default(),
            attempts: message.attempts,
            due: moment(message.deliver_after),
            expires: moment(message.expires),
            text: if hides_texts { "(hidden)".to_owned() } else { visible(&preview()) },
        }
    }
}

/// The core's word, with a colour if it is a known one.
fn state(word: &str) -> Badge {
    let known = Status::ALL.into_iter().find(|status| status.name() == word);
    known.map_or(Badge::new("other", Tone::Off), Badge::from)
}

pub(in super::super) async fn list(State(desk): State<Arc<Desk>>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    // The search at the top of all pages has one field.
    let destination = fields.word("q").or_else(|| fields.word("destination")).unwrap_or_default();
    let word = |name| fields.word(name).unwrap_or_default();
    let filter = PendingFilter { destination, content: word("content"), smsc: word("smsc"), max: PAGE };
    let found = desk.control.core.pending(&filter).await;
    let layout = desk.layout(&visit, ("/queue", "Queue")).live();
    page(&queue((&desk, layout), &filter, found))
}

fn queue((desk, layout): (&Desk, Layout), filter: &PendingFilter, found: Result<PendingPage, CoreFault>) -> Queue {
    let (found, fault) = match found {
        Ok(found) => (found, None),
        Err(fault) => (PendingPage::default(), Some(complaint(desk, &fault))),
    };
    let now = Timestamp::now();
    Queue {
        layout,
        filter: vec![
            Field::text("destination", "Recipient", &filter.destination),
            Field::text("content", "Text", &filter.content),
            Field::text("smsc", "SMSC", &filter.smsc).suggest(desk.bind_names()),
        ],
        fault,
        found: total(&found),
        lanes: lanes(&found.messages, filter),
        rows: found.messages.iter().map(|message| Row::new(message, now, desk.hides_texts)).collect(),
        searched: !(filter.destination.is_empty() && filter.content.is_empty() && filter.smsc.is_empty()),
    }
}

/// How many there are, as far as they were looked at.
fn total(found: &PendingPage) -> String {
    let number = count(found.messages.len() as u64);
    if found.is_truncated { format!("{number} or more") } else { number }
}

fn lanes(messages: &[MessageView], filter: &PendingFilter) -> Vec<(String, String, String)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for message in messages {
        *counts.entry(message.dest_smsc.as_deref().unwrap_or_default()).or_default() += 1;
    }
    let link = |name: &str| {
        Link::to("/queue").with("destination", &filter.destination).with("content", &filter.content).with("smsc", name).text()
    };
    let name = |name: &str| if name.is_empty() { "no SMSC".to_owned() } else { visible(name) };
    counts.into_iter().map(|(lane, number)| (name(lane), count(number), link(lane))).collect()
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: MessageId = id.parse().map_err(Problem::missing_id)?;
    let found = desk.control.core.message(id).await.map_err(|fault| away(&desk, &fault))?;
    let message = found.ok_or_else(|| Problem::missing(format!("The core has no message {id}.")))?;
    let layout = desk.layout(&visit, ("/queue", &format!("Message {id}"))).live();
    Ok(page(&one((&desk, layout), &message)))
}

fn one((desk, layout): (&Desk, Layout), message: &MessageView) -> One {
    let now = Timestamp::now();
    let row = Row::new(message, now, desk.hides_texts);
    let moment = |at: Option<Timestamp>| at.map(|at| Moment::new(at, now));
    let or_dash = |text: Option<&str>| text.filter(|text| !text.is_empty()).map_or("–".to_owned(), visible);
    One {
        body: (!desk.hides_texts).then(|| visible_lines(&message.body)),
        facts: vec![
            ("Destination", row.to.clone()),
            ("Source", row.from.clone()),
            ("dest_smsc", or_dash(message.dest_smsc.as_deref())),
            ("source_smsc", or_dash(message.source_smsc.as_deref())),
            ("Delivery attempts", count(message.attempts.into())),
            ("Status", visible(&message.status)),
            ("Priority", message.priority.map_or("–".to_owned(), |priority| priority.to_string())),
        ],
        times: vec![
            ("Accepted", moment(message.submitted)),
            ("deliver_after", row.due),
            ("expires", row.expires),
            ("Delivered", moment(message.delivered)),
        ],
        warning: stuck(message, &desk.bind_names()),
        layout,
        row,
    }
}

/// Why a message that waits is fetched by nobody here.
fn stuck(message: &MessageView, binds: &[String]) -> Option<String> {
    if message.status != "pending" {
        return None;
    }
    match message.dest_smsc.as_deref().filter(|name| !name.is_empty()) {
        None => Some("It has no dest_smsc, so no bind fetches it.".to_owned()),
        Some(name) if !binds.iter().any(|bind| bind == name) => {
            Some(format!("No bind of this gateway is called {}: only another frontend of this name fetches it.", visible(name)))
        }
        Some(_) => None,
    }
}

/// What to tell of a core that does not do what it was asked.
pub(super) fn complaint(desk: &Desk, fault: &CoreFault) -> String {
    let address = desk.control.core.client().address();
    let text = match fault.is_away() {
        true => {
            format!("The core at {address} cannot be reached: {fault}. What waits there stays there; the gateway keeps trying.")
        }
        false => format!("The core at {address} does not answer as it should: {fault}."),
    };
    visible(&text)
}

fn away(desk: &Desk, fault: &CoreFault) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "Not available now", complaint(desk, fault))
}

// The page renews itself, and each time the core has to write that many.
const PAGE: usize = 200;
const PREVIEW: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(status: &str, dest_smsc: Option<&str>) -> MessageView {
        MessageView { id: 7, status: status.into(), dest_smsc: dest_smsc.map(str::to_owned), ..MessageView::default() }
    }

    #[test]
    fn messages_are_counted_by_the_bind_they_wait_for() {
        let names = [Some("north"), None, Some("south"), Some("north")];
        let messages = names.map(|name| message("pending", name)).to_vec();
        let filter = PendingFilter { destination: "+44".into(), ..PendingFilter::default() };
        let shown = lanes(&messages, &filter);
        let shown: Vec<(&str, &str)> = shown.iter().map(|(name, count, _)| (name.as_str(), count.as_str())).collect();
        assert_eq!(shown, [("no SMSC", "1"), ("north", "2"), ("south", "1")]);
        assert_eq!(lanes(&messages, &filter)[1].2, "/queue?destination=%2B44&smsc=north");
        let page = PendingPage { messages, is_truncated: true };
        assert_eq!(total(&page), "4 or more");
    }

    #[test]
    fn a_message_nobody_fetches_says_why() {
        let binds = ["north".to_owned()];
        assert_eq!(stuck(&message("pending", Some("north")), &binds), None);
        assert_eq!(stuck(&message("delivered", None), &binds), None);
        assert!(stuck(&message("pending", None), &binds).unwrap().contains("no dest_smsc"));
        assert!(stuck(&message("pending", Some("sout")), &binds).unwrap().contains("called sout"));
    }
}

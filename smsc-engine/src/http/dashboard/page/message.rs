//! One message: all that is known of it, what happened to it in the order of time, and what can be done.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;
use smpp_pdu::Tlvs;

use super::super::curl;
use super::super::desk::Desk;
use super::meaning::meaning;
use super::overview::lane_name;
use super::timeline::{Kept, Step, timeline};
use crate::core::Update;
use crate::core::content;
use crate::core::queue::Record;
use crate::core::records::{RecordFilter, RecordStore};
use crate::http::pages::form::{Faults, Field, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::link::Link;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, count, end as end_word, visible, visible_lines};
use crate::http::pages::visit::{Order, Visit};
use crate::model::{Address, Event, Kind, Lane, Message, MessageId, Status, Timestamp};

#[derive(Template)]
#[template(path = "message.html")]
struct View {
    layout: Layout,
    id: u64,
    shown_id: String,
    state: Badge,
    pending: bool,
    may_return: bool,
    from: String,
    to: String,
    hidden: bool,
    text: String,
    facts: Vec<(&'static str, String)>,
    times: Vec<(&'static str, Moment)>,
    technical: Vec<(&'static str, String)>,
    tlvs: Vec<(String, String)>,
    steps: Vec<Step>,
    no_events: bool,
    redirect: Form,
    simulate: String,
    same_from: String,
    same_to: String,
    records: String,
    about: Option<(u64, String)>,
    curls: Vec<(&'static str, String)>,
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let record = find(&desk, &id).await?;
    let layout = desk.layout(&visit, ("/message_queue", &format!("Message {}", record.message.id))).live();
    Ok(page(&view((&desk, layout), &record, &Known::of(&desk, &record).await?, &Faults::default())))
}

/// What is known of a message besides itself.
struct Known {
    events: Vec<Event>,
    kept: Kept,
}

impl Known {
    async fn of(desk: &Desk, record: &Record) -> Result<Known, Problem> {
        Ok(Known { events: desk.handle().events(record.message.id).await?, kept: kept(desk, record).await })
    }
}

/// Looks for the record of a message that has ended.
async fn kept(desk: &Desk, record: &Record) -> Kept {
    let message = &record.message;
    let Some(records) = desk.control.records.as_ref().filter(|_| record.outcome.is_some() && message.kind.is_message()) else {
        return Kept::None;
    };
    // By what has an index; a number has few messages in one moment.
    let filter = RecordFilter {
        number: Some(message.destination.number().into_owned()),
        from: Some(message.submitted),
        until: Some(Timestamp(message.submitted.0.saturating_add(1))),
        max: MOST_AT_ONCE,
        ..RecordFilter::default()
    };
    match records.records(&filter).await {
        Ok(found) => match found.into_iter().find(|stored| stored.cdr.message_id == message.id) {
            Some(stored) => Kept::There(Box::new(stored)),
            None => Kept::Missing,
        },
        Err(error) => {
            tracing::warn!(message_id = %message.id, %error, "the record of a message cannot be looked up");
            Kept::Unknown
        }
    }
}

async fn find(desk: &Desk, id: &str) -> Result<Record, Problem> {
    let id: MessageId = id.parse().map_err(Problem::missing_id)?;
    Ok(desk.handle().message(id).await?)
}

/// Puts it on its work list at once, with all its attempts before it.
pub(in super::super) async fn retry(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    let record = find(&desk, &id).await?;
    desk.handle().update(record.message.id, again(desk.now())).await?;
    Ok(done(&order, "retry now", &record, "It is due now."))
}

/// The change that makes a message due.
pub(super) fn again(now: Timestamp) -> Update {
    Update { attempts: Some(0), deliver_after: Some(now), ..Update::default() }
}

pub(in super::super) async fn redirect(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    let record = find(&desk, &id).await?;
    let mut faults = Faults::default();
    let name = order.fields.word("dest_smsc");
    match &name {
        None => faults.add("dest_smsc", "which frontend shall deliver it?"),
        Some(name) if !Lane::from(name.as_str()).is_public() => faults.add("dest_smsc", "a name does not begin with '!'"),
        Some(_) => {}
    }
    if !faults.is_empty() {
        let known = Known::of(&desk, &record).await?;
        let layout = desk.layout(&order.visit, ("/message_queue", &format!("Message {}", record.message.id)));
        return Ok(refused(&view((&desk, layout), &record, &known, &faults)));
    }
    let name = name.unwrap_or_default();
    let update = Update { dest_smsc: Some(Lane::from(name.as_str())), ..Update::default() };
    desk.handle().update(record.message.id, update).await?;
    Ok(done(&order, &format!("redirect to {name}"), &record, &format!("It goes through {name} now.")))
}

/// Ends a pending message; its sender gets the receipt they asked for.
pub(in super::super) async fn end(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    let record = find(&desk, &id).await?;
    let status = Status::from_name(order.fields.text("status")).filter(|status| *status != Status::Pending);
    let status = status.ok_or_else(|| Problem::conflict("A message ends as delivered, failed, expired or rejected."))?;
    desk.handle().update(record.message.id, Update { status: Some(status), ..Update::default() }).await?;
    Ok(done(&order, &format!("end as {}", status.name()), &record, &format!("It has ended: {}.", status.name())))
}

pub(in super::super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    let record = find(&desk, &id).await?;
    desk.handle().delete(record.message.id).await?;
    let id = record.message.id.to_string();
    Ok(order.done(("delete", &format!("message {id}")), "/message_queue", &format!("Message {id} is deleted.")))
}

fn done(order: &Order, action: &str, record: &Record, notice: &str) -> Response {
    let id = record.message.id;
    order.done((action, &format!("message {id}")), &format!("/message/{}", id.0), notice)
}

fn view((desk, layout): (&Desk, Layout), record: &Record, known: &Known, faults: &Faults) -> View {
    let (message, now) = (&record.message, desk.now());
    let hidden = desk.options.hide_message_body;
    let (source, destination) = (message.source.number(), message.destination.number());
    let queue = |number: &str| Link::to("/message_queue").with("q", number).text();
    let id = message.id.0;
    let redirect = Form::new(format!("/message/{id}/redirect"), "Redirect", "")
        .ask(Field::text("dest_smsc", "Let another frontend deliver it", "").suggest(desk.frontends()))
        .with(faults);
    View {
        id,
        shown_id: message.id.to_string(),
        state: record.status().into(),
        pending: record.outcome.is_none(),
        may_return: record.status() != Status::Delivered,
        from: visible(&source),
        to: visible(&destination),
        hidden,
        text: if hidden { String::new() } else { visible_lines(&content::text(message)) },
        facts: facts(record),
        times: times(record, now),
        technical: technical(message, hidden),
        tlvs: tlvs(message, hidden),
        steps: timeline(record, &known.kept, &known.events, now),
        no_events: desk.handle().event_log().is_none(),
        redirect,
        simulate: Link::to("/simulator")
            .with("calling", &source)
            .with("called", &destination)
            .with("source_smsc", message.account.as_str())
            .text(),
        same_from: queue(&source),
        same_to: queue(&destination),
        records: Link::to("/records").with("number", &destination).text(),
        about: message.about.map(|about| (about.0, about.to_string())),
        curls: curls(&desk.options.api, id),
        layout,
    }
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let message = &record.message;
    let extra = message.extra();
    let mut facts = vec![
        ("Kind", kind(message.kind).to_owned()),
        ("Submitted by", visible(message.account.as_str())),
        ("Goes through", lane_name(&message.lane)),
        ("Failed attempts", message.attempts.to_string()),
        ("Priority", message.priority.to_string()),
        ("Parts", format!("{} to be billed, {} by its sender", content::segments(message), content::parts(message))),
    ];
    if let Some(outcome) = record.outcome {
        facts.push((
            "Ended as",
            format!("{}, error {}, after {} attempts", end_word(outcome.state), outcome.error, outcome.attempts),
        ));
    }
    if let Some(meaning) = record.outcome.and_then(|outcome| meaning(outcome.error)) {
        facts.push(("Error in words", meaning));
    }
    if let Some(remote) = &record.remote {
        facts.push(("Id at the next centre", visible(&remote.text())));
    }
    let flags = [
        (extra.deadletter, "dead letter"),
        (extra.charge_failed, "charging failed"),
        (extra.auto_reply, "answer of a route"),
        (extra.raw_data, "raw data"),
        (extra.raw_sip, "raw SIP"),
    ];
    let flags: Vec<&str> = flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect();
    if !flags.is_empty() {
        facts.push(("Marks", flags.join(", ")));
    }
    facts
}

const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Mt => "to a subscriber",
        Kind::Mo => "from a subscriber",
        Kind::Receipt => "delivery receipt",
        Kind::Alert => "alert: the sender can be reached again",
    }
}

fn times(record: &Record, now: Timestamp) -> Vec<(&'static str, Moment)> {
    let message = &record.message;
    let mut times = vec![("Accepted", message.submitted), ("Due", message.deliver_after), ("Expires", message.expires)];
    times.extend(record.leased.filter(|until| *until > now).map(|until| ("In delivery until", until)));
    times.extend(record.outcome.map(|outcome| ("Ended", outcome.done)));
    times.into_iter().map(|(name, at)| (name, Moment::new(at, now))).collect()
}

fn technical(message: &Message, hidden: bool) -> Vec<(&'static str, String)> {
    let address = |address: &Address| format!("{} (ton {}, npi {})", visible(&address.digits.text()), address.ton, address.npi);
    let extra = message.extra();
    let octets = |octets: &[u8]| if hidden { format!("{} octets, hidden", octets.len()) } else { hex(octets) };
    vec![
        ("source_addr", address(&message.source)),
        ("destination_addr", address(&message.destination)),
        ("service_type", visible(&message.service_type.text())),
        ("esm_class", format!("{:#04x}", message.esm_class)),
        ("protocol_id", format!("{:#04x}", message.protocol_id)),
        ("data_coding", format!("{:#04x}", message.data_coding)),
        ("registered_delivery", format!("{:#04x}", message.registered_delivery)),
        ("sm_default_msg_id", message.sm_default_msg_id.to_string()),
        ("source_imsi", visible(&extra.source_imsi.text())),
        ("dest_imsi", visible(&extra.dest_imsi.text())),
        ("message_part_number", format!("{} of {}", extra.part_number, extra.parts)),
        ("user data", octets(&message.user_data)),
        ("raw_pdu", octets(&extra.raw_pdu)),
    ]
}

fn tlvs(message: &Message, hidden: bool) -> Vec<(String, String)> {
    let tlvs = Tlvs::parse(&message.tlvs).unwrap_or_default();
    let value = |octets: &[u8]| if hidden { format!("{} octets, hidden", octets.len()) } else { hex(octets) };
    tlvs.iter().map(|(tag, octets)| (format!("{tag:?}"), value(octets))).collect()
}

fn hex(octets: &[u8]) -> String {
    let shown: String = octets.iter().take(MOST_OCTETS).map(|octet| format!("{octet:02X} ")).collect();
    match octets.len().saturating_sub(MOST_OCTETS) {
        0 => shown.trim_end().to_owned(),
        more => format!("{shown}… and {} more", count(more as u64)),
    }
}

fn curls(api: &str, id: u64) -> Vec<(&'static str, String)> {
    let path = format!("/api/messages/{id}");
    let patch = |body| curl::call(api, ("PATCH", &path), Some(&body));
    vec![
        ("Look", curl::call(api, ("GET", &path), None)),
        ("Retry now", patch(json!({"delivery_attempts": 0, "deliver_after": "1970-01-01T00:00:00Z"}))),
        ("Redirect", patch(json!({"dest_smsc": "NAME"}))),
        ("Delete", curl::call(api, ("DELETE", &path), None)),
    ]
}

const MOST_OCTETS: usize = 280;
const MOST_AT_ONCE: usize = 1_000;

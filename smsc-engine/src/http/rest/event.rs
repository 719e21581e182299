//! The history of messages.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Rest;
use super::body::Body;
use super::faults::Faults;
use super::forms::check;
use super::number::Number;
use super::origin::{Call, Origin};
use super::problem::Problem;
use super::reply::{Data, Envelope, EnvelopeParams};
use crate::model::{Event, EventName, MessageId};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(history)).routes(routes!(add))
}

/// One line in the history of a message.
#[derive(Serialize, ToSchema)]
struct EventForm {
    /// When it happened, in seconds since 1970-01-01 00:00 UTC.
    #[schema(example = 1761825600)]
    event_epoch: u64,
    /// What happened.
    #[schema(example = "message_delivered")]
    name: String,
    /// More about it, for people.
    description: String,
    /// The node, or the outside system, that tells of it.
    #[schema(example = "smsc@localhost")]
    event_source: String,
}

/// One line that was added to the history of a message.
#[derive(Serialize, ToSchema)]
struct AddedEvent {
    /// The message.
    message_id: u64,
    #[serde(flatten)]
    event: EventForm,
}

/// A line to be added to the history of a message.
#[derive(Default, serde::Deserialize, ToSchema)]
#[serde(default)]
struct NewEvent {
    /// The message; nobody asks whether the core still has it, for outside systems hear late.
    #[schema(required = true, value_type = u64, minimum = 1, maximum = 9223372036854775807u64)]
    message_id: Option<u64>,
    /// What happened; any name will do.
    #[schema(required = true, value_type = String, min_length = 1, max_length = 64, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    #[schema(example = "handset_confirmed")]
    name: Option<String>,
    /// More about it, for people.
    #[schema(max_length = 4096, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    description: Option<String>,
    /// Who tells of it; the caller's name or address if left out.
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    event_source: Option<String>,
}

/// Shows the history of a message, the earliest first.
///
/// A message that nobody knows has none: the list is empty. Events are kept for a time of their own, which may be
/// longer than that of the message.
#[utoipa::path(
    get, path = "/api/events/{message_id}", tag = "events",
    params(("message_id" = u64, Path, description = "the message"), EnvelopeParams),
    responses((status = 200, body = Data<Vec<EventForm>>, description = "what happened")),
)]
async fn history(State(rest): State<Arc<Rest>>, Number(id): Number, envelope: Envelope) -> Result<Response, Problem> {
    ready(&rest)?;
    let events = rest.control.handle.events(MessageId(id)).await?;
    Ok(envelope.data(StatusCode::OK, events.iter().map(EventForm::from).collect::<Vec<_>>()))
}

/// Adds a line to the history of a message.
#[utoipa::path(
    post, path = "/api/events", tag = "events", params(EnvelopeParams), request_body = NewEvent,
    responses((status = 201, body = Data<AddedEvent>, description = "it is added")),
)]
async fn add(State(rest): State<Arc<Rest>>, call: Call, Body(new): Body<NewEvent>) -> Result<Response, Problem> {
    ready(&rest)?;
    let event = new.event(&rest, &call.origin)?;
    let added = AddedEvent { message_id: event.message_id.0, event: EventForm::from(&event) };
    rest.control.handle.add_event(event);
    Ok(call.envelope.data(StatusCode::CREATED, added))
}

impl NewEvent {
    fn event(self, rest: &Rest, origin: &Origin) -> Result<Event, Problem> {
        let mut faults = Faults::default();
        let name = faults.required("name", self.name);
        let message_id = self.message_id.unwrap_or_default();
        match self.message_id {
            None => faults.add("message_id", "is required"),
            // Databases keep no higher number.
            Some(id) if id == 0 || i64::try_from(id).is_err() => faults.add("message_id", "must be a positive integer"),
            Some(_) => {}
        }
        check(&mut faults, "name", (Some(&name), NAME));
        check(&mut faults, "description", (self.description.as_deref(), DESCRIPTION));
        check(&mut faults, "event_source", (self.event_source.as_deref(), SOURCE));
        faults.none()?;
        Ok(Event {
            message_id: MessageId(message_id),
            time: rest.control.now(),
            name: EventName::from_text(&name),
            description: self.description.unwrap_or_default().into(),
            source: self.event_source.filter(|source| !source.is_empty()).unwrap_or_else(|| origin.to_string()).into(),
        })
    }
}

impl From<&Event> for EventForm {
    fn from(event: &Event) -> Self {
        EventForm {
            event_epoch: event.time.0 / 1000,
            name: event.name.to_string(),
            description: event.description.clone().into_owned(),
            event_source: event.source.to_string(),
        }
    }
}

fn ready(rest: &Rest) -> Result<(), Problem> {
    rest.control.handle.event_log().map(drop).ok_or_else(|| Problem::unavailable("this core keeps no events"))
}

// An event waits in memory and is one row among many millions.
const NAME: usize = 64;
const DESCRIPTION: usize = 4096;
const SOURCE: usize = 255;

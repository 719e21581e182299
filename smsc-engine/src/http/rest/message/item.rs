//! One message: looking at it, changing it, removing it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::Rest;
use super::super::audit::audit;
use super::super::body::OptionalBody;
use super::super::faults::Faults;
use super::super::options::LongText;
use super::super::origin::{Call, Origin};
use super::super::problem::{Errors, Problem};
use super::super::reply::{Envelope, EnvelopeParams, Success};
use super::create::check_length;
use super::form::{MessageForm, StatusWord, shown};
use super::id::Id;
use super::view::{View, ViewParams};
use crate::core::{Update, content};
use crate::json::{coding, hex};
use crate::model::{Message, Timestamp};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(show, change, count_attempt, remove))
}

/// Changes of a message; what is left out stays.
#[derive(Default, Deserialize, ToSchema)]
struct Changes {
    /// Who delivers it; `null` takes it from everybody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    dest_smsc: Option<Option<String>>,
    /// The same under its older name.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    destination_smsc: Option<Option<String>>,
    /// When it is due; `null` is now.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, format = DateTime)]
    deliver_after: Option<Option<Timestamp>>,
    /// Until when it is tried.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
    /// Another text.
    message_body: Option<String>,
    /// How it stands: `pending` gives it another chance, all else ends it.
    status: Option<StatusWord>,
    /// When it was delivered, if `status` says that it was; now if left out.
    #[schema(value_type = Option<String>, format = DateTime)]
    delivered_at: Option<Timestamp>,
    /// Attempts that failed; 0 gives a message that has ended another chance.
    delivery_attempts: Option<u32>,
    /// Higher goes first.
    priority: Option<u8>,
    /// Whether it is among the dead letters.
    deadletter: Option<bool>,
    /// What only SMPP has words for.
    smpp: Option<SmppChanges>,
}

/// What SMPP says of a message and may be changed.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
struct SmppChanges {
    /// `registered_delivery`: which receipts its sender wants.
    #[schema(maximum = 255)]
    registered_delivery: Option<u8>,
}

/// Tells `null` from what is left out.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Shows one message with all its fields.
#[utoipa::path(
    get, path = "/api/messages/{id}", tag = "messages",
    params(("id" = u64, Path, description = "the message"), ViewParams, EnvelopeParams),
    responses((status = 200, body = Success<MessageForm>), (status = 404, body = Errors)),
)]
async fn show(State(rest): State<Arc<Rest>>, Id(id): Id, envelope: Envelope, view: View) -> Result<Response, Problem> {
    let record = rest.control.handle.message(id).await?;
    Ok(envelope.success(StatusCode::OK, view.record(&record)))
}

/// Changes a message; what cannot be done now changes nothing.
#[utoipa::path(
    patch, path = "/api/messages/{id}", tag = "messages",
    params(("id" = u64, Path, description = "the message"), EnvelopeParams), request_body = Changes,
    responses(
        (status = 200, body = Success<MessageForm>), (status = 400, body = Errors), (status = 404, body = Errors),
        (status = 422, body = Errors, description = "it has ended, is being delivered, or there is nothing to change"),
    ),
)]
async fn change(
    State(rest): State<Arc<Rest>>,
    Id(id): Id,
    call: Call,
    OptionalBody(changes): OptionalBody<Changes>,
) -> Result<Response, Problem> {
    let handle = &rest.control.handle;
    let record = handle.message(id).await?;
    let named = changes.named();
    let update = changes.update(record.message, (rest.control.now(), rest.options().long_text))?;
    let record = handle.update(id, update).await?;
    audit(&call.origin, "change message", format_args!("{id}: {named}"));
    Ok(shown(call.envelope, &record))
}

/// Counts a failed attempt: the message waits 2, 4, 8 … minutes before the next one.
#[utoipa::path(
    put, path = "/api/messages/{id}", tag = "work",
    params(("id" = u64, Path, description = "the message"), EnvelopeParams),
    responses(
        (status = 200, body = Success<MessageForm>), (status = 404, body = Errors),
        (status = 422, body = Errors, description = "it has ended"),
    ),
)]
async fn count_attempt(State(rest): State<Arc<Rest>>, Id(id): Id, envelope: Envelope) -> Result<Response, Problem> {
    let record = rest.control.handle.count_attempt(id).await?;
    Ok(shown(envelope, &record))
}

/// Removes a message: its sender hears nothing, and there is no record of it.
#[utoipa::path(
    delete, path = "/api/messages/{id}", tag = "messages", params(("id" = u64, Path, description = "the message")),
    responses((status = 204), (status = 404, body = Errors)),
)]
async fn remove(State(rest): State<Arc<Rest>>, origin: Origin, Id(id): Id) -> Result<StatusCode, Problem> {
    rest.control.handle.delete(id).await?;
    audit(&origin, "delete message", id);
    Ok(StatusCode::NO_CONTENT)
}

impl Changes {
    /// The fields that are given, for the audit; not what they say, for one is a text.
    fn named(&self) -> String {
        let given = [
            ("dest_smsc", self.dest_smsc.is_some() || self.destination_smsc.is_some()),
            ("deliver_after", self.deliver_after.is_some()),
            ("expires", self.expires.is_some()),
            ("message_body", self.message_body.is_some()),
            ("status", self.status.is_some()),
            ("delivered_at", self.delivered_at.is_some()),
            ("delivery_attempts", self.delivery_attempts.is_some()),
            ("priority", self.priority.is_some()),
            ("deadletter", self.deadletter.is_some()),
            ("smpp", self.smpp.is_some()),
        ];
        given.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    fn update(self, message: Message, (now, long_text): (Timestamp, LongText)) -> Result<Update, Problem> {
        let mut faults = Faults::default();
        let dest_smsc = self.dest_smsc.or(self.destination_smsc);
        let update = Update {
            dest_smsc: dest_smsc.map(|name| faults.lane("dest_smsc", name.as_deref())),
            deliver_after: self.deliver_after.map(|time| time.unwrap_or(now)),
            expires: self.expires,
            text: None,
            status: self.status.map(Into::into),
            delivered_at: self.delivered_at,
            attempts: self.delivery_attempts,
            priority: self.priority,
            deadletter: self.deadletter,
            registered_delivery: self.smpp.and_then(|smpp| smpp.registered_delivery),
        };
        let text = self.message_body.map(|body| other_text(message, &body, &mut faults));
        faults.none()?;
        let Some(message) = text else { return Ok(update) };
        check_length(&message, long_text)?;
        Ok(Update { text: Some((message.data_coding, message.user_data)), ..update })
    }
}

/// The message with another text after the header it has.
fn other_text(mut message: Message, body: &str, faults: &mut Faults) -> Message {
    if body.is_empty() {
        faults.add("message_body", "must not be empty");
    }
    let encoded = match message.extra().raw_data {
        true => hex::read(body)
            .map(|octets| (message.data_coding, octets))
            .ok_or(("message_body", "must be pairs of hexadecimal digits: raw_data_flag is set")),
        false => coding::again(message.data_coding, body),
    };
    match encoded {
        Ok((data_coding, octets)) => {
            let text = content::divided(&message).1.len();
            let header = message.user_data.len().saturating_sub(text);
            message.user_data = [message.user_data.get(..header).unwrap_or_default(), &octets].concat().into();
            message.data_coding = data_coding;
        }
        Err((field, fault)) => faults.add(field, fault),
    }
    message
}

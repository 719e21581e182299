//! What frontends tell of messages they were given.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use sms_codec::receipt::MessageState;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::Rest;
use super::super::body::{Body, OptionalBody};
use super::super::faults::Faults;
use super::super::problem::{Errors, Problem};
use super::super::reply::{Envelope, EnvelopeParams, Success};
use super::form::{MessageForm, shown};
use super::id::Id;
use crate::core::{HandleError, NetworkStatus};
use crate::model::Word;

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new()
        .routes(routes!(increment_delivery_attempt))
        .routes(routes!(mark_delivered))
        .routes(routes!(delivery_status))
        .routes(routes!(network_status))
}

/// Who delivered a message.
#[derive(Default, Deserialize, ToSchema)]
struct Delivered {
    /// The frontend; the one it was given to if left out.
    #[schema(example = "uk_gateway")]
    dest_smsc: Option<String>,
}

/// What a receipt says.
#[derive(Default, Deserialize, ToSchema)]
struct Receipt {
    /// `delivered`, `expired`, `undeliverable`, `rejected`, `accepted`, `enroute`, `unknown` or `deleted`, or as SMPP
    /// writes them: `DELIVRD`.
    #[schema(required = true, example = "delivered")]
    status: Option<String>,
    /// The network's name for the message.
    smsc_message_id: Option<String>,
    /// The network's error, a number or its digits.
    #[schema(value_type = Option<u64>, maximum = 4294967295u64)]
    error_code: Option<ErrorCode>,
    /// When the network got it.
    submit_date: Option<String>,
    /// When it ended there.
    done_date: Option<String>,
    /// The frontend that delivered it.
    dest_smsc: Option<String>,
    /// The beginning of the message; it is not kept.
    #[expect(dead_code, reason = "its form is checked all the same")]
    text: Option<String>,
}

/// An error as a number or as its digits, as receipts have it.
#[derive(Deserialize)]
#[serde(untagged)]
enum ErrorCode {
    /// A number.
    Number(u32),
    /// Digits.
    Text(String),
}

/// Counts a failed attempt, as `PUT /api/messages/{id}` does.
#[utoipa::path(
    post, path = "/api/messages/{id}/increment_delivery_attempt", tag = "work",
    params(("id" = u64, Path, description = "the message"), EnvelopeParams),
    responses(
        (status = 200, body = Success<MessageForm>), (status = 404, body = Errors),
        (status = 422, body = Errors, description = "it has ended"),
        (status = 503, body = Errors, description = "it cannot be kept now"),
    ),
)]
async fn increment_delivery_attempt(State(rest): State<Arc<Rest>>, Id(id): Id, envelope: Envelope) -> Result<Response, Problem> {
    let handle = rest.control.handle.clone();
    let record = soon(async move { handle.count_attempt(id).await }).await?;
    Ok(shown(envelope, &record))
}

/// Tells that a message was delivered; telling it twice is harmless.
#[utoipa::path(
    post, path = "/api/messages/{id}/mark_delivered", tag = "work",
    params(("id" = u64, Path, description = "the message"), EnvelopeParams), request_body = Delivered,
    responses(
        (status = 200, body = Success<MessageForm>), (status = 400, body = Errors), (status = 404, body = Errors),
        (status = 422, body = Errors, description = "it has ended in another way"),
        (status = 503, body = Errors, description = "it cannot be kept now"),
    ),
)]
async fn mark_delivered(
    State(rest): State<Arc<Rest>>,
    Id(id): Id,
    envelope: Envelope,
    OptionalBody(delivered): OptionalBody<Delivered>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let by = faults.lane("dest_smsc", delivered.dest_smsc.as_deref());
    faults.none()?;
    let handle = rest.control.handle.clone();
    let record = soon(async move { handle.mark_delivered(id, by).await }).await?;
    Ok(shown(envelope, &record))
}

/// Tells what the network says of a message.
///
/// `accepted` and `enroute` with `smsc_message_id` say that the network has taken the message under that name: it is on
/// no work list until the network says how it ended, under the name too. Without it they are only noted, as `unknown`
/// is. All else ends the message.
#[utoipa::path(
    put, path = "/api/messages/{id}/delivery_status", tag = "work",
    params(("id" = u64, Path, description = "the message"), EnvelopeParams), request_body = Receipt,
    responses(
        (status = 200, body = Success<MessageForm>), (status = 400, body = Errors), (status = 404, body = Errors),
        (status = 422, body = Errors, description = "it has ended in another way"),
        (status = 503, body = Errors, description = "it cannot be kept now"),
    ),
)]
async fn delivery_status(
    State(rest): State<Arc<Rest>>,
    Id(id): Id,
    envelope: Envelope,
    Body(receipt): Body<Receipt>,
) -> Result<Response, Problem> {
    let status = receipt.status(Faults::default())?;
    let handle = rest.control.handle.clone();
    let record = soon(async move { handle.delivery_status(id, status).await }).await?;
    Ok(shown(envelope, &record))
}

/// Tells what the network says of a message that it took under a name of its own: `dest_smsc` and `smsc_message_id` say
/// which one.
#[utoipa::path(
    put, path = "/api/messages/delivery_status", tag = "work", params(EnvelopeParams), request_body = Receipt,
    responses(
        (status = 200, body = Success<MessageForm>), (status = 400, body = Errors),
        (status = 404, body = Errors, description = "no message was handed over under this name"),
        (status = 422, body = Errors, description = "it has ended in another way"),
        (status = 503, body = Errors, description = "it cannot be kept now"),
    ),
)]
async fn network_status(
    State(rest): State<Arc<Rest>>,
    envelope: Envelope,
    Body(receipt): Body<Receipt>,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    faults.required("dest_smsc", receipt.dest_smsc.clone());
    faults.required("smsc_message_id", receipt.smsc_message_id.clone());
    let status = receipt.status(faults)?;
    let (lane, remote) = (status.by.clone().unwrap_or_default(), status.remote.clone().unwrap_or_default());
    let handle = rest.control.handle.clone();
    let record = soon(async move { handle.network_status(&lane, remote, status).await }).await?;
    Ok(shown(envelope, &record))
}

/// Waits for a report to be kept, but not for long: another node may be able to keep it, and a lease runs out.
/// What was begun is done in any case, also when the caller goes away.
async fn soon<T: Send + 'static>(kept: impl Future<Output = Result<T, HandleError>> + Send + 'static) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, tokio::spawn(kept)).await {
        Ok(Ok(kept)) => Ok(kept?),
        Ok(Err(ended)) => Err(Problem::broken(&ended)),
        Err(_) => Err(Problem::unavailable("it is not known yet whether this is kept: tell it again, here or to another node")),
    }
}

const PATIENCE: Duration = Duration::from_secs(2);

impl Receipt {
    fn status(self, mut faults: Faults) -> Result<NetworkStatus, Problem> {
        let word = faults.required("status", self.status);
        let state = MessageState::from_word(&word);
        if state.is_none() {
            faults.add("status", "must be delivered, expired, undeliverable, rejected, accepted, enroute, unknown or deleted");
        }
        let error = match self.error_code {
            None => Some(0),
            Some(ErrorCode::Number(number)) => Some(number),
            Some(ErrorCode::Text(text)) => text.parse().ok(),
        };
        if error.is_none() {
            faults.add("error_code", "must be a number");
        }
        let by = self.dest_smsc.map(|name| faults.lane("dest_smsc", Some(&name)));
        let remote = self.smsc_message_id.as_deref().filter(|name| !name.is_empty()).map(Word::from);
        let mut text = Vec::new();
        for (field, value) in
            [("smsc_message_id", self.smsc_message_id), ("submit_date", self.submit_date), ("done_date", self.done_date)]
        {
            let Some(value) = value else { continue };
            faults.name(field, &value);
            text.push(format!("{field}={value}"));
        }
        faults.none()?;
        Ok(NetworkStatus {
            state: state.map_or(0, MessageState::to_wire),
            error: error.unwrap_or_default(),
            by,
            remote,
            text: text.join(" "),
        })
    }
}

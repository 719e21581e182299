//! What a caller is told when something cannot be done.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::Refusal;
use crate::core::HandleError;
use crate::core::queue::QueueError;
use crate::json::refusal::RefusalForm;

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    body: Errors,
}

/// The body of every answer that is no success.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Errors {
    errors: Detail,
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
struct Detail {
    /// What is wrong, for people.
    #[schema(example = "validation failed: destination_msisdn is required")]
    detail: String,
    /// What is wrong with each field that is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<String, String>,
    /// Why a message was refused, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalForm>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, body: Errors { errors: Detail { detail: detail.into(), fields: BTreeMap::new(), refusal: None } } }
    }

    /// 400: the request cannot be read.
    pub(super) fn malformed(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 404.
    pub(super) fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    /// 405.
    pub(super) fn wrong_method(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// 413.
    pub(super) fn too_large() -> Problem {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large")
    }

    /// 422: the request can be read, and cannot be done.
    pub(super) fn invalid(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 422 for one field.
    pub(super) fn field(name: &str, fault: &str) -> Problem {
        Problem::fields([(name.to_owned(), fault.to_owned())].into())
    }

    /// 422 for some fields, all named.
    pub(super) fn fields(fields: BTreeMap<String, String>) -> Problem {
        let all: Vec<String> = fields.iter().map(|(name, fault)| format!("{name} {fault}")).collect();
        let detail = format!("validation failed: {}", all.join(", "));
        let body = Errors { errors: Detail { detail, fields, refusal: None } };
        Problem { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }

    /// 503: later it may go.
    pub(super) fn unavailable(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 500: it is our fault; the log says more than the caller is told.
    pub(super) fn broken(error: &dyn std::fmt::Display) -> Problem {
        tracing::error!(%error, "a request could not be served");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the server could not do this; its log says why")
    }
}

/// The detail alone, for logs.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.body.errors.detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let mut problem = match refusal {
            Refusal::QueueFull | Refusal::Busy | Refusal::Broken | Refusal::Away => Problem::unavailable(refusal.to_string()),
            Refusal::NoRoute => Problem::invalid("no route found for the message"),
            Refusal::TooLarge => Problem::invalid("message too long"),
            Refusal::Expired => Problem::field("deliver_after", "is later than expires"),
            Refusal::Unknown => Problem::not_found(refusal.to_string()),
            other => Problem::invalid(other.to_string()),
        };
        problem.body.errors.refusal = Some(refusal.into());
        problem
    }
}

impl From<HandleError> for Problem {
    fn from(error: HandleError) -> Self {
        match error {
            HandleError::Unknown(_) | HandleError::NotHanded => Problem::not_found(error.to_string()),
            HandleError::Queue(error) => error.into(),
            HandleError::Events(_) => Problem::unavailable(error.to_string()),
            other => Problem::invalid(other.to_string()),
        }
    }
}

impl From<QueueError> for Problem {
    fn from(error: QueueError) -> Self {
        tracing::error!(%error, "the queue refused a request");
        Problem::unavailable("the store cannot be used now; the server's log says why")
    }
}

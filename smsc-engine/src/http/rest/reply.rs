//! Answers, wrapped or bare as the caller wants them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Rest;
use super::params::Params;
use super::problem::Problem;

/// How the caller wants answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope {
    wrapped: bool,
}

/// What every call may say about its answer.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EnvelopeParams {
    /// `false` leaves out the envelope around the answer.
    envelope: Option<bool>,
}

/// `{"data": ...}`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Data<T> {
    /// What was asked for.
    data: T,
}

/// `{"status": "success", "data": ...}`.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Success<T> {
    /// Always `success`.
    #[schema(example = "success")]
    status: &'static str,
    /// What was asked for.
    data: T,
}

impl Envelope {
    /// Tells whether there is to be one.
    pub(super) fn is_wrapped(self) -> bool {
        self.wrapped
    }

    /// 200 or what else went well, in the envelope of most resources.
    pub(super) fn data(self, status: StatusCode, data: impl Serialize) -> Response {
        if self.wrapped { json(status, &Data { data }) } else { json(status, &data) }
    }

    /// The same in the envelope of messages.
    pub(super) fn success(self, status: StatusCode, data: impl Serialize) -> Response {
        if self.wrapped { json(status, &Success { status: "success", data }) } else { json(status, &data) }
    }
}

/// An answer of JSON, with room for the headers that the door adds.
fn json(status: StatusCode, data: &impl Serialize) -> Response {
    let mut octets = Vec::with_capacity(USUAL);
    if let Err(error) = serde_json::to_writer(&mut octets, data) {
        return Problem::broken(&error).into_response();
    }
    let mut response = Response::new(Body::from(octets));
    *response.status_mut() = status;
    response.headers_mut().reserve(MOST_HEADERS);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

impl FromRequestParts<Arc<Rest>> for Envelope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Params(EnvelopeParams { envelope }) = Params::from_request_parts(parts, rest).await?;
        Ok(Envelope { wrapped: envelope.unwrap_or(rest.options().envelope) })
    }
}

/// Its own, those of every answer, and how the caller stands.
const MOST_HEADERS: usize = 12;
/// Octets of a message as it is shown.
const USUAL: usize = 1 << 11;

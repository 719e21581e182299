//! Answers, wrapped or bare as the caller wants them.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
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
        if self.wrapped { (status, Json(Data { data })).into_response() } else { (status, Json(data)).into_response() }
    }

    /// The same in the envelope of messages.
    pub(super) fn success(self, status: StatusCode, data: impl Serialize) -> Response {
        let wrapped = |data| (status, Json(Success { status: "success", data })).into_response();
        if self.wrapped { wrapped(data) } else { (status, Json(data)).into_response() }
    }
}

impl FromRequestParts<Arc<Rest>> for Envelope {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Params(EnvelopeParams { envelope }) = Params::from_request_parts(parts, rest).await?;
        Ok(Envelope { wrapped: envelope.unwrap_or(rest.options().envelope) })
    }
}

//! The two shapes of answers.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::audit::{Actor, audit};
use crate::http::client::LocalUser;

/// What was asked for.
pub(crate) struct Data<T>(pub(crate) T);

/// Why it is not done.
pub(crate) struct Fault(StatusCode, String);

/// What every call answers.
pub(crate) type Answer<T> = Result<Data<T>, Fault>;

/// The JSON that came with a call; one that cannot be read is answered with what is wrong.
pub(crate) struct Body<T>(pub(crate) T);

/// Who calls.
pub(super) struct By(pub(super) Actor);

impl By {
    /// Notes that something was done, and to what.
    pub(super) fn audit(&self, action: &str, details: impl std::fmt::Display) {
        audit(&self.0, action, details);
    }
}

impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(By(LocalUser::of(&parts.extensions).map_or(Actor::CommandLine, |user| user.actor())))
    }
}

/// The parameters of a call; likewise.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let read = Json::<T>::from_request(request, state).await;
        read.map(|Json(body)| Body(body)).map_err(|rejection| Fault(rejection.status(), rejection.body_text()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        read.map(|Query(params)| Params(params)).map_err(|rejection| Fault(rejection.status(), rejection.body_text()))
    }
}

impl Fault {
    pub(crate) fn wrong(detail: impl ToString) -> Fault {
        Fault(StatusCode::UNPROCESSABLE_ENTITY, detail.to_string())
    }

    pub(crate) fn unknown(detail: impl ToString) -> Fault {
        Fault(StatusCode::NOT_FOUND, detail.to_string())
    }

    pub(crate) fn failed(detail: impl ToString) -> Fault {
        Fault(StatusCode::INTERNAL_SERVER_ERROR, detail.to_string())
    }
}

impl<T: Serialize> IntoResponse for Data<T> {
    fn into_response(self) -> Response {
        Json(json!({ "data": self.0 })).into_response()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "errors": { "detail": self.1 } }))).into_response()
    }
}

pub(crate) async fn nothing_here(uri: Uri) -> Fault {
    Fault::unknown(format!("there is nothing at {}", uri.path()))
}

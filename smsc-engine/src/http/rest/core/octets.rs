//! Bodies of octets.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::super::body;
use super::super::problem::Problem;
use crate::wire::{self, Wire};

/// A body in the octets of the bulk exchange. What cannot be read gives 400 with the name of the field.
pub(super) struct Octets<T>(pub(super) T);

impl<S: Send + Sync, T: Wire> FromRequest<S> for Octets<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let octets = body::octets(request, state).await?;
        let value = wire::read(&octets);
        value.map(Octets).map_err(|error| Problem::malformed(format!("the body cannot be read: {error}")))
    }
}

/// An answer of one value.
pub(super) fn answer(value: &impl Wire) -> Response {
    body(wire::write(value))
}

/// An answer of octets.
pub(super) fn body(octets: impl Into<Body>) -> Response {
    ([(CONTENT_TYPE, "application/octet-stream")], octets.into()).into_response()
}

//! The message that a path names.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::super::problem::Problem;
use crate::model::MessageId;

/// The id in `/api/messages/{id}`; what cannot be one names no message.
pub(super) struct Id(pub(super) MessageId);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(text) =
            Path::<String>::from_request_parts(parts, state).await.map_err(|_| Problem::not_found("there is no such message"))?;
        text.parse().map(Id).map_err(|_| Problem::not_found("there is no such message: an id is a positive integer"))
    }
}

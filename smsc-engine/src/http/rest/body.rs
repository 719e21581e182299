//! JSON bodies, and what is said about those that cannot be used.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::problem::Problem;

/// A JSON body. What is no JSON gives 400 with line and column; what is not the form that is asked for gives 422 with
/// the name of the field.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let octets = octets(request, state).await?;
        read(&octets).map(Body)
    }
}

/// A JSON body that may be left out: then it is as if it were `{}`.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let octets = octets(request, state).await?;
        if octets.is_empty() { Ok(OptionalBody(T::default())) } else { read(&octets).map(OptionalBody) }
    }
}

pub(super) async fn octets<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large(),
        _ => Problem::malformed("the body cannot be read"),
    })
}

fn read<T: DeserializeOwned>(octets: &[u8]) -> Result<T, Problem> {
    // serde would take a list for the fields of a struct in their order.
    if octets.trim_ascii_start().starts_with(b"[") {
        return Err(match serde_json::from_slice::<IgnoredAny>(octets) {
            Ok(_) => Problem::invalid("validation failed: the body is a list and must be an object"),
            Err(error) => Problem::malformed(format!("the body is no JSON: {error}")),
        });
    }
    // Where it is wrong is worth a second look only if it is.
    if let Ok(value) = serde_json::from_slice(octets) {
        return Ok(value);
    }
    let mut json = serde_json::Deserializer::from_slice(octets);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data if path == "." => Problem::invalid(format!("validation failed: {}", what(&error))),
            serde_json::error::Category::Data => Problem::field(&path, &what(&error)),
            // `null` for a word is called a fault of the syntax.
            serde_json::error::Category::Syntax if path != "." && is_json(octets) => Problem::field(&path, &what(&error)),
            _ => Problem::malformed(format!("the body is no JSON: {error}")),
        }
    })?;
    json.end().map_err(|error| Problem::malformed(format!("the body is no JSON: {error}")))?;
    Ok(value)
}

/// Tells faults of the syntax from those of the meaning where serde does not.
pub(super) fn is_json(octets: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(octets).is_ok()
}

/// What serde says without the place, which the field's name tells better.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

//! The number of a thing in a path.

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::problem::Problem;

/// The number of a thing in a path. What is no number is the name of nothing, so it gives 404.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(pub(super) u64);

/// The last part of a path as it is written there.
#[derive(Clone, Debug)]
pub(super) struct Name(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Number {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Name(text) = Name::from_request_parts(parts, state).await?;
        read(&text).map(Number).ok_or_else(|| nothing(parts))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // The only way to fail is text that is no UTF-8; nothing is called so.
        Path::from_request_parts(parts, state).await.map(|Path(text)| Name(text)).map_err(|_| nothing(parts))
    }
}

/// Digits alone; `u64::from_str` would accept a sign. Nothing has a higher number than databases can keep.
pub(super) fn read(text: &str) -> Option<u64> {
    let number: Option<u64> = text.bytes().all(|octet| octet.is_ascii_digit()).then(|| text.parse().ok())?;
    number.filter(|number| i64::try_from(*number).is_ok())
}

fn nothing(parts: &Parts) -> Problem {
    Problem::not_found(format!("there is nothing at {}", parts.uri.path()))
}

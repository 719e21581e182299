//! A part of a list.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use super::params::Params;
use super::problem::Problem;

/// Which part of a list is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageParams {
    /// At most so many; 1000 if left out, and in any case.
    #[param(value_type = u32, required = false, nullable = false, maximum = 2147483647)]
    limit: Option<u32>,
    /// Leaves out so many at the beginning.
    #[param(value_type = u32, required = false, nullable = false, maximum = 2147483647)]
    offset: Option<u32>,
}

/// A part of a list, bounded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page {
    pub(super) offset: usize,
    pub(super) max: usize,
}

impl Page {
    /// Cuts it out of a whole list.
    pub(super) fn of<T>(self, list: Vec<T>) -> impl Iterator<Item = T> {
        list.into_iter().skip(self.offset).take(self.max)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Params(PageParams { limit, offset }) = Params::from_request_parts(parts, state).await?;
        if [limit, offset].into_iter().flatten().any(|number| number > HIGHEST) {
            return Err(Problem::invalid(format!("validation failed: limit and offset must be at most {HIGHEST}")));
        }
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Page { offset: number(offset.unwrap_or(0)), max: number(limit.unwrap_or(MOST).min(MOST)) })
    }
}

/// Some hundred kilobytes of JSON.
const MOST: u32 = 1000;
/// What every reader of the description takes for a number of 32 bits.
const HIGHEST: u32 = i32::MAX as u32;

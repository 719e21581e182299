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
    #[param(value_type = u64, required = false, nullable = false)]
    limit: Option<u64>,
    /// Leaves out so many at the beginning.
    #[param(value_type = u64, required = false, nullable = false)]
    offset: Option<u64>,
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
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(Page { offset: number(offset.unwrap_or(0)), max: number(limit.unwrap_or(MOST)).min(MOST as usize) })
    }
}

/// Some hundred kilobytes of JSON.
const MOST: u64 = 1000;

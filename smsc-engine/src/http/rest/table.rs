//! Collections that are kept in a table of a database: listed, made, shown, changed and deleted one by one.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::number::Number;
use super::page::Page;
use super::problem::Problem;
use super::reply::Envelope;
use crate::core::tables::{SqlTable, Stored};
use crate::model::Timestamp;
use crate::sql::SqlError;

/// A thing that has a collection.
pub(super) trait Kept: Stored {
    /// What is shown of it.
    type Form: From<Self> + Serialize;

    /// A new one, about which nothing is said yet.
    fn blank(now: Timestamp) -> Self;

    /// Sees to what follows from a change.
    fn settle(&mut self, _now: Timestamp) {}
}

/// One table, and how its caller wants to be answered.
pub(super) struct Collection<'a, T> {
    pub(super) table: &'a SqlTable<T>,
    pub(super) envelope: Envelope,
    pub(super) now: Timestamp,
}

impl<T: Kept> Collection<'_, T> {
    pub(super) async fn list(&self, page: Page) -> Result<Response, Problem> {
        let rows = self.table.page(page.offset, page.max).await?;
        Ok(self.envelope.data(StatusCode::OK, rows.into_iter().map(T::Form::from).collect::<Vec<_>>()))
    }

    pub(super) async fn make(&self, apply: impl FnOnce(&mut T)) -> Result<Response, Problem> {
        let mut row = T::blank(self.now);
        apply(&mut row);
        row.settle(self.now);
        let row = self.table.create(row, self.now).await?;
        Ok(self.envelope.data(StatusCode::CREATED, T::Form::from(row)))
    }

    pub(super) async fn show(&self, Number(id): Number) -> Result<Response, Problem> {
        let row = self.table.get(id).await?.ok_or_else(|| missing(id))?;
        Ok(self.envelope.data(StatusCode::OK, T::Form::from(row)))
    }

    pub(super) async fn change(&self, Number(id): Number, apply: impl FnOnce(&mut T) + Send) -> Result<Response, Problem> {
        let now = self.now;
        let edit = |row: &mut T| {
            apply(row);
            row.settle(now);
        };
        let row = self.table.edit(id, now, edit).await?.ok_or_else(|| missing(id))?;
        Ok(self.envelope.data(StatusCode::OK, T::Form::from(row)))
    }

    pub(super) async fn remove(&self, Number(id): Number) -> Result<Response, Problem> {
        if self.table.delete(id).await? { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(missing(id)) }
    }
}

/// Makes the five handlers of a collection at a path, as a module with `routes`.
macro_rules! collection {
    ($module:ident at $list:tt and $item:tt, tag $tag:tt, $table:ident of $show:ident, $make:ident, $change:ident) => {
        mod $module {
            use std::sync::Arc;

            use axum::extract::State;
            use axum::response::Response;
            use utoipa_axum::router::OpenApiRouter;
            use utoipa_axum::routes;

            use super::{$change, $make, $show};
            use $crate::http::rest::Rest;
            use $crate::http::rest::body::Body;
            use $crate::http::rest::number::Number;
            use $crate::http::rest::page::{Page, PageParams};
            use $crate::http::rest::problem::Problem;
            use $crate::http::rest::reply::{Data, Envelope, EnvelopeParams};
            use $crate::http::rest::table::Collection;

            pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
                OpenApiRouter::new().routes(routes!(list, make)).routes(routes!(show, change, remove))
            }

            /// Lists them, the oldest first.
            #[utoipa::path(
                        get, path = $list, tag = $tag, params(PageParams, EnvelopeParams),
                        responses((status = 200, body = Data<Vec<$show>>, description = "a part of the list")),
                    )]
            async fn list(State(rest): State<Arc<Rest>>, page: Page, envelope: Envelope) -> Result<Response, Problem> {
                Collection { table: &rest.control.$table, envelope, now: rest.control.now() }.list(page).await
            }

            /// Adds one.
            #[utoipa::path(
                        post, path = $list, tag = $tag, params(EnvelopeParams), request_body = $make,
                        responses((status = 201, body = Data<$show>, description = "it is kept")),
                    )]
            async fn make(
                State(rest): State<Arc<Rest>>,
                envelope: Envelope,
                Body(new): Body<$make>,
            ) -> Result<Response, Problem> {
                let new = new.checked()?;
                let collection = Collection { table: &rest.control.$table, envelope, now: rest.control.now() };
                collection.make(|row| new.apply(row)).await
            }

            /// Shows one.
            #[utoipa::path(
                        get, path = $item, tag = $tag, params(("id" = u64, Path, description = "its number"), EnvelopeParams),
                        responses((status = 200, body = Data<$show>, description = "as it stands")),
                    )]
            async fn show(State(rest): State<Arc<Rest>>, id: Number, envelope: Envelope) -> Result<Response, Problem> {
                Collection { table: &rest.control.$table, envelope, now: rest.control.now() }.show(id).await
            }

            /// Changes one: `null` takes a value away, what is left out stays.
            #[utoipa::path(
                        patch, path = $item, tag = $tag, params(("id" = u64, Path, description = "its number"), EnvelopeParams),
                        request_body = $change,
                        responses((status = 200, body = Data<$show>, description = "as it stands now")),
                    )]
            async fn change(
                State(rest): State<Arc<Rest>>,
                id: Number,
                envelope: Envelope,
                Body(change): Body<$change>,
            ) -> Result<Response, Problem> {
                let change = change.checked()?;
                let collection = Collection { table: &rest.control.$table, envelope, now: rest.control.now() };
                collection.change(id, |row| change.apply(row)).await
            }

            /// Deletes one.
            #[utoipa::path(
                        delete, path = $item, tag = $tag, params(("id" = u64, Path, description = "its number")),
                        responses((status = 204, description = "it is gone")),
                    )]
            async fn remove(State(rest): State<Arc<Rest>>, id: Number, envelope: Envelope) -> Result<Response, Problem> {
                Collection { table: &rest.control.$table, envelope, now: rest.control.now() }.remove(id).await
            }
        }
    };
}

pub(super) use collection;

fn missing(id: u64) -> Problem {
    Problem::not_found(format!("there is no record {id}"))
}

impl From<SqlError> for Problem {
    fn from(error: SqlError) -> Self {
        if !error.is_unreachable() {
            return Problem::broken(&error);
        }
        tracing::error!(%error, "a request could not be served");
        Problem::unavailable("the database cannot be reached now")
    }
}

//! Where messages go: the operator's routes. Every change counts from the next message on.

mod exchange;
mod form;
mod simulate;

use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Rest;
use super::audit::{audit, difference};
use super::body::Body;
use super::number::Number;
use super::origin::{Call, Origin};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::reply::{Data, Envelope, EnvelopeParams};
use crate::core::route::{RouteError, RouteTable, TableError};
use crate::model::Route;
use form::{NewRoute, RouteChange, RouteForm};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .merge(exchange::routes())
        .merge(simulate::routes())
        .routes(routes!(show, change, remove))
}

/// Lists routes in the order of their numbers.
#[utoipa::path(
    get, path = "/api/routes", tag = "routes", params(PageParams, EnvelopeParams),
    responses((status = 200, body = Data<Vec<RouteForm>>, description = "a part of the list")),
)]
async fn list(State(rest): State<Arc<Rest>>, page: Page, envelope: Envelope) -> Result<Response, Problem> {
    let routes = table(&rest)?.page(page.offset, page.max);
    Ok(envelope.data(StatusCode::OK, routes.into_iter().map(RouteForm::from).collect::<Vec<_>>()))
}

/// Adds a route.
#[utoipa::path(
    post, path = "/api/routes", tag = "routes", params(EnvelopeParams), request_body = NewRoute,
    responses((status = 201, body = Data<RouteForm>, description = "it counts from the next message on")),
)]
async fn add(State(rest): State<Arc<Rest>>, call: Call, Body(new): Body<NewRoute>) -> Result<Response, Problem> {
    let mut route = Route::default();
    new.checked()?.apply(&mut route);
    let route = table(&rest)?.add(route).await?;
    audit(&call.origin, "add route", format_args!("{}: {}", route.id, difference(&Route::default(), &route)));
    Ok(call.envelope.data(StatusCode::CREATED, RouteForm::from(route)))
}

/// Shows one route.
#[utoipa::path(
    get, path = "/api/routes/{id}", tag = "routes",
    params(("id" = u64, Path, description = "its number"), EnvelopeParams),
    responses((status = 200, body = Data<RouteForm>, description = "as it stands")),
)]
async fn show(State(rest): State<Arc<Rest>>, Number(id): Number, envelope: Envelope) -> Result<Response, Problem> {
    let route = table(&rest)?.get(id).ok_or(TableError::Unknown(id))?;
    Ok(envelope.data(StatusCode::OK, RouteForm::from(route)))
}

/// Changes a route: `null` takes a criterion away, what is left out stays.
#[utoipa::path(
    patch, path = "/api/routes/{id}", tag = "routes",
    params(("id" = u64, Path, description = "its number"), EnvelopeParams), request_body = RouteChange,
    responses((status = 200, body = Data<RouteForm>, description = "as it stands now")),
)]
async fn change(
    State(rest): State<Arc<Rest>>,
    call: Call,
    Number(id): Number,
    Body(change): Body<RouteChange>,
) -> Result<Response, Problem> {
    let change = change.checked()?;
    // What it was when it was changed, not a little before.
    let before = Arc::new(OnceLock::new());
    let seen = before.clone();
    let edit = move |route: &mut Route| {
        seen.get_or_init(|| route.clone());
        change.apply(route);
    };
    let route = table(&rest)?.edit(id, edit).await?;
    let before = before.get().unwrap_or(&route);
    audit(&call.origin, "change route", format_args!("{id}: {}", difference(before, &route)));
    Ok(call.envelope.data(StatusCode::OK, RouteForm::from(route)))
}

/// Deletes a route for good; to switch it off is the gentler way.
#[utoipa::path(
    delete, path = "/api/routes/{id}", tag = "routes",
    params(("id" = u64, Path, description = "its number")),
    responses((status = 204, description = "it is gone")),
)]
async fn remove(State(rest): State<Arc<Rest>>, origin: Origin, Number(id): Number) -> Result<Response, Problem> {
    let route = table(&rest)?.delete(id).await?;
    audit(&origin, "delete route", format_args!("{id}: {}", difference(&Route::default(), &route)));
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn table(rest: &Rest) -> Result<&RouteTable, Problem> {
    rest.control.handle.routes().ok_or_else(|| Problem::unavailable("this core has no table of routes"))
}

impl From<RouteError> for Problem {
    fn from(RouteError { field, fault }: RouteError) -> Self {
        Problem::field(field, &fault.to_string())
    }
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Route(error) => error.into(),
            TableError::Row { row, error: RouteError { field, fault } } => exchange::at_row(row, field, &fault.to_string()),
            TableError::Unknown(_) => Problem::not_found(error.to_string()),
            TableError::Full(_) => Problem::invalid(error.to_string()),
            other => Problem::broken(&other),
        }
    }
}

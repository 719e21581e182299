//! The log as it is written, for whoever may look on.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::super::desk::Desk;
use super::super::problem::Problem;
use super::super::visit::{Order, Visit};

pub(in super::super) async fn show(State(_): State<Arc<Desk>>, _: Visit) -> Result<Response, Problem> {
    Err(Problem::absent("a log"))
}

pub(in super::super) async fn stream(State(_): State<Arc<Desk>>, _: Visit) -> Result<Response, Problem> {
    Err(Problem::absent("a log"))
}

pub(in super::super) async fn set_level(State(_): State<Arc<Desk>>, _: Order) -> Result<Response, Problem> {
    Err(Problem::absent("a log"))
}

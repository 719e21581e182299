//! The figures of a running centre as Prometheus wants them: text format 0.0.4 at `/metrics`.
//!
//! Nothing is kept here but what HTTP itself counts: every figure is read where it is counted, at the moment somebody
//! asks. [`FAMILIES`] lists all of them, and `docs/metrics.md` is made of that list.

mod api;
mod bind;
mod certificate;
mod collect;
mod figures;
#[cfg(feature = "gateway")]
pub mod gateway;
mod page;
mod table;
mod writer;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::control::Control;

pub use api::{ApiCounters, Resource, count};
pub use certificate::Certificates;
pub use figures::Figures;
pub use page::markdown;
pub use table::{FAMILIES, Family, Kind};

/// Writes all figures of a centre.
pub async fn text(control: &Control) -> String {
    collect::all(control).await.text(FAMILIES)
}

/// Serves them at `/metrics`.
pub fn router(control: Arc<Control>) -> axum::Router {
    axum::Router::new().route("/metrics", get(serve)).with_state(control)
}

async fn serve(State(control): State<Arc<Control>>) -> impl IntoResponse {
    page_of(text(&control).await)
}

/// An answer in the format that Prometheus reads.
fn page_of(text: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, FORMAT)], text)
}

const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

//! All routes at once: for back-ups, for moving them, for changing many.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::form::RouteForm;
use super::{audit, table};
use crate::core::route::{DocumentError, ImportMode, ImportReport};
use crate::http::rest::Rest;
use crate::http::rest::body::{is_json, octets};
use crate::http::rest::origin::Call;
use crate::http::rest::params::Params;
use crate::http::rest::problem::Problem;
use crate::http::rest::reply::{Data, EnvelopeParams};
use crate::model::Route;

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(export)).routes(routes!(import))
}

/// All routes, as they are kept in a file.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description needs it; the table writes documents itself")]
struct RouteDocument {
    /// The routes.
    routes: Vec<RouteForm>,
}

/// Routes to be taken.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description needs it; the table reads documents itself")]
struct NewRoutes {
    /// What happens to the routes that are there; `merge` if left out.
    #[schema(required = false)]
    mode: Option<Mode>,
    /// Only tells what would be done.
    #[schema(required = false)]
    dry_run: Option<bool>,
    /// The routes.
    routes: Vec<Route>,
}

/// What an import does with the routes that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Keeps them and adds what is new.
    #[default]
    Merge,
    /// Deletes them.
    Replace,
}

/// How an import goes; here, or in the document itself.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct ImportParams {
    /// What happens to the routes that are there; goes before what the document says.
    #[param(value_type = Mode, required = false, nullable = false, inline)]
    mode: Option<Mode>,
    /// Only tells what would be done; goes before what the document says.
    #[param(value_type = bool, required = false, nullable = false)]
    dry_run: Option<bool>,
}

/// A document that the table reads itself, row by row, and its place among those in memory.
struct Document(Bytes, OwnedSemaphorePermit);

/// What an import did, or would do.
#[derive(Serialize, ToSchema)]
struct ImportForm {
    /// Nothing was done.
    dry_run: bool,
    #[serde(flatten)]
    report: ImportReport,
}

/// Returns all routes as a document that can be imported again.
#[utoipa::path(
    get, path = "/api/routes/export", tag = "routes",
    responses((
        status = 200, body = RouteDocument, description = "all routes; never in an envelope",
        headers(("Content-Disposition" = String, description = "the name of a file")),
    )),
)]
async fn export(State(rest): State<Arc<Rest>>) -> Result<Response, Problem> {
    let document = table(&rest)?.export();
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, "attachment; filename=\"routes.json\"")];
    Ok((headers, document).into_response())
}

/// Takes the routes of a document, all or none.
///
/// The document is what the export writes, or a bare list of routes.
#[utoipa::path(
    post, path = "/api/routes/import", tag = "routes", params(ImportParams, EnvelopeParams), request_body = NewRoutes,
    responses((status = 200, body = Data<ImportForm>, description = "what was done, or would be")),
)]
async fn import(
    State(rest): State<Arc<Rest>>,
    call: Call,
    Params(params): Params<ImportParams>,
    Document(document, _place): Document,
) -> Result<Response, Problem> {
    let params = params.or(&document)?;
    let mode = match params.mode.unwrap_or_default() {
        Mode::Merge => ImportMode::Merge,
        Mode::Replace => ImportMode::Replace,
    };
    let (table, dry_run) = (table(&rest)?, params.dry_run == Some(true));
    let report = match dry_run {
        true => table.try_document(document.into(), mode).await?,
        false => table.import_document(document.into(), mode).await?,
    };
    if !dry_run {
        let ImportReport { added, unchanged, deleted } = report;
        let done = format_args!("{mode:?}: {added} added, {unchanged} unchanged, {deleted} deleted");
        audit(&call.origin, "import routes", done);
    }
    Ok(call.envelope.data(StatusCode::OK, ImportForm { dry_run, report }))
}

impl FromRequest<Arc<Rest>> for Document {
    type Rejection = Problem;

    async fn from_request(request: Request, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let place = rest.documents.clone().try_acquire_owned();
        let place = place.map_err(|_| Problem::unavailable("other documents are being imported, try again later"))?;
        Ok(Document(octets(request, rest).await?, place))
    }
}

impl ImportParams {
    /// What the query leaves open the document may say.
    fn or(self, document: &[u8]) -> Result<ImportParams, Problem> {
        let said = match document.trim_ascii_start().starts_with(b"{") {
            true => serde_json::from_slice(document),
            false => Ok(ImportParams::default()),
        };
        let said = match said {
            Err(error) if is_json(document) => return Err(Problem::invalid(format!("validation failed: {error}"))),
            // Who reads the routes says what is wrong with it.
            said => said.unwrap_or_default(),
        };
        Ok(ImportParams { mode: self.mode.or(said.mode), dry_run: self.dry_run.or(said.dry_run) })
    }
}

impl From<DocumentError> for Problem {
    fn from(error: DocumentError) -> Self {
        match error {
            DocumentError::Shape(error) if error.is_syntax() || error.is_eof() => {
                Problem::malformed(format!("the body is no JSON: {error}"))
            }
            DocumentError::Row { row, field, reason } => at_row(row, &field, &reason),
            DocumentError::Table(error) => error.into(),
            other => Problem::invalid(format!("validation failed: {other}")),
        }
    }
}

/// Names a field of a row, 1 for the first, for programs and for people.
pub(super) fn at_row(row: usize, field: &str, fault: &str) -> Problem {
    Problem::field(&format!("routes[{}].{field}", row.saturating_sub(1)), &format!("(row {row}): {fault}"))
}

//! Frontends that say now and then that they are there. For people to look at: nothing is routed by it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Rest;
use super::body::Body;
use super::faults::Faults;
use super::forms::check_count;
use super::number::{Name, Number};
use super::origin::{Call, Origin};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::reply::{Data, Envelope, EnvelopeParams};
use crate::core::registry::{FrontendRecord, FrontendReport, FrontendStatus, RegistryStats, ReportError};
use crate::model::Timestamp;

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new()
        .routes(routes!(list, report))
        .routes(routes!(register))
        .routes(routes!(active))
        .routes(routes!(stats))
        .routes(routes!(history))
        .routes(routes!(show))
}

/// One period of a frontend being there.
#[derive(Clone, Serialize, ToSchema)]
struct FrontendForm {
    /// Its number; later ones have higher ones.
    id: u64,
    /// The frontend's name, one for each instance.
    #[schema(example = "uk_gateway")]
    frontend_name: String,
    /// What it speaks, as it says itself.
    #[schema(example = "SMPP")]
    frontend_type: String,
    /// Where it is.
    #[schema(required = true, example = "192.0.2.7")]
    ip_address: Option<String>,
    /// Its host.
    #[schema(required = true)]
    hostname: Option<String>,
    /// Seconds since it started.
    #[schema(required = true)]
    uptime_seconds: Option<u64>,
    /// What it tells about itself.
    #[schema(required = true, value_type = Option<Object>)]
    configuration: Option<Value>,
    /// Whether it is there.
    status: FrontendStatus,
    /// When it expires, or expired.
    expires_at: Timestamp,
    /// The last sign of life.
    last_seen_at: Timestamp,
    /// The first one.
    inserted_at: Timestamp,
    /// The last change.
    updated_at: Timestamp,
}

/// A record twice: in its envelope, and bare for clients that look for no envelope.
#[derive(Serialize, ToSchema)]
struct Registered {
    /// The record.
    data: FrontendForm,
    #[serde(flatten)]
    bare: FrontendForm,
}

/// A sign of life.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description needs it; the registry reads reports itself")]
struct NewFrontend {
    /// The frontend's name, one for each instance.
    #[schema(min_length = 1, max_length = 255, pattern = r"^[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$")]
    #[schema(example = "uk_gateway")]
    frontend_name: String,
    /// What it speaks: `SMPP`, `IMS`, `MAP`, `sip`, `http` … in any case of letters.
    #[schema(min_length = 1, max_length = 255, pattern = r"^[^\s\x00-\x1F\x7F-\x9F][^\x00-\x1F\x7F-\x9F]*$")]
    #[schema(example = "SMPP")]
    frontend_type: String,
    /// Where it is; where the call comes from if left out.
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$", example = "192.0.2.7")]
    ip_address: Option<String>,
    /// Its host.
    #[schema(max_length = 255, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")]
    hostname: Option<String>,
    /// Seconds since it started.
    #[schema(maximum = 9007199254740991u64)]
    uptime_seconds: Option<u64>,
    /// What else it tells: an object, or the JSON text of one.
    #[schema(value_type = Option<Object>)]
    configuration: Option<Value>,
}

/// Lists all records, active and expired, the most recent sign of life first.
#[utoipa::path(
    get, path = "/api/frontends", tag = "frontends", params(PageParams, EnvelopeParams),
    responses((status = 200, body = Data<Vec<FrontendForm>>, description = "a part of the list")),
)]
async fn list(State(rest): State<Arc<Rest>>, page: Page, envelope: Envelope) -> Response {
    shown(&rest, (envelope, page), rest.control.registry.all())
}

/// Takes a sign of life; the record is there with and without an envelope.
///
/// It counts for 90 seconds. A frontend that comes back after that gets a new record.
#[utoipa::path(
    post, path = "/api/frontends", tag = "frontends", params(EnvelopeParams), request_body = NewFrontend,
    responses(
        (status = 201, body = Registered, description = "a new record"),
        (status = 200, body = Registered, description = "the record is extended"),
    ),
)]
async fn report(State(rest): State<Arc<Rest>>, call: Call, Body(report): Body<Value>) -> Result<Response, Problem> {
    let (status, bare) = note(&rest, &call.origin, &report).await?;
    let both = Registered { data: bare.clone(), bare };
    Ok(if call.envelope.is_wrapped() { (status, Json(both)).into_response() } else { (status, Json(both.bare)).into_response() })
}

/// Takes a sign of life.
///
/// It counts for 90 seconds. A frontend that comes back after that gets a new record.
#[utoipa::path(
    post, path = "/api/frontends/register", tag = "frontends", params(EnvelopeParams), request_body = NewFrontend,
    responses(
        (status = 201, body = Data<FrontendForm>, description = "a new record"),
        (status = 200, body = Data<FrontendForm>, description = "the record is extended"),
    ),
)]
async fn register(State(rest): State<Arc<Rest>>, call: Call, Body(report): Body<Value>) -> Result<Response, Problem> {
    let (status, record) = note(&rest, &call.origin, &report).await?;
    Ok(call.envelope.data(status, record))
}

/// Lists the frontends that are there now.
#[utoipa::path(
    get, path = "/api/frontends/active", tag = "frontends", params(PageParams, EnvelopeParams),
    responses((status = 200, body = Data<Vec<FrontendForm>>, description = "a part of the list")),
)]
async fn active(State(rest): State<Arc<Rest>>, page: Page, envelope: Envelope) -> Response {
    shown(&rest, (envelope, page), rest.control.registry.active(rest.control.now()))
}

/// Counts frontends, under the names of both forms of the API.
#[utoipa::path(
    get, path = "/api/frontends/stats", tag = "frontends", params(EnvelopeParams),
    responses((status = 200, body = Data<RegistryStats>, description = "how many there are")),
)]
async fn stats(State(rest): State<Arc<Rest>>, envelope: Envelope) -> Response {
    envelope.data(StatusCode::OK, rest.control.registry.stats(rest.control.now()))
}

/// Lists all records of one name, the newest first; none if nobody is called so.
#[utoipa::path(
    get, path = "/api/frontends/history/{frontend_name}", tag = "frontends",
    params(("frontend_name" = String, Path, description = "the name"), PageParams, EnvelopeParams),
    responses((status = 200, body = Data<Vec<FrontendForm>>, description = "a part of the list")),
)]
async fn history(State(rest): State<Arc<Rest>>, Name(name): Name, page: Page, envelope: Envelope) -> Response {
    shown(&rest, (envelope, page), rest.control.registry.history(&name))
}

/// Shows one record.
#[utoipa::path(
    get, path = "/api/frontends/{id}", tag = "frontends",
    params(("id" = u64, Path, description = "its number"), EnvelopeParams),
    responses((status = 200, body = Data<FrontendForm>, description = "as it stands")),
)]
async fn show(State(rest): State<Arc<Rest>>, Number(id): Number, envelope: Envelope) -> Result<Response, Problem> {
    let record = rest.control.registry.get(id).ok_or_else(|| Problem::not_found(format!("there is no frontend {id}")))?;
    Ok(envelope.data(StatusCode::OK, FrontendForm::new(record, rest.control.now())))
}

fn shown(rest: &Rest, (envelope, page): (Envelope, Page), records: Vec<FrontendRecord>) -> Response {
    let now = rest.control.now();
    envelope.data(StatusCode::OK, page.of(records).map(|record| FrontendForm::new(record, now)).collect::<Vec<_>>())
}

/// Notes a sign of life and says in the log if somebody came, or came back.
async fn note(rest: &Rest, origin: &Origin, report: &Value) -> Result<(StatusCode, FrontendForm), Problem> {
    let mut report = FrontendReport::from_json(report)?;
    check(&report)?;
    report.ip_address = report.ip_address.or_else(|| Some(origin.address.clone()));
    let (registry, now) = (&rest.control.registry, rest.control.now());
    let (record, is_new) = registry.heartbeat(report, now).await;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, FrontendForm::new(record, now)))
}

/// The names of frontends stand in lines of the log.
fn check(report: &FrontendReport) -> Result<(), Problem> {
    let mut faults = Faults::default();
    for (field, text) in [
        ("frontend_name", Some(&report.frontend_name)),
        ("frontend_type", Some(&report.frontend_type)),
        ("ip_address", report.ip_address.as_ref()),
        ("hostname", report.hostname.as_ref()),
    ] {
        if text.is_some_and(|text| text.contains(char::is_control)) {
            faults.add(field, "must not contain control characters");
        }
    }
    check_count(&mut faults, "uptime_seconds", (report.uptime_seconds, HIGHEST_UPTIME));
    faults.none()
}

// What every reader of JSON keeps exact.
const HIGHEST_UPTIME: u64 = (1 << 53) - 1;

impl FrontendForm {
    fn new(record: FrontendRecord, now: Timestamp) -> FrontendForm {
        FrontendForm {
            status: record.status(now),
            id: record.id,
            frontend_name: record.frontend_name.to_string(),
            frontend_type: record.frontend_type,
            ip_address: record.ip_address,
            hostname: record.hostname,
            uptime_seconds: record.uptime_seconds,
            configuration: record.configuration,
            expires_at: record.expires_at,
            last_seen_at: record.last_seen_at,
            inserted_at: record.inserted_at,
            updated_at: record.updated_at,
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Required(field) => Problem::field(field, "is required"),
            ReportError::Type { field, expected } => Problem::field(field, &format!("must be {expected}")),
            ReportError::TooLong { field, most } => Problem::field(field, &format!("has more than {most} octets")),
            other => Problem::invalid(format!("validation failed: {other}")),
        }
    }
}

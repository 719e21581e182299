//! Whether the core lives.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Rest;
use crate::cluster::ClusterView;
use crate::model::Timestamp;

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(status)).routes(routes!(health))
}

/// That the core lives.
#[derive(Debug, Serialize, ToSchema)]
struct StatusBody {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The name of the core.
    #[schema(example = "smsc")]
    application: String,
    /// Its time.
    #[schema(value_type = String, format = DateTime, example = "2025-10-30T12:34:56Z")]
    timestamp: Timestamp,
}

/// Whether the core can take messages.
#[derive(Debug, Serialize, ToSchema)]
struct HealthBody {
    /// `ok` or `error`.
    #[schema(example = "ok")]
    status: &'static str,
    /// The name of the core.
    #[schema(example = "smsc")]
    application: String,
    /// Its time.
    #[schema(value_type = String, format = DateTime, example = "2025-10-30T12:34:56Z")]
    timestamp: Timestamp,
    /// Its parts.
    checks: Checks,
    /// The nodes it shares a database with, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ClusterView>,
}

/// How the parts of a core do: `ok`, `error` or `disabled`.
#[derive(Debug, Serialize, ToSchema)]
struct Checks {
    /// The queue of messages.
    store: &'static str,
    /// The database of records.
    database: &'static str,
    /// Charging.
    charging: &'static str,
    /// ENUM.
    #[serde(rename = "enum")]
    enum_lookup: &'static str,
    /// The other nodes.
    cluster: &'static str,
}

/// Tells that the core lives.
#[utoipa::path(get, path = "/api/status", tag = "system", responses((status = 200, body = StatusBody)))]
async fn status(State(rest): State<Arc<Rest>>) -> Json<StatusBody> {
    let control = &rest.control;
    Json(StatusBody { status: "ok", application: control.application.clone(), timestamp: control.now() })
}

/// Tells whether the core can take messages.
#[utoipa::path(
    get, path = "/api/system/health", tag = "system",
    responses((status = 200, body = HealthBody), (status = 503, body = HealthBody, description = "it cannot")),
)]
async fn health(State(rest): State<Arc<Rest>>) -> (StatusCode, Json<HealthBody>) {
    let control = &rest.control;
    let health = control.health();
    let word = |well: Option<bool>| well.map_or("disabled", |well| if well { "ok" } else { "error" });
    let checks = Checks {
        store: word(Some(health.store)),
        database: word(health.database),
        charging: word(health.charging),
        enum_lookup: word(health.enum_lookup),
        cluster: word(health.cluster),
    };
    // Without records messages are still taken.
    let (code, status) = if health.store { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "error") };
    let (application, cluster) = (control.application.clone(), control.cluster_view());
    (code, Json(HealthBody { status, application, timestamp: control.now(), checks, cluster }))
}

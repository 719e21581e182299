//! The description of the API, made from the code, and the page that shows it.

use std::sync::Arc;

use axum::Router;
use utoipa::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use super::Rest;

#[derive(OpenApi)]
#[openapi(
    info(title = "SMSC", description = "Messages in, work out, and everything around them."),
    tags(
        (name = "system", description = "Whether the core lives"),
        (name = "messages", description = "Messages handed in, and how they stand"),
        (name = "work", description = "What frontends take and report"),
        (name = "locations", description = "Where subscribers are"),
        (name = "frontends", description = "Frontends that report now and then"),
        (name = "events", description = "The history of messages"),
        (name = "records", description = "What became of messages, for bills"),
        (name = "mms", description = "Multimedia messages"),
        (name = "ss7", description = "Signalling events"),
        (name = "routes", description = "Where messages go"),
        (name = "accounts", description = "Who may bind"),
    )
)]
struct Description;

/// What is said before any path.
pub(super) fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// The page at `/api/docs` and the document behind it.
pub(super) fn router(description: utoipa::openapi::OpenApi) -> Router<Arc<Rest>> {
    SwaggerUi::new("/api/docs").url("/api/openapi.json", description).into()
}

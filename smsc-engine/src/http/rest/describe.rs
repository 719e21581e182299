//! What all operations have in common, added to the description in one place.

use utoipa::openapi::path::Operation;
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::AnyOfBuilder;
use utoipa::openapi::{Components, Content, OpenApi, PathItem, Ref, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::problem::Errors;

/// Adds the answers that any operation may give, and what answers are without envelope; names operations after their
/// methods and paths.
pub(super) fn complete(mut description: OpenApi) -> OpenApi {
    let components = description.components.get_or_insert_with(Components::new);
    for (status, meaning) in COMMON {
        components.responses.insert(name(status), RefOr::T(answer(meaning)));
    }
    let mut schemas = vec![(Errors::name().into_owned(), Errors::schema())];
    Errors::schemas(&mut schemas);
    components.schemas.extend(schemas);
    for (path, item) in &mut description.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
            operation.responses.responses.values_mut().for_each(|answer| unwrap(answer, components));
            answers(path, operation);
        }
    }
    description
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    let all = [("get", get), ("post", post), ("put", put), ("patch", patch), ("delete", delete)];
    all.into_iter().filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// `get_locations_id` for `GET /api/locations/{id}`.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/api/").replace(['{', '}'], "").replace('/', "_");
    format!("{method}_{path}")
}

fn answers(path: &str, operation: &mut Operation) {
    let (reads, finds) = (operation.request_body.is_some(), path.contains('{'));
    let asks = reads || operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
    for (status, _) in COMMON {
        let fits = match status {
            400 | 413 => reads,
            404 => finds,
            422 => asks,
            _ => true,
        };
        if fits {
            let answer = RefOr::Ref(Ref::from_response_name(name(status)));
            operation.responses.responses.entry(status.to_string()).or_insert(answer);
        }
    }
}

/// Says that what is in an envelope may come without it.
fn unwrap(answer: &mut RefOr<Response>, components: &Components) {
    let RefOr::T(Response { content, .. }) = answer else { return };
    for content in content.values_mut() {
        let RefOr::T(content) = content else { continue };
        let Some(RefOr::Ref(Ref { ref_location, .. })) = &content.schema else { continue };
        let envelope = ref_location.rsplit('/').next().and_then(|name| components.schemas.get(name));
        let Some(bare) = envelope.and_then(data) else { continue };
        let wrapped = Ref::new(ref_location.clone());
        content.schema = Some(RefOr::T(Schema::AnyOf(AnyOfBuilder::new().item(wrapped).item(bare.clone()).build())));
    }
}

/// What is in an envelope; `None` if it is none.
fn data(schema: &RefOr<Schema>) -> Option<&RefOr<Schema>> {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.get("data"),
        RefOr::T(Schema::AllOf(all)) => all.items.iter().find_map(data),
        _ => None,
    }
}

fn answer(meaning: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Errors")));
    ResponseBuilder::new().description(meaning).content("application/json", content).build()
}

fn name(status: u16) -> String {
    format!("Error{status}")
}

const COMMON: [(u16, &str); 9] = [
    (400, "the request cannot be read"),
    (401, "the caller must say who it is: `X-API-Key`"),
    (403, "the caller may not call"),
    (404, "there is no such thing"),
    (413, "the body is too large"),
    (422, "the request cannot be done as it is; `fields` says what is wrong with each field"),
    (429, "the caller calls too often; `Retry-After` says how long to wait"),
    (500, "it is our fault; the log says more"),
    (503, "it cannot be done now"),
];

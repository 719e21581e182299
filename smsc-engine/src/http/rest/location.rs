//! Where subscribers are.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Rest;
use super::body::Body;
use super::forms::forms;
use super::number::{Name, Number, read};
use super::page::{Page, PageParams};
use super::problem::Problem;
use super::reply::{Data, Envelope, EnvelopeParams};
use crate::core::location::{LocationError, Locations};
use crate::model::{Location, Timestamp};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new().routes(routes!(list, register)).routes(routes!(show, change, remove))
}

forms! {
    Location;
    /// Where a subscriber is.
    show LocationForm;
    /// A registration of a subscriber.
    make NewLocation;
    /// What is to be changed of a location.
    change LocationChange;
    shown {
        /// Its number.
        id: [u64],
        /// When the record was made.
        inserted_at: [Timestamp],
        /// When it was last changed.
        updated_at: [Timestamp],
    }
    required {
        /// The subscriber: the key.
        #[schema(example = "001010000000001")]
        imsi: [String] max 64,
        /// The subscriber's number.
        #[schema(example = "+447700900123")]
        msisdn: [String] max 64,
    }
    optional {
        /// The address of an MSC or VLR, or the name of the frontend that serves the subscriber.
        #[schema(example = "uk_gateway")]
        location: [Option<String>] max 512,
        /// The cell or radio area.
        ran_location: [Option<String>] max 512,
        /// The device.
        imei: [Option<String>] max 512,
        /// Whether the subscriber can be reached over IMS.
        ims_capable: [Option<bool>],
        /// Circuit-switched fallback.
        csfb: [Option<bool>],
        /// Whether the subscriber is registered.
        registered: [Option<bool>],
        /// The end of the registration; `null` is never.
        expires: [Option<Timestamp>],
        /// The phone's model.
        user_agent: [Option<String>] max 512,
    }
}

/// Lists locations in the order of their numbers.
#[utoipa::path(
    get, path = "/api/locations", tag = "locations", params(PageParams, EnvelopeParams),
    responses((status = 200, body = Data<Vec<LocationForm>>, description = "a part of the list")),
)]
async fn list(State(rest): State<Arc<Rest>>, page: Page, envelope: Envelope) -> Result<Response, Problem> {
    let locations = locations(&rest)?.page(page.offset, page.max);
    Ok(envelope.data(StatusCode::OK, locations.into_iter().map(LocationForm::from).collect::<Vec<_>>()))
}

/// Takes a registration: what it says replaces all that was known of this IMSI.
#[utoipa::path(
    post, path = "/api/locations", tag = "locations", params(EnvelopeParams), request_body = NewLocation,
    responses(
        (status = 201, body = Data<LocationForm>, description = "the IMSI is new"),
        (status = 200, body = Data<LocationForm>, description = "the IMSI was known"),
    ),
)]
async fn register(State(rest): State<Arc<Rest>>, envelope: Envelope, Body(new): Body<NewLocation>) -> Result<Response, Problem> {
    let mut location = Location::default();
    new.checked()?.apply(&mut location);
    let (location, is_new) = locations(&rest)?.upsert(location, rest.control.now()).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(envelope.data(status, LocationForm::from(location)))
}

/// Shows one location, found by its number or by the subscriber's.
///
/// What begins with `+` is a subscriber's number; all else is the number of a location if there is such a one, else a
/// subscriber's.
#[utoipa::path(
    get, path = "/api/locations/{id}", tag = "locations",
    params(("id" = String, Path, description = "its number, or the number of the subscriber"), EnvelopeParams),
    responses((status = 200, body = Data<LocationForm>, description = "as it stands")),
)]
async fn show(State(rest): State<Arc<Rest>>, Name(name): Name, envelope: Envelope) -> Result<Response, Problem> {
    let locations = locations(&rest)?;
    let by_id = read(&name).and_then(|id| locations.get(id));
    let found = by_id.or_else(|| locations.by_msisdn(&name));
    let location = found.ok_or_else(|| Problem::not_found("there is no such location"))?;
    Ok(envelope.data(StatusCode::OK, LocationForm::from(location)))
}

/// Changes a location: `null` takes a value away, what is left out stays.
#[utoipa::path(
    patch, path = "/api/locations/{id}", tag = "locations",
    params(("id" = u64, Path, description = "its number"), EnvelopeParams), request_body = LocationChange,
    responses((status = 200, body = Data<LocationForm>, description = "as it stands now")),
)]
async fn change(
    State(rest): State<Arc<Rest>>,
    Number(id): Number,
    envelope: Envelope,
    Body(change): Body<LocationChange>,
) -> Result<Response, Problem> {
    let change = change.checked()?;
    let location = locations(&rest)?.patch(id, rest.control.now(), |location| change.apply(location)).await?;
    Ok(envelope.data(StatusCode::OK, LocationForm::from(location)))
}

/// Deletes a location, as after a deregistration.
#[utoipa::path(
    delete, path = "/api/locations/{id}", tag = "locations",
    params(("id" = u64, Path, description = "its number")),
    responses((status = 204, description = "it is gone")),
)]
async fn remove(State(rest): State<Arc<Rest>>, Number(id): Number) -> Result<Response, Problem> {
    locations(&rest)?.delete(id, rest.control.now()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn locations(rest: &Rest) -> Result<&Locations, Problem> {
    rest.control.handle.locations().ok_or_else(|| Problem::unavailable("this core keeps no locations"))
}

impl From<LocationError> for Problem {
    fn from(error: LocationError) -> Self {
        match error {
            LocationError::Missing(field) => Problem::field(field, "is required"),
            LocationError::TooLong { field, most } => Problem::field(field, &format!("has more than {most} octets")),
            LocationError::Taken(id) => Problem::field("imsi", &format!("is that of location {id}")),
            LocationError::Unknown(_) => Problem::not_found(error.to_string()),
            LocationError::Full(_) => Problem::unavailable(error.to_string()),
            other => Problem::broken(&other),
        }
    }
}

//! Where subscribers are.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use serde_json::json;

use super::super::curl;
use super::super::desk::Desk;
use crate::audit::Role;
use crate::calendar;
use crate::core::location::{LocationError, Locations};
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::link::Link;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, Tone, count, visible};
use crate::http::pages::visit::{Order, Visit};
use crate::model::{Location, Timestamp};

#[derive(Template)]
#[template(path = "locations.html")]
struct List {
    layout: Layout,
    total: String,
    wanted: String,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: u64,
    state: Badge,
    msisdn: String,
    imsi: String,
    location: String,
    flags: String,
    expires: Option<Moment>,
    updated: Moment,
}

#[derive(Template)]
#[template(path = "location.html")]
struct One {
    layout: Layout,
    form: Form,
    id: Option<u64>,
    more: Vec<(&'static str, String)>,
}

pub(in super::super) async fn list(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let locations = desk.locations()?;
    let wanted = fields.text("q").trim();
    let after = fields.text("after").parse().unwrap_or(0);
    let shown = if wanted.is_empty() { locations.list(after, PAGE + 1) } else { find(locations, wanted) };
    let now = desk.now();
    let next = (shown.len() > PAGE)
        .then(|| shown.get(PAGE - 1).map(|last| Link::to("/locations").with("after", last.id.to_string()).text()));
    let layout = desk.layout(&visit, ("/locations", "Locations")).live();
    Ok(page(&List {
        total: count(locations.len() as u64),
        wanted: visible(wanted),
        rows: shown.iter().take(PAGE).map(|location| row(location, now)).collect(),
        next: next.flatten(),
        layout,
    }))
}

/// By number or IMSI, whole; these are what is looked up in no time.
fn find(locations: &Locations, wanted: &str) -> Vec<Location> {
    let digits = wanted.trim_start_matches('+');
    let found = [locations.by_msisdn(digits), locations.by_msisdn(wanted), locations.by_imsi(digits)];
    let mut found: Vec<Location> = found.into_iter().flatten().collect();
    found.dedup_by_key(|location| location.id);
    found
}

fn row(location: &Location, now: Timestamp) -> Row {
    let flags = [
        (location.registered == Some(true), "registered"),
        (location.ims_capable == Some(true), "IMS"),
        (location.csfb == Some(true), "CSFB"),
    ];
    let over = location.expires.is_some_and(|end| end <= now);
    Row {
        id: location.id,
        state: if over { Badge::new("expired", Tone::Off) } else { Badge::new("there", Tone::Good) },
        msisdn: visible(&location.msisdn),
        imsi: visible(&location.imsi),
        location: location.location.as_deref().map(visible).unwrap_or_default(),
        flags: flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).collect::<Vec<_>>().join(", "),
        expires: location.expires.map(|end| Moment::new(end, now)),
        updated: Moment::new(location.updated_at, now),
    }
}

pub(in super::super) async fn blank(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    let layout = desk.layout(&visit, ("/locations", "New location"));
    Ok(page(&one(&desk, layout, &Location::default(), &Faults::default())))
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<u64>,
) -> Result<Response, Problem> {
    let location = desk.locations()?.get(id).ok_or_else(|| Problem::missing(format!("There is no location {id}.")))?;
    let layout = desk.layout(&visit, ("/locations", &format!("Location {id}")));
    Ok(page(&one(&desk, layout, &location, &Faults::default())))
}

/// Adds one, or changes the one with this IMSI.
pub(in super::super) async fn add(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let location = read(&order.fields, Location::default(), &mut faults);
    if faults.is_empty() {
        match desk.locations()?.upsert(location.clone(), desk.now()).await {
            Ok((location, created)) => {
                let word = if created { "add" } else { "change" };
                let notice = format!("Location {} of {} is kept.", location.id, location.msisdn);
                return Ok(order.done((word, &format!("location {}", location.id)), "/locations", &notice));
            }
            Err(error) => note(error, &mut faults)?,
        }
    }
    let layout = desk.layout(&order.visit, ("/locations", "New location"));
    Ok(refused(&one(&desk, layout, &location, &faults)))
}

pub(in super::super) async fn save(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    let locations = desk.locations()?;
    let known = locations.get(id).ok_or_else(|| Problem::missing(format!("There is no location {id}.")))?;
    let mut faults = Faults::default();
    let location = read(&order.fields, known, &mut faults);
    if faults.is_empty() {
        let new = location.clone();
        match locations.patch(id, desk.now(), move |location| *location = new).await {
            Ok(_) => {
                return Ok(order.done(
                    ("change", &format!("location {id}")),
                    "/locations",
                    &format!("Location {id} is changed."),
                ));
            }
            Err(error) => note(error, &mut faults)?,
        }
    }
    let layout = desk.layout(&order.visit, ("/locations", &format!("Location {id}")));
    Ok(refused(&one(&desk, layout, &location, &faults)))
}

pub(in super::super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    desk.locations()?.delete(id, desk.now()).await.map_err(Problem::conflict)?;
    Ok(order.done(("delete", &format!("location {id}")), "/locations", &format!("Location {id} is deleted.")))
}

fn note(error: LocationError, faults: &mut Faults) -> Result<(), Problem> {
    match error {
        LocationError::Missing(field) => faults.add(field, "is required"),
        LocationError::TooLong { field, most } => faults.add(field, format!("more than {most} octets")),
        LocationError::Taken(_) => faults.add("imsi", error),
        LocationError::Store(_) => return Err(Problem::broken(error)),
        other => return Err(Problem::conflict(other)),
    }
    Ok(())
}

fn read(fields: &Fields, known: Location, faults: &mut Faults) -> Location {
    let flag = |name| match fields.text(name) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    };
    Location {
        imsi: fields.word("imsi").unwrap_or_default(),
        msisdn: fields.word("msisdn").unwrap_or_default(),
        location: fields.word("location"),
        ran_location: fields.word("ran_location"),
        imei: fields.word("imei"),
        ims_capable: flag("ims_capable"),
        csfb: flag("csfb"),
        registered: flag("registered"),
        expires: faults.moment(fields, "expires"),
        user_agent: fields.word("user_agent"),
        ..known
    }
}

fn one(desk: &Desk, layout: Layout, location: &Location, faults: &Faults) -> One {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let choices = [("", "not known"), ("yes", "yes"), ("no", "no")];
    let flag = |name, label, value: Option<bool>| {
        let word = value.map_or("", |value| if value { "yes" } else { "no" });
        Field::choice(name, label, word, &choices)
    };
    let new = location.id == 0;
    let action = if new { "/locations".to_owned() } else { format!("/locations/{}", location.id) };
    let expires = location.expires.map(calendar::text).unwrap_or_default();
    let form = Form::new(action, if new { "Add location" } else { "Save location" }, "/locations")
        .ask(Field::text("msisdn", "Number", &location.msisdn))
        .ask(Field::text("imsi", "IMSI", &location.imsi))
        .ask(
            Field::text("location", "Served by", or_empty(&location.location))
                .help("A frontend, or the address of an MSC.")
                .suggest(desk.frontends()),
        )
        .ask(Field::text("ran_location", "Cell or area", or_empty(&location.ran_location)))
        .ask(Field::text("imei", "IMEI", or_empty(&location.imei)))
        .ask(flag("registered", "Registered", location.registered))
        .ask(flag("ims_capable", "IMS", location.ims_capable))
        .ask(flag("csfb", "Circuit-switched fallback", location.csfb))
        .ask(Field::text("expires", "Expires (UTC)", expires))
        .ask(Field::text("user_agent", "Device", or_empty(&location.user_agent)))
        .with(faults)
        .curl(call(desk, location));
    let more = match new {
        true => Vec::new(),
        false => vec![("First seen", calendar::text(location.inserted_at)), ("Last change", calendar::text(location.updated_at))],
    };
    One { layout, form, id: (!new).then_some(location.id), more }
}

fn call(desk: &Desk, location: &Location) -> String {
    let body = json!({"imsi": location.imsi, "msisdn": location.msisdn, "location": location.location});
    match location.id {
        0 => curl::call(&desk.options.api, ("POST", "/api/locations"), Some(&body)),
        id => curl::call(&desk.options.api, ("PATCH", &format!("/api/locations/{id}")), Some(&body)),
    }
}

const PAGE: usize = 100;

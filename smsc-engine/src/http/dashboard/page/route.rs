//! Routes: the list, and one to be added, changed, switched or deleted.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::super::curl;
use super::super::desk::Desk;
use super::preview::outcome;
use crate::audit::Role;
use crate::core::route::{RouteTable, TableError};
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::link::Link;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Tone, count, visible};
use crate::http::pages::visit::{Order, Visit};
use crate::model::{Charged, Route, SourceType};

#[derive(Template)]
#[template(path = "routes.html")]
struct Routes {
    layout: Layout,
    total: String,
    wanted: String,
    rows: Vec<Row>,
    next: Option<String>,
}

/// One route in a list.
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) state: Badge,
    pub(super) enabled: bool,
    pub(super) criteria: Vec<(&'static str, String)>,
    pub(super) outcome: String,
    pub(super) priority: u8,
    pub(super) weight: u8,
    pub(super) charged: &'static str,
    pub(super) matched: String,
    pub(super) description: String,
}

#[derive(Template)]
#[template(path = "route.html")]
struct One {
    layout: Layout,
    form: Form,
    id: Option<u64>,
}

impl Row {
    pub(super) fn new(route: &Route, matched: u64) -> Row {
        let criteria = [
            ("to", route.called_prefix.as_deref()),
            ("from", route.calling_prefix.as_deref()),
            ("by", route.source_smsc.as_deref()),
            ("type", route.source_type.map(SourceType::name)),
            ("ENUM", route.enum_domain.as_deref()),
        ];
        let criteria = criteria.into_iter().filter_map(|(name, value)| value.map(|value| (name, visible(value))));
        Row {
            id: route.id,
            state: if route.enabled { Badge::new("enabled", Tone::Good) } else { Badge::new("disabled", Tone::Off) },
            enabled: route.enabled,
            criteria: criteria.collect(),
            outcome: outcome(route),
            priority: route.priority,
            weight: route.weight,
            charged: route.charged.name(),
            matched: count(matched),
            description: visible(&route.description),
        }
    }
}

pub(in super::super) async fn list(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let table = desk.routes()?;
    let wanted = fields.text("q").trim().to_lowercase();
    let (routes, next) = found(table, &wanted, fields.text("after").parse().unwrap_or(0));
    let matches: HashMap<u64, u64> = table.matches().into_iter().collect();
    let rows = routes.iter().map(|route| Row::new(route, matches.get(&route.id).copied().unwrap_or(0))).collect();
    let next = next.map(|after| Link::to("/sms_routing").with("q", fields.text("q")).with("after", after.to_string()).text());
    let layout = desk.layout(&visit, ("/sms_routing", "Routes")).live();
    Ok(page(&Routes { layout, total: count(table.len() as u64), wanted: visible(fields.text("q")), rows, next }))
}

/// A page of the routes in which a text occurs, after a bounded look, and where to go on.
fn found(table: &RouteTable, wanted: &str, mut after: u64) -> (Vec<Route>, Option<u64>) {
    let mut found = Vec::new();
    for _ in 0..MOST_STEPS {
        let routes = table.list(after, STEP);
        let last = routes.len() < STEP;
        for route in routes {
            if found.len() == PAGE {
                return (found, Some(after));
            }
            after = route.id;
            found.extend(Some(route).filter(|route| wanted.is_empty() || mentions(route, wanted)));
        }
        if last {
            return (found, None);
        }
    }
    (found, Some(after))
}

fn mentions(route: &Route, wanted: &str) -> bool {
    let texts = [&route.calling_prefix, &route.called_prefix, &route.source_smsc, &route.enum_domain, &route.dest_smsc];
    let texts = texts.into_iter().filter_map(Option::as_deref).chain([route.description.as_str()]);
    texts.into_iter().any(|text| text.to_lowercase().contains(wanted)) || route.id.to_string() == wanted
}

pub(in super::super) async fn blank(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    let layout = desk.layout(&visit, ("/sms_routing", "New route"));
    Ok(page(&One { layout, form: form(&desk, &Route::default(), &Faults::default()), id: None }))
}

pub(in super::super) async fn add(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let route = read(&order.fields, &mut faults);
    if faults.is_empty() {
        match desk.routes()?.add(route.clone()).await {
            Ok(route) => {
                let object = format!("route {}", route.id);
                return Ok(order.done(("add", &object), "/sms_routing", &format!("Route {} is added and in use.", route.id)));
            }
            Err(error) => note(error, &mut faults)?,
        }
    }
    let layout = desk.layout(&order.visit, ("/sms_routing", "New route"));
    Ok(refused(&One { layout, form: form(&desk, &route, &faults), id: None }))
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<u64>,
) -> Result<Response, Problem> {
    let route = desk.routes()?.get(id).ok_or_else(|| Problem::missing(format!("There is no route {id}.")))?;
    let layout = desk.layout(&visit, ("/sms_routing", &format!("Route {id}")));
    Ok(page(&One { layout, form: form(&desk, &route, &Faults::default()), id: Some(id) }))
}

pub(in super::super) async fn save(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let route = Route { id, ..read(&order.fields, &mut faults) };
    if faults.is_empty() {
        let new = route.clone();
        match desk.routes()?.edit(id, move |route| *route = new).await {
            Ok(_) => {
                return Ok(order.done(
                    ("change", &format!("route {id}")),
                    "/sms_routing",
                    &format!("Route {id} is changed and in use."),
                ));
            }
            Err(error) => note(error, &mut faults)?,
        }
    }
    let layout = desk.layout(&order.visit, ("/sms_routing", &format!("Route {id}")));
    Ok(refused(&One { layout, form: form(&desk, &route, &faults), id: Some(id) }))
}

pub(in super::super) async fn switch(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    let enabled = order.fields.ticked("enabled");
    desk.routes()?.edit(id, move |route| route.enabled = enabled).await.map_err(problem)?;
    let word = if enabled { "enable" } else { "disable" };
    Ok(order.done((word, &format!("route {id}")), "/sms_routing", &format!("Route {id} is {word}d.")))
}

pub(in super::super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    desk.routes()?.delete(id).await.map_err(problem)?;
    Ok(order.done(("delete", &format!("route {id}")), "/sms_routing", &format!("Route {id} is deleted.")))
}

pub(in super::super) async fn export(State(desk): State<Arc<Desk>>, _: Visit) -> Result<Response, Problem> {
    let headers =
        [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_DISPOSITION, "attachment; filename=\"routes.json\"")];
    Ok((headers, desk.routes()?.export()).into_response())
}

/// What a route says of itself beside its fields belongs on the page of the form; all else is a page of its own.
fn note(error: TableError, faults: &mut Faults) -> Result<(), Problem> {
    match error {
        TableError::Route(error) => faults.add(error.field, error.fault),
        other => return Err(problem(other)),
    }
    Ok(())
}

fn problem(error: TableError) -> Problem {
    match error {
        TableError::Unknown(_) => Problem::missing(format!("{error}.")),
        TableError::Store(_) => Problem::broken(error),
        other => Problem::conflict(other),
    }
}

fn read(fields: &Fields, faults: &mut Faults) -> Route {
    Route {
        id: 0,
        calling_prefix: fields.word("calling_prefix"),
        called_prefix: fields.word("called_prefix"),
        source_smsc: fields.word("source_smsc"),
        source_type: SourceType::from_name(fields.text("source_type")),
        enum_domain: fields.word("enum_domain"),
        dest_smsc: fields.word("dest_smsc"),
        auto_reply: fields.ticked("auto_reply"),
        auto_reply_message: fields.word("auto_reply_message"),
        drop: fields.ticked("drop"),
        charged: Charged::from_name(fields.text("charged")).unwrap_or_default(),
        weight: faults.number(fields, "weight", 1..=100).unwrap_or(100),
        priority: faults.number(fields, "priority", 1..=255).unwrap_or(100),
        description: fields.text("description").trim().to_owned(),
        enabled: fields.ticked("enabled"),
    }
}

fn form(desk: &Desk, route: &Route, faults: &Faults) -> Form {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let action = if route.id == 0 { "/sms_routing".to_owned() } else { format!("/sms_routing/{}", route.id) };
    let types = [("", "any"), ("SMPP", "SMPP"), ("IMS", "IMS"), ("CS", "CS")];
    let charged = [("default", "as the centre does"), ("yes", "yes"), ("no", "no")];
    let form = Form::new(action, if route.id == 0 { "Add route" } else { "Save route" }, "/sms_routing")
        .ask(Field::text("called_prefix", "Recipient's number begins", or_empty(&route.called_prefix)).help("Empty: any number."))
        .ask(Field::text("calling_prefix", "Sender's number begins", or_empty(&route.calling_prefix)).help("Empty: any sender."))
        .ask(Field::text("source_smsc", "Submitted by", or_empty(&route.source_smsc)))
        .ask(Field::choice("source_type", "Type of network", route.source_type.map_or("", SourceType::name), &types))
        .ask(Field::text("enum_domain", "ENUM domain", or_empty(&route.enum_domain)).help("What ENUM found for the recipient."))
        .ask(Field::text("dest_smsc", "Goes through", or_empty(&route.dest_smsc)).suggest(desk.frontends()))
        .ask(Field::number("priority", "Priority", route.priority).help("1 to 255; the lowest goes first."))
        .ask(Field::number("weight", "Weight", route.weight).help("1 to 100; shares messages among equal routes."))
        .ask(Field::choice("charged", "Charged", route.charged.name(), &charged))
        .ask(Field::tick("auto_reply", "Answer the sender", route.auto_reply))
        .ask(Field::tick("drop", "Drop the message", route.drop))
        .ask(Field::tick("enabled", "Enabled", route.enabled))
        .ask(Field::area("auto_reply_message", "Text of the answer", or_empty(&route.auto_reply_message)))
        .ask(Field::text("description", "Description", &route.description))
        .with(faults);
    let api = &desk.options.api;
    let body = serde_json::to_value(route).map(without_id).unwrap_or_default();
    form.curl(match route.id {
        0 => curl::call(api, ("POST", "/api/routes"), Some(&body)),
        id => curl::call(api, ("PATCH", &format!("/api/routes/{id}")), Some(&body)),
    })
}

fn without_id(mut route: Value) -> Value {
    if let Some(fields) = route.as_object_mut() {
        fields.remove("id");
    }
    route
}

const PAGE: usize = 100;
const STEP: usize = 1_000;
const MOST_STEPS: usize = 50;

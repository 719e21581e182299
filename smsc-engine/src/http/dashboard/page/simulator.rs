//! What the routes would do with a message, and why.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::super::curl;
use super::super::desk::Desk;
use super::overview::lane_name;
use super::preview::outcome;
use crate::core::route::{Candidate, Query};
use crate::core::translate::{Numbers, Translation};
use crate::http::pages::form::{Faults, Field, Fields};
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::problem::Problem;
use crate::http::pages::show::visible;
use crate::http::pages::visit::Visit;
use crate::model::{Address, SourceType};

#[derive(Template)]
#[template(path = "simulator.html")]
struct Simulator {
    layout: Layout,
    fields: Vec<Field>,
    answer: Option<Answer>,
}

/// What was found out.
struct Answer {
    translated: Vec<String>,
    calling: String,
    called: String,
    verdict: String,
    reason: String,
    served: Option<String>,
    candidates: Vec<Shown>,
    omitted: usize,
    curl: String,
}

/// One route that matches.
struct Shown {
    chosen: bool,
    id: u64,
    outcome: String,
    description: String,
    priority: u8,
    score: u32,
    share: String,
    criteria: Vec<(&'static str, String, String, u32)>,
    passed_over: &'static str,
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let asked = fields.word("calling").is_some() || fields.word("called").is_some();
    let answer = if asked { Some(answer(&desk, &fields)?) } else { None };
    let layout = desk.layout(&visit, ("/simulator", "Simulator"));
    Ok(page(&Simulator { layout, fields: form(&desk, &fields), answer }))
}

fn form(desk: &Desk, fields: &Fields) -> Vec<Field> {
    let types = [("", "not known"), ("SMPP", "SMPP"), ("IMS", "IMS"), ("CS", "CS")];
    let faults = Faults::default();
    let fields = [
        Field::text("calling", "Calling number", fields.text("calling")),
        Field::text("called", "Called number", fields.text("called")),
        Field::text("source_smsc", "Source SMSC", fields.text("source_smsc")).suggest(desk.frontends()),
        Field::choice("source_type", "Source type", fields.text("source_type"), &types),
        Field::text("enum_domain", "ENUM domain", fields.text("enum_domain")),
    ];
    fields.into_iter().map(|field| Field { fault: faults.of(field.name).map(str::to_owned), ..field }).collect()
}

fn answer(desk: &Desk, fields: &Fields) -> Result<Answer, Problem> {
    let table = desk.routes()?;
    let number = |name| Address::from_number(fields.text(name).trim()).digits;
    let (calling, called) = (number("calling"), number("called"));
    let (source_smsc, domain) = (fields.text("source_smsc").trim(), fields.word("enum_domain"));
    let numbers = Numbers { calling: calling.octets(), called: called.octets(), source_smsc };
    let translation = desk.handle().translator().translate(numbers);
    let (calling, called) = translation.as_ref().map_or((&calling, &called), |new| (&new.calling, &new.called));
    let query = Query {
        calling: calling.octets(),
        called: called.octets(),
        source_smsc,
        source_type: SourceType::from_name(fields.text("source_type")),
        enum_domain: domain.as_deref(),
        is_reply: false,
    };
    let simulation = table.simulate(&query);
    let served = desk.handle().locations().and_then(|locations| locations.serving(called.octets(), desk.now()));
    let chosen = simulation.chosen.as_ref().map(|candidate| shown(candidate, true));
    let verdict = chosen.as_ref().map(|chosen| format!("Route {}: {}", chosen.id, chosen.outcome));
    Ok(Answer {
        translated: steps(translation.as_ref()),
        calling: visible(&calling.text()),
        called: visible(&called.text()),
        verdict: verdict.unwrap_or_else(|| "No route".to_owned()),
        reason: simulation.reason,
        served: served.map(|lane| lane_name(&lane)),
        candidates: chosen.into_iter().chain(simulation.others.iter().map(|candidate| shown(candidate, false))).collect(),
        omitted: simulation.omitted,
        curl: call(desk, fields),
    })
}

fn steps(translation: Option<&Translation>) -> Vec<String> {
    translation.map(|translation| translation.steps.iter().map(|step| visible(&step.to_string())).collect()).unwrap_or_default()
}

fn shown(candidate: &Candidate, chosen: bool) -> Shown {
    let criteria = candidate.criteria.iter();
    Shown {
        chosen,
        id: candidate.route.id,
        outcome: outcome(&candidate.route),
        description: visible(&candidate.route.description),
        priority: candidate.route.priority,
        score: candidate.score,
        share: format!("{:.0} %", candidate.share),
        criteria: criteria.map(|met| (met.field, visible(&met.wanted), visible(&met.found), met.points)).collect(),
        passed_over: candidate.passed_over.unwrap_or_default(),
    }
}

fn call(desk: &Desk, fields: &Fields) -> String {
    let named = [
        ("calling", "calling"),
        ("called", "called"),
        ("source_smsc", "source_smsc"),
        ("source_type", "source_type"),
        ("enum_domain", "enum_domain"),
    ];
    let body: Map<String, Value> =
        named.into_iter().filter_map(|(field, name)| fields.word(field).map(|value| (name.to_owned(), json!(value)))).collect();
    curl::call(&desk.options.api, ("POST", "/api/routes/simulate"), Some(&Value::Object(body)))
}

//! The rules of number translation, and a number to try them with.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;

use super::super::desk::Desk;
use crate::audit::Role;
use crate::core::translate::Numbers;
use crate::http::pages::book::{EntryPage, book_problem, gone, note};
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, Tone, visible};
use crate::http::pages::visit::{Order, Visit};
use crate::model::{Address, Rule};
use crate::overlay::{Listed, NumberedRule, Origin, RuleBook};

#[derive(Template)]
#[template(path = "translation.html")]
struct List {
    layout: Layout,
    rows: Vec<Row>,
    deleted: Vec<(String, String)>,
    changes: bool,
    fields: Vec<Field>,
    outcome: Option<(String, Vec<String>)>,
}

struct Row {
    id: u64,
    state: Badge,
    criteria: Vec<(&'static str, String)>,
    calling: Option<(String, String)>,
    called: Option<(String, String)>,
    priority: u32,
    description: String,
    origin: &'static str,
    change: Option<(Moment, String)>,
}

fn book(desk: &Desk) -> Result<&RuleBook, Problem> {
    desk.options.rules.as_ref().ok_or_else(|| desk.shell.absent("translation rules that can be changed"))
}

pub(in super::super) async fn list(State(desk): State<Arc<Desk>>, visit: Visit, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let rules = desk.options.rules.as_ref();
    let layout = desk.layout(&visit, (PATH, "Number translation"));
    page(&List {
        rows: rules.map(RuleBook::list).unwrap_or_default().iter().map(|rule| row(rule, &desk)).collect(),
        deleted: gone(&rules.map(RuleBook::deleted).unwrap_or_default(), PATH)
            .into_iter()
            .map(|(id, path)| (format!("Rule {id}"), path))
            .collect(),
        changes: rules.is_some(),
        outcome: tried(&desk, &fields),
        fields: vec![
            Field::text("calling", "Calling number", fields.text("calling")),
            Field::text("called", "Called number", fields.text("called")),
            Field::text("source_smsc", "Source SMSC", fields.text("source_smsc")).suggest(desk.frontends()),
        ],
        layout,
    })
}

/// What the rules make of two numbers, and how.
fn tried(desk: &Desk, fields: &Fields) -> Option<(String, Vec<String>)> {
    let (calling, called) = (fields.word("calling"), fields.word("called"));
    if calling.is_none() && called.is_none() {
        return None;
    }
    let digits = |text: Option<String>| Address::from_number(&text.unwrap_or_default()).digits;
    let (calling, called) = (digits(calling), digits(called));
    let source_smsc = fields.text("source_smsc").trim();
    let numbers = Numbers { calling: calling.octets(), called: called.octets(), source_smsc };
    let translation = desk.handle().translator().translate(numbers);
    let (calling, called) = translation.as_ref().map_or((&calling, &called), |new| (&new.calling, &new.called));
    let outcome = format!("{} → {}", visible(&calling.text()), visible(&called.text()));
    let steps = translation.as_ref().map(|translation| translation.steps.iter().map(|step| visible(&step.to_string())).collect());
    Some((outcome, steps.unwrap_or_default()))
}

fn row(listed: &Listed<NumberedRule>, desk: &Desk) -> Row {
    let NumberedRule { id, rule } = &listed.entry;
    let criteria = [("from", &rule.calling_prefix), ("to", &rule.called_prefix), ("by", &rule.source_smsc)];
    let criteria = criteria.into_iter().filter_map(|(name, value)| value.as_deref().map(|value| (name, visible(value))));
    let change = |pattern: &Option<String>, replace: &Option<String>| {
        pattern
            .as_ref()
            .or(replace.as_ref())
            .map(|_| (visible(pattern.as_deref().unwrap_or(".*")), visible(replace.as_deref().unwrap_or_default())))
    };
    Row {
        id: *id,
        state: if rule.enabled { Badge::new("enabled", Tone::Good) } else { Badge::new("disabled", Tone::Off) },
        criteria: criteria.collect(),
        calling: change(&rule.calling_match, &rule.calling_replace),
        called: change(&rule.called_match, &rule.called_replace),
        priority: rule.priority,
        description: visible(&rule.description),
        origin: listed.origin.name(),
        change: listed.change.as_ref().map(|change| (Moment::new(change.at, desk.now()), visible(&change.by))),
    }
}

pub(in super::super) async fn blank(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    book(&desk)?;
    Ok(page(&one(&desk, &visit, (&Rule::default(), None), &Faults::default())))
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(id): Path<u64>,
) -> Result<Response, Problem> {
    let listed = book(&desk)?.get(id).ok_or_else(|| Problem::missing(format!("There is no rule {id}.")))?;
    Ok(page(&one(&desk, &visit, (&listed.entry.rule, Some(id)), &Faults::default())))
}

pub(in super::super) async fn add(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    write(&desk, &order, None).await
}

pub(in super::super) async fn save(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    write(&desk, &order, Some(id)).await
}

async fn write(desk: &Desk, order: &Order, id: Option<u64>) -> Result<Response, Problem> {
    let (book, by) = (book(desk)?, order.visit.viewer.actor().to_string());
    let mut faults = Faults::default();
    let rule = read(&order.fields, &mut faults);
    if faults.is_empty() {
        let new = rule.clone();
        let written = match id {
            None => book.add(rule.clone(), &by).await.map(|added| added.id),
            Some(id) => book.edit(id, &by, move |rule| *rule = new).await.map(|_| id),
        };
        match written {
            Ok(id) => {
                let action = if faults.is_empty() { "set translation rule" } else { "" };
                return Ok(order.done((action, &id.to_string()), PATH, &format!("Rule {id} is in force.")));
            }
            Err(error) => note(error, "description", &mut faults)?,
        }
    }
    Ok(refused(&one(desk, &order.visit, (&rule, id), &faults)))
}

pub(in super::super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    let by = order.visit.viewer.actor().to_string();
    book(&desk)?.delete(id, &by).await.map_err(book_problem)?;
    Ok(order.done(("delete translation rule", &id.to_string()), PATH, &format!("Rule {id} is deleted.")))
}

pub(in super::super) async fn revert(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    book(&desk)?.revert(id).await.map_err(book_problem)?;
    Ok(order.done(("revert translation rule", &id.to_string()), PATH, &format!("Rule {id} is as the configuration says.")))
}

fn read(fields: &Fields, faults: &mut Faults) -> Rule {
    Rule {
        calling_prefix: fields.word("calling_prefix"),
        called_prefix: fields.word("called_prefix"),
        source_smsc: fields.word("source_smsc"),
        calling_match: fields.word("calling_match"),
        calling_replace: fields.word("calling_replace"),
        called_match: fields.word("called_match"),
        called_replace: fields.word("called_replace"),
        priority: faults.number(fields, "priority", 0..=u32::MAX).unwrap_or(100),
        description: fields.text("description").trim().to_owned(),
        enabled: fields.ticked("enabled"),
    }
}

fn one(desk: &Desk, visit: &Visit, (rule, id): (&Rule, Option<u64>), faults: &Faults) -> EntryPage {
    let title = id.map_or_else(|| "New rule".to_owned(), |id| format!("Rule {id}"));
    let path = id.map(|id| format!("{PATH}/{id}"));
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let form = Form::new(path.as_deref().unwrap_or(PATH), if id.is_some() { "Save rule" } else { "Add rule" }, PATH)
        .ask(
            Field::text("called_match", "Called number matches", or_empty(&rule.called_match))
                .help("A regular expression, such as ^0([1-9][0-9]+)$."),
        )
        .ask(Field::text("called_replace", "and becomes", or_empty(&rule.called_replace)).help("\\1 stands for the first group."))
        .ask(Field::text("calling_match", "Calling number matches", or_empty(&rule.calling_match)))
        .ask(Field::text("calling_replace", "and becomes", or_empty(&rule.calling_replace)))
        .ask(Field::text("called_prefix", "Only if the called number begins", or_empty(&rule.called_prefix)))
        .ask(Field::text("calling_prefix", "Only if the calling number begins", or_empty(&rule.calling_prefix)))
        .ask(Field::text("source_smsc", "Only if submitted by", or_empty(&rule.source_smsc)))
        .ask(Field::number("priority", "Priority", rule.priority).help("The lowest is tried first."))
        .ask(Field::tick("enabled", "Enabled", rule.enabled))
        .ask(Field::text("description", "Description", &rule.description))
        .with(faults);
    let listed = id.and_then(|id| desk.options.rules.as_ref()?.get(id));
    EntryPage {
        layout: desk.layout(visit, (PATH, &title)),
        title,
        form,
        path,
        name: id.map_or_else(String::new, |id| format!("rule {id}")),
        changed: listed.is_some_and(|listed| listed.origin == Origin::Changed),
        warning: "Numbers of messages already accepted stay as they are.",
    }
}

const PATH: &str = "/number_translation";

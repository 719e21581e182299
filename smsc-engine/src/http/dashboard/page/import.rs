//! Taking routes out of a document: first what it would change, then the change itself.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::desk::Desk;
use super::route::Row;
use crate::audit::Role;
use crate::core::route::{ImportMode, RouteTable, read_document, validate};
use crate::http::pages::form::{Faults, Field, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::problem::Problem;
use crate::http::pages::visit::{Order, Visit};
use crate::model::Route;

#[derive(Template)]
#[template(path = "import.html")]
struct Import {
    layout: Layout,
    form: Form,
    difference: Option<Difference>,
    replaces: bool,
}

/// What a document would change.
#[derive(Default)]
struct Difference {
    added: Vec<Row>,
    deleted: Vec<Row>,
    more_added: usize,
    more_deleted: usize,
    unchanged: usize,
}

pub(in super::super) async fn ask(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    let layout = desk.layout(&visit, ("/sms_routing", "Import routes"));
    let form = form("", ImportMode::Merge, &Faults::default());
    Ok(page(&Import { layout, form, difference: None, replaces: false }))
}

/// Shows the difference; imports if it was seen.
pub(in super::super) async fn carry_out(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let table = desk.routes()?;
    let mode = if order.fields.text("mode") == "replace" { ImportMode::Replace } else { ImportMode::Merge };
    let document = order.fields.text("document");
    let mut faults = Faults::default();
    let routes = checked(document, &mut faults);
    if order.fields.ticked("seen") && faults.is_empty() {
        match table.import(routes.clone(), mode).await {
            Ok(report) => {
                let text = format!("{} added, {} unchanged, {} deleted", report.added, report.unchanged, report.deleted);
                return Ok(order.done(("import", &format!("routes: {text}")), "/sms_routing", &format!("Imported: {text}.")));
            }
            Err(error) => faults.add("document", error),
        }
    }
    let layout = desk.layout(&order.visit, ("/sms_routing", "Import routes"));
    let difference = faults.is_empty().then(|| difference(table, &routes, mode));
    let view = Import { layout, form: form(document, mode, &faults), difference, replaces: mode == ImportMode::Replace };
    Ok(if faults.is_empty() { page(&view) } else { refused(&view) })
}

/// The routes of a document; the first that is no good is named.
fn checked(document: &str, faults: &mut Faults) -> Vec<Route> {
    let routes = match read_document(document.as_bytes(), MOST) {
        Ok(routes) => routes,
        Err(error) => {
            faults.add("document", error);
            return Vec::new();
        }
    };
    let mut good = Vec::with_capacity(routes.len());
    for (row, route) in routes.into_iter().enumerate() {
        match validate(route) {
            Ok(route) => good.push(route),
            Err(error) => faults.add("document", format!("row {}: {error}", row + 1)),
        }
    }
    good
}

fn difference(table: &RouteTable, routes: &[Route], mode: ImportMode) -> Difference {
    let present = table.list(0, usize::MAX);
    let content = |route: &Route| serde_json::to_string(&Route { id: 0, ..route.clone() }).unwrap_or_default();
    let (old, new): (HashSet<String>, HashSet<String>) =
        (present.iter().map(content).collect(), routes.iter().map(content).collect());
    let added: Vec<&Route> = routes.iter().filter(|route| !old.contains(&content(route))).collect();
    let deleted: Vec<&Route> = match mode {
        ImportMode::Merge => Vec::new(),
        ImportMode::Replace => present.iter().filter(|route| !new.contains(&content(route))).collect(),
    };
    let rows = |routes: &[&Route]| routes.iter().take(SHOWN).map(|route| Row::new(route, 0)).collect();
    Difference {
        more_added: added.len().saturating_sub(SHOWN),
        more_deleted: deleted.len().saturating_sub(SHOWN),
        unchanged: routes.len() - added.len(),
        added: rows(&added),
        deleted: rows(&deleted),
    }
}

fn form(document: &str, mode: ImportMode, faults: &Faults) -> Form {
    let modes = [("merge", "Merge: add to the routes there are"), ("replace", "Replace: delete all routes, then load these")];
    let word = if mode == ImportMode::Replace { "replace" } else { "merge" };
    Form::new("/sms_routing/import", "Show what would change", "/sms_routing")
        .ask(Field::choice("mode", "How", word, &modes))
        .ask(Field::area("document", "Document", document).help("A list of routes in JSON, as the export writes it."))
        .with(faults)
}

// What a form of 2 MiB can hold; larger tables go through REST or the command line.
const MOST: usize = 100_000;
const SHOWN: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bad_row_is_named() {
        let mut faults = Faults::default();
        checked(r#"{"routes":[{"dest_smsc":"a"},{"weight":0,"dest_smsc":"b"},{}]}"#, &mut faults);
        assert_eq!(faults.of("document"), Some("row 2: weight: 0 is not in 1 to 100"));
        let mut faults = Faults::default();
        assert!(checked("nonsense", &mut faults).is_empty());
        assert!(faults.of("document").is_some_and(|fault| fault.starts_with("the document cannot be read")));
    }
}

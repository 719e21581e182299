//! Frontends: who is there, and the periods they were.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::super::desk::Desk;
use crate::core::registry::{FrontendRecord, FrontendStatus};
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::link::encoded;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, Tone, count, span, visible};
use crate::http::pages::visit::Visit;
use crate::model::Timestamp;

#[derive(Template)]
#[template(path = "frontends.html")]
struct List {
    layout: Layout,
    rows: Vec<Row>,
    figures: Vec<(&'static str, String)>,
    more: usize,
}

/// A frontend, or one of its periods.
struct Row {
    id: u64,
    name: String,
    link: String,
    state: Badge,
    kind: String,
    address: String,
    host: String,
    up: String,
    seen: Moment,
    since: Moment,
    expires: Moment,
    lasted: String,
    configuration: String,
    waiting: String,
}

#[derive(Template)]
#[template(path = "frontend.html")]
struct One {
    layout: Layout,
    name: String,
    periods: Vec<Row>,
    queue: String,
}

impl Row {
    fn new(record: &FrontendRecord, now: Timestamp, waiting: u64) -> Row {
        let active = record.status(now) == FrontendStatus::Active;
        Row {
            id: record.id,
            name: visible(&record.frontend_name),
            link: format!("/frontend_status/{}", encoded(&record.frontend_name)),
            state: if active { Badge::new("active", Tone::Good) } else { Badge::new("expired", Tone::Off) },
            kind: visible(&record.frontend_type),
            address: record.ip_address.as_deref().map(visible).unwrap_or_default(),
            host: record.hostname.as_deref().map(visible).unwrap_or_default(),
            up: record.uptime_seconds.map(|seconds| span(std::time::Duration::from_secs(seconds))).unwrap_or_default(),
            seen: Moment::new(record.last_seen_at, now),
            since: Moment::new(record.inserted_at, now),
            expires: Moment::new(record.expires_at, now),
            lasted: span(record.last_seen_at.since(record.inserted_at)),
            configuration: record.configuration.as_ref().map(|value| visible(&value.to_string())).unwrap_or_default(),
            waiting: count(waiting),
        }
    }
}

pub(in super::super) async fn list(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    let now = desk.now();
    let stats = desk.control.registry.stats(now);
    let lanes = desk.handle().counts().lanes;
    let mut names = std::collections::HashSet::new();
    // The newest period of each name: the list has the most recent sign of life first.
    let newest: Vec<FrontendRecord> =
        desk.control.registry.all().into_iter().filter(|record| names.insert(record.frontend_name.clone())).collect();
    let waiting = |record: &FrontendRecord| {
        lanes.iter().find(|lane| lane.lane.as_str() == &*record.frontend_name).map_or(0, |lane| lane.pending)
    };
    let layout = desk.layout(&visit, ("/frontend_status", "Frontends")).live();
    page(&List {
        layout,
        more: newest.len().saturating_sub(SHOWN),
        rows: newest.iter().take(SHOWN).map(|record| Row::new(record, now, waiting(record))).collect(),
        figures: vec![
            ("Active", count(stats.active as u64)),
            ("Known", count(stats.unique_frontends as u64)),
            ("Ended periods kept", count(stats.expired as u64)),
            ("Periods ever", count(stats.total_registrations)),
        ],
    })
}

pub(in super::super) async fn history(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let periods = desk.control.registry.history(&name);
    if periods.is_empty() {
        return Err(Problem::missing(format!("No frontend {} has reported.", visible(&name))));
    }
    let now = desk.now();
    let layout = desk.layout(&visit, ("/frontend_status", &format!("Frontend {}", visible(&name)))).live();
    Ok(page(&One {
        layout,
        periods: periods.iter().map(|record| Row::new(record, now, 0)).collect(),
        queue: crate::http::pages::link::Link::to("/message_queue").with("smsc", &name).text(),
        name: visible(&name),
    }))
}

const SHOWN: usize = 500;

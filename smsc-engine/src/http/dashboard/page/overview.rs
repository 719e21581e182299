//! What goes on, on one page.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::desk::Desk;
use super::super::history::{Sample, Span, spark};
use crate::cluster::ClusterView;
use crate::control::Control;
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::link::Link;
use crate::http::pages::show::{count, rate, span, visible};
use crate::http::pages::visit::Visit;
use crate::model::{Lane, Status};

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    layout: Layout,
    up: String,
    figures: Vec<Figure>,
    lanes: Vec<Waiting>,
    more_lanes: usize,
    ends: Vec<End>,
    since: Vec<(&'static str, String)>,
    cluster: Option<ClusterView>,
}

/// One number on top.
struct Figure {
    label: &'static str,
    value: String,
    unit: &'static str,
    note: String,
    link: String,
    /// The points of its curve.
    spark: String,
    tone: &'static str,
    alert: bool,
}

/// Messages that wait for one frontend.
struct Waiting {
    name: String,
    link: String,
    pending: String,
    leased: String,
    share: u64,
}

struct End {
    state: crate::http::pages::show::Badge,
    count: String,
    link: String,
}

pub(in super::super) async fn show(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    let layout = desk.layout(&visit, ("/", "Overview")).live();
    let samples = desk.history.samples(Span::Minutes);
    page(&overview(layout, &desk.control, &samples))
}

fn overview(layout: Layout, control: &Control, samples: &[Sample]) -> Overview {
    let counts = control.handle.counts();
    let mut lanes: Vec<_> = counts.lanes.iter().filter(|lane| lane.pending > 0).collect();
    lanes.sort_by_key(|lane| std::cmp::Reverse(lane.pending));
    let most = lanes.first().map_or(1, |lane| lane.pending);
    let end = |status: Status, number: u64| End {
        state: status.into(),
        count: count(number),
        link: Link::to("/message_queue").with("status", status.name()).text(),
    };
    let more_lanes = lanes.len().saturating_sub(MOST_LANES);
    let row = |lane: &&crate::core::queue::LaneCount| Waiting {
        name: lane_name(&lane.lane),
        link: Link::to("/message_queue").with("status", "pending").with("smsc", lane_filter(&lane.lane)).text(),
        pending: count(lane.pending),
        leased: count(lane.leased),
        share: (lane.pending * 100).div_ceil(most.max(1)),
    };
    Overview {
        up: span(control.now().since(control.started)),
        figures: figures(control, samples, counts.pending),
        lanes: lanes.iter().take(MOST_LANES).map(row).collect(),
        more_lanes,
        ends: vec![
            end(Status::Pending, counts.pending),
            end(Status::Delivered, counts.delivered),
            end(Status::Failed, counts.failed),
            end(Status::Expired, counts.expired),
            end(Status::Rejected, counts.rejected),
        ],
        since: since_start(control, counts.unrecorded),
        cluster: control.cluster_view(),
        layout,
    }
}

impl Figure {
    fn new(label: &'static str, value: String, note: impl Into<String>) -> Figure {
        Figure { label, value, note: note.into(), unit: "", link: String::new(), spark: String::new(), tone: "", alert: false }
    }

    fn to(self, link: &str) -> Figure {
        Figure { link: link.to_owned(), ..self }
    }

    fn curve(self, unit: &'static str, tone: &'static str, points: String) -> Figure {
        Figure { unit, tone, spark: points, ..self }
    }

    fn alert(self, alert: bool) -> Figure {
        Figure { alert, ..self }
    }
}

fn figures(control: &Control, samples: &[Sample], pending: u64) -> Vec<Figure> {
    let last = samples.last().copied().unwrap_or_default();
    let meters = control.handle.meters();
    let curve = |value: fn(&Sample) -> f32| spark(samples, value);
    let rate_of = |value: f32| rate(f64::from(value));
    let total = |number: u64| format!("{} since the start", count(number));
    let latency = if last.slow < 0.0 { "–".to_owned() } else { format!("{:.0}", last.slow) };
    let waiting = Figure::new("Waiting", count(pending), "in the queue").to("/message_queue?status=pending");
    let accepted = Figure::new("Accepted", rate_of(last.received), total(meters.received.get()));
    let delivered = Figure::new("Delivered", rate_of(last.delivered), total(meters.delivered.get()));
    let lost = Figure::new("Failed or expired", rate_of(last.failed), total(meters.failed.get() + meters.dead_letter.get()));
    let slow = Figure::new("Time to delivery", latency, "95 % of the last second");
    let traffic = [
        waiting.curve("", "", curve(|sample| sample.pending as f32)),
        accepted.curve("/s", "", curve(|sample| sample.received)),
        delivered.curve("/s", "good", curve(|sample| sample.delivered)),
        lost.curve("/s", "bad", curve(|sample| sample.failed)).alert(last.failed >= 1.0),
        slow.curve("ms", "", curve(|sample| sample.slow)),
    ];
    traffic.into_iter().chain(connections(control)).collect()
}

fn connections(control: &Control) -> [Figure; 2] {
    let stats = control.registry.stats(control.now());
    let known = stats.unique_frontends;
    let frontends = Figure::new("Frontends active", count(stats.active as u64), format!("of {} known", count(known as u64)));
    let bound = |smpp: &crate::frontend::Frontend| smpp.links().iter().filter(|link| link.state().is_bound()).count();
    let (sessions, note) = match control.smpp.as_deref() {
        Some(smpp) => (count(bound(smpp) as u64), "bound here"),
        None => ("–".to_owned(), "no listener here"),
    };
    [
        frontends.to("/frontend_status").alert(stats.active == 0 && known > 0),
        Figure::new("SMPP sessions", sessions, note).to("/smpp_sessions"),
    ]
}

fn since_start(control: &Control, unrecorded: u64) -> Vec<(&'static str, String)> {
    let meters = control.handle.meters();
    let batch = control.batch.statistics();
    let mut lines = vec![
        ("Put on a work list", count(meters.queued.get())),
        ("No route found", count(meters.routing_failed.get())),
        ("Attempts reported", count(meters.attempted.get())),
        ("Repeats answered with the first id", count(meters.duplicates.get())),
        ("Dead letters", count(meters.dead_letter.get())),
        ("Records not yet written", count(unrecorded)),
        ("Waiting in the batch worker", count(batch.current_queue_size)),
    ];
    if let Some(recording) = control.handle.recording() {
        lines.push(("Failed writes of records", count(recording.flush_errors)));
    }
    lines
}

/// What people call a lane.
pub(super) fn lane_name(lane: &Lane) -> String {
    match (lane.as_str().strip_prefix("!at:"), lane.is_public()) {
        (Some(frontend), _) => format!("{} (by location)", visible(frontend)),
        (None, true) => visible(lane.as_str()),
        (None, false) => "nobody".to_owned(),
    }
}

/// The word a filter has for a lane: `-` is the one of messages that nobody serves.
pub(super) fn lane_filter(lane: &Lane) -> &str {
    if *lane == Lane::default() { "-" } else { lane.as_str() }
}

const MOST_LANES: usize = 12;

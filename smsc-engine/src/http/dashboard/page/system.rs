//! The machine and this process.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::super::desk::Desk;
use crate::control::Health;
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::show::{Badge, Tone};
use crate::http::pages::show::{count, octets, span};
use crate::http::pages::visit::Visit;
use crate::ops::SystemFigures;

#[derive(Template)]
#[template(path = "system.html")]
struct System {
    layout: Layout,
    gauges: Vec<Gauge>,
    machine: Vec<(&'static str, String)>,
    centre: Vec<(&'static str, String)>,
    parts: Vec<(&'static str, Badge)>,
}

/// Something that can be full.
#[derive(Debug, PartialEq)]
struct Gauge {
    name: &'static str,
    share: u64,
    text: String,
}

pub(in super::super) async fn show(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    let layout = desk.layout(&visit, ("/system", "Resources")).live();
    let figures = desk.options.system.as_ref().map(|system| system.read()).unwrap_or_default();
    page(&System {
        gauges: gauges(&figures),
        machine: machine(&figures),
        centre: centre(&desk),
        parts: parts(desk.control.health()),
        layout,
    })
}

fn gauges(figures: &SystemFigures) -> Vec<Gauge> {
    let used = |name, total: Option<u64>, available: Option<u64>| {
        let (total, available) = (total?, available?);
        let used = total.saturating_sub(available);
        let share = (used as f64 * 100.0 / total.max(1) as f64).round() as u64;
        Some(Gauge { name, share, text: format!("{} of {}, {} free", octets(used), octets(total), octets(available)) })
    };
    let processor = figures.cpu_share.map(|share| Gauge {
        name: "Processors",
        share: (share * 100.0).round() as u64,
        text: format!("{:.0} % of {}", share * 100.0, figures.processors),
    });
    let files = figures.open_files.zip(figures.open_files_limit).map(|(open, most)| Gauge {
        name: "Files and connections",
        share: open * 100 / most.max(1),
        text: format!("{} of {}", count(open), count(most)),
    });
    let memory = used("Memory", figures.memory_total, figures.memory_available);
    let disk = used("Disk", figures.disk_total, figures.disk_available);
    [processor, memory, disk, files].into_iter().flatten().collect()
}

fn machine(figures: &SystemFigures) -> Vec<(&'static str, String)> {
    let seconds = |seconds: f64| span(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let mut lines = Vec::new();
    lines.extend(
        figures.load.map(|[one, five, fifteen]| ("Load of 1, 5, 15 minutes", format!("{one:.2}, {five:.2}, {fifteen:.2}"))),
    );
    lines.extend(figures.machine_uptime.map(|time| ("Machine up", seconds(time))));
    lines.extend(figures.process_uptime.map(|time| ("Process up", seconds(time))));
    lines.extend(figures.process_memory.map(|memory| ("Memory of the process", octets(memory))));
    lines.extend(figures.process_cpu_seconds.map(|time| ("Processor time of the process", seconds(time))));
    lines
}

fn centre(desk: &Desk) -> Vec<(&'static str, String)> {
    let counts = desk.handle().counts();
    let kept = counts.pending + counts.delivered + counts.failed + counts.expired + counts.rejected;
    let mut lines = vec![
        ("Messages that wait", count(counts.pending)),
        ("Messages kept", count(kept)),
        ("Work lists", count(counts.lanes.len() as u64)),
        ("Frontends active", count(desk.control.registry.stats(desk.now()).active as u64)),
        ("Dashboards that look on", count(desk.shell.onlookers() as u64)),
    ];
    lines.extend(desk.control.smpp.as_ref().map(|smpp| ("SMPP connections", count(smpp.links().len() as u64))));
    lines.extend(desk.handle().event_log().map(|log| ("Events lost for want of room", count(log.lost()))));
    lines
}

fn parts(health: Health) -> Vec<(&'static str, Badge)> {
    let badge = |works: Option<bool>| match works {
        None => Badge::new("not in use", Tone::Off),
        Some(true) => Badge::new("works", Tone::Good),
        Some(false) => Badge::new("does not work", Tone::Bad),
    };
    vec![
        ("Message store", badge(Some(health.store))),
        ("Database of records", badge(health.database)),
        ("Charging", badge(health.charging)),
        ("ENUM", badge(health.enum_lookup)),
    ]
}

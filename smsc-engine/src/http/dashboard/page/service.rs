//! ENUM, charging, and the batch workers: what is asked of others and written for them.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use smpp_session::Distribution;

use super::super::desk::Desk;
use crate::core::charging::{ChargingStats, Circuit};
use crate::core::enum_lookup::EnumStats;
use crate::core::records::Statistics;
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::show::{Badge, Moment, Tone, count, span};
use crate::http::pages::visit::Visit;
use crate::model::Timestamp;

#[derive(Template)]
#[template(path = "services.html")]
struct Services {
    layout: Layout,
    enum_lines: Vec<(&'static str, String)>,
    charging_state: Option<Badge>,
    charging_lines: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "batch.html")]
struct Workers {
    layout: Layout,
    workers: Vec<Worker>,
}

/// The eight figures of one worker.
struct Worker {
    title: &'static str,
    what: &'static str,
    state: Badge,
    lines: Vec<(&'static str, String)>,
    last: Option<Moment>,
}

pub(in super::super) async fn show(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    let layout = desk.layout(&visit, ("/services", "ENUM and charging")).live();
    let charging = desk.handle().charging();
    page(&Services {
        layout,
        enum_lines: desk.handle().enum_lookup().map(|stats| enum_lines(&stats)).unwrap_or_default(),
        charging_state: charging.as_ref().map(|stats| circuit(stats.circuit)),
        charging_lines: charging.map(|stats| charging_lines(&stats)).unwrap_or_default(),
    })
}

fn enum_lines(stats: &EnumStats) -> Vec<(&'static str, String)> {
    let asked = stats.hits + stats.misses;
    let share = (stats.hits * 100).checked_div(asked).map_or("–".to_owned(), |share| format!("{share} %"));
    let mut lines = vec![
        ("Numbers in the cache", count(stats.size as u64)),
        ("Answered out of the cache", count(stats.hits)),
        ("Asked by DNS", count(stats.misses)),
        ("Share of the cache", share),
        ("Answers", count(stats.succeeded.count())),
        ("Given up", count(stats.failed.count())),
    ];
    lines.extend(times(&stats.succeeded));
    lines
}

fn charging_lines(stats: &ChargingStats) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("Messages asked about", count(stats.attempted)),
        ("Granted", count(stats.succeeded.count())),
        ("Not granted", count(stats.failed.count())),
    ];
    lines.extend(times(&stats.succeeded));
    lines
}

fn times(times: &Distribution) -> [(&'static str, String); 3] {
    let quantile = |part| times.quantile(part).map_or("–".to_owned(), span);
    [("Half within", quantile(0.5)), ("95 % within", quantile(0.95)), ("99 % within", quantile(0.99))]
}

const fn circuit(circuit: Circuit) -> Badge {
    match circuit {
        Circuit::Closed => Badge::new("asked", Tone::Good),
        Circuit::Open => Badge::new("not asked after failures", Tone::Bad),
        Circuit::HalfOpen => Badge::new("being tried again", Tone::Warn),
    }
}

pub(in super::super) async fn workers(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    let layout = desk.layout(&visit, ("/batch_workers", "Batch workers")).live();
    let now = desk.now();
    let messages =
        worker(("Messages", "Submissions nobody waits for, gathered for the queue."), desk.control.batch.statistics(), now);
    let records = desk
        .handle()
        .recording()
        .map(|statistics| worker(("Records", "Records of ended messages, written to their sinks."), statistics, now));
    page(&Workers { layout, workers: std::iter::once(messages).chain(records).collect() })
}

fn worker((title, what): (&'static str, &'static str), statistics: Statistics, now: Timestamp) -> Worker {
    let state = match statistics {
        Statistics { being_written: 0, current_queue_size: 0, .. } => Badge::new("idle", Tone::Good),
        Statistics { last_flush_at: Some(at), .. } if now.since(at) > STUCK => Badge::new("behind", Tone::Bad),
        _ => Badge::new("at work", Tone::Busy),
    };
    Worker {
        title,
        what,
        state,
        lines: vec![
            ("total_enqueued", count(statistics.total_enqueued)),
            ("total_flushed", count(statistics.total_flushed)),
            ("total_batches", count(statistics.total_batches)),
            ("current_queue_size", count(statistics.current_queue_size)),
            ("flush_errors", count(statistics.flush_errors)),
            ("last_flush_count", count(statistics.last_flush_count)),
            ("last_flush_duration_ms", count(statistics.last_flush_duration_ms)),
            ("being written now", count(statistics.being_written)),
        ],
        last: statistics.last_flush_at.map(|at| Moment::new(at, now)),
    }
}

// A batch goes out every tenth of a second.
const STUCK: std::time::Duration = std::time::Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_has_work_and_does_not_write_is_behind() {
        let now = Timestamp(100_000);
        let state = |size, at| {
            let statistics = Statistics { current_queue_size: size, last_flush_at: Some(Timestamp(at)), ..Statistics::default() };
            worker(("", ""), statistics, now).state
        };
        assert_eq!(state(0, 0), Badge::new("idle", Tone::Good));
        assert_eq!(state(5, 99_000), Badge::new("at work", Tone::Busy));
        assert_eq!(state(5, 60_000), Badge::new("behind", Tone::Bad));
    }
}

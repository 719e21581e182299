//! The log as it is written, for whoever looks on.

use std::convert::Infallible;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::json;

use super::form::Fields;
use super::layout::{Layout, page};
use super::link::Link;
use super::problem::Problem;
use super::shell::Shell;
use super::show::{Moment, visible};
use super::visit::{Order, Visit};
use crate::calendar;
use crate::log::{Follower, Level, Line, Lines};
use crate::model::Timestamp;

#[derive(Template)]
#[template(path = "logs.html")]
struct Log {
    layout: Layout,
    lines: Vec<Shown>,
    levels: Vec<(&'static str, String, bool)>,
    wanted: String,
    level: &'static str,
    stream: String,
    /// The number of the last line there is: the stream goes on behind it.
    last: u64,
    written: &'static str,
    choices: Vec<&'static str>,
}

/// One line, safe to look at.
struct Shown {
    time: Moment,
    level: &'static str,
    text: String,
}

/// Which lines are wanted.
#[derive(Clone, Debug)]
struct Filter {
    level: Level,
    text: String,
}

impl Filter {
    fn read(fields: &Fields) -> Filter {
        Filter { level: fields.text("level").parse().unwrap_or(Level::Trace), text: fields.text("q").trim().to_lowercase() }
    }

    fn passes(&self, line: &Line) -> bool {
        line.level <= self.level && (self.text.is_empty() || text(line).to_lowercase().contains(&self.text))
    }
}

/// What a line is about, what it tells, and what belongs to it.
fn text(line: &Line) -> String {
    let pairs = |fields: &[(&str, String)]| fields.iter().map(|(name, value)| format!("{name}={value} ")).collect::<String>();
    let whole = format!("{}{} {}", pairs(&line.metadata), line.text, pairs(&line.fields));
    visible(whole.trim_end())
}

pub(super) async fn show(State(shell): State<Shell>, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let (logging, filter, now) = (shell.log()?, Filter::read(&fields), Timestamp::now());
    let link = |path: &str, level: &str| Link::to(path).with("level", level).with("q", fields.text("q")).text();
    let found = logging.ring().latest(usize::MAX);
    let mut lines: Vec<Shown> = found
        .iter()
        .rev()
        .filter(|line| filter.passes(line))
        .take(SHOWN)
        .map(|line| Shown { time: Moment::new(line.time, now), level: line.level.name(), text: text(line) })
        .collect();
    lines.reverse();
    let names = Level::ALL.map(Level::name);
    Ok(page(&Log {
        lines,
        levels: names.iter().map(|name| (word(name), link("/logs", name), *name == filter.level.name())).collect(),
        wanted: visible(fields.text("q")),
        level: filter.level.name(),
        stream: link("/logs/stream", filter.level.name()),
        last: found.last().map_or(0, |line| line.sequence),
        written: logging.level().name(),
        choices: names.into_iter().skip(1).collect(),
        layout: shell.layout(&visit, ("/logs", "Logs")),
    }))
}

/// The word for the lines down to a level: down to the last it is all of them.
fn word(level: &'static str) -> &'static str {
    if level == Level::Trace.name() { "all" } else { level }
}

/// Sends lines as they come; a browser that was away goes on where it was, and is told what it has missed.
pub(super) async fn stream(
    State(shell): State<Shell>,
    _: Visit,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let filter = Filter::read(&fields);
    let known = headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or_else(|| fields.text("after"));
    let after = known.parse().ok();
    let state = (shell.log()?.ring().follow(after), filter, shell, headers);
    let lines = stream::unfold(state, |(mut follower, filter, shell, headers)| async move {
        let lines = follower.next(BATCH).await;
        // Whoever was logged out sees no more.
        shell.gate().session(&headers, false)?;
        let event = event(&lines, &filter, &follower);
        Some((Ok::<_, Infallible>(event), (follower, filter, shell, headers)))
    });
    Ok(([("x-accel-buffering", "no")], Sse::new(lines).keep_alive(KeepAlive::default())).into_response())
}

fn event(lines: &Lines, filter: &Filter, follower: &Follower) -> Event {
    let shown = lines.lines.iter().filter(|line| filter.passes(line)).map(|line| {
        json!({ "time": calendar::text(line.time).replace(' ', "T") + "Z", "level": line.level.name(), "text": text(line) })
    });
    let data = json!({ "missed": lines.missed, "lines": shown.collect::<Vec<_>>() });
    Event::default().event("lines").id(follower.seen().to_string()).data(data.to_string())
}

pub(super) async fn set_level(State(shell): State<Shell>, order: Order) -> Result<Response, Problem> {
    let level: Level = order.fields.text("level").parse().map_err(Problem::conflict)?;
    shell.log()?.set_level(level);
    Ok(order.done(("set log level", level.name()), "/logs", &format!("Lines from {} on are written now.", level.name())))
}

const SHOWN: usize = 500;
const BATCH: usize = 200;

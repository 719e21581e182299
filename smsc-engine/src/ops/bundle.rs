//! All that somebody needs to help, and nothing that they must not see, in one file.
//!
//! There are no texts of messages in it, no secrets, and of numbers all but the last four digits only.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Operations, masked_numbers};
use crate::calendar;
use crate::core::records::Statistics;
use crate::frontend::Frontend;
use crate::model::Timestamp;

/// Writes a support bundle, a `.tar.gz` of small files, with the metrics as they are served.
///
/// # Errors
/// Whatever `out` says.
pub fn write(operations: &Operations, metrics: &str, out: impl Write) -> io::Result<()> {
    let now = operations.control.now();
    archive(contents(operations, metrics, now), now, out)
}

/// Writes small files into one `.tar.gz`.
pub(crate) fn archive(files: Vec<(&'static str, String)>, now: Timestamp, out: impl Write) -> io::Result<()> {
    let mut archive = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(now.0 / 1000);
        archive.append_data(&mut header, format!("support-bundle/{name}"), content.as_bytes())?;
    }
    archive.into_inner()?.finish()?.flush()
}

fn contents(operations: &Operations, metrics: &str, now: Timestamp) -> Vec<(&'static str, String)> {
    let (control, program) = (&operations.control, &operations.program);
    let handle = &control.handle;
    let json = |value: Value| serde_json::to_string_pretty(&value).unwrap_or_default();
    let routes = handle.routes().map(|routes| routes.export()).unwrap_or_default();
    let smpp = control.smpp.as_deref();
    let files = [
        ("version.txt", format!("{}\n", program.version())),
        (
            "centre.json",
            json(json!({
                "application": control.application,
                "now": calendar::text(now),
                "started": calendar::text(control.started),
                "log_level": program.log_level(),
            })),
        ),
        ("settings.toml", without_secrets(&program.settings())),
        ("metrics.txt", metrics.to_owned()),
        ("log.txt", program.log_lines().join("\n")),
        ("counts.json", json(counts(operations))),
        ("routes.json", routes),
        ("frontends.json", json(frontends(operations))),
        ("sessions.json", json(json!(smpp.map(sessions)))),
        ("records.json", json(json!(handle.recording().as_ref().map(statistics)))),
        ("batch.json", json(statistics(&control.batch.statistics()))),
        ("system.json", json(json!(operations.system.read()))),
    ];
    // The figures of the metrics and of the machine may be as long as numbers of subscribers and are none.
    let is_figures = |name: &str| matches!(name, "metrics.txt" | "system.json" | "counts.json" | "batch.json" | "records.json");
    files.map(|(name, text)| (name, if is_figures(name) { text } else { masked_numbers(&text) })).into()
}

pub(crate) fn counts(operations: &Operations) -> Value {
    let counts = operations.control.handle.counts();
    let lanes = counts
        .lanes
        .iter()
        .map(|count| json!({ "lane": masked_numbers(count.lane.as_str()), "pending": count.pending, "leased": count.leased }));
    json!({
        "pending": counts.pending,
        "delivered": counts.delivered,
        "failed": counts.failed,
        "expired": counts.expired,
        "rejected": counts.rejected,
        "unrecorded": counts.unrecorded,
        "lanes": lanes.collect::<Vec<_>>(),
    })
}

fn frontends(operations: &Operations) -> Value {
    let now = operations.control.now();
    let shown = operations.control.registry.all().into_iter().map(|record| {
        // Not what it tells of its configuration: nobody knows what is in there.
        json!({
            "name": record.frontend_name,
            "type": record.frontend_type,
            "status": record.status(now).name(),
            "ip_address": record.ip_address,
            "hostname": record.hostname,
            "last_seen_at": calendar::text(record.last_seen_at),
            "since": calendar::text(record.inserted_at),
        })
    });
    Value::Array(shown.collect())
}

/// Hides the values of keys that sound like secrets, should the program have left one in.
pub(crate) fn without_secrets(settings: &str) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some((key, _)) if SECRET.iter().any(|word| key.to_ascii_lowercase().contains(word)) => format!("{key}= \"***\"\n"),
        _ => format!("{line}\n"),
    };
    settings.lines().map(line).collect()
}

const SECRET: [&str; 4] = ["password", "secret", "token", "api_key"];

/// The eight figures of a worker that writes batches, and the ninth.
pub(crate) fn statistics(statistics: &Statistics) -> Value {
    json!({
        "total_enqueued": statistics.total_enqueued,
        "total_flushed": statistics.total_flushed,
        "total_batches": statistics.total_batches,
        "current_queue_size": statistics.current_queue_size,
        "flush_errors": statistics.flush_errors,
        "last_flush_at": statistics.last_flush_at.map(calendar::text),
        "last_flush_count": statistics.last_flush_count,
        "last_flush_duration_ms": statistics.last_flush_duration_ms,
        "being_written": statistics.being_written,
        "is_failing": statistics.is_failing,
    })
}

/// One SMPP session, for people.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) system_id: String,
    pub(crate) bind: Option<String>,
    pub(crate) peer: String,
    pub(crate) version: Option<String>,
    pub(crate) state: String,
    pub(crate) waiting: usize,
    pub(crate) unanswered: usize,
}

pub(crate) fn sessions(smpp: &Frontend) -> Vec<Session> {
    let links = smpp.links().into_iter();
    let sessions = links.map(|link| Session {
        id: link.id(),
        system_id: link.system_id().to_owned(),
        bind: link.kind().map(|kind| format!("{kind:?}").to_lowercase()),
        peer: link.peer().to_string(),
        version: link.version().map(|version| version.to_string()),
        state: format!("{:?}", link.state()),
        waiting: link.waiting(),
        unanswered: link.unanswered(),
    });
    sessions.collect()
}

//! Makes lines of events and hands them to whoever wants them.

use std::fmt::{Debug, Write};
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::line::{self, Format, Line, METADATA};
use super::{Level, LogRing, RotatingFile};
use crate::model::Timestamp;

/// What all handles of one log share.
#[derive(Debug)]
pub(super) struct Outputs {
    pub(super) format: Format,
    pub(super) console: bool,
    pub(super) file: Option<RotatingFile>,
    pub(super) ring: LogRing,
    /// Of console and file, as its number.
    pub(super) level: AtomicU8,
    /// Of the ring.
    pub(super) ring_level: AtomicU8,
}

impl Outputs {
    fn take(&self, line: Line) {
        if line.level <= Level::numbered(self.level.load(Ordering::Relaxed)) {
            let text = line.write(self.format);
            if self.console {
                // Nobody may be there to read it any more.
                let _ = io::stderr().lock().write_all(text.as_bytes());
            }
            if let Some(file) = &self.file {
                file.write(&text, line.time);
            }
        }
        if line.level <= Level::numbered(self.ring_level.load(Ordering::Relaxed)) {
            self.ring.push(line);
        }
    }
}

/// Makes lines of events.
pub(super) struct Lines(pub(super) Arc<Outputs>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut found = Found::default();
        attributes.record(&mut found);
        if let (Some(span), false) = (context.span(id), found.metadata.is_empty()) {
            span.extensions_mut().insert(SpanMetadata(found.metadata));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let about = event.metadata();
        let level = Level::of(*about.level());
        if level > Level::Info && !is_ours(about.target()) {
            return;
        }
        let mut found = Found::default();
        event.record(&mut found);
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(SpanMetadata(metadata)) = span.extensions().get() {
                metadata.iter().for_each(|(name, value)| found.about(name, || value.clone()));
            }
        }
        found.metadata.sort_by_key(|(name, _)| METADATA.iter().position(|known| known == name));
        let level = if found.critical { Level::Critical } else { level };
        let Found { text, metadata, fields, .. } = found;
        self.0.take(Line { sequence: 0, time: Timestamp::now(), level, target: about.target(), text, metadata, fields });
    }
}

/// What a span says about the lines in it.
struct SpanMetadata(Vec<line::Field>);

/// What an event or a span tells.
#[derive(Default)]
struct Found {
    text: String,
    metadata: Vec<line::Field>,
    fields: Vec<line::Field>,
    critical: bool,
}

impl Found {
    /// The nearest says what a line is about.
    fn about(&mut self, name: &'static str, value: impl FnOnce() -> String) {
        if !self.metadata.iter().any(|(known, _)| *known == name) {
            self.metadata.push((name, value()));
        }
    }

    fn put(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.text = value,
            name if METADATA.contains(&name) => self.about(name, || value),
            name => self.fields.push((name, value)),
        }
    }
}

impl Visit for Found {
    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "critical" => self.critical = value,
            _ => self.put(field, value.to_string()),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = Bounded(String::new());
        // What does not fit is left out.
        let _ = write!(text, "{value:?}");
        self.put(field, text.0);
    }
}

/// A text that ends with `…` where it would be too long.
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = LONGEST_VALUE.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
        self.0.push('…');
        Err(std::fmt::Error)
    }
}

/// What others tell below `info` is not about messages, and there is much of it.
fn is_ours(target: &str) -> bool {
    ["smsc", "smpp_", "sms_codec"].iter().any(|start| target.starts_with(start))
}

/// No value is worth more, and values come from outside.
const LONGEST_VALUE: usize = 4096;

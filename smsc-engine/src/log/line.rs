//! One line of the log, and how it is written.

use std::fmt::{self, Display, Write};

use serde::Serialize;

use super::Level;
use crate::calendar;
use crate::model::Timestamp;

/// What happened once.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number; later lines have higher ones, without gaps.
    pub sequence: u64,
    /// When it happened.
    pub time: Timestamp,
    /// How important it is.
    pub level: Level,
    /// Which part of the program tells it.
    pub target: &'static str,
    /// What it tells; raw, so whoever shows it escapes it.
    pub text: String,
    /// What it is about: `request_id`, `message_id`, `route_id`.
    pub metadata: Vec<Field>,
    /// What else it tells.
    pub fields: Vec<Field>,
}

/// A name and its value; the value is raw too.
pub type Field = (&'static str, String);

/// How lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `time metadata [level] text fields`.
    #[default]
    Text,
    /// A JSON object.
    Json,
}

/// Fields that say what a line is about; they stand before its level.
pub(super) const METADATA: [&str; 3] = ["request_id", "message_id", "route_id"];

impl Line {
    /// Writes it as one line with its end, whatever its text and values hold.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text => format!("{self}\n"),
            Format::Json => {
                let mut text = serde_json::to_string(&Json::of(self)).unwrap_or_default();
                text.push('\n');
                text
            }
        }
    }

    /// About how many octets it takes.
    pub(super) fn octets(&self) -> usize {
        let fields = self.metadata.iter().chain(&self.fields);
        size_of::<Line>() + self.text.len() + fields.map(|(_, value)| size_of::<Field>() + value.len()).sum::<usize>()
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&calendar::text(self.time))?;
        for (name, value) in &self.metadata {
            write!(f, " {name}={}", Value(value))?;
        }
        write!(f, " [{}] {}", self.level, Escaped(&self.text))?;
        for (name, value) in &self.fields {
            write!(f, " {name}={}", Value(value))?;
        }
        Ok(())
    }
}

/// A line as an object.
#[derive(Serialize)]
struct Json<'a> {
    time: Timestamp,
    level: &'static str,
    target: &'a str,
    #[serde(flatten, serialize_with = "as_map")]
    metadata: &'a [Field],
    text: &'a str,
    #[serde(serialize_with = "as_map", skip_serializing_if = "<[Field]>::is_empty")]
    fields: &'a [Field],
}

impl Json<'_> {
    fn of(line: &Line) -> Json<'_> {
        let Line { time, level, target, text, metadata, fields, .. } = line;
        Json { time: *time, level: level.name(), target, metadata, text, fields }
    }
}

fn as_map<S: serde::Serializer>(fields: &&[Field], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
}

/// A text that stays on its line and shows what it is.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                character if character.is_control() || is_invisible(character) => write!(f, "{}", character.escape_default())?,
                character => f.write_char(character)?,
            }
        }
        Ok(())
    }
}

/// Line ends that terminals and browsers know, and what turns the direction of a text.
const fn is_invisible(character: char) -> bool {
    matches!(character, '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// The value of a field: in quotes unless it is one plain word, so that it cannot pass for another field.
struct Value<'a>(&'a str);

impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'=' | b'[' | b']' | b'\\');
        if !self.0.is_empty() && self.0.bytes().all(is_plain) {
            return f.write_str(self.0);
        }
        let quoted = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{}\"", Escaped(&quoted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str, value: &str) -> Line {
        Line {
            sequence: 1,
            time: Timestamp(1_782_820_800_123),
            level: Level::Warning,
            target: "smsc",
            text: text.into(),
            metadata: vec![("message_id", "7".into())],
            fields: vec![("error", value.into())],
        }
    }

    #[test]
    fn a_line_has_time_metadata_level_and_text() {
        let written = line("routing failed", "no route").write(Format::Text);
        assert_eq!(written, "2026-06-30 12:00:00.123 message_id=7 [warning] routing failed error=\"no route\"\n");
        let json: serde_json::Value = serde_json::from_str(&line("routing failed", "no").write(Format::Json)).unwrap();
        let wanted = serde_json::json!({
            "time": "2026-06-30T12:00:00.123Z", "level": "warning", "target": "smsc", "message_id": "7",
            "text": "routing failed", "fields": { "error": "no" },
        });
        assert_eq!(json, wanted);
    }

    #[test]
    fn nobody_can_forge_a_line_or_a_field() {
        let evil = "x\r\n2026-06-30 12:00:00.000 [critical] all is lost\u{1b}[2J\u{85}\u{2028}\u{202e}";
        for format in [Format::Text, Format::Json] {
            let written = line(evil, evil).write(format);
            assert_eq!(written.matches('\n').count(), 1, "{written}");
            assert!(!written.contains(['\r', '\u{1b}']), "{written}");
        }
        let written = line(evil, "a\" message_id=8 \\").write(Format::Text);
        assert!(written.ends_with(" error=\"a\\\" message_id=8 \\\\\"\n"), "{written}");
        assert!(!written.contains(['\u{85}', '\u{2028}', '\u{202e}']), "{written}");
        assert!(line("", "").write(Format::Text).ends_with("error=\"\"\n"));
    }
}

//! What a line looks like, and where it ends.

use super::super::column::{COLUMNS, Field, fields};
use super::super::{Key, csv};
use crate::calendar;
use crate::model::{Cdr, MessageId, Timestamp};

/// What a line of a file looks like; every one ends with when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileFormat {
    /// Comma-separated values, with the names of the columns in the first line.
    Csv,
    /// One JSON object a line.
    #[cfg(feature = "json")]
    JsonLines,
}

impl FileFormat {
    pub(super) const fn name(self) -> &'static str {
        match self {
            FileFormat::Csv => "csv",
            #[cfg(feature = "json")]
            FileFormat::JsonLines => "jsonl",
        }
    }

    /// The first line of a file.
    pub(super) fn header(self) -> String {
        match self {
            FileFormat::Csv => format!("{},{WRITTEN}\n", COLUMNS.join(",")),
            #[cfg(feature = "json")]
            FileFormat::JsonLines => String::new(),
        }
    }

    pub(super) fn put(self, out: &mut String, (cdr, written): (&Cdr, Timestamp)) {
        match self {
            FileFormat::Csv => {
                for field in fields(cdr) {
                    csv::put(out, &field);
                }
                csv::put(out, &Field::Time(Some(written)));
                out.push('\n');
            }
            #[cfg(feature = "json")]
            FileFormat::JsonLines => json::put(out, (cdr, written)),
        }
    }

    /// Reads on to the end of a line, or of a piece of one; tells whether a record may end there.
    ///
    /// `quoted` says whether we are inside of quotes, where `\n` is part of a text.
    pub(super) fn passes(self, octets: &[u8], quoted: &mut bool) -> bool {
        if self == FileFormat::Csv {
            *quoted ^= octets.iter().filter(|octet| **octet == b'"').count() % 2 == 1;
        }
        !*quoted
    }

    /// The message of a line; `None` for a header or something foreign.
    pub(super) fn message_id(self, line: &[u8]) -> Option<MessageId> {
        let rest = match self {
            FileFormat::Csv => line,
            #[cfg(feature = "json")]
            FileFormat::JsonLines => line.strip_prefix(json::START.as_bytes())?,
        };
        let end = rest.iter().position(|octet| !octet.is_ascii_digit())?;
        std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
    }

    /// Tells whether a line is the record with this key, given that its message is the same.
    pub(super) fn is_record(self, line: &[u8], (_, node, submitted): &Key) -> bool {
        let Ok(line) = std::str::from_utf8(line) else { return false };
        let value = |column: &str| match self {
            FileFormat::Csv => {
                let place = COLUMNS.iter().position(|name| *name == column)?;
                csv::split(line).into_iter().nth(place).filter(|value| !value.is_empty())
            }
            #[cfg(feature = "json")]
            FileFormat::JsonLines => json::value(line, column),
        };
        let time = value("submission_time").and_then(|time| calendar::parse(&time));
        time == Some((*submitted).min(calendar::LAST)) && value("origin_node") == node.clone().filter(|node| !node.is_empty())
    }
}

/// The last column: when the line was written.
const WRITTEN: &str = "inserted_at";

#[cfg(feature = "json")]
mod json {
    use std::fmt::Write;

    use super::*;

    pub(super) const START: &str = "{\"message_id\":";

    pub(super) fn put(out: &mut String, (cdr, written): (&Cdr, Timestamp)) {
        let mut comma = '{';
        for (name, field) in COLUMNS.iter().chain([&WRITTEN]).zip(fields(cdr).into_iter().chain([Field::Time(Some(written))])) {
            // Writing to a string cannot fail.
            let _ = write!(out, "{comma}\"{name}\":");
            let _ = match field {
                Field::Number(None) | Field::Text(None) | Field::Time(None) => write!(out, "null"),
                Field::Number(Some(number)) => write!(out, "{number}"),
                Field::Flag(flag) => write!(out, "{flag}"),
                Field::Time(Some(moment)) => write!(out, "\"{}Z\"", calendar::text(moment).replace(' ', "T")),
                Field::Text(Some(text)) => write!(out, "{}", serde_json::Value::from(text)),
            };
            comma = ',';
        }
        out.push_str("}\n");
    }

    pub(super) fn value(line: &str, column: &str) -> Option<String> {
        let object: serde_json::Value = serde_json::from_str(line).ok()?;
        object.get(column)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
    }
}

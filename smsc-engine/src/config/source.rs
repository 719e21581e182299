//! Where values come from: the text of a file and the variables of the environment.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::Place;

/// The text of the configuration file; empty when there is none.
#[derive(Default)]
pub(super) struct Source {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Source {
    /// The line and column where a span of the text begins.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        place(&self.path, self.text.get(..span.start).unwrap_or(&self.text))
    }
}

/// The place in a file that comes after `before`.
pub(super) fn place(path: &Path, before: &str) -> Place {
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    let column = before.get(line_start..).map_or(0, |line| line.chars().count()) + 1;
    Place::File { path: path.to_owned(), position: Some((line, column)) }
}

/// A variable of the environment that names a key.
pub(super) struct Variable {
    pub(super) name: String,
    /// What the names of our own variables begin with; empty for a name that the documents have.
    pub(super) prefix: &'static str,
    /// `SMSC_ACCOUNTS__0__SYSTEM_ID` as `accounts`, `0`, `system_id`.
    pub(super) path: Vec<String>,
    pub(super) value: String,
}

impl Variable {
    /// Takes a variable whose name looks like a path of keys; others of our prefix mean something else.
    pub(super) fn parse(prefix: &'static str, name: String, value: String) -> Option<Self> {
        let path = name.strip_prefix(prefix).filter(|path| path.contains(SEPARATOR))?;
        let path = path.split(SEPARATOR).map(str::to_ascii_lowercase).collect();
        Some(Self { name, prefix, path, value })
    }

    /// Takes a name that the documents have for a key.
    pub(super) fn known(name: &str, path: &[&str], value: String) -> Self {
        Self { name: name.into(), prefix: "", path: path.iter().map(|step| (*step).into()).collect(), value }
    }
}

/// Parts the keys in the name of a variable; no key holds two underscores in a row.
pub(super) const SEPARATOR: &str = "__";

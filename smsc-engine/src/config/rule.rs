//! What every kind of setting can do: be read, be written, be judged.

use super::node::Node;
use super::page::Page;
use super::{ConfigError, Fault};

/// One row of the table of keys.
pub(super) struct Rule {
    /// The key, as in the file; empty for a part of a section whose keys stand in the section itself.
    pub(super) key: &'static str,
    /// What it means, line by line.
    pub(super) about: &'static [&'static str],
    /// Smallest and largest value, length or count.
    pub(super) range: Option<Range>,
    /// Whether it has no default.
    pub(super) required: bool,
}

/// Smallest and largest value allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    pub(super) min: u64,
    pub(super) max: u64,
}

impl Rule {
    /// The whole of the settings, which no key leads to.
    pub(super) const ROOT: Rule = Rule { key: "", about: &[], range: None, required: false };

    /// Whether its keys stand in the section around it.
    pub(super) fn is_flat(&self) -> bool {
        self.key.is_empty()
    }

    /// The keys of the section that are its own.
    pub(super) fn keys<T: Setting>(&self) -> Vec<&'static str> {
        if self.is_flat() { T::keys() } else { vec![self.key] }
    }

    /// Where it is found below a path.
    pub(super) fn path_below(&self, path: &str) -> String {
        let separator = if path.is_empty() || self.is_flat() { "" } else { "." };
        format!("{path}{separator}{}", self.key)
    }

    /// The range, or everything.
    pub(super) fn range(&self) -> Range {
        self.range.unwrap_or(Range { min: 0, max: u64::MAX })
    }
}

impl Range {
    pub(super) fn contains(self, size: u64) -> bool {
        (self.min..=self.max).contains(&size)
    }

    /// The fault of a size that is not allowed.
    pub(super) fn fault(self, path: &str, unit: &'static str, found: String) -> Fault {
        Fault::OutOfRange { path: path.into(), min: self.min, max: self.max, unit, found }
    }
}

/// A value, a section, or a list of sections.
pub(super) trait Setting: Sized + PartialEq {
    /// Reads it from where it is given; `None` when it is not given or was complained about.
    fn read(node: &Node<'_>, rule: &Rule, faults: &mut Vec<ConfigError>) -> Option<Self>;

    /// Writes it as TOML.
    fn write(&self, rule: &Rule, page: &mut Page);

    /// Names the keys in which `other` differs; a list is one key.
    fn differences(&self, other: &Self, path: &str, found: &mut Vec<String>) {
        if self != other {
            found.push(path.into());
        }
    }

    /// The keys of a section.
    fn keys() -> Vec<&'static str> {
        Vec::new()
    }

    /// Reads what is inside a section; what is not given there is as usual.
    fn read_fields(_node: &Node<'_>, usual: Self, _faults: &mut Vec<ConfigError>) -> Self {
        usual
    }

    /// Writes what is inside a section, without its header.
    fn write_fields(&self, _page: &mut Page) {}
}

/// What the size of a list counts, in messages.
pub(super) const ENTRIES: &str = " entries";

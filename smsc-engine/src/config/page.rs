//! Settings written as TOML: for showing what is in force, and as a documented sample.

use std::fmt::Write;

use super::root::Root;
use super::rule::{ENTRIES, Rule, Setting};
use super::value::Scalar;

/// A TOML document being written.
#[derive(Default)]
pub(super) struct Page {
    text: String,
    /// The keys that lead to the section being written.
    path: Vec<&'static str>,
    /// Whether it says what keys mean.
    explained: bool,
    /// Whether it shows passwords.
    revealing: bool,
    /// Whether what is written is an example that does not count.
    example: bool,
}

impl Page {
    /// Writes settings for people: passwords are hidden, but for those that are empty.
    pub(super) fn shown(settings: &impl Setting) -> String {
        Page::default().filled(settings)
    }

    /// Writes all of them, passwords too.
    #[cfg(feature = "gateway")]
    pub(super) fn whole(settings: &impl Setting) -> String {
        Page { revealing: true, ..Page::default() }.filled(settings)
    }

    /// Writes every key with its default and what it means.
    pub(super) fn sample<T: Root>() -> String {
        Page { text: T::HEADER.into(), explained: true, revealing: true, ..Page::default() }.filled(&T::default())
    }

    fn filled(mut self, settings: &impl Setting) -> String {
        settings.write_fields(&mut self);
        self.text
    }

    /// Writes a section, or an entry of a list of sections.
    pub(super) fn section(&mut self, rule: &Rule, entry: bool, fields: impl FnOnce(&mut Self)) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.explain(rule, ENTRIES);
        self.path.push(rule.key);
        let path = self.path.join(".");
        self.line(&if entry { format!("[[{path}]]") } else { format!("[{path}]") });
        fields(self);
        self.path.pop();
    }

    /// Writes a list of sections; what the keys mean is said at the first, or at an example if there is none.
    pub(super) fn list<T: Setting + Default>(&mut self, rule: &Rule, entries: &[T]) {
        let explained = self.explained;
        if entries.is_empty() && explained {
            self.example = true;
            self.section(rule, true, |page| T::default().write_fields(page));
            self.example = false;
        }
        for entry in entries {
            self.section(rule, true, |page| entry.write_fields(page));
            self.explained = false;
        }
        self.explained = explained;
    }

    /// Writes a key and its value.
    pub(super) fn value<T: Scalar>(&mut self, rule: &Rule, value: &T) {
        self.explain(rule, T::UNIT);
        let hidden = T::SECRET && !self.revealing && value.size() != Some(0);
        let value = if hidden { quoted(HIDDEN) } else { value.to_toml() };
        self.line(&format!("{} = {value}", rule.key));
    }

    /// Explains a key that is not given, and writes nothing else.
    pub(super) fn absent<T: Scalar>(&mut self, rule: &Rule, value: &T) {
        if self.explained {
            let counts = !std::mem::replace(&mut self.example, true);
            self.value(rule, value);
            self.example = !counts;
        }
    }

    fn explain(&mut self, rule: &Rule, unit: &str) {
        if !self.explained {
            return;
        }
        for line in rule.about {
            self.line(&format!("#{line}"));
        }
        if let Some(range) = rule.range {
            self.line(&format!("# {} to {}{unit}.", range.min, range.max));
        }
    }

    fn line(&mut self, line: &str) {
        if self.example && !line.starts_with('#') {
            self.text.push('#');
        }
        self.text.push_str(line);
        self.text.push('\n');
    }
}

/// A text as a TOML string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // Writing to a String cannot fail.
            control if control.is_control() => drop(write!(quoted, "\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Stands for a password; its length tells nothing.
const HIDDEN: &str = "********";

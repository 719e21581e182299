//! Settings written as TOML: for showing what is in force, and as a documented sample.

use std::fmt::Write;

use super::Settings;
use super::rule::{Rule, Setting};

impl Settings {
    /// All settings as TOML, for showing to people: passwords are hidden.
    pub fn to_toml(&self) -> String {
        Page::write(self, false)
    }

    /// A configuration file that says what every key means and holds all defaults, the test account included.
    pub fn sample() -> String {
        Page::write(&Self::default(), true)
    }
}

/// A TOML document being written.
pub(super) struct Page {
    text: String,
    /// The keys that lead to the section being written.
    path: Vec<&'static str>,
    /// Whether it says what keys mean.
    explained: bool,
    /// Whether it shows passwords.
    revealing: bool,
}

impl Page {
    fn write(settings: &Settings, sample: bool) -> String {
        let mut page = Self { text: String::new(), path: Vec::new(), explained: sample, revealing: sample };
        settings.write_fields(&mut page);
        page.text
    }

    /// Writes a section, or an entry of a list of sections.
    pub(super) fn section(&mut self, rule: &Rule, entry: bool, fields: impl FnOnce(&mut Self)) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.explain(rule);
        self.path.push(rule.key);
        let path = self.path.join(".");
        self.line(&if entry { format!("[[{path}]]") } else { format!("[{path}]") });
        fields(self);
        self.path.pop();
    }

    /// Writes a list of sections; what the keys mean is said at the first.
    pub(super) fn list<T: Setting>(&mut self, rule: &Rule, entries: &[T]) {
        let explained = self.explained;
        for entry in entries {
            self.section(rule, true, |page| entry.write_fields(page));
            self.explained = false;
        }
        self.explained = explained;
    }

    /// Writes a key and its value.
    pub(super) fn value(&mut self, rule: &Rule, value: String) {
        self.explain(rule);
        self.line(&format!("{} = {value}", rule.key));
    }

    /// What is shown of a secret.
    pub(super) fn secret(&self, value: String) -> String {
        if self.revealing { value } else { quoted(HIDDEN) }
    }

    fn explain(&mut self, rule: &Rule) {
        if !self.explained {
            return;
        }
        for line in rule.about {
            self.line(&format!("#{line}"));
        }
        if let Some(range) = rule.range {
            self.line(&format!("# From {} to {}.", range.min, range.max));
        }
    }

    fn line(&mut self, line: &str) {
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

//! What is wrong with the fields of a body, all of it at once.

use std::collections::BTreeMap;

use super::problem::Problem;
use crate::model::Lane;

/// Gathers faults by field.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<String, String>);

impl Faults {
    /// Notes what is wrong with a field; the first fault of each counts.
    pub(super) fn add(&mut self, field: &str, fault: impl Into<String>) {
        self.0.entry(field.to_owned()).or_insert_with(|| fault.into());
    }

    /// A field that must be there and say something.
    pub(super) fn required(&mut self, field: &str, value: Option<String>) -> String {
        match value {
            Some(value) if !value.is_empty() => value,
            _ => {
                self.add(field, "is required");
                String::new()
            }
        }
    }

    /// The number of a recipient: digits, perhaps after a `+`.
    pub(super) fn number(&mut self, field: &str, number: &str) {
        let digits = number.strip_prefix('+').unwrap_or(number);
        let is_number = digits.bytes().all(|octet| octet.is_ascii_digit()) && (1..=LONGEST_NUMBER).contains(&digits.len());
        if !number.is_empty() && !is_number {
            self.add(field, "has an invalid phone number format: use E.164, such as +15551234567");
        }
    }

    /// The number or the name of a sender.
    pub(super) fn sender(&mut self, field: &str, sender: &str) {
        if sender.len() > LONGEST_NUMBER + usize::from(sender.starts_with('+')) || sender.contains(char::is_control) {
            self.add(field, "has an invalid phone number format: a number or a name of at most 20 octets");
        }
    }

    /// The name of a system.
    pub(super) fn name(&mut self, field: &str, name: &str) {
        if name.len() > LONGEST_NAME || name.contains(char::is_control) {
            self.add(field, "must be a name of at most 255 octets without control characters");
        }
    }

    /// The lane of a frontend with this name; the empty one without a name.
    pub(super) fn lane(&mut self, field: &str, name: Option<&str>) -> Lane {
        let lane = Lane::from(name.unwrap_or_default());
        self.name(field, lane.as_str());
        if !lane.is_public() && lane != Lane::default() {
            self.add(field, "must not begin with '!'");
        }
        lane
    }

    /// Nothing was wrong.
    pub(super) fn none(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::fields(self.0)) }
    }
}

// What an SMPP address has room for.
const LONGEST_NUMBER: usize = 20;
const LONGEST_NAME: usize = 255;

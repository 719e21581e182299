//! Who changed what, in the log under a target of its own.

use std::fmt::{Display, Write};

use serde_json::{Map, Value};

use super::origin::Origin;
use crate::model::Route;

/// Writes one line about a change that was made: what was done to what.
///
/// What frontends and networks say in their work - registrations, locations, reports - is no change in this sense; the
/// history of messages tells of it.
pub(super) fn audit(origin: &Origin, action: &str, details: impl Display) {
    crate::audit::audit(&origin.actor(), action, details);
}

/// What differs between two routes: each field with its old and new value, `nothing` if none does.
pub(super) fn difference(old: &Route, new: &Route) -> String {
    let (old, new) = (fields(old), fields(new));
    let changed = new.iter().filter(|(field, value)| *field != "id" && old.get(*field) != Some(value));
    let mut text = String::new();
    for (field, value) in changed {
        let separator = if text.is_empty() { "" } else { ", " };
        let before = old.get(field).unwrap_or(&Value::Null);
        // Values as JSON: nothing in them breaks a line. Writing to a string cannot fail.
        _ = write!(text, "{separator}{field} {before} -> {value}");
    }
    if text.is_empty() { "nothing".to_owned() } else { text }
}

fn fields(route: &Route) -> Map<String, Value> {
    match serde_json::to_value(route) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_fields_with_their_old_and_new_values() {
        let old = Route { id: 1, weight: 50, called_prefix: Some("+44".into()), ..Route::default() };
        let new = Route { id: 2, called_prefix: None, description: "a\nb".into(), ..old.clone() };
        assert_eq!(difference(&old, &new), r#"called_prefix "+44" -> null, description "" -> "a\nb""#);
        assert_eq!(difference(&old, &Route { id: 9, ..old.clone() }), "nothing");
    }
}

//! What a simulation of routing says, in few lines.

use std::fmt::Write as _;

use serde_json::Value;

use smsc_engine::program::table::cell;

use super::field;

/// Shows the chosen route, why it is that one, and why the next ones are not.
pub(super) fn brief(simulation: &Value) -> String {
    let mut text = String::new();
    let (from, to) = (word(simulation, "calling"), word(simulation, "called"));
    let chosen = field(simulation, "chosen");
    // Writing to a string cannot fail.
    let _ = match chosen.is_null() {
        true => writeln!(text, "{from} to {to}: no route"),
        false => writeln!(text, "{from} to {to}: {}", candidate(chosen)),
    };
    if !field(simulation, "translation").is_null() {
        let _ = writeln!(text, "translated: {}", word(simulation, "translation"));
    }
    let _ = writeln!(text, "reason: {}", word(simulation, "reason"));
    let others: Vec<&Value> = list(simulation, "candidates").iter().skip(usize::from(!chosen.is_null())).collect();
    for other in others.iter().take(MOST) {
        let _ = writeln!(text, "not {}: {}", candidate(other), against(other, chosen));
    }
    let omitted = field(simulation, "omitted").as_u64().unwrap_or_default();
    let left_out = others.len().saturating_sub(MOST) as u64 + omitted;
    if left_out > 0 {
        let _ = writeln!(text, "and {left_out} more; --all shows them");
    }
    text
}

/// A route in a few words: where it leads and what it asks for.
fn candidate(candidate: &Value) -> String {
    let route = field(candidate, "route");
    let flag = |name| field(route, name) == &Value::Bool(true);
    let end = match (flag("auto_reply"), flag("drop")) {
        (true, _) => "an answer".to_owned(),
        (false, true) => "drop".to_owned(),
        (false, false) => word(route, "dest_smsc"),
    };
    let criteria = list(candidate, "criteria").iter();
    let criteria: Vec<_> = criteria.map(|met| format!("{} {}", word(met, "field"), word(met, "wanted"))).collect();
    let criteria = if criteria.is_empty() { "everything".to_owned() } else { criteria.join(", ") };
    format!("{end} by route {} ({criteria})", field(route, "id"))
}

/// Why a route that matches is not the chosen one.
fn against(other: &Value, chosen: &Value) -> String {
    if let Some(reason) = field(other, "passed_over").as_str() {
        return reason.to_owned();
    }
    let priority = |of| field(field(of, "route"), "priority").as_u64().unwrap_or_default();
    let (theirs, ours) = (priority(other), priority(chosen));
    if theirs != ours {
        return format!("priority {theirs} after {ours}");
    }
    let (theirs, ours) = (field(other, "score"), field(chosen, "score"));
    if theirs != ours {
        return format!("{theirs} points against {ours}");
    }
    format!("equal, gets {:.0} % of such messages", field(other, "share").as_f64().unwrap_or_default())
}

fn word(value: &Value, name: &str) -> String {
    cell(value.get(name))
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    field(value, name).as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Others that are shown; who wants to know more asks for all.
const MOST: usize = 8;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn route(id: u64, priority: u64, score: u64) -> Value {
        json!({
            "route": { "id": id, "dest_smsc": "uk", "priority": priority, "auto_reply": false, "drop": false },
            "score": score, "share": 30.0, "passed_over": null,
            "criteria": [{ "field": "called_prefix", "wanted": "+44", "found": "+447700900001", "points": 20 }],
        })
    }

    #[test]
    fn the_chosen_route_and_what_speaks_against_the_others_are_a_line_each() {
        let mut passed = route(5, 1, 9);
        passed["passed_over"] = "nobody serves its destination at present".into();
        let drops = json!({ "route": { "id": 6, "drop": true, "priority": 1 }, "score": 3, "share": 0.0, "criteria": [] });
        let simulation = json!({
            "calling": "1", "called": "+447700900001", "translation": "called 0044… is +44…", "reason": "because",
            "chosen": route(2, 1, 20),
            "candidates": [route(2, 1, 20), route(3, 7, 20), route(4, 1, 20), passed, drops],
            "omitted": 0,
        });
        assert_eq!(
            brief(&simulation),
            "1 to +447700900001: uk by route 2 (called_prefix +44)\n\
             translated: called 0044… is +44…\n\
             reason: because\n\
             not uk by route 3 (called_prefix +44): priority 7 after 1\n\
             not uk by route 4 (called_prefix +44): equal, gets 30 % of such messages\n\
             not uk by route 5 (called_prefix +44): nobody serves its destination at present\n\
             not drop by route 6 (everything): 3 points against 20\n"
        );
    }

    #[test]
    fn a_hundred_routes_are_a_few_lines() {
        let mut all: Vec<Value> = (2..102).map(|id| route(id, id, 20)).collect();
        all.insert(0, route(1, 1, 20));
        let simulation = json!({ "reason": "x", "chosen": route(1, 1, 20), "candidates": all, "omitted": 7 });
        let text = brief(&simulation);
        assert!(text.lines().count() == 2 + MOST + 1 && text.ends_with("and 99 more; --all shows them\n"), "{text}");
        let none = json!({ "calling": "1", "called": "2", "reason": "no route matches", "chosen": null, "candidates": [] });
        assert_eq!(brief(&none), "1 to 2: no route\nreason: no route matches\n");
    }
}

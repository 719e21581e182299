//! Answers as people read them.

use serde_json::Value;

/// Shows the chosen columns of a list of objects; an empty list says so.
pub fn rows(list: &Value, columns: &[&str]) -> String {
    let Some(list) = list.as_array().filter(|list| !list.is_empty()) else { return "none\n".into() };
    let mut lines = vec![columns.iter().map(|column| column.to_uppercase()).collect::<Vec<_>>()];
    lines.extend(list.iter().map(|row| columns.iter().map(|column| cell(row.get(column))).collect()));
    let width = |place: usize| lines.iter().filter_map(|line| Some(line.get(place)?.chars().count())).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |line: &Vec<String>| {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// Shows an object, one line for each value.
pub fn tree(value: &Value) -> String {
    let mut lines = String::new();
    branch(value, "", &mut lines);
    lines
}

fn branch(value: &Value, name: &str, lines: &mut String) {
    let under = |inner: &str| if name.is_empty() { inner.to_owned() } else { format!("{name}.{inner}") };
    match value {
        Value::Object(members) => members.iter().for_each(|(inner, value)| branch(value, &under(inner), lines)),
        Value::Array(list) if list.iter().any(|item| item.is_object()) => {
            list.iter().enumerate().for_each(|(number, value)| branch(value, &under(&number.to_string()), lines));
        }
        _ if name.is_empty() => *lines += &format!("{}\n", cell(Some(value))),
        _ => *lines += &format!("{name}: {}\n", cell(Some(value))),
    }
}

/// One value on one line; what an attacker may have put in there moves no cursor.
pub fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".into(),
        Some(Value::String(text)) => {
            text.chars().flat_map(|sign| if sign.is_control() { sign.escape_default().collect() } else { vec![sign] }).collect()
        }
        Some(Value::Array(list)) => list.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(","),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_table_has_its_columns_below_one_another() {
        let list = json!([{ "id": 1, "name": "über", "bind": ["a", "b"] }, { "id": 20, "name": null, "text": "x" }]);
        assert_eq!(rows(&list, &["id", "name", "bind"]), "ID  NAME  BIND\n1   über  a,b\n20  -     -\n");
        assert_eq!(rows(&json!([]), &["id"]), "none\n");
    }

    #[test]
    fn a_tree_names_every_value() {
        let value = json!({ "version": "1", "lanes": [{ "lane": "uk" }], "load": [1, 2], "empty": {} });
        assert_eq!(tree(&value), "empty: \nlanes.0.lane: uk\nload: 1,2\nversion: 1\n".replace("empty: \n", ""));
        assert_eq!(tree(&json!("done")), "done\n");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(rows(&json!([{ "text": "a\u{1b}[2Jb\nc" }]), &["text"]), "TEXT\na\\u{1b}[2Jb\\nc\n");
    }
}

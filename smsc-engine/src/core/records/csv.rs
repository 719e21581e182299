//! Comma-separated values as RFC 4180 has them, with `\n` at the ends of lines.

use super::column::Field;
use crate::calendar;

/// Writes a value; a comma goes before all but the first one of a line.
pub(super) fn put(out: &mut String, field: &Field<'_>) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push(',');
    }
    match field {
        Field::Number(None) | Field::Text(None) | Field::Time(None) => {}
        Field::Number(Some(number)) => out.push_str(&number.to_string()),
        Field::Flag(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Field::Time(Some(moment)) => out.push_str(&calendar::text(*moment)),
        Field::Text(Some(text)) => put_text(out, text),
    }
}

fn put_text(out: &mut String, text: &str) {
    // An empty text in quotes is one, without them it is nothing.
    let plain = !text.is_empty() && !text.contains([',', '"', '\n', '\r', '\0']);
    if plain {
        return out.push_str(text);
    }
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\"\""),
            // No reader of such files expects it, and a hole in a file after a crash looks like it.
            '\0' => out.push(char::REPLACEMENT_CHARACTER),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// Splits one line, without its end, into its values.
pub(super) fn split(line: &str) -> Vec<String> {
    let (mut values, mut value, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => value.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => values.push(std::mem::take(&mut value)),
            other => value.push(other),
        }
    }
    values.push(value);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_everything_in_them_are_read_back() {
        let texts = ["plain", "a,b", "say \"hi\"", "two\nlines\r\n", "", "Grüße 👋"];
        let mut line = String::new();
        texts.iter().for_each(|text| put(&mut line, &Field::Text(Some(text))));
        assert_eq!(split(&line), texts);
        assert_eq!(line, "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\r\n\",\"\",Grüße 👋");
        let mut line = String::new();
        for field in [Field::Number(Some(1)), Field::Number(None), Field::Flag(true), Field::Text(Some("\0"))] {
            put(&mut line, &field);
        }
        assert_eq!(line, "1,,true,\"\u{FFFD}\"");
    }
}

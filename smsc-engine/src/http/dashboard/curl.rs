//! The REST call that does what a form does, to be copied into a shell.

use serde_json::Value;

/// Writes a call; what stands in quotes means itself in every POSIX shell.
pub(super) fn call(base: &str, (method, path): (&str, &str), body: Option<&Value>) -> String {
    let mut line = format!("curl -X {method} {}", quoted(&format!("{base}{path}")));
    if let Some(body) = body {
        line.push_str(" -H 'Content-Type: application/json' -d ");
        line.push_str(&quoted(&plain(&body.to_string())));
    }
    line
}

/// JSON without characters that make it look different from what it is.
fn plain(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '\u{7F}'..='\u{9F}'
            | '\u{61C}'
            | '\u{200B}'
            | '\u{200E}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            other => out.push(other),
        }
    }
    out
}

/// A word that means itself in every POSIX shell.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_gets_out_of_the_quotes() {
        let body = json!({"text": "it's $(reboot) `x`\n"});
        let line = call("https://localhost:8443", ("POST", "/api/messages"), Some(&body));
        let expected = r#"curl -X POST 'https://localhost:8443/api/messages' -H 'Content-Type: application/json' -d '{"text":"it'\''s $(reboot) `x`\n"}'"#;
        assert_eq!(line, expected);
        let turned = call("", ("POST", "/x"), Some(&json!("\u{202E}gpj")));
        assert!(turned.ends_with(r#"-d '"\u202egpj"'"#), "{turned}");
    }
}

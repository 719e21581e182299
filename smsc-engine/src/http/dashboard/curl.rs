//! The REST call that does what a form does, to be copied into a shell.

use serde_json::Value;

/// Writes a call; what stands in quotes means itself in every POSIX shell.
pub(super) fn call(base: &str, (method, path): (&str, &str), body: Option<&Value>) -> String {
    let mut line = format!("curl -X {method} {}", quoted(&format!("{base}{path}")));
    if let Some(body) = body {
        line.push_str(" -H 'Content-Type: application/json' -d ");
        line.push_str(&quoted(&body.to_string()));
    }
    line
}

fn quoted(text: &str) -> String {
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
    }
}

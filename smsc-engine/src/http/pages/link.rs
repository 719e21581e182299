//! Addresses of pages: the state of a page is in its address, so that it can be shared.

use std::fmt::Write as _;

/// Puts an address together; empty values are left out.
#[derive(Clone, Debug)]
pub(in crate::http) struct Link {
    text: String,
    begun: bool,
}

impl Link {
    pub(in crate::http) fn to(path: &str) -> Link {
        Link { text: path.to_owned(), begun: false }
    }

    #[must_use]
    pub(in crate::http) fn with(mut self, name: &str, value: impl AsRef<str>) -> Link {
        let value = value.as_ref();
        if !value.is_empty() {
            self.text.push(if self.begun { '&' } else { '?' });
            self.begun = true;
            self.text.push_str(name);
            self.text.push('=');
            self.text.push_str(&encoded(value));
        }
        self
    }

    pub(in crate::http) fn text(self) -> String {
        self.text
    }
}

/// Text as part of an address: everything but letters, digits and four signs as `%XX`.
pub(in crate::http) fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(octet)),
            // Writing to a string cannot fail.
            other => drop(write!(out, "%{other:02X}")),
        }
    }
    out
}

/// Reads what [`encoded`] wrote; octets that are no text become replacement characters.
pub(in crate::http) fn decoded(text: &str) -> String {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        octets.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&octets).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_any_text_and_leave_out_what_is_empty() {
        let link = Link::to("/message_queue").with("q", "+44 7&\"<").with("status", "").with("smsc", "é").text();
        assert_eq!(link, "/message_queue?q=%2B44%207%26%22%3C&smsc=%C3%A9");
        assert_eq!(decoded(&encoded("+44 7&\"<é")), "+44 7&\"<é");
        assert_eq!((decoded("100%"), decoded("%zz"), decoded("%FF")), ("100%".into(), "%zz".into(), "\u{FFFD}".into()));
    }
}

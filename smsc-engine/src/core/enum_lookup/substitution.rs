//! The substitution expression of a NAPTR record (RFC 3402 §3.2): `!expression!replacement!flags`.

use regex::{Captures, Regex, RegexBuilder};

/// An expression, and what takes the place of the text it matches.
#[derive(Debug)]
pub(super) struct Substitution {
    expression: Regex,
    replacement: String,
}

impl Substitution {
    /// Reads the field; `None` if it breaks a rule or asks for too much.
    pub(super) fn read(field: &str) -> Option<Substitution> {
        let delimiter = field.chars().next()?;
        // Digits and flags would be ambiguous, the backslash escapes.
        if delimiter.is_ascii_digit() || delimiter == 'i' || delimiter == '\\' {
            return None;
        }
        let mut rest = field.get(delimiter.len_utf8()..)?;
        let pattern = take(&mut rest, delimiter)?;
        let replacement = take(&mut rest, delimiter)?;
        let insensitive = match rest {
            "" => false,
            "i" => true,
            _ => return None,
        };
        let expression = RegexBuilder::new(&pattern)
            .case_insensitive(insensitive)
            .size_limit(MOST_PROGRAM)
            .dfa_size_limit(MOST_PROGRAM)
            .nest_limit(MOST_NESTED)
            .build()
            .ok()?;
        Some(Substitution { expression, replacement })
    }

    /// Returns the replacement with its back-references filled in; `None` if the text does not match, or if a
    /// back-reference names no group.
    pub(super) fn apply(&self, text: &str) -> Option<String> {
        let groups = self.expression.captures(text)?;
        let mut result = String::with_capacity(self.replacement.len() + text.len());
        let mut chars = self.replacement.chars();
        while let Some(char) = chars.next() {
            match char {
                '\\' => insert(&mut result, chars.next()?, &groups)?,
                char => result.push(char),
            }
        }
        Some(result)
    }
}

/// What stands behind a backslash: a group's number, or a character for itself.
fn insert(result: &mut String, escaped: char, groups: &Captures<'_>) -> Option<()> {
    match escaped.to_digit(10) {
        Some(0) => return None,
        Some(group) if group as usize >= groups.len() => return None,
        // A group that took no part in the match is empty.
        Some(group) => result.push_str(groups.get(group as usize).map_or("", |group| group.as_str())),
        None => result.push(escaped),
    }
    Some(())
}

/// Takes what stands before the next delimiter that is not escaped, and the delimiter with it.
fn take(rest: &mut &str, delimiter: char) -> Option<String> {
    let mut part = String::new();
    let mut chars = rest.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => match chars.next()?.1 {
                // Escaped, the delimiter is an ordinary character.
                escaped if escaped == delimiter => part.push(escaped),
                escaped => part.extend(['\\', escaped]),
            },
            char if char == delimiter => {
                *rest = rest.get(at + delimiter.len_utf8()..)?;
                return Some(part);
            }
            char => part.push(char),
        }
    }
    None
}

// Expressions come from outside: a field of 255 octets can ask for megabytes.
const MOST_PROGRAM: usize = 256 * 1024;
const MOST_NESTED: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(field: &str) -> Option<String> {
        Substitution::read(field)?.apply("+15550100")
    }

    #[test]
    fn the_replacement_is_filled_with_what_the_groups_matched() {
        for (field, result) in [
            ("!^.*$!sip:15550100@voip-gateway.example.com!", "sip:15550100@voip-gateway.example.com"),
            (r"!^\+(1)(.*)$!sip:\2-\1@h!", "sip:5550100-1@h"),
            ("/^.*$/sip:a!b@h/", "sip:a!b@h"),
            (r"!^.*$!sip:a\!b@h!", "sip:a!b@h"),
            (r"!^.*$!sip:a\\b@h!", r"sip:a\b@h"),
            (r"!^(x)?.*$!sip:a\1b@h!", "sip:ab@h"),
            ("!^.*$!SIP:H!i", "SIP:H"),
            (r"|^\+(\d+)$|sip:\1@h|", "sip:15550100@h"),
            ("§^.*$§sip:u@h§", "sip:u@h"),
            (r"!^\+1(.*)$!\1!", "5550100"),
        ] {
            assert_eq!(apply(field).as_deref(), Some(result), "{field}");
        }
    }

    #[test]
    fn what_breaks_a_rule_gives_nothing() {
        for field in [
            "",
            "!",
            "!!",
            "!^.*$!sip:u@h",
            "!^.*$!sip:u@h!g",
            "!^.*$!sip:u@h!!",
            "1^.*$1sip:u@h1",
            "i^.*$isip:u@hi",
            r"\^.*$\sip:u@h\",
            "!^(.*$!sip:u@h!",
            "!^[!sip:u@h!",
            r"!^.*$!sip:\1@h!",
            r"!^(.*)$!sip:\0@h!",
            r"!^.*$!sip:u@h\!",
            "!^44!sip:u@h!",
            "!(?=1)!sip:u@h!",
        ] {
            assert_eq!(apply(field), None, "{field}");
        }
    }

    #[test]
    fn an_expression_that_asks_for_too_much_is_not_compiled() {
        assert!(Substitution::read(r"!(((a{100}){100}){100}){100}!sip:u@h!").is_none());
        assert!(Substitution::read(&format!("!{}{}!sip:u@h!", "(".repeat(100), ")".repeat(100))).is_none());
    }
}

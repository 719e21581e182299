//! Who does something to a centre, and the line of the log that says so.

use std::fmt::{self, Write};

/// How much somebody may do; each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Changes what concerns messages: the queue, routes, rules, peers.
    Operator,
    /// Changes who may do what.
    Admin,
}

impl Role {
    /// All three, the least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// Returns the word for it: `viewer`, `operator` or `admin`.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    /// Finds the role with this word.
    pub fn from_name(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Who does something.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Actor {
    /// Somebody who is logged in.
    User {
        /// The name.
        name: String,
        /// The role at the time.
        role: Role,
    },
    /// A program with a key or a certificate.
    ApiKey(String),
    /// A program that was asked for no key, by where it calls from.
    Address(String),
    /// Somebody at the machine, whom the system cannot name.
    CommandLine,
    /// Somebody at the machine, by the name the system has for them.
    LocalUser(String),
    /// The program itself.
    Centre,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::User { name, role } => write!(f, "user {name} ({role})"),
            Actor::ApiKey(name) => write!(f, "API key {name}"),
            Actor::Address(address) => write!(f, "address {address}"),
            Actor::CommandLine => f.write_str("command line"),
            Actor::LocalUser(name) => write!(f, "command line of {name}"),
            Actor::Centre => f.write_str("centre"),
        }
    }
}

/// Logs one line with the target `audit`: who did what. `details` must hold no secret and no text of a message.
pub fn audit(actor: &Actor, action: &str, details: impl fmt::Display) {
    tracing::info!(target: "audit", actor = %OneLine(actor), details = %OneLine(details), "{}", OneLine(action));
}

/// Shows what it holds on one line: whatever could end the line or turn its direction is escaped.
pub(crate) struct OneLine<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escape(f), "{}", self.0)
    }
}

struct Escape<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|character| match character {
            // Ends of lines and of paragraphs, and what turns the direction of writing.
            '\u{2028}' | '\u{2029}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
                write!(self.0, "{}", character.escape_unicode())
            }
            control if control.is_control() => write!(self.0, "{}", control.escape_default()),
            other => self.0.write_char(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_forge_a_line_is_escaped() {
        let actor = Actor::User { name: "eve\r\n2026 INFO".into(), role: Role::Viewer };
        assert_eq!(OneLine(actor).to_string(), r"user eve\r\n2026 INFO (viewer)");
        assert_eq!(OneLine("a\u{1b}[31m\u{202e}b\u{2028}é").to_string(), r"a\u{1b}[31m\u{202e}b\u{2028}é");
    }

    #[test]
    fn roles_are_ordered_and_have_names() {
        assert!(Role::Viewer < Role::Operator && Role::Operator < Role::Admin);
        for role in Role::ALL {
            assert_eq!(Role::from_name(role.name()), Some(role));
        }
        assert_eq!(Role::from_name("Admin"), None);
    }
}

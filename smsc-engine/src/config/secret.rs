//! Passwords that do not leak into logs.

use std::fmt;

/// A password; `Debug` hides it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares with what a peer sent, looking at every octet whether or not an earlier one differs.
    pub fn matches(&self, octets: &[u8]) -> bool {
        let own = self.0.as_bytes();
        own.len() == octets.len() && own.iter().zip(octets).fold(0, |differences, (a, b)| differences | (a ^ b)) == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_password() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(hidden)");
    }

    #[test]
    fn only_the_same_octets_match() {
        let secret = Secret::new("test");
        assert!(secret.matches(b"test"));
        for other in [&b""[..], b"tes", b"tesT", b"Test", b"test ", b"test\0"] {
            assert!(!secret.matches(other), "{other:?}");
        }
        assert!(Secret::default().matches(b""));
    }
}

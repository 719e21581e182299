//! What a joiner hands back.

use alloc::vec::Vec;
use core::fmt;

use super::Reference;

/// What one more part led to.
#[must_use = "it holds the parts of messages, which nobody else has"]
pub struct Pushed<K, P> {
    /// What became of the part.
    pub progress: Progress<K, P>,
    /// Other messages that had to make room, or whose reference is used again; oldest first.
    pub given_up: Vec<GivenUp<K, P>>,
}

/// What became of a part.
pub enum Progress<K, P> {
    /// Its message is complete.
    Complete(Message<K, P>),
    /// It is kept; so many parts are still missing.
    Waiting {
        /// How many parts are missing.
        missing: u8,
    },
    /// It was there before, with the same octets; here it is back.
    Duplicate(P),
    /// The parts of its message alone exceed the limits: the message is the last one given up.
    TooLarge,
}

/// A message with all its parts.
pub struct Message<K, P> {
    /// The caller's part of the key.
    pub key: K,
    /// What the parts have in common.
    pub reference: Reference,
    /// The parts, in order.
    pub parts: Vec<P>,
}

/// A message that will not be completed.
pub struct GivenUp<K, P> {
    /// The caller's part of the key.
    pub key: K,
    /// What the parts have in common.
    pub reference: Reference,
    /// How many parts there should be.
    pub total: u8,
    /// The parts there are, each with its number, in order.
    pub parts: Vec<(u8, P)>,
    /// Why it was given up.
    pub reason: Reason,
}

/// Why a message was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// Its deadline has passed.
    Expired,
    /// A part came again with other octets: the sender uses the reference for a new message.
    Reused,
    /// It was the oldest one when the limits were reached.
    Limit,
    /// The caller wanted everything back.
    Drained,
}

impl<K, P> fmt::Debug for Progress<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete(message) => f.debug_tuple("Complete").field(message).finish(),
            Self::Waiting { missing } => f.debug_struct("Waiting").field("missing", missing).finish(),
            Self::Duplicate(_) => f.debug_tuple("Duplicate").finish_non_exhaustive(),
            Self::TooLarge => f.write_str("TooLarge"),
        }
    }
}

impl<K, P> fmt::Debug for Pushed<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pushed").field("progress", &self.progress).field("given_up", &self.given_up).finish()
    }
}

/// Shows neither who wrote nor what.
impl<K, P> fmt::Debug for Message<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("reference", &self.reference).field("parts", &self.parts.len()).finish_non_exhaustive()
    }
}

/// Shows neither who wrote nor what.
impl<K, P> fmt::Debug for GivenUp<K, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenUp")
            .field("reference", &self.reference)
            .field("total", &self.total)
            .field("parts", &self.parts.len())
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

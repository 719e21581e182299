//! The operator's choices about the life of messages.

use std::time::Duration;

/// Rules that may change while the core runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long a message may take if its sender names no deadline.
    pub dead_letter: Duration,
    /// Attempts after which a message has failed; `None` leaves it to the deadline.
    pub max_attempts: Option<u32>,
    /// The delay after the n-th failed attempt is this times 2^n, at most a day.
    pub retry_base: Duration,
    /// What becomes of a message that no route claims and whose recipient is served by nobody.
    pub unrouted: Unrouted,
    /// Whether a message is charged if its route does not say.
    pub charging: bool,
    /// What becomes of a message when charging does not answer or says no.
    pub uncharged: Uncharged,
    /// Forgets the text of a message when it is delivered.
    pub delete_body_after_delivery: bool,
    /// How long the answer to a submission in transaction mode may take.
    pub transaction: Duration,
}

/// What to do without a route.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unrouted {
    /// Keep the message: a route, or the recipient's registration, may still come.
    #[default]
    Keep,
    /// Refuse it.
    Reject,
}

/// What to do without a charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Uncharged {
    /// Deliver all the same, and mark the message.
    #[default]
    Allow,
    /// Refuse it.
    Deny,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            dead_letter: Duration::from_secs(24 * 3600),
            max_attempts: None,
            retry_base: Duration::from_secs(60),
            unrouted: Unrouted::Keep,
            charging: false,
            uncharged: Uncharged::Allow,
            delete_body_after_delivery: false,
            // Below the response timer of usual ESMEs.
            transaction: Duration::from_secs(10),
        }
    }
}

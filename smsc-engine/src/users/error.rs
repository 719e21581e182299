//! Why somebody is not let in, and why users are not changed.

use std::path::PathBuf;
use std::time::Duration;

use crate::overlay::BookError;

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogInError {
    /// Name or password is wrong, or the user may not log in; which of them is nobody's business.
    #[error("name or password is wrong")]
    Refused,
    /// Too many wrong ones came from this address; nobody has looked.
    #[error("too many attempts: try again in {} seconds", .0.as_secs() + 1)]
    TooSoon(Duration),
    /// Too many log in at once; nobody has looked.
    #[error("too many log in at this moment: try again")]
    Busy,
    /// The system has no random octets.
    #[error("the system has no random octets")]
    NoRandom,
}

/// Why users are not opened or not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsersError {
    /// The list does not take the change.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A new password is no good.
    #[error("a password has {least} to {most} characters")]
    Password {
        /// The least.
        least: usize,
        /// The most.
        most: usize,
    },
    /// A password is not hashed, or none can be made.
    #[error("no password: {0}")]
    Hash(String),
    /// The first password cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    File {
        /// Where to.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// Who changes the own password does not know the old one, or must wait.
    #[error(transparent)]
    LogIn(#[from] LogInError),
    /// The session is over.
    #[error("the session is over")]
    NoSession,
}

//! Why a message was not granted.

/// Why a message was not granted; the text is fit for an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChargeError {
    /// The system has no units for it.
    #[error("no credit: the charging system granted nothing")]
    NoCredit,
    /// The system answered with an error of its own.
    #[error("the charging system refused: {0}")]
    Refused(String),
    /// The system did not answer in time.
    #[error("the charging system did not answer in time")]
    TimedOut,
    /// The connection failed.
    #[error("no connection to the charging system: {0}")]
    Connection(String),
    /// The system answered with this HTTP status.
    #[error("the charging system answered HTTP {0}")]
    Http(u16),
    /// The answer is not what the protocol says.
    #[error("the charging system's answer makes no sense: {0}")]
    Malformed(String),
    /// The system failed too often lately and is left alone for a while.
    #[error("the charging system is not asked at present, for it failed too often")]
    Open,
    /// Too many calls wait already.
    #[error("too many calls to the charging system wait")]
    Busy,
}

impl ChargeError {
    /// True if the system is to blame; false if it works and says no, or was not asked.
    pub const fn is_fault(&self) -> bool {
        matches!(self, Self::TimedOut | Self::Connection(_) | Self::Http(_) | Self::Malformed(_))
    }
}

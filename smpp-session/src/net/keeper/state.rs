//! What a keeper tells and what it is told.

use std::fmt;
use std::string::String;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use smpp_pdu::CommandStatus;
use thiserror::Error;
use tokio::time::Instant;

use crate::net::client::{BindError, Mc};
use crate::net::connect::ConnectError;
use crate::net::link::Link;
use crate::{CloseReason, Obstacle};

/// How a bind that is kept stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum KeeperState {
    /// A connection is made and bound.
    Connecting {
        /// The `host:port`.
        to: String,
        /// The failures in a row before this attempt, plus one.
        attempt: u32,
    },
    /// There is a session. If it has just ended, this state lasts a moment longer.
    Bound {
        /// Since when.
        since: Instant,
        /// What the MC said about itself.
        mc: Mc,
        /// The session.
        link: Link,
    },
    /// The next attempt is due later.
    Waiting {
        /// When.
        until: Instant,
        /// What has just failed or ended.
        why: Arc<Setback>,
        /// The failures in a row so far.
        attempt: u32,
    },
    /// The keeper was told to: answers that are due are waited for, then the session is unbound.
    Unbinding,
    /// Unbound until told otherwise.
    Paused,
    /// Unbound for good.
    Stopped,
}

impl KeeperState {
    /// The session, if there is one.
    pub const fn link(&self) -> Option<&Link> {
        match self {
            KeeperState::Bound { link, .. } => Some(link),
            _ => None,
        }
    }

    /// True if there is a session.
    pub const fn is_bound(&self) -> bool {
        matches!(self, KeeperState::Bound { .. })
    }
}

/// Why there is no session.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Setback {
    /// No connection could be made.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The connection was made, but not bound.
    #[error("bind {0}")]
    Bind(#[from] BindError),
    /// The session ended.
    #[error("session lost: {0}")]
    Lost(CloseReason),
}

impl Setback {
    /// Whether it goes away by itself; decides how long the next attempt waits.
    pub const fn obstacle(&self) -> Obstacle {
        match self {
            // SMPP values: asking again and again with these locks accounts.
            Setback::Bind(BindError::Refused(CommandStatus::RINVPASWD | CommandStatus::RINVSYSID | CommandStatus::RBINDFAIL)) => {
                Obstacle::Lasting
            }
            #[cfg(feature = "tls")]
            Setback::Connect(ConnectError::Certificate { .. } | ConnectError::NoTls { .. } | ConnectError::ServerName { .. }) => {
                Obstacle::Lasting
            }
            _ => Obstacle::Passing,
        }
    }
}

/// Is told of every attempt of a keeper and how it failed, in order; the [`Service`](crate::net::Service) of its
/// sessions is told which of them were bound and which ended.
///
/// The methods are called by the keeper's task; none of them may block.
pub trait Witness: fmt::Debug + Send + Sync + 'static {
    /// A connection to this `host:port` is about to be made.
    fn attempt(&self, to: &str);

    /// An attempt failed, or a session ended that nobody told to.
    fn setback(&self, why: &Setback);
}

/// What the handles want of the task; the newest counts.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Orders {
    pub(super) wanted: Wanted,
    /// Grows with each wish for a new session.
    pub(super) round: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Wanted {
    #[default]
    Bound,
    Unbound,
    Over,
}

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    last: Mutex<Option<Arc<Setback>>>,
    sessions: AtomicU64,
}

impl Record {
    pub(super) fn last(&self) -> Option<Arc<Setback>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn sessions(&self) -> u64 {
        self.sessions.load(Ordering::Relaxed)
    }

    pub(super) fn note(&self, setback: Arc<Setback>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(setback);
    }

    pub(super) fn count(&self) {
        self.sessions.fetch_add(1, Ordering::Relaxed);
    }
}

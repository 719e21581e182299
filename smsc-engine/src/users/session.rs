//! Who is logged in.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp_session::net::same_secret;
use tokio::time::Instant;

use super::token::{Digest, digest_of, token};
use super::{Actor, LogInError, Role, User};
use crate::accounts::Secret;

/// How long sessions last, and how many there may be.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// A session that is not used for so long ends.
    pub idle: Duration,
    /// It ends after so long in any case.
    pub longest: Duration,
    /// Sessions of one user; the one not used for the longest time makes room for another.
    pub per_user: usize,
    /// Sessions of all users.
    pub all: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        SessionLimits { idle: Duration::from_secs(12 * 3600), longest: Duration::from_secs(7 * 86_400), per_user: 16, all: 1000 }
    }
}

/// Somebody was let in.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// What the browser shows from now on; kept nowhere here.
    pub token: Secret,
    /// The session that began.
    pub session: SessionInfo,
}

/// Whose session it is. Does not show its token against forged requests.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// The name of the user.
    pub user: String,
    /// What the user may do.
    pub role: Role,
    /// What every request that changes something must carry.
    pub csrf: String,
}

impl SessionInfo {
    /// Returns who it is, for the audit log.
    pub fn actor(&self) -> Actor {
        Actor::User { name: self.user.clone(), role: self.role }
    }

    /// Tells whether the user may do what takes this role.
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }

    /// Tells whether a request carries the right token.
    pub fn is_csrf(&self, offered: &str) -> bool {
        same_secret(offered.as_bytes(), self.csrf.as_bytes())
    }
}

impl fmt::Debug for SessionInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionInfo").field("user", &self.user).field("role", &self.role).finish_non_exhaustive()
    }
}

/// All sessions, by the digests of their tokens.
pub(super) struct Sessions {
    limits: SessionLimits,
    state: Mutex<HashMap<Digest, Session>>,
}

struct Session {
    /// As the user was at the log-in.
    user: Arc<User>,
    csrf: String,
    opened: Instant,
    used: Instant,
}

impl Sessions {
    pub(super) fn new(limits: SessionLimits) -> Sessions {
        Sessions { limits, state: Mutex::default() }
    }

    pub(super) fn open(&self, user: Arc<User>) -> Result<LoggedIn, LogInError> {
        let (word, csrf) = (token().ok_or(LogInError::NoRandom)?, token().ok_or(LogInError::NoRandom)?);
        let (digest, now) = (digest_of(&word).ok_or(LogInError::NoRandom)?, Instant::now());
        let session = Session { user, csrf, opened: now, used: now };
        let info = session.info();
        let mut state = self.state();
        state.retain(|_, session| self.lasts(session, now));
        let SessionLimits { per_user, all, .. } = self.limits;
        make_room(&mut state, per_user, |other| other.user.name == session.user.name);
        make_room(&mut state, all, |_| true);
        state.insert(digest, session);
        Ok(LoggedIn { token: Secret::new(word), session: info })
    }

    /// Whose session it is, if it lasts and its user is still as at the log-in; `used` keeps it from being idle.
    pub(super) fn get(&self, token: &str, (used, is_current): (bool, impl Fn(&User) -> bool)) -> Option<SessionInfo> {
        let (digest, now) = (digest_of(token)?, Instant::now());
        let mut state = self.state();
        let session = state.get_mut(&digest)?;
        if !self.lasts(session, now) || !is_current(&session.user) {
            state.remove(&digest);
            return None;
        }
        if used {
            session.used = now;
        }
        Some(session.info())
    }

    pub(super) fn close(&self, token: &str) {
        if let Some(digest) = digest_of(token) {
            self.state().remove(&digest);
        }
    }

    pub(super) fn retain(&self, is_current: impl Fn(&User) -> bool) {
        self.state().retain(|_, session| is_current(&session.user));
    }

    fn lasts(&self, session: &Session, now: Instant) -> bool {
        let since = |moment| now.saturating_duration_since(moment);
        since(session.used) < self.limits.idle && since(session.opened) < self.limits.longest
    }

    fn state(&self) -> MutexGuard<'_, HashMap<Digest, Session>> {
        // Nothing in there is half done at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("sessions", &self.state().len()).finish_non_exhaustive()
    }
}

impl Session {
    fn info(&self) -> SessionInfo {
        SessionInfo { user: self.user.name.clone(), role: self.user.role, csrf: self.csrf.clone() }
    }
}

/// Ends those of these sessions that were not used for the longest time until there is room for one more.
fn make_room(sessions: &mut HashMap<Digest, Session>, most: usize, of: impl Fn(&Session) -> bool) {
    while sessions.values().filter(|session| of(session)).count() >= most.max(1) {
        let oldest = sessions.iter().filter(|(_, session)| of(session)).min_by_key(|(_, session)| session.used);
        let Some(digest) = oldest.map(|(digest, _)| *digest) else { return };
        sessions.remove(&digest);
    }
}

//! Who looks, and what they may do.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::audit::Role;
use crate::users::{LogInError, SessionInfo, Users, clear_cookie, session_cookie, token_of};

/// Lets people in: those of [`Users`], or everybody if there are none.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    users: Option<Users>,
    tls: bool,
    /// The session of everybody.
    open: SessionInfo,
}

impl Gate {
    pub(super) fn new(users: Option<Users>, tls: bool) -> Gate {
        let open = SessionInfo { user: "anybody".into(), role: Role::Admin, csrf: nonce() };
        Gate { users, tls, open }
    }

    /// Finds out whose request it is. What a page asks for by itself does not count as a use of the session.
    pub(super) fn session(&self, headers: &HeaderMap, used: bool) -> Option<SessionInfo> {
        let Some(users) = &self.users else { return Some(self.open.clone()) };
        let token = token_of(headers, self.tls)?;
        if used { users.session(token) } else { users.look_at_session(token) }
    }

    /// Checks a password and returns the value of `Set-Cookie`.
    ///
    /// # Errors
    /// [`LogInError`].
    pub(super) async fn log_in(&self, name: &str, password: &str, peer: IpAddr) -> Result<String, LogInError> {
        let Some(users) = &self.users else { return Err(LogInError::Refused) };
        let logged_in = users.log_in(name, password, peer).await?;
        Ok(session_cookie(logged_in.token.expose(), self.tls))
    }

    /// Ends the session of the request and returns the value of `Set-Cookie` that forgets it.
    pub(super) fn log_out(&self, headers: &HeaderMap) -> String {
        if let (Some(users), Some(token)) = (&self.users, token_of(headers, self.tls)) {
            users.log_out(token);
        }
        clear_cookie(self.tls)
    }

    /// Those who may be let in, if that is asked at all.
    pub(super) fn users(&self) -> Option<&Users> {
        self.users.as_ref()
    }

    /// The token of the request's session.
    pub(super) fn token<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        token_of(headers, self.tls)
    }

    /// The cookie of a session.
    pub(super) fn cookie(&self, token: &str) -> String {
        session_cookie(token, self.tls)
    }
}

/// 128 bits nobody can guess: two keys of the standard library's hash maps, which it takes from the system.
fn nonce() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

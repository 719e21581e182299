//! Who looks, and what they may do.

use axum::http::HeaderMap;

use crate::BoxFuture;

/// What somebody may do; each may do what those before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Changes messages, routes and all that is theirs.
    Operator,
    /// Changes who may come in, too.
    Admin,
}

impl Role {
    /// Returns its word.
    pub const fn name(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }
}

/// Somebody who has logged in.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Their name, for the audit lines.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// What every form of theirs must carry.
    pub csrf: String,
}

/// Why somebody did not get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Name or password is wrong; which one is not said.
    Wrong,
    /// Too many tries; after so many seconds there may be another.
    Throttled(u64),
    /// It cannot be found out now.
    Broken,
}

/// Lets people in; used as `Arc<dyn Gate>`.
pub trait Gate: Send + Sync + 'static {
    /// Finds out whose request it is; `None` for nobody's.
    fn viewer(&self, headers: &HeaderMap) -> Option<Viewer>;

    /// Checks a password and returns the value of `Set-Cookie`.
    ///
    /// # Errors
    /// [`Denied`].
    fn log_in<'a>(&'a self, name: &'a str, password: &'a str, peer: &'a str) -> BoxFuture<'a, Result<String, Denied>>;

    /// Ends the session of the request and returns the value of `Set-Cookie` that forgets it.
    fn log_out(&self, headers: &HeaderMap) -> String;

    /// False if everybody is let in anyway.
    fn asks(&self) -> bool {
        true
    }
}

/// Lets everybody in as an admin, for a port that only the right people reach.
#[derive(Clone, Debug)]
pub struct Open {
    csrf: String,
}

impl Default for Open {
    fn default() -> Self {
        Open { csrf: nonce() }
    }
}

impl Gate for Open {
    fn viewer(&self, _: &HeaderMap) -> Option<Viewer> {
        Some(Viewer { name: "anybody".into(), role: Role::Admin, csrf: self.csrf.clone() })
    }

    fn log_in<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<String, Denied>> {
        Box::pin(async { Err(Denied::Broken) })
    }

    fn log_out(&self, _: &HeaderMap) -> String {
        String::new()
    }

    fn asks(&self) -> bool {
        false
    }
}

/// 128 bits nobody can guess: two keys of the standard library's hash maps, which it takes from the system.
fn nonce() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}{:016x}", RandomState::new().hash_one(0), RandomState::new().hash_one(1))
}

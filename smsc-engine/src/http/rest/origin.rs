//! Who calls, as far as it is known.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Rest;
use super::guard::Caller;
use super::problem::Problem;
use super::reply::Envelope;
use crate::audit::Actor;
use crate::http::client::{Client, LocalUser};

/// Who calls: an address, and a name if one was proven.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Where the call comes from.
    pub(super) address: String,
    name: Option<Arc<str>>,
    /// Who calls over the control socket.
    user: Option<LocalUser>,
}

impl Origin {
    /// Who it is, for the audit.
    pub(super) fn actor(&self) -> Actor {
        match (&self.user, &self.name) {
            (Some(user), _) => user.actor(),
            (None, Some(name)) => Actor::ApiKey(name.to_string()),
            (None, None) => Actor::Address(self.address.clone()),
        }
    }

    /// The name that was proven.
    pub(super) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let (Client(address), Caller(name)) =
            (Client::from_request_parts(parts, state).await?, Caller::from_request_parts(parts, state).await?);
        Ok(Origin { address: address.to_string(), name, user: LocalUser::of(&parts.extensions) })
    }
}

/// Who calls, and how the answer is to look.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) origin: Origin,
    pub(super) envelope: Envelope,
}

impl FromRequestParts<Arc<Rest>> for Call {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, rest: &Arc<Rest>) -> Result<Self, Problem> {
        let Ok(origin) = Origin::from_request_parts(parts, rest).await;
        Ok(Call { origin, envelope: Envelope::from_request_parts(parts, rest).await? })
    }
}

/// The name, else the address.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name.as_deref().unwrap_or(&self.address))
    }
}

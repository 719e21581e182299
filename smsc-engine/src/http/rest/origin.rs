//! Who calls, as far as it is known.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;

use super::Rest;
use super::problem::Problem;
use super::reply::Envelope;

/// Who calls: an address, and a name if one was proven.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// Where the call comes from.
    pub(super) address: Option<String>,
    name: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Origin { address: peer.map(|ConnectInfo(peer)| peer.ip().to_canonical().to_string()), name: None })
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
        f.write_str(self.name.as_deref().or(self.address.as_deref()).unwrap_or("unknown"))
    }
}

//! Who calls: the address of a client, through proxies that can be trusted.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

#[cfg(feature = "dashboard")]
use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts};
#[cfg(feature = "dashboard")]
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
#[cfg(feature = "dashboard")]
use axum::middleware::{Next, from_fn_with_state};
#[cfg(feature = "dashboard")]
use axum::response::Response;
use ipnet::IpNet;

use crate::audit::Actor;

/// The address a request comes from.
///
/// It is the peer of the connection. If that is a trusted proxy, it is the last address in `X-Forwarded-For` that is
/// no trusted proxy: each proxy adds whom it heard from at the end, and what stands before the word of the first
/// stranger may be invented. With a chain of trusted proxies that is the first address, as the documents have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client(pub IpAddr);

impl Client {
    /// Finds the address of a request.
    pub fn of(headers: &HeaderMap, extensions: &Extensions, trusted: &[IpNet]) -> Client {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        // Without a connection there is nobody to be told apart; so it is in tests.
        let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0])).to_canonical();
        let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
        let mut client = peer;
        for value in headers.get_all("x-forwarded-for").iter().rev() {
            for text in value.to_str().unwrap_or_default().rsplit(',') {
                if !is_trusted(&client) {
                    return Client(client);
                }
                // Whatever the proxy could not name is behind it: then the proxy has to answer for it.
                let Some(next) = address(text.trim()) else { return Client(client) };
                client = next;
            }
        }
        Client(client)
    }
}

/// Finds out who is behind trusted proxies, for all that `router` serves: whom log-ins that fail are counted for.
#[cfg(feature = "dashboard")]
pub(crate) fn through_proxies(router: Router, trusted: &[IpNet]) -> Router {
    async fn name_client(State(trusted): State<Arc<[IpNet]>>, mut request: Request, next: Next) -> Response {
        let Client(client) = Client::of(request.headers(), request.extensions(), &trusted);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(client, 0)));
        next.run(request).await
    }
    router.layer(from_fn_with_state(Arc::from(trusted), name_client))
}

/// Somebody at the machine who calls over the control socket, by the name the system has for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalUser(pub Arc<str>);

impl LocalUser {
    /// Who makes a request, if it came over the control socket.
    pub fn of(extensions: &Extensions) -> Option<LocalUser> {
        extensions.get::<ConnectInfo<LocalUser>>().map(|ConnectInfo(user)| user.clone())
    }

    /// The same, for the audit.
    pub fn actor(&self) -> Actor {
        Actor::LocalUser(self.0.to_string())
    }
}

/// An address, perhaps with a port, as some proxies write it.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))?;
    Some(address.to_canonical())
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = std::convert::Infallible;

    /// What the layer in front has found; without one, the peer.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let found = parts.extensions.get::<Client>().copied();
        Ok(found.unwrap_or_else(|| Client::of(&HeaderMap::new(), &parts.extensions, &[])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1234)));
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
        Client::of(&headers, &extensions, &trusted).0.to_string()
    }

    #[test]
    fn only_the_word_of_trusted_proxies_counts() {
        assert_eq!(client("203.0.113.5", &["198.51.100.1"]), "203.0.113.5");
        assert_eq!(client("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("::ffff:10.0.0.1", &["::ffff:198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1, 10.0.0.2"]), "198.51.100.1");
        assert_eq!(client("fd00::1", &["198.51.100.1", "10.0.0.2"]), "198.51.100.1");
        // The client invented the first one.
        assert_eq!(client("10.0.0.1", &["127.0.0.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:4711"]), "2001:db8::1");
        for nothing in [&[][..], &[""], &["unknown"], &["198.51.100.1, unknown"]] {
            assert_eq!(client("10.0.0.1", nothing), "10.0.0.1", "{nothing:?}");
        }
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }
}

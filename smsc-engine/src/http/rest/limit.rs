//! How often a client may call.
//!
//! Each client has a count for this second and one for the second before, which fades as this second goes by: within
//! any one second it gets about as many answers as it may have, and never twice as many.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::endpoint::Endpoint;
use super::options::{Limits, RestOptions};
use super::problem::Problem;
use super::{Rest, core, guard};
use crate::http::client::Client;
use crate::model::Timestamp;

/// What clients did of late.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    windows: HashMap<(Endpoint, IpAddr), Window>,
    /// The second in which old ones were last thrown away.
    tidied: u64,
}

/// The requests of one client in one second and in the second before.
#[derive(Clone, Copy, Debug)]
struct Window {
    second: u64,
    count: u32,
    before: u32,
}

/// How a client stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    is_over: bool,
    limit: u32,
    remaining: u32,
    /// When everything is forgotten that was counted in this second, in seconds since the epoch.
    reset: u64,
    /// Seconds until another try is worth while.
    wait: u64,
}

impl Rest {
    /// Counts a request and tells how its client stands; `None` if nobody counts.
    pub(super) fn standing(&self, options: &RestOptions, client: Client, request: &Request) -> Option<Standing> {
        let endpoint = endpoint(request.method(), request.uri().path());
        let limit = of(&options.limits, endpoint).filter(|_| !guard::is_unlimited(options, request.headers()))?;
        Some(self.limiter.meet((endpoint, client.0), limit, self.control.now()))
    }
}

impl Standing {
    /// What a client is answered that calls too often.
    pub(super) fn refusal(&self) -> Option<Response> {
        self.is_over.then(|| {
            let detail = format!("rate limit exceeded, try again in {} seconds", self.wait);
            let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
            response.headers_mut().insert(header::RETRY_AFTER, self.wait.into());
            response
        })
    }

    /// Tells a client how it stands.
    pub(super) fn tell(&self, response: &mut Response) {
        let headers: [(&HeaderName, HeaderValue); 3] =
            [(&LIMIT, self.limit.into()), (&REMAINING, self.remaining.into()), (&RESET, self.reset.into())];
        headers.into_iter().for_each(|(name, value)| drop(response.headers_mut().insert(name, value)));
    }
}

/// Which paths are limited together.
pub(super) fn endpoint(method: &Method, path: &str) -> Endpoint {
    match (method, path) {
        (_, path) if core::is_bulk(path) => Endpoint::Bulk,
        (&Method::GET | &Method::HEAD, _) => Endpoint::Reads,
        (&Method::POST, "/api/messages") => Endpoint::Messages,
        (&Method::POST, "/api/messages/create_async") => Endpoint::CreateAsync,
        (&Method::POST, "/api/messages_raw") => Endpoint::Raw,
        (&Method::POST, "/api/messages_raw/async") => Endpoint::RawAsync,
        _ => Endpoint::Writes,
    }
}

fn of(limits: &Limits, endpoint: Endpoint) -> Option<u32> {
    match endpoint {
        Endpoint::Messages => limits.messages,
        Endpoint::CreateAsync => limits.create_async,
        Endpoint::Raw => limits.raw,
        Endpoint::RawAsync => limits.raw_async,
        Endpoint::Bulk => None,
        Endpoint::Reads => limits.reads,
        Endpoint::Writes => limits.writes,
    }
}

impl Limiter {
    fn meet(&self, (endpoint, address): (Endpoint, IpAddr), limit: u32, now: Timestamp) -> Standing {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now.0 / 1000;
        let mut key = (endpoint, network(address));
        if seen.windows.len() >= MOST_CLIENTS && !seen.windows.contains_key(&key) {
            seen.tidy(second);
            if seen.windows.len() >= MOST_CLIENTS {
                // So many at a time are no clients; all newcomers are one.
                key.1 = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
            }
        }
        seen.windows.entry(key).or_insert(Window { second, count: 0, before: 0 }).meet(limit, now)
    }
}

impl Seen {
    /// Throws away what nobody remembers, at most once in a second: it looks at all.
    fn tidy(&mut self, second: u64) {
        if self.tidied != second {
            self.tidied = second;
            self.windows.retain(|_, window| window.second + 1 >= second);
        }
    }
}

impl Window {
    fn meet(&mut self, limit: u32, now: Timestamp) -> Standing {
        let second = now.0 / 1000;
        if self.second != second {
            self.before = if self.second + 1 == second { self.count } else { 0 };
            (self.second, self.count) = (second, 0);
        }
        let used = self.count.saturating_add(faded(self.before, now));
        let is_over = used >= limit;
        if !is_over {
            self.count += 1;
        }
        let remaining = limit.saturating_sub(used).saturating_sub(1);
        Standing { is_over, limit, remaining, reset: second + 1, wait: 1 }
    }
}

/// What is left of the second before.
fn faded(before: u32, now: Timestamp) -> u32 {
    let left = u64::from(before) * (1000 - now.0 % 1000) / 1000;
    u32::try_from(left).unwrap_or(u32::MAX)
}

/// A host with IPv6 has a whole network of addresses.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & HOST_MASK).into(),
    }
}

const HOST_MASK: u128 = !0 << 64;
// Some megabytes at most.
const MOST_CLIENTS: usize = 65_536;
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn meet(limiter: &Limiter, millis: u64) -> Standing {
        limiter.meet((Endpoint::Messages, ONE), 10, Timestamp(millis))
    }

    #[test]
    fn a_client_gets_as_many_answers_a_second_as_it_may_have() {
        let limiter = Limiter::default();
        for left in (0..10).rev() {
            let expected = Standing { is_over: false, limit: 10, remaining: left, reset: 6, wait: 1 };
            assert_eq!(meet(&limiter, 5_900), expected);
        }
        assert!(meet(&limiter, 5_999).is_over);
        // Half of the next second later half of them are forgotten.
        assert!(meet(&limiter, 6_000).is_over);
        assert_eq!((0..9).filter(|_| !meet(&limiter, 6_500).is_over).count(), 5);
        assert_eq!((0..20).filter(|_| !meet(&limiter, 9_000).is_over).count(), 10);
    }

    #[test]
    fn clients_and_endpoints_do_not_hinder_each_other() {
        let limiter = Limiter::default();
        while !meet(&limiter, 5_000).is_over {}
        let two = IpAddr::from([127, 0, 0, 2]);
        assert!(!limiter.meet((Endpoint::Messages, two), 10, Timestamp(5_000)).is_over);
        assert!(!limiter.meet((Endpoint::Reads, ONE), 10, Timestamp(5_000)).is_over);
    }

    #[test]
    fn many_addresses_take_a_bounded_memory() {
        let limiter = Limiter::default();
        let address = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..70_000 {
            limiter.meet((Endpoint::Reads, address(n)), 10, Timestamp(5_000));
        }
        assert_eq!(limiter.seen.lock().map(|seen| seen.windows.len()).ok(), Some(MOST_CLIENTS + 1));
        assert!(limiter.meet((Endpoint::Reads, address(70_001)), 10, Timestamp(5_000)).is_over);
        // Later there is room again.
        assert!(!limiter.meet((Endpoint::Reads, address(70_001)), 10, Timestamp(8_000)).is_over);
        assert_eq!(limiter.seen.lock().map(|seen| seen.windows.len()).ok(), Some(1));
        let neighbours = ["2001:db8::1", "2001:db8::2"].map(|text| text.parse().map(network));
        assert_eq!(neighbours[0], neighbours[1]);
    }
}

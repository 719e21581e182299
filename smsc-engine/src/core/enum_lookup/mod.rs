//! ENUM: which domain serves a number, asked of DNS.
//!
//! [`EnumLookup`] is what routing sees. [`EnumClient`] answers it from a cache and otherwise asks a [`NaptrSource`];
//! with the feature `enum` there is `DnsSource`, which speaks DNS. A failed look-up is no error: routing goes on
//! without a domain, and [`EnumStats`] count it.

mod cache;
mod client;
#[cfg(feature = "enum")]
#[cfg_attr(docsrs, doc(cfg(feature = "enum")))]
mod dns;
mod naptr;
mod number;
mod substitution;
mod uri;

use std::sync::Arc;

use smpp_session::Distribution;

use crate::BoxFuture;

pub use client::{EnumClient, EnumConfig};
#[cfg(feature = "enum")]
pub use dns::{DnsError, DnsSource};
pub use naptr::{Naptr, NaptrFault, NaptrSource};

/// Finds the domain that serves a number; used as `Arc<dyn EnumLookup>`.
pub trait EnumLookup: Send + Sync + 'static {
    /// Returns the domain, in lower case; `None` if there is none, or if nobody could tell in time.
    ///
    /// Digits count, with or without `+` and separators. What is no number of at most 15 digits has no domain.
    fn domain<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Option<Arc<str>>>;

    /// Returns the domain if it is known without asking anybody; counts nothing.
    fn peek(&self, number: &str) -> Option<Arc<str>>;

    /// Tells what was looked up so far.
    fn stats(&self) -> EnumStats {
        EnumStats::default()
    }
}

/// What was looked up since the start.
#[derive(Clone, Debug, Default)]
pub struct EnumStats {
    /// How long it took to learn the domain, or that there is none.
    pub succeeded: Distribution,
    /// How long it took until a look-up was given up.
    pub failed: Distribution,
    /// Answered without a query of its own: out of the cache, or along with an equal look-up under way.
    pub hits: u64,
    /// Asked, or refused because too many were under way.
    pub misses: u64,
    /// Numbers in the cache.
    pub size: usize,
}

/// No ENUM: no number has a domain, and no query is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoEnum;

impl EnumLookup for NoEnum {
    fn domain<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<Arc<str>>> {
        Box::pin(std::future::ready(None))
    }

    fn peek(&self, _: &str) -> Option<Arc<str>> {
        None
    }
}

//! Charging: may this message be sent, says an online charging system.
//!
//! [`Charging`] is what a core asks, once for each message it accepts; many calls may be under way. [`Guarded`] keeps
//! any such system from holding up others: it bounds calls and their time, and stops asking one that is broken. With
//! the feature `charging` there is `HttpCharging`, which speaks JSON-RPC over HTTP.

mod breaker;
mod error;
mod guard;
#[cfg(feature = "charging")]
#[cfg_attr(docsrs, doc(cfg(feature = "charging")))]
mod http;
#[cfg(feature = "charging")]
mod rpc;

use smpp_session::Distribution;

use crate::BoxFuture;

pub use breaker::{BreakerLimits, Circuit};
pub use error::ChargeError;
pub use guard::{GuardLimits, Guarded};
#[cfg(feature = "charging")]
pub use http::{BuildError, HttpCharging, HttpChargingConfig};

/// An online charging system; used as `Arc<dyn Charging>`.
pub trait Charging: Send + Sync + 'static {
    /// Asks for one message. It is never asked twice by itself: what got lost may have been charged.
    ///
    /// # Errors
    /// The message was not granted, whatever the reason.
    fn authorize<'a>(&'a self, event: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>>;

    /// Asks whether the system is there.
    ///
    /// # Errors
    /// It is not, or answers something else.
    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>>;

    /// Tells what was asked so far.
    fn stats(&self) -> ChargingStats {
        ChargingStats::default()
    }
}

/// The message to be charged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChargeEvent {
    /// The sender, after translation.
    pub calling: String,
    /// The recipient, after translation.
    pub called: String,
    /// Units wanted: the parts of the message.
    pub usage: u64,
}

/// What was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Units granted, at least 1; it may be fewer than were wanted.
    pub max_usage: u64,
}

/// What was asked since the start.
#[derive(Clone, Debug, Default)]
pub struct ChargingStats {
    /// Messages asked about, those refused without a call included.
    pub attempted: u64,
    /// How long granted ones took.
    pub succeeded: Distribution,
    /// How long all others took.
    pub failed: Distribution,
    /// Whether the system is asked at present.
    pub circuit: Circuit,
}

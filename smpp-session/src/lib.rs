//! SMPP sessions: a state machine without I/O, and a tokio client and server on it.
//!
//! [`Session`] is the protocol: it needs no clock, no socket and no operating system, and plays
//! both sides. With the feature `net`, on by default, the module [`net`] adds sockets and tasks.
//!
//! [`manual`] shows how to use it all.
//!
//! What is not here: the octets of PDUs (`smpp-pdu`), texts (`sms-codec`), messages and routing.

#![no_std]

extern crate alloc;
#[cfg(any(feature = "net", test))]
extern crate std;

mod backoff;
#[cfg(feature = "check")]
pub mod check;
mod config;
mod counters;
mod credentials;
mod error;
mod event;
// Not every small processor counts that far without a lock.
#[cfg(target_has_atomic = "64")]
mod histogram;
mod inbound;
#[cfg(feature = "net")]
pub mod net;
mod operations;
mod rate;
#[cfg(feature = "text")]
mod receipts;
mod receive;
mod session;
mod state;
mod statuses;
#[cfg(any(feature = "testing", test))]
pub mod testing;
mod throttle;
mod time;
mod timers;
mod window;

pub use backoff::{Backoff, Obstacle, Pauses};
pub use config::{Config, MAX_WINDOW, Overflow, Timeouts};
pub use counters::Counters;
pub use credentials::Credentials;
pub use error::{RequestError, RespondError};
pub use event::{BindKind, CloseReason, End, Event, Outcome, Stray, Timer};
#[cfg(target_has_atomic = "64")]
pub use histogram::{Distribution, Histogram};
pub use inbound::Responder;
pub use rate::Rate;
#[cfg(feature = "text")]
pub use receipts::{Fate, ReceiptConfig, Receipts, Taken, Update, Whole};
pub use session::Session;
pub use statuses::Statuses;
pub use throttle::{Throttle, ThrottlePause};
pub use time::Time;

#[cfg(any(doc, all(doctest, feature = "net", feature = "text", feature = "testing")))]
#[doc = include_str!("../MANUAL.md")]
pub mod manual {}

/// The example of the repository's front page compiles.
#[cfg(all(doctest, feature = "net"))]
#[doc = include_str!("../../README.md")]
struct Readme;

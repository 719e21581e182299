//! Partners for tests: two sessions in virtual time, and a scripted peer on a socket.
//!
//! For the tests of this crate and of those who build on it; not for production.

mod pair;
#[cfg(feature = "net")]
mod peer;

pub use pair::{Pair, feed, sent};
#[cfg(feature = "net")]
pub use peer::Peer;

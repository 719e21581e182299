//! Behaviour of the engine: queues, and a whole centre over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is a test, its helpers too"
)]

mod centre;
mod core;
#[cfg(feature = "enum")]
mod dns_server;
#[cfg(feature = "enum")]
mod enum_lookup;
mod journal_format;
mod life;
mod queue;
mod refusals;
/// One rule for what is not installed, wherever it is tested with.
#[cfg(feature = "enum")]
#[path = "../../../smpp-session/tests/interop/require.rs"]
mod require;
mod route;
mod support;

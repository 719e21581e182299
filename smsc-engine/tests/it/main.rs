//! Behaviour of the engine: queues, and a whole centre over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is a test, its helpers too"
)]

mod centre;
mod location;
mod queue;
mod refusals;
mod route;
mod support;

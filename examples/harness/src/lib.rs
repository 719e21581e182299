//! What the programs are tested with: the programs themselves as processes, clients nobody here wrote, the octets on
//! the wire, and a browser. A client that is not installed is skipped, by one rule for all.
//!
//! Everything here fails by panicking, as tests do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "it is a part of tests, which fail by panicking"
)]

pub mod cut;
pub mod dashboard;
#[cfg(unix)]
pub mod deploy;
pub mod esme;
pub mod http;
pub mod kannel;
pub mod place;
pub mod postgres;
/// The same server as the engine's own tests start.
#[path = "../../../smsc-engine/tests/it/postgresql.rs"]
mod postgresql;
pub mod program;
/// One rule for what is not installed, wherever it is tested with.
#[path = "../../../smpp-session/tests/interop/require.rs"]
mod require;
pub mod scratch;
pub mod site;
pub mod tap;
pub mod web;
pub mod webdriver;
pub mod wire;

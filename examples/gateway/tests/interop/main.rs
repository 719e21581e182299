//! The whole way, with real processes: an ESME, the gateway, the core, the gateway again, a carrier, and all the way
//! back with receipts and answers.
//!
//! The carrier is ours, in the test, because only it can say of every message how often it came; or a second `smsc`.
//! ESMEs are Kannel, node-smpp and smpplib as they are in the field, and our own client where each answer counts.
//! What is not installed is named and skipped, as in the tests of `smsc`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is a test, its helpers too"
)]

mod browser;
mod carrier;
mod chain;
mod partner;
mod proxy;

mod cases_chain;
mod cases_chaos;
mod cases_foreign;

//! Programs nobody here wrote, as ESMEs of our server and as MCs of our client.
//!
//! The scripts (`perl/esme.pl`, `node/mc.js`) do what they are told line by line and say what their
//! library saw; all judging is done here. Clients against the whole SMS centre are tested with the
//! program `smsc`; here it is about sessions, and about MCs.
//!
//! | case | Net::SMPP 1.19 as ESME | node-smpp 0.5.1 as MC | smpp34 1.5.1 as MC | OsmoMSC 1.9 as MC |
//! |---|---|---|---|---|
//! | bind as transmitter, receiver, transceiver | yes | yes | yes | yes |
//! | wrong password | yes | yes | yes | yes |
//! | `submit_sm` | yes | yes | yes | yes |
//! | `data_sm`, `query_sm` | yes | - | - | - |
//! | `deliver_sm` and its answer | yes | yes | to a transceiver; it nacks a receiver's answer | needs a mobile |
//! | 100 requests unanswered at a time | yes | yes | yes | yes |
//! | `enquire_link` from the ESME | yes | yes | yes | yes |
//! | `enquire_link` from the MC | yes | yes | yes | never sends it |
//! | `unbind` from the ESME | yes | yes | yes | yes |
//! | `unbind` from the MC | yes | yes | yes; it does not know the answer | never sends it |
//!
//! A program that is not installed is named and its tests pass; `SMSC_TEST_REQUIRE=1` (or a list of
//! names) makes that a failure, `SMSC_TEST_SKIPPED` names a file to note it in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is a test, its helpers too"
)]

mod client;
mod node_smpp;
mod osmo;
mod perl;
mod program;
mod require;
mod smpp34;

use std::time::{Duration, Instant};

/// Far more than any step takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A runtime that works while the test's own thread waits for a program.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Waits for something that must happen.
async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes too long")
}

/// Waits until something becomes true.
fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what} did not come true");
        std::thread::sleep(Duration::from_millis(2)); // a counter wakes nobody
    }
}

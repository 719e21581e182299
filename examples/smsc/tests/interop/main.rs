//! Clients nobody here wrote, driving the running program: they answer whether we speak SMPP or
//! only our own dialect of it.
//!
//! Every test starts its own `smsc` on a free port with an empty data directory. The scripted
//! clients (`smpplib/driver.py`, `node/driver.js`) are told what to do by JSON lines and report
//! what their library saw; Kannel runs as it would in the field. All judging is done here.
//!
//! | case | smpplib 2.2.4 | node-smpp 0.5.1 | Kannel 1.4.5 | raw octets |
//! |---|---|---|---|---|
//! | bind as transmitter, receiver, transceiver | yes | yes | yes | yes |
//! | SMPP 3.3 | always says 0x34 | yes | - | - |
//! | wrong password, unknown account | yes | yes | wrong password | - |
//! | GSM-7 with extension characters, UCS-2 with surrogates | yes | yes | yes | - |
//! | parts by UDH | yes | yes | yes | - |
//! | parts by `sar_*` TLVs, `message_payload` | yes | yes | cannot be asked for | - |
//! | receipts: asked, not asked, on failure only, each final state | yes | yes | asked, not asked | - |
//! | `query_sm` | as transceiver only | yes | never sends it | - |
//! | `cancel_sm`, `replace_sm`, `submit_multi` | cannot write them | yes | never sends them | - |
//! | `data_sm` | yes | yes | never sends it | - |
//! | `enquire_link` from the ESME, from the MC | yes | yes | yes | yes |
//! | `unbind` from the ESME, from the MC | yes; it does not answer by itself | yes | yes | - |
//! | octet by octet, many PDUs in one segment | yes | yes | yes | yes |
//! | 100 requests unanswered at a time | yes | yes | yes | yes |
//! | unknown command, wrong state, no bind | checks the state itself | yes | - | yes |
//!
//! A client that is not installed is named and its tests pass; `SMSC_TEST_REQUIRE=1` (or a list
//! of names) makes that a failure, `SMSC_TEST_SKIPPED` names a file to note it in.
//!
//! Not here: load, and what a PDU may look like; the libraries test those.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is a test, its helpers too"
)]

/// One test per case for a scripted client.
macro_rules! cases {
    ($module:ident = $library:ident: $($case:ident)+) => {
        mod $module {
            $(#[test] fn $case() { super::$case(crate::esme::Library::$library); })+
        }
    };
}

/// One test per case for each of the scripted clients.
macro_rules! cases_of_both {
    ($($case:ident)+) => {
        cases!(smpplib = Smpplib: $($case)+);
        cases!(node_smpp = NodeSmpp: $($case)+);
    };
}

mod cases_attacks;
mod cases_audit;
mod cases_centre;
mod cases_cluster;
mod cases_commands;
mod cases_kannel;
mod cases_kill;
mod cases_messages;
mod cases_operations;
mod cases_proxy;
mod cases_raw;
mod cases_sessions;
mod cases_wireshark;

use sms_harness::{esme, kannel, place, program, site, tap, web, wire};

mod browser;
/// One rule for what is not installed, wherever it is tested with.
#[path = "../../../../smpp-session/tests/interop/require.rs"]
mod require;

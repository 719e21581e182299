//! Second opinions: packages of other registries, which nobody here wrote, on thousands of texts.
//!
//! | package | registry | what it says |
//! | --- | --- | --- |
//! | gsmcodecs 1.0.0 | PyPI | septets and characters, default and all national tables; from them the cheapest tables |
//! | smspdudecoder 2.2.0 | PyPI | packed septets, with and without padding |
//! | split-sms 0.1.7 | npm | alphabet, offending characters, units of each part, room left; no pair divided |
//! | sms-segments-calculator 1.3.0 | npm | alphabet, units of each part; no grapheme cluster divided |
//!
//! One process for each language answers all texts; it decides nothing, all judging is done here.
//! Where a package is known to be wrong, a table names the cell and the reason, and the test fails
//! when the package no longer says what the table claims.
//!
//! A package that is not installed is named and its test passes; `SMSC_TEST_REQUIRE=1` (or a list
//! of names) makes that a failure, `SMSC_TEST_SKIPPED` names a file to note it in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "test code, its helpers too"
)]

mod gsm7;
mod pack;
mod parts;
mod program;
mod tables;
mod texts;

//! Any octets at any moments leave a session of either side and in any state within its rules.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smpp_session::check::session(octets));

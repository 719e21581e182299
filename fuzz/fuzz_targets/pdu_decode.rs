//! Any octets decode or fail cleanly.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smpp_pdu::check::decode(octets));

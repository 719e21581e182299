//! Any stream is cut into the same frames however it arrives.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smpp_pdu::check::frames(octets));

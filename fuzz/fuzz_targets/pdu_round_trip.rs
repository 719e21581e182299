//! Any PDU made from the table is read and written unchanged.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smpp_pdu::check::round_trip(octets));

//! Any octets are TLVs or are not.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| smpp_pdu::check::tlvs(octets));

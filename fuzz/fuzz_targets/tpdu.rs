//! A TPDU is written as it was read, and read as it was written.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::tpdu(octets));

//! Any text is read as a receipt, and a written one reads the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::receipt(octets));

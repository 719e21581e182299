//! GSM 7-bit text decodes whatever it is, and packs without loss.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::gsm7(octets));

//! UCS-2 decodes whatever it is, and exactly if it is valid.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::ucs2(octets));

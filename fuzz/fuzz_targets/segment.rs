//! Parts fit, divide no character, and join to what was cut.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::segment(octets));

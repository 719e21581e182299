//! A time that is read is written so that it reads the same.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::time(octets));

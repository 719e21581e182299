//! A user data header is written as it was read.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::udh(octets));

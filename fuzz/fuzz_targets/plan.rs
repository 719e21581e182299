//! A plan counts what is written, loses nothing, and no other tables are cheaper.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::plan(octets));

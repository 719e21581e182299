//! Parts of messages at any time in any order give what the rules of joining say.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::join(octets));

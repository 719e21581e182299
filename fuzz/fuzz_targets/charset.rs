//! Every character set decodes whatever it is, encodes exactly or names a character, and is cut between characters.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| sms_codec::check::charset(octets));

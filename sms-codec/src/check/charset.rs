//! Character sets and what carriers mean by `data_coding`.

use alloc::{string::String, vec::Vec};

use crate::charset::{Charset, Coding};
use crate::dcs::Dcs;

/// Character sets: decoding is total, encoding is exact or names a character, a cut divides none.
pub fn charset(octets: &[u8]) {
    for charset in Charset::ALL {
        let text = charset.decode(octets);
        encoding(charset, &text);
        if let Ok(text) = core::str::from_utf8(octets) {
            encoding(charset, text);
        }
        cuts(charset, octets);
    }
    octets.iter().take(4).for_each(|&octet| coding(octet, octets));
}

fn encoding(charset: Charset, text: &str) {
    match charset.encode(text) {
        Ok(octets) => same(charset, &charset.decode(&octets), text),
        Err(error) => {
            let (good, bad) = text.split_at_checked(error.offset).unwrap_or_default();
            assert!(charset.encode(good).is_ok(), "{charset}: what is in front of {}", error.offset);
            let first: String = bad.chars().take(1).collect();
            assert!(charset.encode(&first).is_err(), "{charset}: the character at {}", error.offset);
        }
    }
}

fn same(charset: Charset, read: &str, text: &str) {
    // Packed, a wanted return on an octet boundary arrives twice, which does no harm.
    let doubled = charset == Charset::Gsm7Packed && text.ends_with('\r') && read.strip_suffix('\r') == Some(text);
    assert!(read == text || doubled, "{charset}: text");
}

/// What is cut reads like the whole. Packed septets are cut unpacked, a last escape is no character.
fn cuts(charset: Charset, octets: &[u8]) {
    let whole = charset.decode(octets);
    for limit in 0..octets.len().min(MOST_CUTS) {
        let cut = charset.cut(octets, limit);
        assert!(cut <= limit, "{charset}: room");
        if charset != Charset::Gsm7Packed {
            let (head, tail) = octets.split_at_checked(cut).unwrap_or_default();
            let parts = charset.decode(head) + &charset.decode(tail);
            assert_eq!(parts, whole, "{charset}: cut at {cut}");
        }
    }
}

/// What a `data_coding` says can be said, if the carrier can say it at all, and reads the same.
fn coding(data_coding: u8, octets: &[u8]) {
    let codings: [Coding; 4] =
        [Coding::DEFAULT, Coding::PROVIDER, Coding::DEFAULT.packed(), Coding::DEFAULT.with_general_classes()];
    for coding in codings {
        let says = |data_coding| (coding.charset(data_coding), coding.indication(data_coding));
        let (charset, indication) = says(data_coding);
        match coding.data_coding(charset, indication) {
            Some(written) => assert_eq!(says(written), (charset, indication), "data_coding"),
            None => assert!(Dcs(data_coding).is_compressed(), "no way back from {data_coding:#x}"),
        }
        let dcs = coding.dcs(data_coding);
        assert_eq!(dcs.indication(), indication, "class or waiting indication");
        if let Some(written) = coding.from_dcs(dcs) {
            assert_eq!(coding.indication(written), indication, "from DCS");
        }
        let text = coding.decode(data_coding, octets.get(..16).unwrap_or(octets));
        let (written, encoded): (u8, Vec<u8>) = coding.encode(&text);
        same(coding.charset(written), &coding.decode(written, &encoded), &text);
    }
}

/// Enough to meet every state; all of them would take the square of the length.
const MOST_CUTS: usize = 16;

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use super::{charset, coding};

    /// What ISO-2022-JP and EUC-JP treat specially.
    const SHIFTS: &[&[u8]] =
        &[b"\x1B(B", b"\x1B$B", b"\x1B(J", b"\x1B(I", b"\x1B", b"\x24\x33", b"\x8F\xB0\xA1", b"\x8E\xB1", b"a", b"\n"];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn charset_keeps_its_properties(
            any in proptest::collection::vec(any::<u8>(), 0..80),
            shifts in proptest::collection::vec(proptest::sample::select(SHIFTS), 0..16),
            text in "[ -~А-яא-ת、。ぁ-んァ-ヶ一-熙가-힣¥‾①ｱ]{0,24}",
        ) {
            charset(&any);
            any.iter().for_each(|&octet| coding(octet, &any));
            let shifts: Vec<u8> = shifts.concat();
            charset(&shifts);
            charset(text.as_bytes());
        }
    }
}

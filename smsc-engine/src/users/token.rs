//! Random words, and the digests they are kept as.

use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

/// What is kept of a token: whoever reads the memory or measures a look-up learns nothing about the token itself.
pub(super) type Digest = [u8; 32];

/// Makes a word of 256 random bits, in hexadecimal digits; `None` if the system has none.
pub(super) fn token() -> Option<String> {
    let octets: [u8; 32] = random()?;
    Some(
        octets
            .iter()
            .flat_map(|octet| [octet >> 4, octet & 0xF])
            .filter_map(|digit| char::from_digit(digit.into(), 16))
            .collect(),
    )
}

/// Makes a word a person can type: 100 random bits in twenty letters and digits that look like no other.
pub(super) fn typed_word() -> Option<String> {
    let octets: [u8; 20] = random()?;
    // 32 letters: every octet gives five unbiased bits.
    Some(octets.iter().filter_map(|octet| LETTERS.get(usize::from(octet % 32))).map(|letter| char::from(*letter)).collect())
}

pub(super) fn digest_of(token: &str) -> Option<Digest> {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()
}

fn random<const N: usize>() -> Option<[u8; N]> {
    let mut octets = [0; N];
    SystemRandom::new().fill(&mut octets).ok()?;
    Some(octets)
}

const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_long_as_they_should_be_and_never_the_same() {
        let (one, other) = (token().unwrap(), token().unwrap());
        assert!(one != other && one.len() == 64 && one.bytes().all(|octet| octet.is_ascii_hexdigit()));
        let (one, other) = (typed_word().unwrap(), typed_word().unwrap());
        assert!(one != other && one.len() == 20);
        assert_ne!(digest_of(&one), digest_of(&other));
    }
}

//! Text looked at eight octets at a time.
//!
//! Nearly all text that GSM 7-bit can carry is ASCII for most of its length, so everything here
//! classes eight octets at once, in one register, and leaves the rest to whoever calls.

/// How many octets at the start are letters, digits and signs that ASCII and all Latin tables have
/// at the same code.
#[inline]
pub(crate) fn shared_run(octets: &[u8]) -> usize {
    let mut words = octets.chunks_exact(WORD);
    let mut run = 0;
    for word in words.by_ref() {
        let shared = shared(load(word));
        if shared != HIGH {
            return run + first_clear(shared);
        }
        run += WORD;
    }
    // What fills the last word up is zero, which is not shared.
    run + first_clear(shared(load(words.remainder())))
}

/// Whether an octet is one of the shared ones.
pub(super) const fn is_shared(octet: u8) -> bool {
    shared(octet as u64) & 0x80 != 0
}

/// Septets of the first eight octets in the default alphabet, if they are ASCII characters it has.
#[inline]
pub(super) fn default_septets(octets: &[u8]) -> Option<usize> {
    let word = u64::from_le_bytes(*octets.first_chunk()?);
    let pairs = pairs(word);
    let known = pairs | ones(word);
    if known != HIGH {
        return None;
    }
    // The count costs more than all the rest, and is seldom needed.
    Some(if pairs == 0 { WORD } else { WORD + pairs.count_ones() as usize })
}

/// Eight, if the first eight octets are there and all shared.
#[inline]
pub(super) fn shared_septets(octets: &[u8]) -> Option<usize> {
    let word = u64::from_le_bytes(*octets.first_chunk()?);
    (shared(word) == HIGH).then_some(WORD)
}

/// The longest beginning of a text that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fit {
    /// Its octets.
    pub(crate) len: usize,
    /// Its units.
    pub(crate) units: usize,
}

/// Takes text until there is no more room.
///
/// `word` gives the units of the next eight octets if it knows them at a glance. `step` gives
/// octets and units of the next character, or nothing if it cannot be written; where that happens
/// is the error.
#[inline]
pub(crate) fn fit<W, S>(text: &str, room: usize, word: W, step: S) -> Result<Fit, usize>
where
    W: Fn(&[u8]) -> Option<usize>,
    S: Fn(&str) -> Option<(usize, usize)>,
{
    let mut rest = text;
    let mut units = 0;
    loop {
        let mut run = 0;
        while let Some(more) = rest.as_bytes().get(run..).and_then(&word) {
            if more > room - units {
                break;
            }
            units += more;
            run += WORD;
        }
        rest = rest.get(run..).unwrap_or_default();
        for _ in 0..WORD {
            if rest.is_empty() {
                return Ok(Fit { len: text.len(), units });
            }
            let at = text.len() - rest.len();
            let (octets, more) = step(rest).ok_or(at)?;
            if more > room - units {
                return Ok(Fit { len: at, units });
            }
            units += more;
            rest = rest.get(octets..).unwrap_or_default();
        }
    }
}

/// Up to eight octets, filled up with zeros.
#[inline]
fn load(octets: &[u8]) -> u64 {
    if let Some(word) = octets.first_chunk() {
        return u64::from_le_bytes(*word);
    }
    octets.iter().rev().fold(0, |word, &octet| word << 8 | u64::from(octet))
}

/// The first octet whose high bit is clear.
#[inline]
const fn first_clear(mask: u64) -> usize {
    (!mask & HIGH).trailing_zeros() as usize / 8
}

/// The high bit of every octet that is ASCII and not below `bound` (1 to 0x7F).
#[inline]
const fn from(word: u64, bound: u8) -> u64 {
    // Without the high bits no sum runs over into the next octet.
    (word & !HIGH) + EACH * (0x80 - bound as u64)
}

/// The high bit of every octet that is in one of the ranges, given by their bounds.
#[inline]
const fn within<const N: usize>(word: u64, bounds: [u8; N]) -> u64 {
    let mut inside = 0;
    let mut bounds: &[u8] = &bounds;
    while let [bound, rest @ ..] = bounds {
        inside ^= from(word, *bound);
        bounds = rest;
    }
    inside & !word & HIGH
}

const fn shared(word: u64) -> u64 {
    within(word, [b' ', b'$', b'%', b'@', b'A', b'[', b'a', b'{'])
}

/// ASCII characters of one septet.
const fn ones(word: u64) -> u64 {
    within(word, [b'\n', b'\n' + 1, b'\r', b'\r' + 1, b' ', b'[', b'_', b'`', b'a', b'{'])
}

/// ASCII characters of two septets, but for the form feed.
const fn pairs(word: u64) -> u64 {
    within(word, [b'[', b'_', b'{', 0x7F])
}

/// Octets looked at together.
const WORD: usize = 8;
const EACH: u64 = u64::MAX / 0xFF;
const HIGH: u64 = EACH * 0x80;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsm7::{Code, Tables};

    #[test]
    fn every_octet_is_classed_as_the_default_alphabet_has_it() {
        for octet in 0..=255u8 {
            let code = char::from(octet).is_ascii().then(|| Tables::DEFAULT.code(octet.into())).flatten();
            assert_eq!(is_shared(octet), code == Some(Code::One(octet)) && octet >= b' ', "{octet:#04x}");
            let septets = match code {
                Some(Code::One(_)) => Some(8),
                Some(Code::Pair(_)) if octet != b'\x0C' => Some(9),
                _ => None,
            };
            for place in 0..8 {
                let mut word = *b"Aa 09zZ?";
                word[place] = octet;
                assert_eq!(default_septets(&word), septets, "{word:?}");
                assert_eq!(shared_septets(&word).is_some(), is_shared(octet), "{word:?}");
                let run = if is_shared(octet) { 8 } else { place };
                assert_eq!(shared_run(&word), run, "{word:?}");
            }
        }
    }

    #[test]
    fn a_run_may_end_anywhere() {
        let text = [b'x'; 40];
        for length in 0..text.len() {
            assert_eq!(shared_run(&text[..length]), length);
            let mut cut = text;
            cut[length] = b'@';
            assert_eq!(shared_run(&cut), length);
        }
    }
}

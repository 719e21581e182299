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

/// Whether all octets are shared ones; without a way out on the way, many are compared at once.
#[inline]
pub(super) fn is_all_shared(octets: &[u8]) -> bool {
    let is_shared = |octet| matches!(octet, b' '..=b'#' | b'%'..=b'?' | b'A'..=b'Z' | b'a'..=b'z');
    octets.iter().fold(true, |all, &octet| all & is_shared(octet))
}

/// Whether an octet is one of the shared ones.
pub(super) const fn is_shared(octet: u8) -> bool {
    shared(octet as u64) & 0x80 != 0
}

/// The first eight octets in the default alphabet, if they are ASCII and Latin-1 characters it has;
/// without the eighth if a character begins there.
#[inline]
pub(super) fn default_word(octets: &[u8]) -> Option<Fit> {
    let word = u64::from_le_bytes(*octets.first_chunk()?);
    let pairs = pairs(word);
    let unknown = (pairs | ones(word)) ^ HIGH;
    if unknown == 0 {
        return Some(Fit { len: WORD, units: WORD + count(pairs) });
    }
    // Of a character cut off at the end only the first octet is here.
    let whole = if (word >> 56) as u8 >= FIRST_LEAD { WORD - 1 } else { WORD };
    let mut unknown = if whole == WORD { unknown } else { unknown & (HIGH >> 8) };
    let mut units = whole + count(pairs);
    while unknown != 0 {
        let [lead, next, ..] = (word >> (unknown.trailing_zeros() - 7)).to_le_bytes();
        if !is_latin1_in_default(lead, next) {
            return None;
        }
        units -= 1;
        // Both octets are done with; text has no first octet without its second.
        unknown &= unknown - 1;
        unknown &= unknown.saturating_sub(1);
    }
    Some(Fit { len: whole, units })
}

/// The first eight octets, if they are there and all shared.
#[inline]
pub(super) fn shared_word(octets: &[u8]) -> Option<Fit> {
    let word = u64::from_le_bytes(*octets.first_chunk()?);
    (shared(word) == HIGH).then_some(Fit { len: WORD, units: WORD })
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
/// `word` takes some of the next octets, whole characters, if it knows them at a glance. `step`
/// gives octets and units of the next character, or nothing if it cannot be written; where that
/// happens is the error.
#[inline]
pub(crate) fn fit<W, S>(text: &str, room: usize, word: W, step: S) -> Result<Fit, usize>
where
    W: Fn(&[u8]) -> Option<Fit>,
    S: Fn(&str) -> Option<(usize, usize)>,
{
    let mut rest = text;
    let mut units = 0;
    loop {
        let mut run = 0;
        while let Some(more) = rest.as_bytes().get(run..).and_then(&word) {
            if more.units > room - units {
                break;
            }
            units += more.units;
            run += more.len;
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

/// Units of text in UTF-8, known octet by octet.
pub(crate) trait Measure {
    /// Units that an octet adds after another one, unless its character cannot be written.
    ///
    /// All but one of the octets of a character add none.
    fn octet(before: u8, octet: u8) -> Option<usize>;
    /// The same of many octets.
    fn block(before: u8, octets: &[u8]) -> Option<usize>;
}

/// Takes text until there is no more room; where a character cannot be written is the error.
#[inline]
pub(crate) fn fit_octets<M: Measure>(text: &str, room: usize) -> Result<Fit, usize> {
    let (mut len, mut units, mut before) = (0, 0, 0);
    for block in text.as_bytes().chunks(BLOCK) {
        match M::block(before, block) {
            Some(more) if more <= room - units => units += more,
            _ => break,
        }
        len += block.len();
        before = block.last().copied().unwrap_or(before);
    }
    for &octet in text.as_bytes().get(len..).unwrap_or_default() {
        let more = M::octet(before, octet).ok_or_else(|| character_start(text, len))?;
        if more > room - units {
            break;
        }
        units += more;
        len += 1;
        before = octet;
    }
    Ok(Fit { len: character_start(text, len), units })
}

/// Where the character starts that an octet belongs to.
pub(super) fn character_start(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Up to eight octets, filled up with zeros.
#[inline]
fn load(octets: &[u8]) -> u64 {
    if let Some(word) = octets.first_chunk() {
        return u64::from_le_bytes(*word);
    }
    octets.iter().rev().fold(0, |word, &octet| word << 8 | u64::from(octet))
}

/// Whether the two octets are a Latin-1 character that takes one septet of the default alphabet.
#[inline]
const fn is_latin1_in_default(lead: u8, next: u8) -> bool {
    let characters = match lead {
        0xC2 => DEFAULT_FROM_80,
        0xC3 => DEFAULT_FROM_C0,
        _ => 0,
    };
    characters >> (next & 0x3F) & 1 != 0
}

/// How many octets have their high bit set, of a word that has no other bit.
#[inline]
const fn count(mask: u64) -> usize {
    ((mask >> 7).wrapping_mul(EACH) >> 56) as usize
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

/// Octets counted before the room is looked at.
const BLOCK: usize = 16;
/// Octets looked at together.
const WORD: usize = 8;
/// The first octet that begins a character of several.
const FIRST_LEAD: u8 = 0xC2;
/// Characters of the default alphabet, a bit for each from U+0080 and from U+00C0.
const DEFAULT_FROM_80: u64 = bits("¡£¤¥§¿", 0x80);
const DEFAULT_FROM_C0: u64 = bits("ÄÅÆÇÉÑÖØÜßàäåæèéìñòöøùü", 0xC0);

/// A bit for each of some characters of two octets.
const fn bits(characters: &str, first: u32) -> u64 {
    let mut bits = 0;
    let mut rest = characters.as_bytes();
    while let [lead, next, tail @ ..] = rest {
        let character = (*lead as u32 & 0x1F) << 6 | *next as u32 & 0x3F;
        bits |= 1 << (character - first);
        rest = tail;
    }
    bits
}

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
                if octet.is_ascii() {
                    assert_eq!(default_word(&word), septets.map(|units| Fit { len: 8, units }), "{word:?}");
                }
                assert_eq!(shared_word(&word).is_some(), is_shared(octet), "{word:?}");
                let run = if is_shared(octet) { 8 } else { place };
                assert_eq!(shared_run(&word), run, "{word:?}");
            }
        }
    }

    #[test]
    fn words_of_any_text_are_measured_as_their_characters() {
        let characters: alloc::vec::Vec<char> =
            (0u32..0x180).chain([0x7FF, 0x20AC, 0xFFFD, 0x1_0000, 0x10_FFFF]).filter_map(char::from_u32).collect();
        for &character in &characters {
            for place in 0..8 {
                for &other in &['x', '[', 'é', '€', '😀'] {
                    let mut text: alloc::string::String = core::iter::repeat_n('x', place).collect();
                    text.extend([character, other, 'x', character, other, 'x', 'x', 'x', 'x', 'x']);
                    whole_word(&text, default_word(text.as_bytes()), |text| {
                        text.chars().map(|one| Tables::DEFAULT.code(one).map(Code::septets)).sum()
                    });
                }
            }
        }
    }

    fn whole_word(text: &str, fit: Option<Fit>, units: impl Fn(&str) -> Option<usize>) {
        if let Some(Fit { len, units: counted }) = fit {
            assert!(len > 0 && len <= 8);
            assert_eq!(Some(counted), units(&text[..len]), "{text:?}");
        } else {
            let beyond = |character: char| character > 'ÿ' || Tables::DEFAULT.code(character).is_none() || character == '\u{C}';
            assert!(text.chars().take(8).any(beyond), "{text:?}");
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

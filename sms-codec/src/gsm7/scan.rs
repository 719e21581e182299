//! Text looked at a block at a time.
//!
//! Nearly all text that GSM 7-bit can carry is ASCII for most of its length. So everything here
//! marks at once which octets of a block need a look, and takes the runs between them whole.

use crate::scratch::{STEP, padded};

/// Octets that need no look: they mean the same in ASCII and in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plain {
    /// Letters, digits and signs that all Latin tables have.
    Latin,
    /// The same, but for one that a combining accent follows.
    Unaccented,
    /// None; every character needs a look.
    Nothing,
}

impl Plain {
    /// Marks where characters of a text start that need a look.
    #[inline]
    pub(super) fn in_text(self, window: &Window) -> Marks {
        match self {
            Self::Latin => Marks::of(window, |octet, _| !is_shared(octet) & !is_continuation(octet)),
            Self::Unaccented => {
                Marks::of(window, |octet, next| (!is_shared(octet) & !is_continuation(octet)) | (next & 0xFE == COMBINING))
            }
            Self::Nothing => Marks::of(window, |octet, _| !is_continuation(octet)),
        }
    }

    /// How many octets at the start need no look, in whole blocks.
    #[inline]
    pub(super) fn run(self, octets: &[u8]) -> usize {
        if self != Self::Latin {
            return 0;
        }
        // No early end: octets are compared many at once.
        let is_plain = |block: &&[u8]| block.iter().fold(true, |plain, &octet| plain & is_shared(octet));
        octets.chunks(BLOCK / 2).take_while(is_plain).map(<[u8]>::len).sum()
    }

    /// Marks septets that need a look.
    #[inline]
    pub(super) fn in_septets(self, window: &Window) -> Marks {
        match self {
            Self::Nothing => Marks(u64::MAX),
            _ => Marks::of(window, |octet, _| !is_shared(octet)),
        }
    }
}

/// The places in a block that need a look, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks(u64);

impl Marks {
    /// Marks octets by themselves and the next one.
    #[inline]
    fn of(window: &Window, is_marked: impl Fn(u8, u8) -> bool) -> Self {
        let mut marked = [0; BLOCK];
        let nexts = window.iter().skip(1);
        for ((mark, &octet), &next) in marked.iter_mut().zip(window).zip(nexts) {
            *mark = u8::from(is_marked(octet, next));
        }
        let words = marked.chunks_exact(8).filter_map(|word| word.first_chunk());
        // Each product gathers the lowest bits of eight octets at the top. They are not shifted in
        // one after the other: that would make each wait for the one before.
        let tops = words.map(|word| u64::from_le_bytes(*word).wrapping_mul(GATHER) & TOP);
        Self(tops.zip((0..).step_by(8)).fold(0, |marks, (top, place)| marks | top >> (56 - place)))
    }

    /// Those before a place.
    #[inline]
    pub(super) const fn before(self, end: usize) -> Self {
        if end < BLOCK { Self(self.0 & !(u64::MAX << end)) } else { self }
    }
}

impl Iterator for Marks {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let place = self.0.trailing_zeros() as usize;
        // The lowest mark is taken away; there is none to take if all are.
        self.0 &= self.0.wrapping_sub(1);
        (place < BLOCK).then_some(place)
    }
}

/// A block and what follows it, so that a run can be copied with a few octets too many.
pub(super) type Window = [u8; WINDOW];

/// What follows the end of a text in a window.
pub(super) const BLANKS: Window = [b' '; WINDOW];

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
/// What is plain takes one unit an octet. `step` gives octets and units of what is at a spot, where
/// there is a character; nothing if it cannot be written, and that place is the error.
#[inline]
pub(crate) fn fit<S>(text: &str, room: usize, plain: Plain, step: S) -> Result<Fit, usize>
where
    S: Fn(Spot<'_>) -> Option<(usize, usize)>,
{
    // How far there is room if all that comes is plain; so only what is not changes it.
    let mut limit = room.min(MOST_UNITS * text.len());
    let room = limit;
    let fitting = |len, limit: usize| Ok(Fit { len, units: room + len - limit });
    let mut done = 0;
    for start in (0..text.len()).step_by(BLOCK) {
        let mut spare = BLANKS;
        let window = padded(text.as_bytes().get(start..).unwrap_or_default(), &mut spare);
        for place in plain.in_text(window).before(text.len() - start) {
            let at = start + place;
            if at < done {
                continue; // the last step took it
            }
            if at > limit {
                return fitting(limit, limit);
            }
            let (octets, units) = step(Spot { text, window, start, place }).ok_or(at)?;
            if at + units > limit {
                return fitting(at, limit);
            }
            limit = limit + octets - units;
            done = at + octets;
        }
        if start + BLOCK > limit {
            break;
        }
    }
    fitting(text.len().min(limit), limit)
}

/// The characters of a text that are not plain.
pub(crate) fn characters(text: &str, plain: Plain) -> impl Iterator<Item = char> {
    (0..text.len()).step_by(BLOCK).flat_map(move |start| {
        let octets = text.as_bytes().get(start..).unwrap_or_default();
        let window = *padded(octets, &mut { BLANKS });
        let places = plain.in_text(&window).before(octets.len());
        let character = move |place| Spot { text, window: &window, start, place }.character();
        places.filter_map(character).map(|(character, _)| character)
    })
}

/// A place where a character starts, in the window over a text's octets from `start` on.
#[derive(Clone, Copy)]
pub(crate) struct Spot<'a> {
    pub(super) text: &'a str,
    pub(super) window: &'a Window,
    pub(super) start: usize,
    pub(super) place: usize,
}

impl Spot<'_> {
    /// Where it is in the text.
    pub(crate) const fn at(self) -> usize {
        self.start + self.place
    }

    /// The first octet and the next one, which may be of another character.
    #[inline(always)]
    pub(super) fn octets(self) -> [u8; 2] {
        let octets = self.window.get(self.place..).and_then(<[u8]>::first_chunk);
        octets.copied().unwrap_or([b' '; 2])
    }

    /// The character, and how many octets it has.
    #[inline]
    pub(super) fn character(self) -> Option<(char, usize)> {
        match self.octets() {
            // Of one octet or two, and which of them makes no branch.
            [first @ ..0xE0, next] => {
                let two = u32::from(first & 0x1F) << 6 | u32::from(next & 0x3F);
                let character = char::from_u32(if first < 0x80 { first.into() } else { two })?;
                Some((character, 1 + usize::from(first >= 0x80)))
            }
            _ => self.text.get(self.at()..)?.chars().next().map(|character| (character, character.len_utf8())),
        }
    }
}

/// Whether an octet is a letter, a digit or a sign that ASCII and all Latin tables have at the same code.
#[inline]
pub(super) const fn is_shared(octet: u8) -> bool {
    let is_letter = (octet & !0x20).wrapping_sub(b'A') < 26;
    let is_sign = (octet & 0xE0 == 0x20) & (octet != b'$');
    is_letter | is_sign
}

/// Whether an octet of UTF-8 starts no character.
#[inline]
const fn is_continuation(octet: u8) -> bool {
    (octet as i8) < -0x40
}

/// Octets looked at together: one bit of a register for each.
pub(super) const BLOCK: usize = 64;
const WINDOW: usize = BLOCK + STEP;
/// The first octet of the combining accents up to U+033F; the next one is that of the others.
const COMBINING: u8 = 0xCC;
/// Units that an octet takes at most.
const MOST_UNITS: usize = 4;
const GATHER: u64 = 0x0102_0408_1020_4080;
const TOP: u64 = 0xFF << 56;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsm7::{Code, Tables};
    use alloc::{string::String, vec::Vec};

    #[test]
    fn every_octet_is_marked_wherever_it_stands() {
        for octet in 0..=255 {
            for place in 0..BLOCK {
                let mut octets = [b'x'; WINDOW];
                octets[place] = octet;
                let marked = |marks: Marks| marks.collect::<Vec<_>>() == [place];
                let continues = octet & 0xC0 == 0x80;
                assert_eq!(marked(Plain::Latin.in_septets(&octets)), !is_shared(octet), "{octet:#04x}");
                assert_eq!(marked(Plain::Latin.in_text(&octets)), !is_shared(octet) && !continues, "{octet:#04x}");
                let marks = Plain::Nothing.in_text(&octets);
                assert_eq!(marks.count(), BLOCK - usize::from(continues), "{octet:#04x}");
            }
        }
    }

    #[test]
    fn a_run_ends_with_the_last_block_of_plain_octets() {
        for len in 0..3 * BLOCK {
            let text = alloc::vec![b'x'; len];
            assert_eq!((Plain::Latin.run(&text), Plain::Nothing.run(&text)), (len, 0));
            for place in 0..len {
                let mut text = text.clone();
                text[place] = b'@';
                assert_eq!(Plain::Latin.run(&text), place - place % (BLOCK / 2), "{place} of {len}");
            }
        }
    }

    #[test]
    fn shared_octets_are_those_that_the_default_alphabet_has_at_the_same_code() {
        for octet in 0..=255u8 {
            let code = char::from(octet).is_ascii().then(|| Tables::DEFAULT.code(octet.into())).flatten();
            assert_eq!(is_shared(octet), code == Some(Code::One(octet)) && octet >= b' ', "{octet:#04x}");
        }
    }

    #[test]
    fn marks_end_where_the_text_ends() {
        for len in 0..=WINDOW {
            let octets = [b'@'; WINDOW];
            let marks = Plain::Latin.in_septets(padded(&octets[..len], &mut { BLANKS })).before(len);
            assert!(marks.eq(0..len.min(BLOCK)), "{len}");
        }
    }

    #[test]
    fn a_letter_that_an_accent_follows_is_not_plain() {
        for letters in 1..2 * BLOCK {
            let text: String = core::iter::repeat_n('x', letters).chain(['\u{301}', 'y']).collect();
            let looked_at = core::cell::RefCell::new(Vec::new());
            let step = |spot: Spot<'_>| {
                looked_at.borrow_mut().push((spot.at(), spot.character().unwrap()));
                Some((3, 1))
            };
            let fitted = fit(&text, usize::MAX, Plain::Unaccented, step);
            assert_eq!(fitted, Ok(Fit { len: text.len(), units: letters + 1 }), "{letters}");
            assert_eq!(looked_at.into_inner(), [(letters - 1, ('x', 1))], "{letters}");
        }
    }
}

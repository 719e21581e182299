//! The default tables by the octets of UTF-8.
//!
//! Nearly all GSM 7-bit text is in the default tables. What an octet of such text adds is known
//! from itself and the one before it, so one look-up for each octet counts and encodes, without a
//! branch and without a code point in between.

use super::page::VOID;
use super::scan::{Measure, character_start, is_all_shared};
use super::{ESCAPE, table};

/// Counts septets in the default tables.
#[derive(Debug)]
pub(super) struct Septets;

impl Measure for Septets {
    #[inline]
    fn octet(before: u8, octet: u8) -> Option<usize> {
        let septets = PAIRS.septets(before, octet);
        (septets < UNKNOWN).then_some(septets.into())
    }

    #[inline]
    fn block(before: u8, octets: &[u8]) -> Option<usize> {
        if is_all_shared(octets) {
            return Some(octets.len());
        }
        let (mut septets, mut before) = (0, before);
        for &octet in octets {
            septets += usize::from(PAIRS.septets(before, octet));
            before = octet;
        }
        // What is not known makes more than all the others can.
        (septets < usize::from(UNKNOWN)).then_some(septets)
    }
}

/// Appends the septets of a text; what the tables lack ends it, and where that starts is the error.
pub(super) fn encode_into(text: &str, out: &mut impl Extend<u8>) -> Result<(), usize> {
    let (mut done, mut before) = (0, FIRST);
    let mut septets = [0; 2 * BLOCK + 1];
    for block in text.as_bytes().chunks(BLOCK) {
        // Text with accents is found out at the first one.
        if block.is_ascii() && is_all_shared(block) {
            out.extend(block.iter().copied());
        } else {
            let (known, end) = encode_block(before, block, &mut septets);
            out.extend(septets.get(..end).unwrap_or_default().iter().copied());
            if known < block.len() {
                return Err(character_start(text, done + known));
            }
        }
        done += block.len();
        before = block.last().copied().unwrap_or(before);
    }
    Ok(())
}

/// Encodes octets as far as they are known; how many those are, and their septets.
///
/// Two septets are always written, and what does not count is written over by the next octet.
#[inline]
fn encode_block(mut before: u8, block: &[u8], septets: &mut [u8; 2 * BLOCK + 1]) -> (usize, usize) {
    let mut end = 0;
    for (known, &octet) in block.iter().enumerate() {
        let count = PAIRS.septets(before, octet);
        if count == UNKNOWN {
            return (known, end);
        }
        if let Some(place) = septets.get_mut(end..).and_then(|free| free.first_chunk_mut()) {
            *place = PAIRS.written(before, octet);
        }
        end += usize::from(count);
        before = octet;
    }
    (block.len(), end)
}

/// What every octet adds after every other.
struct Pairs {
    /// Where the row is of what may follow an octet; the first one is for what starts a character.
    rows: [u16; 256],
    /// Septets that are written; none before the last octet of a character.
    septets: [u8; PAIRS_LEN],
    written: [[u8; 2]; PAIRS_LEN],
    used: u16,
}

impl Pairs {
    #[inline]
    fn septets(&self, before: u8, octet: u8) -> u8 {
        self.septets.get(self.place(before, octet)).copied().unwrap_or(UNKNOWN)
    }

    #[inline]
    fn written(&self, before: u8, octet: u8) -> [u8; 2] {
        self.written.get(self.place(before, octet)).copied().unwrap_or_default()
    }

    #[inline]
    fn place(&self, before: u8, octet: u8) -> usize {
        let row = self.rows.get(usize::from(before)).copied().unwrap_or_default();
        // The remainder is always the same; it saves a check.
        usize::from(row | u16::from(octet)) % PAIRS_LEN
    }
}

static PAIRS: Pairs = Pairs::of_default_tables();

#[expect(clippy::indexing_slicing, reason = "runs at compile time; too few rows stop the build")]
impl Pairs {
    const fn of_default_tables() -> Self {
        let mut pairs = Self { rows: [0; 256], septets: [UNKNOWN; PAIRS_LEN], written: [[0; 2]; PAIRS_LEN], used: ROW };
        let mut code = 0;
        while code < 128 {
            pairs.add(table::DEFAULT.cells()[code], 1, [code as u8, 0]);
            pairs.add(table::EXTENSION.cells()[code], 2, [ESCAPE, code as u8]);
            code += 1;
        }
        pairs
    }

    /// Adds the octets of one character; no cell needs more than three.
    const fn add(&mut self, cell: u16, septets: u8, written: [u8; 2]) {
        let [middle, last] = [0x80 | (cell >> 6 & 0x3F) as u8, 0x80 | (cell & 0x3F) as u8];
        let place = match cell {
            VOID => return,
            1..0x80 => cell as usize,
            0x80..0x800 => {
                let lead = middle | 0x40;
                self.septets[lead as usize] = 0;
                self.after(lead, last)
            }
            0x800.. => {
                let lead = 0xE0 | (cell >> 12) as u8;
                self.septets[lead as usize] = 0;
                let place = self.after(lead, middle);
                self.septets[place] = 0;
                self.after(middle, last)
            }
        };
        self.septets[place] = septets;
        self.written[place] = written;
    }

    /// The place of an octet after another, which gets a row of its own.
    const fn after(&mut self, before: u8, octet: u8) -> usize {
        if self.rows[before as usize] == 0 {
            self.rows[before as usize] = self.used;
            self.used += ROW;
        }
        self.rows[before as usize] as usize + octet as usize
    }
}

/// Above what the octets of a block can add.
const UNKNOWN: u8 = 0x80;
/// An octet that ends a character, for the start of a text.
const FIRST: u8 = 0;
/// What may follow one octet.
const ROW: u16 = 256;
/// Rows after the end of a character, after four first octets, and after the second of `€`; a power of two.
const PAIRS_LEN: usize = 8 * ROW as usize;
/// Octets encoded before anything is appended.
const BLOCK: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsm7::scan::fit_octets;
    use crate::gsm7::{Code, Tables};
    use alloc::{format, vec, vec::Vec};

    /// In front of a block's end and on both sides of it; what was read before must not matter.
    #[test]
    fn every_character_is_written_as_the_tables_say_wherever_it_stands() {
        for character in '\0'..=char::MAX {
            let code = match Tables::DEFAULT.code(character) {
                Some(Code::One(code)) => Some(vec![code]),
                Some(Code::Pair(code)) => Some(vec![ESCAPE, code]),
                None => None,
            };
            let fronts: &[&str] = if code.is_some() { &["", "€", "é[", &"x".repeat(BLOCK - 1)] } else { &["€"] };
            for front in fronts {
                let text = format!("{front}{character}{character}a");
                let mut septets = Vec::new();
                let end = encode_into(&text, &mut septets);
                let count = fit_octets::<Septets>(&text, usize::MAX).map(|fit| fit.units);
                match &code {
                    Some(code) => {
                        assert_eq!((end, count), (Ok(()), Ok(septets.len())), "{character:?}");
                        assert!(septets.ends_with(&[code, code, &b"a"[..]].concat()), "{character:?}");
                    }
                    None => assert_eq!((end, count), (Err(3), Err(3)), "{character:?}"),
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_starts_the_rest_whatever_the_room() {
        let text = "Grüße [€] ñandú".replace('ú', "ù").repeat(9);
        let septets = |text: &str| text.chars().map(|character| Tables::DEFAULT.code(character).unwrap().septets()).sum();
        for room in 0..=septets(&text) {
            let fit = fit_octets::<Septets>(&text, room).unwrap();
            let (head, tail) = text.split_at(fit.len);
            assert_eq!(fit.units, septets(head), "{room}");
            let next = tail.chars().next().map(|character| septets(character.encode_utf8(&mut [0; 4])));
            assert!(fit.units <= room && next.is_none_or(|next: usize| fit.units + next > room), "{room}");
        }
    }
}

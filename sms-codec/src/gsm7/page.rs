//! One table of 128 codes and all that is derived from it at compile time.

use super::scan;
use super::sparse::Sparse;
use super::{Code, ESCAPE};
use crate::scratch::utf8;

/// One table, with its reverse.
#[derive(Debug)]
pub(super) struct Page {
    /// Every character of every table fits 16 bits.
    cells: [u16; 128],
    /// The same in UTF-8: the octets, the first one low, and above them how many there are.
    utf8: [u32; 128],
    codes: Codes,
    is_latin: bool,
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
impl Page {
    pub(super) const fn new(cells: [u16; 128]) -> Self {
        let (mut is_latin, mut utf8) = (true, [0; 128]);
        let mut code = 0;
        while code < cells.len() {
            is_latin &= !scan::is_shared(code as u8) || cells[code] == code as u16;
            utf8[code] = in_utf8(cells[code]);
            code += 1;
        }
        Self { cells, utf8, codes: Codes::of(&cells), is_latin }
    }

    /// The code point at every code; for tables that are made from this one.
    pub(super) const fn cells(&self) -> &[u16; 128] {
        &self.cells
    }
}

impl Page {
    /// The character at a code, unless the cell is void.
    #[inline]
    pub(super) fn char(&self, code: u8) -> Option<char> {
        let cell = *self.cells.get(usize::from(code))?;
        if cell == VOID { None } else { char::from_u32(cell.into()) }
    }

    /// The UTF-8 of the character at a code and, in the top octet, how many octets that has.
    #[inline]
    pub(super) fn utf8(&self, code: u8) -> u32 {
        self.utf8.get(usize::from(code)).copied().unwrap_or(REPLACEMENT)
    }

    /// The lowest code of a character.
    #[inline]
    pub(super) fn code(&self, character: char) -> Option<u8> {
        match self.codes.get(character)? {
            Code::One(code) | Code::Pair(code) => Some(code),
        }
    }

    /// Whether it has all that the Latin tables share with ASCII.
    #[inline]
    pub(super) const fn is_latin(&self) -> bool {
        self.is_latin
    }
}

/// A locking and a single shift table in one.
#[derive(Debug)]
pub(super) struct Both {
    pub(super) codes: Codes,
    /// What characters of one octet or two are written as, found with one look.
    near: [u16; NEAR],
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
impl Both {
    pub(super) const fn of(locking: &Page, single: &Page) -> Self {
        let mut near = [LACKING; NEAR];
        // Downwards, so that the lowest of several codes stays; and the locking table wins.
        let mut code = 2 * locking.cells.len();
        while code > 0 {
            code -= 1;
            let (cells, place) = if code < 128 { (&locking.cells, code) } else { (&single.cells, code - 128) };
            let (cell, septet) = (cells[place], place as u16);
            if cell != VOID && (cell as usize) < NEAR {
                near[cell as usize] = if code < 128 { septet } else { septet << 8 | ESCAPE as u16 };
            }
        }
        Self { codes: Codes::of_both(locking, single), near }
    }
}

impl Both {
    /// How the character with these octets is written, the second of which may be another's.
    #[inline(always)]
    pub(super) fn near(&self, first: u8, next: u8) -> Option<Septets> {
        let two = usize::from(first & 0x1F) << 6 | usize::from(next & 0x3F);
        let septets = *self.near.get(if first < 0x80 { first.into() } else { two })?;
        (septets != LACKING).then_some(Septets(septets))
    }
}

/// One septet, or an escape and another one above it.
#[derive(Clone, Copy)]
pub(super) struct Septets(u16);

impl Septets {
    #[inline]
    pub(super) const fn count(self) -> usize {
        1 + (self.0 as u8 == ESCAPE) as usize
    }

    /// Of one septet, the second is a dummy.
    #[inline]
    pub(super) const fn octets(self) -> [u8; 2] {
        self.0.to_le_bytes()
    }
}

impl From<Code> for Septets {
    #[inline]
    fn from(code: Code) -> Self {
        Self(match code {
            Code::One(code) => code.into(),
            Code::Pair(code) => u16::from_le_bytes([ESCAPE, code]),
        })
    }
}

/// The code of every character of one table, or of a locking and a single shift table in one.
#[derive(Debug)]
pub(super) struct Codes(Sparse<u8, BLOCKS>);

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
impl Codes {
    const fn of(cells: &[u16; 128]) -> Self {
        Self(Sparse::new(NO_CODE)).and(cells, 0)
    }

    /// The codes of both; what is in both is written by the locking table.
    pub(super) const fn of_both(locking: &Page, single: &Page) -> Self {
        Self(Sparse::new(NO_CODE)).and(&single.cells, PAIR).and(&locking.cells, 0)
    }

    const fn and(mut self, cells: &[u16; 128], kind: u8) -> Self {
        // Downwards, so that the lowest of several codes stays.
        let mut code = cells.len();
        while code > 0 {
            code -= 1;
            if cells[code] != VOID {
                assert!(code as u8 | kind != NO_CODE);
                *self.0.entry(cells[code] as usize) = code as u8 | kind;
            }
        }
        self
    }
}

impl Codes {
    #[inline]
    pub(super) fn get(&self, character: char) -> Option<Code> {
        let found = self.0.get(character).filter(|&found| found != NO_CODE)?;
        let code = found & !PAIR;
        Some(if found == code { Code::One(code) } else { Code::Pair(code) })
    }
}

/// The UTF-8 of a cell; that of a void one is a replacement character.
const fn in_utf8(cell: u16) -> u32 {
    match char::from_u32(cell as u32) {
        Some(character) if cell != VOID => {
            let (octets, len) = utf8(character);
            // Three octets at most: a cell has 16 bits.
            u32::from_le_bytes(octets) | (len as u32) << 24
        }
        _ => REPLACEMENT,
    }
}

/// U+FFFD in UTF-8.
const REPLACEMENT: u32 = 0x03BD_BFEF;
/// A cell without a character; U+0000 is in no table.
pub(super) const VOID: u16 = 0;
/// Marks the code of a single shift table.
const PAIR: u8 = 0x80;
/// No code: no table that is asked has an escaped 0x7F.
const NO_CODE: u8 = 0xFF;
/// Code points of one octet or two in UTF-8.
const NEAR: usize = 0x800;
/// No septets.
const LACKING: u16 = 0xFFFF;
/// The empty block and the most that one table needs.
const BLOCKS: usize = 9;

//! One table of 128 codes and all that is derived from it at compile time.

use super::Code;
use super::scan;
use super::sparse::Sparse;

/// One table, with its reverse.
#[derive(Debug)]
pub(super) struct Page {
    /// Every character of every table fits 16 bits.
    cells: [u16; 128],
    codes: Codes,
    is_latin: bool,
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
impl Page {
    pub(super) const fn new(cells: [u16; 128]) -> Self {
        let mut is_latin = true;
        let mut code = 0;
        while code < cells.len() {
            is_latin &= !scan::is_shared(code as u8) || cells[code] == code as u16;
            code += 1;
        }
        Self { cells, codes: Codes::of(&cells), is_latin }
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

/// A cell without a character; U+0000 is in no table.
pub(super) const VOID: u16 = 0;
/// Marks the code of a single shift table.
const PAIR: u8 = 0x80;
/// No code: no table that is asked has an escaped 0x7F.
const NO_CODE: u8 = 0xFF;
/// The empty block and the most that one table needs.
const BLOCKS: usize = 9;

//! One table of 128 codes and all that is derived from it at compile time.

use super::scan;
use super::sparse::Sparse;

/// One table, with its reverse.
#[derive(Debug)]
pub(super) struct Page {
    /// Every character of every table fits 16 bits.
    cells: [u16; 128],
    codes: Sparse<u8, BLOCKS>,
    /// Whether it has all that the Latin tables share with ASCII.
    is_latin: bool,
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
impl Page {
    pub(super) const fn new(cells: [u16; 128]) -> Self {
        let mut codes = Sparse::new(NO_CODE);
        let mut is_latin = true;
        // Downwards, so that the lowest of several codes stays.
        let mut code = cells.len();
        while code > 0 {
            code -= 1;
            if cells[code] != VOID {
                *codes.entry(cells[code] as usize) = code as u8;
            }
            is_latin &= !scan::is_shared(code as u8) || cells[code] == code as u16;
        }
        Self { cells, codes, is_latin }
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
        self.codes.get(character).filter(|&code| code != NO_CODE)
    }

    /// How many octets at the start mean the same here and in ASCII, so that they are copied whole.
    #[inline]
    pub(super) fn plain_run(&self, octets: &[u8]) -> usize {
        if self.is_latin {
            return scan::shared_run(octets);
        }
        octets.iter().take_while(|&&octet| self.is_plain(octet)).count()
    }

    fn is_plain(&self, octet: u8) -> bool {
        octet != 0 && self.cells.get(usize::from(octet)) == Some(&octet.into())
    }
}

/// A cell without a character; U+0000 is in no table.
pub(super) const VOID: u16 = 0;
/// Above every code.
const NO_CODE: u8 = 0xFF;
/// The empty block and the most that one table needs.
const BLOCKS: usize = 9;

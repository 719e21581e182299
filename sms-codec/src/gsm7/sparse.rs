//! Facts about characters, found in two steps and without a search.
//!
//! The characters of all tables lie in a few blocks of 64 code points; only those are stored.

/// A value for every character, the same one for nearly all.
#[derive(Debug)]
pub(super) struct Sparse<T, const N: usize> {
    /// Which block holds 64 code points; the first one is the empty one.
    index: [u8; ROWS],
    blocks: [[T; ROW]; N],
    used: u8,
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; too few blocks stop the build")]
impl<T: Copy, const N: usize> Sparse<T, N> {
    pub(super) const fn new(none: T) -> Self {
        Self { index: [0; ROWS], blocks: [[none; ROW]; N], used: 1 }
    }

    /// The value to change of a code point.
    pub(super) const fn entry(&mut self, at: usize) -> &mut T {
        if self.index[at / ROW] == 0 {
            self.index[at / ROW] = self.used;
            self.used += 1;
        }
        &mut self.blocks[self.index[at / ROW] as usize][at % ROW]
    }
}

impl<T: Copy, const N: usize> Sparse<T, N> {
    /// The value of a character; none above the last character of any table.
    #[inline]
    pub(super) fn get(&self, character: char) -> Option<T> {
        let at = character as usize;
        let block = self.index.get(at / ROW)?;
        self.blocks.get(usize::from(*block))?.get(at % ROW).copied()
    }
}

const ROW: usize = 64;
/// Enough for U+221E, the highest character of any table.
const ROWS: usize = 0x221E / ROW + 1;

//! Octets gathered on the stack before they go to a buffer of the caller.
//!
//! A buffer that grows is asked for room at every append, and text is checked at every append. So
//! both are done once for many octets.

use alloc::string::String;

/// Room for `N` octets, the last [`STEP`] of which are there to be written over.
///
/// How many there are is not kept here but with whoever adds them: a register is the place for it.
#[derive(Debug)]
pub(crate) struct Scratch<const N: usize>([u8; N]);

impl<const N: usize> Scratch<N> {
    pub(crate) const fn new() -> Self {
        Self([0; N])
    }

    /// Writes `len` octets at a place; [`STEP`] more must follow those. Where they end.
    ///
    /// Whole steps are copied, which needs no call. What is too much, the next octets replace.
    #[inline(always)]
    pub(crate) fn run(&mut self, at: usize, octets: &[u8], len: usize) -> usize {
        self.step(at, octets);
        let mut done = STEP;
        while done < len {
            self.step(at + done, octets.get(done..).unwrap_or_default());
            done += STEP;
        }
        at + len
    }

    #[inline(always)]
    fn step(&mut self, at: usize, octets: &[u8]) {
        if let Some(step) = octets.first_chunk::<STEP>() {
            self.put(at, *step);
        }
    }

    /// Writes a few octets at a place; how many of them count is up to whoever knows.
    #[inline(always)]
    pub(crate) fn put<const K: usize>(&mut self, at: usize, octets: [u8; K]) {
        // It always fits; said in this way nobody has to ask.
        let at = at.min(N - K);
        if let Some(free) = self.0.get_mut(at..at + K) {
            free.copy_from_slice(&octets);
        }
    }

    /// Writes a character at a place. Where it ends.
    #[inline(always)]
    pub(crate) fn put_char(&mut self, at: usize, character: char) -> usize {
        let (octets, len) = utf8(character);
        self.put(at, octets);
        at + len
    }

    /// Whether so many more octets fit after a place.
    #[inline]
    pub(crate) const fn holds(at: usize, more: usize) -> bool {
        at + more + STEP <= N
    }

    /// The octets before a place.
    #[inline]
    pub(crate) fn before(&self, end: usize) -> &[u8] {
        debug_assert!(end + STEP <= N, "{end} octets");
        self.0.get(..end).unwrap_or_default()
    }

    /// Appends the octets before a place to a text; false if they are no UTF-8.
    ///
    /// [`CHECKED`] more must follow those: zeros, so that the check has no odd end to copy.
    #[inline]
    pub(crate) fn push_to(&mut self, text: &mut String, end: usize) -> bool {
        debug_assert!(end + CHECKED <= N, "{end} octets");
        self.put(end, [0; CHECKED]);
        let whole = self.0.get(..end.next_multiple_of(CHECKED)).unwrap_or_default();
        let checked = from_utf8(whole).and_then(|checked| checked.get(..end));
        text.push_str(checked.unwrap_or_default());
        checked.is_some()
    }
}

/// The octets at the start; if there are too few, what `spare` holds follows them.
#[inline]
pub(crate) fn padded<'a, const N: usize>(octets: &'a [u8], spare: &'a mut [u8; N]) -> &'a [u8; N] {
    if let Some(start) = octets.first_chunk() {
        return start;
    }
    if let Some(start) = spare.get_mut(..octets.len()) {
        start.copy_from_slice(octets);
    }
    spare
}

/// A character in UTF-8, and how many of the octets count.
///
/// All at once in a register: octets that are written one by one cannot be read as four at once
/// before they have reached the cache.
#[inline(always)]
pub(crate) const fn utf8(character: char) -> ([u8; 4], usize) {
    let code = character as u32;
    let (last, third) = (0x80 | code & 0x3F, 0x80 | code >> 6 & 0x3F);
    let (octets, len) = match code {
        ..0x80 => (code, 1),
        0x80..0x800 => (0xC0 | code >> 6 | last << 8, 2),
        0x800..0x1_0000 => (0xE0 | code >> 12 | third << 8 | last << 16, 3),
        _ => (0xF0 | code >> 18 | (0x80 | code >> 12 & 0x3F) << 8 | third << 16 | last << 24, 4),
    };
    (octets.to_le_bytes(), len)
}

/// The octets as text, if they are UTF-8.
#[inline]
fn from_utf8(octets: &[u8]) -> Option<&str> {
    #[cfg(feature = "simd")]
    return simdutf8::basic::from_utf8(octets).ok();
    #[cfg(not(feature = "simd"))]
    return core::str::from_utf8(octets).ok();
}

/// Octets that the quick check looks at together.
pub(crate) const CHECKED: usize = 64;
/// Octets copied at once.
pub(crate) const STEP: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_written_as_core_writes_it() {
        for character in '\0'..=char::MAX {
            let (octets, len) = utf8(character);
            assert_eq!(octets.get(..len), Some(character.encode_utf8(&mut [0; 4]).as_bytes()));
        }
    }

    /// The longest of these are looked at in blocks, the shortest are not; what is wrong may stand anywhere.
    #[cfg(feature = "simd")]
    #[test]
    fn the_quick_check_says_what_the_one_in_core_says() {
        let pieces: [&[u8]; 12] = [
            b"x",
            "é".as_bytes(),
            "я".as_bytes(),
            "€".as_bytes(),
            "😀".as_bytes(),
            b"\x80",
            b"\xC0\xAF",
            b"\xE2\x82",
            b"\xED\xA0\x80",
            b"\xF0\x80\x80\x80",
            b"\xF4\x90\x80\x80",
            b"\xFF",
        ];
        for first in pieces {
            for second in pieces {
                for front in 0..130 {
                    let octets = [&alloc::vec![b'a'; front][..], first, second, &alloc::vec![b'z'; front % 70]].concat();
                    assert_eq!(from_utf8(&octets), core::str::from_utf8(&octets).ok(), "{octets:x?}");
                }
            }
        }
    }
}

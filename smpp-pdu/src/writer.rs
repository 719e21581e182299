//! A writer that only ever shrinks a slice: the mirror of the reader.
//!
//! The exact length of a PDU is known before its first field is written, so the buffer grows once
//! and fields need neither capacity checks nor indexes. The writer never grows anything itself:
//! what does not fit is dropped and remembered, which only a wrong `encoded_len` can cause.

/// The space left for one PDU body.
#[derive(Debug)]
pub struct Writer<'b> {
    rest: &'b mut [u8],
    overrun: bool,
}

impl<'b> Writer<'b> {
    /// Writes into `space`, which must be filled exactly.
    #[inline(always)]
    pub const fn new(space: &'b mut [u8]) -> Self {
        Writer { rest: space, overrun: false }
    }

    /// Writes `N` octets.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self, octets: [u8; N]) {
        match core::mem::take(&mut self.rest).split_first_chunk_mut::<N>() {
            Some((head, rest)) => {
                *head = octets;
                self.rest = rest;
            }
            None => self.overrun = overran(),
        }
    }

    /// Writes any number of octets.
    #[inline(always)]
    pub fn octets(&mut self, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        if let Some(space) = self.take(octets.len()) {
            space.copy_from_slice(octets);
        }
    }

    /// Writes octets that are usually few: for an address the call to `memcpy` costs more than the copy.
    #[inline(always)]
    pub fn short(&mut self, octets: &[u8]) {
        let Some(space) = self.take(octets.len()) else { return };
        match octets.len() {
            0 => (),
            1 => copy_halves::<1>(space, octets),
            2..=3 => copy_halves::<2>(space, octets),
            4..=7 => copy_halves::<4>(space, octets),
            8..=16 => copy_halves::<8>(space, octets),
            17..=32 => copy_halves::<16>(space, octets),
            _ => space.copy_from_slice(octets),
        }
    }

    /// Writes a text and its NUL.
    #[inline(always)]
    pub fn c_string(&mut self, text: &[u8]) {
        self.short(text);
        self.array([0]);
    }

    /// True if the space was filled and nothing dropped.
    #[inline(always)]
    pub const fn is_exact(&self) -> bool {
        self.rest.is_empty() && !self.overrun
    }

    #[inline(always)]
    fn take(&mut self, count: usize) -> Option<&'b mut [u8]> {
        let Some((head, rest)) = core::mem::take(&mut self.rest).split_at_mut_checked(count) else {
            self.overrun = overran();
            return None;
        };
        self.rest = rest;
        Some(head)
    }
}

/// A call, so that the way around it stays a jump.
#[cold]
const fn overran() -> bool {
    true
}

/// Copies `N` to 2·`N` octets: the first `N` and the last `N`, which may overlap.
#[inline(always)]
fn copy_halves<const N: usize>(to: &mut [u8], from: &[u8]) {
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<N>(), from.first_chunk::<N>()) {
        *to = *from;
    }
    if let (Some(to), Some(from)) = (to.last_chunk_mut::<N>(), from.last_chunk::<N>()) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_octets_of_every_length_are_copied_whole() {
        for length in 0..=70_u8 {
            let octets: Vec<u8> = (1..=length).collect();
            let mut space = vec![0xEE; octets.len() + 1];
            let mut writer = Writer::new(&mut space);
            writer.c_string(&octets);
            assert!(writer.is_exact());
            assert_eq!(space.split_last(), Some((&0, octets.as_slice())));
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_remembered() {
        let mut space = [0; 3];
        let mut writer = Writer::new(&mut space);
        writer.array([1, 2]);
        assert!(!writer.is_exact());
        writer.octets(&[3, 4]);
        assert!(!writer.is_exact());
        writer.octets(&[]);
        assert!(!writer.is_exact());
        assert_eq!(space, [1, 2, 0]);
    }
}

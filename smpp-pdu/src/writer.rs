//! A writer that only ever shrinks a slice: the mirror of the reader.
//!
//! The exact length of a PDU is known before its first field is written, so the buffer grows once
//! and fields need neither capacity checks nor indexes. The writer never grows anything itself:
//! what does not fit is not written, which only a wrong `encoded_len` can cause.

use crate::reader::halves;

/// The space left for one PDU body.
#[derive(Debug)]
pub struct Writer<'b> {
    rest: &'b mut [u8],
}

impl<'b> Writer<'b> {
    /// Writes into `space`, which must be filled exactly.
    #[inline(always)]
    pub const fn new(space: &'b mut [u8]) -> Self {
        Writer { rest: space }
    }

    /// Writes `N` octets; `None` if they do not fit.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self, octets: [u8; N]) -> Option<()> {
        let (head, rest) = core::mem::take(&mut self.rest).split_first_chunk_mut()?;
        *head = octets;
        self.rest = rest;
        Some(())
    }

    /// Writes any number of octets; `None` if they do not fit.
    #[inline(always)]
    pub fn octets(&mut self, octets: &[u8]) -> Option<()> {
        self.take(octets.len())?.copy_from_slice(octets);
        Some(())
    }

    /// Writes octets that are usually few: for an address the call to `memcpy` costs more than the
    /// copy. `None` if they do not fit.
    #[inline(always)]
    pub fn short(&mut self, octets: &[u8]) -> Option<()> {
        copy_short(self.take(octets.len())?, octets)
    }

    /// Writes a text and its NUL; `None` if they do not fit.
    #[inline(always)]
    pub fn c_string(&mut self, text: &[u8]) -> Option<()> {
        self.short(text)?;
        self.array([0])
    }

    /// True if there is no space left.
    #[inline(always)]
    pub const fn is_full(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline(always)]
    fn take(&mut self, count: usize) -> Option<&'b mut [u8]> {
        let (head, rest) = core::mem::take(&mut self.rest).split_at_mut_checked(count)?;
        self.rest = rest;
        Some(head)
    }
}

/// Both are of the same length; most often it is nought or that of an address.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) -> Option<()> {
    let length = from.len();
    if length >= 8 {
        if length <= 16 {
            return copy_halves::<8>(to, from);
        }
        if length <= 32 {
            return copy_halves::<16>(to, from);
        }
        to.copy_from_slice(from);
    } else if length >= 4 {
        return copy_halves::<4>(to, from);
    } else if length >= 2 {
        return copy_halves::<2>(to, from);
    } else if length == 1 {
        return copy_halves::<1>(to, from);
    }
    Some(())
}

/// Copies `N` to 2·`N` octets: the first `N` and the last `N`, which may overlap.
#[inline(always)]
fn copy_halves<const N: usize>(to: &mut [u8], from: &[u8]) -> Option<()> {
    let (first, last) = halves::<N>(from)?;
    *to.first_chunk_mut()? = *first;
    *to.last_chunk_mut()? = *last;
    Some(())
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
            assert_eq!(writer.c_string(&octets), Some(()));
            assert!(writer.is_full());
            assert_eq!(space.split_last(), Some((&0, octets.as_slice())));
        }
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let mut space = [0; 3];
        let mut writer = Writer::new(&mut space);
        assert_eq!(writer.array([1, 2]), Some(()));
        assert!(!writer.is_full());
        assert_eq!(writer.octets(&[3, 4]), None);
        assert_eq!(space, [1, 2, 0]);
    }
}

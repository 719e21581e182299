//! A writer that only ever shrinks a slice: the mirror of the reader.
//!
//! The exact length of a PDU is known before its first field is written, so the buffer grows once
//! and fields need neither capacity checks nor indexes. The writer never grows anything itself:
//! what does not fit is not written, which only a wrong `encoded_len` can cause.
//!
//! Between its few strings a body is single octets. They are held back in a word until a string
//! follows, so that a run of them costs one check and one store; where the runs begin and end is
//! known when a PDU's table is compiled.

use crate::reader::halves;

/// The space left for one PDU.
#[derive(Debug)]
pub struct Writer<'b> {
    rest: &'b mut [u8],
    /// Octets not written yet, the first of them lowest.
    held: u64,
    count: u32,
}

impl<'b> Writer<'b> {
    /// Writes into `space`, which must be filled exactly; see [`finish`](Self::finish).
    #[inline(always)]
    pub const fn new(space: &'b mut [u8]) -> Self {
        Writer { rest: space, held: 0, count: 0 }
    }

    /// Writes `N` octets; `None` if they do not fit.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self, octets: [u8; N]) -> Option<()> {
        if self.count as usize + N > WORD {
            self.flush()?;
        }
        if N > WORD {
            return self.put(octets);
        }
        let mut word = [0; WORD];
        for (to, from) in word.iter_mut().zip(octets) {
            *to = from;
        }
        self.held |= u64::from_le_bytes(word) << (8 * self.count);
        self.count += N as u32; // at most 8
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

    /// `None` unless the space was filled exactly.
    #[inline(always)]
    pub fn finish(mut self) -> Option<()> {
        self.flush()?;
        self.rest.is_empty().then_some(())
    }

    /// Writes what is held back; a loop does so at the end of a turn, lest the next one begin with
    /// nobody knows how much.
    #[inline(always)]
    pub(crate) fn flush(&mut self) -> Option<()> {
        let [a, b, c, d, e, f, g, h] = core::mem::take(&mut self.held).to_le_bytes();
        match core::mem::take(&mut self.count) {
            0 => Some(()),
            1 => self.put([a]),
            2 => self.put([a, b]),
            3 => self.put([a, b, c]),
            4 => self.put([a, b, c, d]),
            5 => self.put([a, b, c, d, e]),
            6 => self.put([a, b, c, d, e, f]),
            7 => self.put([a, b, c, d, e, f, g]),
            _ => self.put([a, b, c, d, e, f, g, h]),
        }
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, octets: [u8; N]) -> Option<()> {
        let (head, rest) = core::mem::take(&mut self.rest).split_first_chunk_mut()?;
        *head = octets;
        self.rest = rest;
        Some(())
    }

    #[inline(always)]
    fn take(&mut self, count: usize) -> Option<&'b mut [u8]> {
        self.flush()?;
        let (head, rest) = core::mem::take(&mut self.rest).split_at_mut_checked(count)?;
        self.rest = rest;
        Some(head)
    }
}

/// Copies between slices of one length, most often nought or that of an address.
#[inline(always)]
fn copy_short(to: &mut [u8], from: &[u8]) -> Option<()> {
    match from.len() {
        0 => Some(()),
        length if length >= 8 => match length {
            8..=16 => copy_halves::<8>(to, from),
            17..=32 => copy_halves::<16>(to, from),
            _ => {
                to.copy_from_slice(from);
                Some(())
            }
        },
        4.. => copy_halves::<4>(to, from),
        2.. => copy_halves::<2>(to, from),
        _ => copy_halves::<1>(to, from),
    }
}

/// Copies `N` to 2·`N` octets: the first `N` and the last `N`, which may overlap.
#[inline(always)]
fn copy_halves<const N: usize>(to: &mut [u8], from: &[u8]) -> Option<()> {
    let (first, last) = halves::<N>(from)?;
    *to.first_chunk_mut()? = *first;
    *to.last_chunk_mut()? = *last;
    Some(())
}

// Octets that fit into `held`.
const WORD: usize = 8;

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
            assert_eq!(writer.finish(), Some(()));
            assert_eq!(space.split_last(), Some((&0, octets.as_slice())));
        }
    }

    #[test]
    fn runs_of_octets_of_every_length_are_written_in_order() {
        for length in 0..=40_u8 {
            let octets: Vec<u8> = (1..=length).collect();
            let mut space = vec![0xEE; octets.len() + 3];
            let mut writer = Writer::new(&mut space);
            for octet in &octets {
                assert_eq!(writer.array([*octet]), Some(()));
            }
            assert_eq!(writer.array([0xA0, 0xA1, 0xA2]), Some(()));
            assert_eq!(writer.finish(), Some(()));
            assert_eq!(space, [octets.as_slice(), &[0xA0, 0xA1, 0xA2]].concat());
        }
    }

    #[test]
    fn what_does_not_fit_is_not_written() {
        let mut space = [0; 3];
        let mut writer = Writer::new(&mut space);
        assert_eq!(writer.array([1, 2]), Some(()));
        assert_eq!(writer.octets(&[3, 4]), None);
        assert_eq!(space, [1, 2, 0]);
    }

    #[test]
    fn space_left_over_is_noticed_and_so_is_too_little() {
        let written = |length| {
            let mut space = vec![0; length];
            let mut writer = Writer::new(&mut space);
            writer.array([1, 2]).and_then(|()| writer.finish())
        };
        assert_eq!([1, 2, 3].map(written), [None, Some(()), None]);
    }
}

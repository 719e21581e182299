//! A reader that only ever shrinks a slice.
//!
//! It knows how much of the body is left, never an index, so no input can make it read out of
//! bounds. Whether a defect is forgiven is asked only after a defect was found: good input never
//! pays for leniency.

use crate::{Fault, Profile, Repairs, Version};

/// What is left of one PDU body, and what was forgiven so far.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    total: usize,
    forgive: Repairs,
    repairs: Repairs,
    version: Version,
    within: &'static str,
}

impl<'a> Reader<'a> {
    /// Reads `body`, the octets behind the header, of a request or of a response.
    #[inline(always)]
    pub fn new(body: &'a [u8], profile: &Profile, response: bool) -> Self {
        let forgive = if response { profile.forgive_in_responses } else { profile.forgive_in_requests };
        Reader { rest: body, total: body.len(), forgive, repairs: Repairs::NONE, version: profile.version, within: "" }
    }

    /// The next `N` octets.
    #[inline(always)]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or(Fault::Truncated)?;
        self.rest = rest;
        Ok(*head)
    }

    /// The next octet.
    #[inline(always)]
    pub fn octet(&mut self) -> Result<u8, Fault> {
        let [octet] = self.array()?;
        Ok(octet)
    }

    /// The next `count` octets; a promise the body does not keep is [`Fault::LengthOverrun`].
    #[inline(always)]
    pub fn counted(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        if let Some((head, rest)) = self.rest.split_at_checked(count) {
            self.rest = rest;
            return Ok(head);
        }
        self.admit(Repairs::SM_LENGTH, Fault::LengthOverrun)?;
        Ok(self.take_rest())
    }

    /// A C-Octet String of at most `max` octets including its NUL, returned without it.
    #[inline(always)]
    pub fn c_string(&mut self, max: usize) -> Result<&'a [u8], Fault> {
        if let Some((text, rest)) = split_nul(self.rest) {
            if text.len() >= max {
                self.admit(Repairs::OVERLONG, Fault::TooLong)?;
            }
            self.rest = rest;
            return Ok(text);
        }
        let fault = if self.rest.is_empty() { Fault::Truncated } else { Fault::NoTerminator };
        if self.rest.is_empty() {
            return Err(fault);
        }
        self.admit(Repairs::MISSING_NUL, fault)?;
        if self.rest.len() >= max {
            self.admit(Repairs::OVERLONG, fault)?;
        }
        Ok(self.take_rest())
    }

    /// Everything that is left.
    #[inline(always)]
    pub fn take_rest(&mut self) -> &'a [u8] {
        core::mem::take(&mut self.rest)
    }

    /// Records a repair if this peer is forgiven it, else fails with `fault`.
    #[inline(always)]
    pub fn admit(&mut self, repair: Repairs, fault: Fault) -> Result<(), Fault> {
        if !self.forgive.contains(repair) {
            return Err(fault);
        }
        self.repairs = self.repairs | repair;
        Ok(())
    }

    /// Says which part of a composite field the following fault is about.
    #[inline(always)]
    pub(crate) fn blame(&mut self, part: &'static str) {
        self.within = part;
    }

    #[inline(always)]
    pub(crate) fn within(&self) -> &'static str {
        self.within
    }

    #[inline(always)]
    pub(crate) fn drop_to(&mut self, rest: &'a [u8]) {
        self.rest = rest;
    }

    /// What has not been read yet.
    #[inline(always)]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How far into the PDU the reader is, counted from the first octet of the header.
    #[inline(always)]
    pub fn offset(&self) -> usize {
        crate::HEADER_LEN + self.total - self.rest.len()
    }

    /// The version spoken with this peer.
    #[inline(always)]
    pub fn version(&self) -> Version {
        self.version
    }

    /// What was forgiven so far.
    #[inline(always)]
    pub fn repairs(&self) -> Repairs {
        self.repairs
    }
}

/// Splits at the first NUL, eight octets at a time: SMPP strings are too short for a call.
#[inline(always)]
fn split_nul(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    if let [0, rest @ ..] = octets {
        return Some((&[], rest));
    }
    let mut at = 0;
    let mut tail = octets;
    while let Some((chunk, next)) = tail.split_first_chunk::<8>() {
        let zeros = zeros(*chunk);
        if zeros != 0 {
            return split_around(octets, at + (zeros.trailing_zeros() / 8) as usize);
        }
        at += 8;
        tail = next;
    }
    let last = tail.iter().position(|octet| *octet == 0)?;
    split_around(octets, at + last)
}

/// True if there is a NUL; like [`split_nul`] made for short strings.
#[inline(always)]
pub(crate) fn has_nul(octets: &[u8]) -> bool {
    match octets.len() {
        0..=3 => octets.contains(&0),
        4..=7 => match halves::<4>(octets) {
            Some(([a, b, c, d], [e, f, g, h])) => zeros([*a, *b, *c, *d, *e, *f, *g, *h]) != 0,
            None => false,
        },
        8..=16 => halves::<8>(octets).is_some_and(|(first, last)| zeros(*first) | zeros(*last) != 0),
        _ => long_has_nul(octets),
    }
}

#[inline(never)]
fn long_has_nul(octets: &[u8]) -> bool {
    octets.contains(&0)
}

/// The first `N` and the last `N` octets: all of them if there are `N` to 2·`N`.
#[inline(always)]
pub(crate) fn halves<const N: usize>(octets: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    octets.first_chunk().zip(octets.last_chunk())
}

/// Sets the high bit of the first octet that is zero, and of none if none is.
#[inline(always)]
const fn zeros(octets: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(octets);
    word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS
}

#[inline(always)]
fn split_around(octets: &[u8], nul: usize) -> Option<(&[u8], &[u8])> {
    let (text, rest) = octets.split_at_checked(nul)?;
    let (_, rest) = rest.split_first()?;
    Some((text, rest))
}

// The classic zero-octet test: a borrow reaches the high bit only where the octet was zero.
const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_nul_is_found_at_every_place() {
        for length in 0..40 {
            let mut octets = vec![0x80_u8; length];
            octets.push(0);
            octets.extend([1, 0, 7]);
            let (text, rest) = split_nul(&octets).unwrap();
            assert_eq!(text.len(), length);
            assert_eq!(rest, [1, 0, 7]);
        }
    }

    #[test]
    fn no_nul_is_no_string() {
        for length in 0..40 {
            assert!(split_nul(&vec![1; length]).is_none());
        }
    }

    #[test]
    fn a_nul_anywhere_is_noticed() {
        for length in 0..40 {
            assert!(!has_nul(&vec![0x80; length]));
            assert!(!has_nul(&vec![1; length]));
            for at in 0..length {
                let mut octets = vec![1; length];
                octets[at] = 0;
                assert!(has_nul(&octets), "at {at} of {length}");
            }
        }
    }
}

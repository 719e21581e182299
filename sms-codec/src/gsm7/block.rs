//! Packing in blocks: eight septets are seven octets, and both fit one register.

use super::CR;
use crate::scratch::padded;

/// Appends `septets` and then `padding`, at most one septet, after `fill` zero bits.
pub(super) fn pack(septets: &[u8], padding: &[u8], fill: u8, out: &mut impl Extend<u8>) {
    let mut packed = Packed { fill, carry: 0 };
    let mut runs = septets.chunks_exact(RUN * 8);
    for run in runs.by_ref() {
        packed.run(run, out);
    }
    packed.finish(runs.remainder(), padding, out);
}

/// Where packing has come to.
///
/// Every block adds whole octets, so as many bits are left over after each as there is fill.
#[derive(Debug)]
struct Packed {
    fill: u8,
    carry: u64,
}

impl Packed {
    /// Writes [`RUN`] blocks.
    fn run(&mut self, septets: &[u8], out: &mut impl Extend<u8>) {
        let mut octets = [0; RUN * 7];
        for (septets, octets) in septets.chunks_exact(8).zip(octets.chunks_exact_mut(7)) {
            self.block(septets, octets);
        }
        out.extend(octets);
    }

    /// Writes the last septets and what is left over.
    fn finish(mut self, septets: &[u8], padding: &[u8], out: &mut impl Extend<u8>) {
        let mut blocks = septets.chunks_exact(8);
        for septets in blocks.by_ref() {
            let mut octets = [0; 7];
            self.block(septets, &mut octets);
            out.extend(octets);
        }
        let mut last = [0; 8];
        let ends = blocks.remainder().iter().chain(padding);
        let count = last.iter_mut().zip(ends).map(|(place, &septet)| *place = septet).count();
        let mut octets = [0; 8];
        let (head, tail) = octets.split_at_mut(7);
        let left = usize::from(self.fill) + 7 * count;
        self.block(&last, head);
        tail.fill(self.carry as u8);
        out.extend(octets.into_iter().take(left.div_ceil(8)));
    }

    /// Puts 56 bits above what was left over before.
    #[inline]
    fn block(&mut self, septets: &[u8], octets: &mut [u8]) {
        let bits = join(septets) << self.fill | self.carry;
        for (octet, value) in octets.iter_mut().zip(bits.to_le_bytes()) {
            *octet = value;
        }
        self.carry = bits >> 56;
    }
}

/// Packs septets as they come, for text that is encoded and packed in one go.
#[derive(Debug)]
pub(crate) struct Packing<'o, O> {
    out: &'o mut O,
    packed: Packed,
    septets: [u8; RUN * 8],
    held: usize,
}

impl<'o, O: Extend<u8>> Packing<'o, O> {
    /// Begins after `fill` zero bits.
    pub(crate) const fn new(out: &'o mut O, fill: u8) -> Self {
        Self { out, packed: Packed { fill, carry: 0 }, septets: [0; RUN * 8], held: 0 }
    }

    /// Writes what is left; `padded` with a carriage return where spare bits call for it.
    pub(crate) fn finish(self, padded: bool) {
        let septets = self.septets.get(..self.held).unwrap_or_default();
        // A full buffer waits here for more, so the last septet is always at hand.
        let wanted = padded && is_padding_wanted(self.packed.fill, septets);
        let padding: &[u8] = if wanted { &[CR] } else { &[] };
        self.packed.finish(septets, padding, self.out);
    }
}

impl<O: Extend<u8>> Extend<u8> for Packing<'_, O> {
    #[inline]
    fn extend<I: IntoIterator<Item = u8>>(&mut self, septets: I) {
        for septet in septets {
            if self.held == self.septets.len() {
                self.packed.run(&self.septets, self.out);
                self.held = 0;
            }
            if let Some(place) = self.septets.get_mut(self.held) {
                *place = septet;
                self.held += 1;
            }
        }
    }
}

/// Whether septets after `fill` bits leave room for one more that must not read as `@`.
pub(super) fn is_padding_wanted(fill: u8, septets: &[u8]) -> bool {
    match (usize::from(fill) + 7 * septets.len()) % 8 {
        // Nothing spare, but a receiver would take a last carriage return for padding.
        0 => septets.last().is_some_and(|last| last & 0x7F == CR),
        used => used == 1,
    }
}

/// Appends at most `limit` septets found after `fill` bits.
pub(super) fn unpack(octets: &[u8], fill: u8, limit: usize, out: &mut impl Extend<u8>) {
    let count = (octets.len() * 8).saturating_sub(fill.into()) / 7;
    let mut left = count.min(limit);
    let mut rest = octets;
    while left > 0 {
        let septets = unpack_run(padded(rest, &mut [0; RUN * 7 + 1]), fill);
        let known = septets.get(..left).unwrap_or(&septets);
        out.extend(known.iter().copied());
        rest = rest.get(RUN * 7..).unwrap_or_default();
        left -= known.len();
    }
}

/// [`RUN`] blocks; the last of their septets may end in the octet after them.
#[inline]
fn unpack_run(octets: &[u8; RUN * 7 + 1], fill: u8) -> [u8; RUN * 8] {
    let mut septets = [0; RUN * 8];
    for (block, start) in septets.chunks_exact_mut(8).zip((0..).step_by(7)) {
        let word = octets.get(start..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        block.copy_from_slice(&spread(u64::from_le_bytes(word) >> fill));
    }
    septets
}

/// Up to eight septets side by side, 56 bits.
#[inline]
fn join(septets: &[u8]) -> u64 {
    let septets = septets.first_chunk().copied().unwrap_or_default();
    let bits = u64::from_le_bytes(septets) & 0x7F7F_7F7F_7F7F_7F7F;
    // Neighbours close up: 8 × 7 bits, 4 × 14, 2 × 28, 56.
    let bits = bits & 0x007F_007F_007F_007F | (bits & 0x7F00_7F00_7F00_7F00) >> 1;
    let bits = bits & 0x0000_3FFF_0000_3FFF | (bits & 0x3FFF_0000_3FFF_0000) >> 2;
    bits & 0x0FFF_FFFF | (bits & 0x0FFF_FFFF_0000_0000) >> 4
}

/// The other way.
#[inline]
const fn spread(bits: u64) -> [u8; 8] {
    let bits = bits & 0x0FFF_FFFF | (bits & 0x00FF_FFFF_F000_0000) << 4;
    let bits = bits & 0x0000_3FFF_0000_3FFF | (bits & 0x0FFF_C000_0FFF_C000) << 2;
    let bits = bits & 0x007F_007F_007F_007F | (bits & 0x3F80_3F80_3F80_3F80) << 1;
    bits.to_le_bytes()
}

/// Blocks written at once: one growth of the buffer for most of a message.
const RUN: usize = 8;

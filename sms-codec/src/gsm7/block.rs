//! Packing in blocks: eight septets are seven octets, and both fit one register.

use super::CR;

/// Appends `septets` and then `padding`, at most one septet, after `fill` zero bits.
pub(super) fn pack(septets: &[u8], padding: &[u8], fill: u8, out: &mut impl Extend<u8>) {
    // Every block adds whole octets, so what is left over of each stays as long as the fill.
    let mut carry = 0;
    let mut runs = septets.chunks_exact(RUN * 8);
    for run in runs.by_ref() {
        let mut packed = [0; RUN * 7];
        for (septets, octets) in run.chunks_exact(8).zip(packed.chunks_exact_mut(7)) {
            carry = put(join(septets), carry, fill, octets);
        }
        out.extend(packed);
    }
    let mut blocks = runs.remainder().chunks_exact(8);
    for septets in blocks.by_ref() {
        let mut octets = [0; 7];
        carry = put(join(septets), carry, fill, &mut octets);
        out.extend(octets);
    }
    let mut last = [0; 8];
    let ends = blocks.remainder().iter().chain(padding);
    let count = last.iter_mut().zip(ends).map(|(place, &septet)| *place = septet).count();
    finish(last, count, (carry, fill), out);
}

/// Packs septets as they come, for text that is encoded and packed in one go.
#[derive(Debug)]
pub(crate) struct Packing<'o, O> {
    out: &'o mut O,
    fill: u8,
    carry: u64,
    septets: [u8; 8],
    held: usize,
    last: u8,
}

impl<'o, O: Extend<u8>> Packing<'o, O> {
    /// Begins after `fill` zero bits.
    pub(crate) const fn new(out: &'o mut O, fill: u8) -> Self {
        Self { out, fill, carry: 0, septets: [0; 8], held: 0, last: 0 }
    }

    /// Writes what is left; `padded` with a carriage return where spare bits call for it.
    pub(crate) fn finish(mut self, padded: bool) {
        if padded && is_padding_wanted(self.fill, self.held, self.last) {
            self.extend([CR]);
        }
        let Self { out, fill, carry, septets, held, .. } = self;
        finish(septets, held, (carry, fill), out);
    }
}

impl<O: Extend<u8>> Extend<u8> for Packing<'_, O> {
    fn extend<I: IntoIterator<Item = u8>>(&mut self, septets: I) {
        for septet in septets {
            if let Some(place) = self.septets.get_mut(self.held) {
                *place = septet;
            }
            self.held += 1;
            self.last = septet;
            if self.held == self.septets.len() {
                let mut octets = [0; 7];
                self.carry = put(join(&self.septets), self.carry, self.fill, &mut octets);
                self.out.extend(octets);
                self.septets = [0; 8];
                self.held = 0;
            }
        }
    }
}

/// Whether so many septets after `fill` bits leave room for one more that must not read as `@`.
pub(super) fn is_padding_wanted(fill: u8, septets: usize, last: u8) -> bool {
    match (usize::from(fill) + 7 * septets) % 8 {
        // Nothing spare, but a receiver would take a last carriage return for padding.
        0 => last & 0x7F == CR,
        used => used == 1,
    }
}

/// Writes fewer than eight septets, zeros above them, and what was left over before.
fn finish(septets: [u8; 8], count: usize, (carry, fill): (u64, u8), out: &mut impl Extend<u8>) {
    let mut octets = [0; 8];
    let (head, tail) = octets.split_at_mut(7);
    let left = put(join(&septets), carry, fill, head);
    tail.fill(left as u8);
    out.extend(octets.into_iter().take((usize::from(fill) + 7 * count).div_ceil(8)));
}

/// Appends at most `limit` septets found after `fill` bits.
pub(super) fn unpack(octets: &[u8], fill: u8, limit: usize, out: &mut impl Extend<u8>) {
    let count = (octets.len() * 8).saturating_sub(fill.into()) / 7;
    let mut left = count.min(limit);
    let mut rest = octets;
    while left >= RUN * 8 {
        let mut septets = [0; RUN * 8];
        for block in septets.chunks_exact_mut(8) {
            block.copy_from_slice(&take(&mut rest, fill));
        }
        out.extend(septets);
        left -= RUN * 8;
    }
    while left > 0 {
        let septets = take(&mut rest, fill);
        out.extend(septets.into_iter().take(left));
        left = left.saturating_sub(8);
    }
}

/// Writes 56 bits above what was left over before; returns what is left over now.
#[inline]
fn put(bits: u64, carry: u64, fill: u8, octets: &mut [u8]) -> u64 {
    let bits = bits << fill | carry;
    for (octet, value) in octets.iter_mut().zip(bits.to_le_bytes()) {
        *octet = value;
    }
    bits >> 56
}

/// Eight septets and the octets they were in; past the end there are zeros.
#[inline]
fn take(octets: &mut &[u8], fill: u8) -> [u8; 8] {
    let word = match octets.first_chunk() {
        Some(word) => *word,
        None => {
            let mut word = [0; 8];
            word.iter_mut().zip(*octets).for_each(|(place, &octet)| *place = octet);
            word
        }
    };
    *octets = octets.get(7..).unwrap_or_default();
    spread(u64::from_le_bytes(word) >> fill)
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

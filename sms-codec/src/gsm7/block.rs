//! Packing in blocks: eight septets are seven octets, and both fit one register.

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
    let mut octets = [0; 8];
    let (head, tail) = octets.split_at_mut(7);
    let left = put(join(&last), carry, fill, head);
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

//! Septets to octets and back, least significant bit first, with fill bits.
//!
//! Both ways are there for septets that are at hand, in blocks ([`pack_into`], [`unpack_into`]), and
//! as iterators for septets that are still to come ([`pack()`], [`unpack`]). Where the count of
//! septets travels beside the octets (TPDU user data) nothing else is needed. Where only octets
//! are counted (USSD, cell broadcast, packed SMPP) seven spare bits would read as `@`, so the
//! padded forms put a carriage return there.

use core::{fmt, iter::Take};

use super::{CR, block};

/// Packs septets after `fill` zero bits (0 to 6).
///
/// ```
/// use sms_codec::gsm7::pack;
///
/// assert!(pack(*b"hello", 0).eq([0xE8, 0x32, 0x9B, 0xFD, 0x06]));
/// ```
pub fn pack<I: IntoIterator<Item = u8>>(septets: I, fill: u8) -> Pack<I::IntoIter> {
    Pack { septets: septets.into_iter(), bits: 0, held: fill % 7, last: 0, pad: false }
}

/// Packs septets for a carrier that counts octets: seven spare bits hold a carriage return.
pub fn pack_padded<I: IntoIterator<Item = u8>>(septets: I, fill: u8) -> Pack<I::IntoIter> {
    Pack { pad: true, ..pack(septets, fill) }
}

/// Appends septets packed after `fill` zero bits (0 to 6); like [`pack()`], but in blocks.
///
/// ```
/// use sms_codec::gsm7::pack_into;
///
/// let mut octets = Vec::new();
/// pack_into(b"hello", 0, &mut octets);
/// assert_eq!(octets, [0xE8, 0x32, 0x9B, 0xFD, 0x06]);
/// ```
pub fn pack_into(septets: &[u8], fill: u8, out: &mut impl Extend<u8>) {
    block::pack(septets, &[], fill % 7, out);
}

/// Appends septets packed for a carrier that counts octets: seven spare bits hold a carriage return.
pub fn pack_padded_into(septets: &[u8], fill: u8, out: &mut impl Extend<u8>) {
    let wanted = block::is_padding_wanted(fill % 7, septets);
    block::pack(septets, if wanted { &[CR] } else { &[] }, fill % 7, out);
}

/// Appends at most `limit` of the septets that follow `fill` bits (0 to 6); like [`unpack`], but in
/// blocks.
///
/// ```
/// use sms_codec::gsm7::unpack_into;
///
/// let mut septets = Vec::new();
/// unpack_into(&[0xE8, 0x32, 0x9B, 0xFD, 0x06], 0, usize::MAX, &mut septets);
/// assert_eq!(septets, b"hello");
/// ```
pub fn unpack_into(octets: &[u8], fill: u8, limit: usize, out: &mut impl Extend<u8>) {
    block::unpack(octets, fill % 7, limit, out);
}

/// Unpacks every whole septet after `fill` bits (0 to 6); `take` the count if it is known.
///
/// ```
/// use sms_codec::gsm7::unpack;
///
/// assert!(unpack(&[0xE8, 0x32, 0x9B, 0xFD, 0x06], 0).take(5).eq(*b"hello"));
/// ```
pub fn unpack(octets: &[u8], fill: u8) -> Unpack<'_> {
    Unpack { octets: octets.iter(), bits: 0, held: 0, fill: fill % 7 }
}

/// Unpacks from a carrier that counts octets: a carriage return in the last seven bits is padding.
pub fn unpack_padded(octets: &[u8], fill: u8) -> Take<Unpack<'_>> {
    let bits = (octets.len() * 8).saturating_sub(usize::from(fill % 7));
    let ends_on_boundary = bits % 7 == 0;
    let padded = ends_on_boundary && octets.last().is_some_and(|octet| octet >> 1 == CR);
    unpack(octets, fill).take(bits / 7 - usize::from(padded && bits > 0))
}

/// Zero bits between a header of `udh_octets` (with its length octet) and the first septet.
pub const fn fill_bits(udh_octets: usize) -> u8 {
    ((7 - udh_octets * 8 % 7) % 7) as u8
}

/// Septets that a header of `udh_octets` (with its length octet) and its fill bits take.
pub const fn udh_septets(udh_octets: usize) -> usize {
    (udh_octets * 8).div_ceil(7)
}

/// Octets made from septets.
#[derive(Clone)]
pub struct Pack<I> {
    septets: I,
    bits: u16,
    held: u8,
    last: u8,
    pad: bool,
}

impl<I> Pack<I> {
    /// The padding septet, once, if the spare bits call for it.
    fn padding(&mut self) -> Option<u8> {
        let wanted = self.held == 1 || (self.held == 0 && self.last == CR);
        (core::mem::take(&mut self.pad) && wanted).then_some(CR)
    }
}

impl<I: Iterator<Item = u8>> Iterator for Pack<I> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        while self.held < 8 {
            let Some(septet) = self.septets.next().or_else(|| self.padding()) else {
                break;
            };
            self.last = septet & 0x7F;
            self.bits |= u16::from(self.last) << self.held;
            self.held += 7;
        }
        if self.held == 0 {
            return None;
        }
        let [octet, rest] = self.bits.to_le_bytes();
        self.bits = u16::from(rest);
        self.held = self.held.saturating_sub(8);
        Some(octet)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let octets = |septets: usize| septets.saturating_mul(7) / 8;
        let (least, most) = self.septets.size_hint();
        // Held bits and padding add at most two octets.
        (octets(least), most.map(|septets| octets(septets).saturating_add(2)))
    }
}

/// Septets read from packed octets.
#[derive(Clone)]
pub struct Unpack<'a> {
    octets: core::slice::Iter<'a, u8>,
    bits: u16,
    held: u8,
    fill: u8,
}

impl Iterator for Unpack<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        while self.held < 7 {
            let octet = u16::from(*self.octets.next()?);
            // Fill bits are at the bottom of the first octet only.
            let fill = core::mem::take(&mut self.fill);
            self.bits |= (octet >> fill) << self.held;
            self.held += 8 - fill;
        }
        let septet = (self.bits & 0x7F) as u8;
        self.bits >>= 7;
        self.held -= 7;
        Some(septet)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let bits = self.octets.len() * 8 + usize::from(self.held);
        let septets = bits.saturating_sub(usize::from(self.fill)) / 7;
        (septets, Some(septets))
    }
}

impl ExactSizeIterator for Unpack<'_> {}

/// Shows no message text.
impl<I> fmt::Debug for Pack<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack").finish_non_exhaustive()
    }
}

/// Shows no message text.
impl fmt::Debug for Unpack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unpack").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn seven_characters_and_seven_with_an_at_sign_share_their_octets() {
        let seven: Vec<u8> = pack(*b"1234567", 0).collect();
        let eight: Vec<u8> = pack(*b"1234567\0", 0).collect();
        assert_eq!(seven, eight);
        assert!(unpack(&seven, 0).take(7).eq(*b"1234567"));
        assert!(unpack(&eight, 0).take(8).eq(*b"1234567\0"));
    }

    #[test]
    fn header_rows_match_the_published_table() {
        let rows = [(0, 0, 0), (4, 3, 5), (6, 1, 7), (7, 0, 8), (9, 5, 11), (10, 4, 12), (12, 2, 14), (13, 1, 15)];
        for (octets, fill, septets) in rows {
            assert_eq!((fill_bits(octets), udh_septets(octets)), (fill, septets), "{octets}");
        }
    }

    #[test]
    fn every_length_and_fill_survives_packing() {
        let septets: Vec<u8> = (0..=40u8).map(|n| n.wrapping_mul(37) & 0x7F).collect();
        for fill in 0..7u8 {
            for count in 0..septets.len() {
                let text = &septets[..count];
                let octets: Vec<u8> = pack(text.iter().copied(), fill).collect();
                assert_eq!(octets.len(), (usize::from(fill) + 7 * count).div_ceil(8));
                assert!(unpack(&octets, fill).take(count).eq(text.iter().copied()), "{fill} {count}");
            }
        }
    }

    #[test]
    fn no_octets_give_no_septets() {
        for fill in 0..=255 {
            assert_eq!(unpack(&[], fill).next(), None);
            assert_eq!(unpack_padded(&[], fill).next(), None);
        }
    }
}

//! UTF-16 to UTF-8, a block at a time.
//!
//! A block without surrogates is turned without a branch, wherever its words end: first all units to
//! four octets each, many at once, then each to where the last one ends. Of two units that take one
//! octet or two the second one closes up to the first in between, which halves the second step. Only
//! a block with surrogates is read character by character.

use alloc::string::String;

use crate::scratch::{CHECKED, STEP, Scratch, padded};

/// Appends the text of octets.
pub(super) fn decode(octets: &[u8], out: &mut String) {
    // Enough for two octets of UTF-8 each; what is longer makes it grow.
    out.reserve(octets.len());
    let mut text = Scratch::<TEXT>::new();
    let (mut done, mut end) = (0, 0);
    while done < octets.len() {
        if !Scratch::<TEXT>::holds(end, MOST_TEXT) {
            text.push_to(out, end);
            end = 0;
        }
        let taken;
        (taken, end) = decode_block(octets.get(done..).unwrap_or_default(), &mut text, end);
        done += taken;
    }
    text.push_to(out, end);
}

/// Decodes the first block, with all of its last character, to a place.
///
/// How many octets that takes, and where the text ends.
#[inline(always)]
fn decode_block(octets: &[u8], text: &mut Scratch<TEXT>, end: usize) -> (usize, usize) {
    // Only zeros may follow the last unit, not half of another one.
    let whole = octets.get(..octets.len() & !1).unwrap_or_default();
    let mut units = [0; UNITS];
    for (unit, octets) in units.iter_mut().zip(padded(whole, &mut [0; 2 * UNITS]).chunks_exact(2)) {
        *unit = octets.first_chunk().map_or(0, |octets| u16::from_be_bytes(*octets));
    }
    let count = UNITS.min(octets.len() / 2);
    let is_narrow = units.iter().fold(0, |bits, unit| bits | unit) < 0x800;
    let has_surrogate = units.iter().fold(false, |found, unit| found | (unit & 0xF800 == 0xD800));
    match count {
        1.. if is_narrow => (2 * count, put_narrow(&units, count, text, end)),
        1.. if !has_surrogate => (2 * count, put_wide(&units, count, text, end)),
        _ => put_any(octets, text, end),
    }
}

/// Writes characters of one octet or two each, two characters at once.
#[inline(always)]
fn put_narrow(units: &[u16; UNITS], count: usize, text: &mut Scratch<TEXT>, mut end: usize) -> usize {
    let mut octets = [0; UNITS / 2];
    let mut lens = [0; UNITS / 2];
    for ((octets, len), pair) in octets.iter_mut().zip(&mut lens).zip(units.chunks_exact(2)) {
        let &[first, second] = pair else { continue };
        (*octets, *len) = two_narrow(first.into(), second.into());
    }
    let (pairs, odd) = (count / 2, count % 2);
    for (octets, len) in octets.iter().zip(lens).take(pairs + odd) {
        text.put(end, octets.to_le_bytes());
        end += len as usize;
    }
    // The zero after an odd last one was written too.
    end - odd
}

/// The UTF-8 of two characters, the first octet low, and how many octets there are.
#[inline(always)]
const fn two_narrow(first: u32, second: u32) -> (u32, u32) {
    let (one, other) = (narrow(first), narrow(second));
    let (longer, other_longer) = ((first >= 0x80) as u32, (second >= 0x80) as u32);
    let behind = longer.wrapping_neg();
    (one | other << 16 & behind | other << 8 & !behind, 2 + longer + other_longer)
}

/// The UTF-8 of a character of one octet or two, the first one low.
#[inline(always)]
const fn narrow(unit: u32) -> u32 {
    let is_long = ((unit >= 0x80) as u32).wrapping_neg();
    let two = 0x80C0 | unit >> 6 | (unit & 0x3F) << 8;
    two & is_long | unit & !is_long
}

/// Writes characters of one to three octets each.
#[inline(always)]
fn put_wide(units: &[u16; UNITS], count: usize, text: &mut Scratch<TEXT>, mut end: usize) -> usize {
    let (mut octets, mut lens) = ([0; UNITS], [0; UNITS]);
    for ((octets, len), unit) in octets.iter_mut().zip(&mut lens).zip(units) {
        let unit = u32::from(*unit);
        let is_long = ((unit >= 0x800) as u32).wrapping_neg();
        let three = 0x80_80E0 | unit >> 12 | (unit & 0xFC0) << 2 | (unit & 0x3F) << 16;
        *octets = three & is_long | narrow(unit) & !is_long;
        *len = 1 + u32::from(unit >= 0x80) + u32::from(unit >= 0x800);
    }
    for (octets, len) in octets.iter().zip(lens).take(count) {
        text.put(end, octets.to_le_bytes());
        end += len as usize;
    }
    end
}

/// Writes any characters, one by one.
#[inline(always)]
fn put_any(octets: &[u8], text: &mut Scratch<TEXT>, mut end: usize) -> (usize, usize) {
    let mut rest = octets;
    while octets.len() - rest.len() < 2 * UNITS {
        if let Some((ascii, tail)) = four_ascii(rest) {
            text.put(end, ascii.to_be_bytes());
            end += 4;
            rest = tail;
            continue;
        }
        let Some((character, tail)) = super::next(rest) else { break };
        end = text.put_char(end, character);
        rest = tail;
    }
    (octets.len() - rest.len(), end)
}

/// The first four units if all of them are ASCII, and the rest.
#[inline(always)]
fn four_ascii(octets: &[u8]) -> Option<(u32, &[u8])> {
    let (block, rest) = octets.split_first_chunk()?;
    let units = u64::from_be_bytes(*block);
    if units & NOT_ASCII != 0 {
        return None;
    }
    let pairs = (units | units >> 8) & 0x0000_FFFF_0000_FFFF;
    Some(((pairs | pairs >> 16) as u32, rest))
}

/// Bits that no code unit of ASCII has.
const NOT_ASCII: u64 = 0xFF80_FF80_FF80_FF80;
/// Code units looked at together.
const UNITS: usize = 32;
/// Octets of UTF-8 that a block makes at most, with what the last character has in the next block and
/// what the check adds.
const MOST_TEXT: usize = 3 * UNITS + 1 + CHECKED;
/// Room for the text of one short message, which is then checked in one go.
const TEXT: usize = 2 * 70 + MOST_TEXT + STEP;

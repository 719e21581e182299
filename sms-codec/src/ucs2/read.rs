//! UTF-16 to UTF-8, a block at a time.
//!
//! A block without surrogates is turned without a branch, wherever its words end: first all units to
//! their octets, many at once, then each to where the last one ends. Only a block with surrogates,
//! and what is too short for a block, is read character by character.

use alloc::string::String;

use crate::scratch::{CHECKED, STEP, Scratch};

/// Appends the text of octets.
pub(super) fn decode(octets: &[u8], out: &mut String) {
    // Enough for two octets of UTF-8 each; what is longer makes it grow.
    out.reserve(octets.len());
    let mut text = Scratch::<TEXT>::new();
    let (mut rest, mut end) = (octets, 0);
    while let Some((block, behind)) = rest.split_first_chunk() {
        end = make_room(&mut text, end, out);
        let units = code_units(block);
        if is_narrow(&units) {
            // All are made before the first is put, and how many there are is known.
            for octets in units.map(narrow) {
                end = put_narrow(octets, &mut text, end);
            }
            rest = behind;
        } else {
            (rest, end) = put_block(rest, behind, &units, &mut text, end);
        }
    }
    end = make_room(&mut text, end, out);
    end = put_rest(rest, &mut text, end);
    text.push_to(out, end);
}

/// Empties the text unless what a block makes fits after its end; where it ends then.
#[inline(always)]
fn make_room(text: &mut Scratch<TEXT>, end: usize, out: &mut String) -> usize {
    if Scratch::<TEXT>::holds(end, MOST_TEXT) {
        return end;
    }
    text.push_to(out, end);
    0
}

#[inline(always)]
fn code_units(block: &[u8; BLOCK]) -> [u16; UNITS] {
    let mut units = [0; UNITS];
    for (unit, octets) in units.iter_mut().zip(block.chunks_exact(2)) {
        *unit = octets.first_chunk().map_or(0, |octets| u16::from_be_bytes(*octets));
    }
    units
}

/// Whether no character takes more than two octets.
#[inline(always)]
fn is_narrow(units: &[u16; UNITS]) -> bool {
    units.iter().fold(0, |bits, unit| bits | unit) < WIDE
}

/// Writes less than a block.
#[inline(always)]
fn put_rest(octets: &[u8], text: &mut Scratch<TEXT>, mut end: usize) -> usize {
    let mut rest = octets;
    while let Some((unit, behind)) = rest.split_first_chunk() {
        let unit = u16::from_be_bytes(*unit);
        if unit >= WIDE {
            break;
        }
        end = put_narrow(narrow(unit), text, end);
        rest = behind;
    }
    match rest {
        [] => end,
        _ => put_last(rest, text, end),
    }
}

/// Writes one octet or two, the first one low.
#[inline(always)]
fn put_narrow(octets: u16, text: &mut Scratch<TEXT>, end: usize) -> usize {
    text.put(end, octets.to_le_bytes());
    // Only an octet that follows another one can be the second and have this bit.
    end + 1 + usize::from(octets >> 15)
}

/// The UTF-8 of a character of one octet or two, the first one low: half a register, so that
/// twice as many are made at once.
#[inline(always)]
const fn narrow(unit: u16) -> u16 {
    let is_long = ((unit >= 0x80) as u16).wrapping_neg();
    let two = 0x80C0 | unit >> 6 | (unit & 0x3F) << 8;
    two & is_long | unit & !is_long
}

/// Writes a block with a wider character in it, and all of its last one. What follows, and where the text ends.
///
/// On its own, because the loop for narrow ones is a third faster without it.
#[inline(never)]
fn put_block<'a>(
    octets: &'a [u8],
    behind: &'a [u8],
    units: &[u16; UNITS],
    text: &mut Scratch<TEXT>,
    end: usize,
) -> (&'a [u8], usize) {
    let has_surrogate = units.iter().fold(false, |found, unit| found | (unit & 0xF800 == 0xD800));
    match has_surrogate {
        true => put_any(octets, text, end),
        false => (behind, put_wide(units, text, end)),
    }
}

/// Writes characters of one to three octets each.
#[inline(always)]
fn put_wide(units: &[u16; UNITS], text: &mut Scratch<TEXT>, mut end: usize) -> usize {
    let (mut octets, mut lens) = ([0; UNITS], [0; UNITS]);
    for ((octets, len), unit) in octets.iter_mut().zip(&mut lens).zip(units) {
        let (narrow, unit) = (u32::from(narrow(*unit)), u32::from(*unit));
        let is_long = ((unit >= WIDE.into()) as u32).wrapping_neg();
        let three = 0x80_80E0 | unit >> 12 | (unit & 0xFC0) << 2 | (unit & 0x3F) << 16;
        *octets = three & is_long | narrow & !is_long;
        *len = 1 + u32::from(unit >= 0x80) + u32::from(unit >= WIDE.into());
    }
    for (octets, len) in octets.iter().zip(lens) {
        text.put(end, octets.to_le_bytes());
        end += len as usize;
    }
    end
}

/// Writes any characters, one by one, as far as a block goes. What follows, and where the text ends.
#[inline(always)]
fn put_any<'a>(octets: &'a [u8], text: &mut Scratch<TEXT>, mut end: usize) -> (&'a [u8], usize) {
    let mut rest = octets;
    while octets.len() - rest.len() < BLOCK {
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
    (rest, end)
}

/// Writes the characters after the last block, one of which is wide or broken.
#[inline(never)]
fn put_last(octets: &[u8], text: &mut Scratch<TEXT>, end: usize) -> usize {
    put_any(octets, text, end).1
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
/// Code units looked at together, and their octets.
const UNITS: usize = 32;
const BLOCK: usize = 2 * UNITS;
/// The first character that takes three octets in UTF-8.
const WIDE: u16 = 0x800;
/// Octets of UTF-8 that a block makes at most, with what the last character has in the next block and
/// what the check adds.
const MOST_TEXT: usize = 3 * UNITS + 1 + CHECKED;
/// Room for the text of one short message, which is then checked in one go.
const TEXT: usize = 2 * 70 + MOST_TEXT + STEP;

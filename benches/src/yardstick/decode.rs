//! Reading: a slice that only shrinks, eight octets at a time where strings end.

use super::Message;
use super::length;

/// Reads one whole PDU; of the TLVs only the bounds are looked at.
#[inline]
pub fn decode(octets: &[u8]) -> Option<Message<'_>> {
    let message = mandatory(octets)?;
    walk(message.tlvs, |_, _| true).then_some(message)
}

/// Reads one whole PDU; TLVs of the standard must have a length the standard allows.
#[inline]
pub fn decode_checked(octets: &[u8]) -> Option<Message<'_>> {
    let message = mandatory(octets)?;
    walk(message.tlvs, length::permits).then_some(message)
}

#[inline(always)]
fn mandatory(octets: &[u8]) -> Option<Message<'_>> {
    let (header, mut rest) = octets.split_first_chunk::<16>()?;
    let [command_length, command_id, command_status, sequence_number] = words(header);
    if command_length as usize != octets.len() {
        return None;
    }
    let rest = &mut rest;
    Some(Message {
        command_id,
        command_status,
        sequence_number,
        service_type: string::<6>(rest)?,
        source_kind: array(rest)?,
        source_addr: string::<21>(rest)?,
        destination_kind: array(rest)?,
        destination_addr: string::<21>(rest)?,
        class: array(rest)?,
        schedule_delivery_time: string::<17>(rest)?,
        validity_period: string::<17>(rest)?,
        options: array(rest)?,
        short_message: counted(rest)?,
        tlvs: rest,
    })
}

#[inline(always)]
fn words(header: &[u8; 16]) -> [u32; 4] {
    let (words, _) = header.as_chunks::<4>();
    [words[0], words[1], words[2], words[3]].map(u32::from_be_bytes)
}

#[inline(always)]
fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

#[inline(always)]
fn counted<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (&length, tail) = rest.split_first()?;
    let (value, tail) = tail.split_at_checked(usize::from(length))?;
    *rest = tail;
    Some(value)
}

/// A string of less than `N` octets and its NUL.
#[inline(always)]
fn string<'a, const N: usize>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    // Most strings of most PDUs are empty.
    let length = if rest.first() == Some(&0) { 0 } else { nul::<N>(rest)? };
    let (value, tail) = rest.split_at_checked(length)?;
    *rest = tail.get(1..)?;
    Some(value)
}

/// Where the first NUL is, if among the first `N` octets.
#[inline(always)]
fn nul<const N: usize>(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    while at < N {
        let Some(chunk) = octets.get(at..).and_then(|rest| rest.first_chunk::<8>()) else {
            return short_nul::<N>(octets);
        };
        let zeros = zeros(u64::from_le_bytes(*chunk));
        if zeros != 0 {
            let length = at + (zeros.trailing_zeros() / 8) as usize;
            return (length < N).then_some(length);
        }
        at += 8;
    }
    None
}

/// Sets the high bit of the lowest zero octet, and perhaps of higher ones.
#[inline(always)]
fn zeros(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    word.wrapping_sub(ONES) & !word & HIGH
}

/// The same near the end of the PDU, where eight octets cannot be read.
#[cold]
fn short_nul<const N: usize>(octets: &[u8]) -> Option<usize> {
    octets.iter().take(N).position(|&octet| octet == 0)
}

#[inline(always)]
fn walk(mut rest: &[u8], permits: impl Fn(u16, usize) -> bool) -> bool {
    while let Some((&[tag, kind, high, low], tail)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([high, low]));
        if tail.len() < length || !permits(u16::from_be_bytes([tag, kind]), length) {
            return false;
        }
        rest = &tail[length..];
    }
    rest.is_empty()
}

//! Writing: the exact length first, then one pass over a slice that only shrinks.
//!
//! Appending to a `BytesMut` field by field costs a capacity check and a store of the length each
//! time; growing it once, even with zeros, is cheaper. Strings of an address's length are copied in
//! overlapping halves, because a call to `memcpy` costs more than the copy.

use bytes::BytesMut;

use super::{Message, Tlv, length};
use crate::application;

/// Appends one PDU whose TLVs are in `tlvs`; `None` if a TLV has a length its tag does not allow.
#[inline]
pub fn encode(message: &Message<'_>, tlvs: &[Tlv<'_>], out: &mut BytesMut) -> Option<()> {
    let options: usize = tlvs.iter().map(|tlv| 4 + tlv.value.len()).sum();
    if !tlvs.iter().all(|tlv| length::permits(tlv.tag, tlv.value.len())) {
        return None;
    }
    grow(message, options, out, |cursor| {
        for tlv in tlvs {
            let [tag, kind] = tlv.tag.to_be_bytes();
            let [high, low] = u16::try_from(tlv.value.len()).ok()?.to_be_bytes();
            cursor.array([tag, kind, high, low])?;
            cursor.string(tlv.value)?;
        }
        Some(())
    })
}

/// Appends the PDU an application describes; `None` if a string is too long or contains a NUL.
#[inline]
pub fn build(message: &application::Message, command_id: u32, out: &mut BytesMut) -> Option<()> {
    let pdu = Message {
        command_id,
        command_status: 0,
        sequence_number: message.sequence_number,
        service_type: checked::<6>(message.service_type)?,
        source_kind: [message.source.ton, message.source.npi],
        source_addr: checked::<21>(message.source.value)?,
        destination_kind: [message.destination.ton, message.destination.npi],
        destination_addr: checked::<21>(message.destination.value)?,
        class: [message.esm_class, 0, 0],
        schedule_delivery_time: &[],
        validity_period: checked::<17>(message.validity_period)?,
        options: [message.registered_delivery, 0, message.data_coding, 0],
        short_message: (message.short_message.len() < 256).then_some(message.short_message)?,
        tlvs: &[],
    };
    if let Some(part) = &message.part {
        return grow(&pdu, SAR, out, |cursor| cursor.array::<SAR>(sar(part)));
    }
    match &message.outcome {
        Some(outcome) => receipt(&pdu, outcome, out),
        None => grow(&pdu, 0, out, |_| Some(())),
    }
}

#[inline(always)]
fn receipt(pdu: &Message<'_>, outcome: &application::Outcome, out: &mut BytesMut) -> Option<()> {
    let message_id = checked::<65>(outcome.message_id)?;
    let length = message_id.len() as u8 + 1;
    let [network, high, low] = outcome.error;
    grow(pdu, 4 + usize::from(length) + 12, out, |cursor| {
        cursor.array([0x00, 0x1e, 0x00, length])?;
        cursor.string(message_id)?;
        cursor.array([0, 0x04, 0x27, 0, 1, outcome.state, 0x04, 0x23, 0, 3, network, high, low])
    })
}

#[inline(always)]
fn sar(part: &application::Part) -> [u8; SAR] {
    let [high, low] = part.reference.to_be_bytes();
    [2, 0x0c, 0, 2, high, low, 2, 0x0e, 0, 1, part.total, 2, 0x0f, 0, 1, part.number]
}

#[inline(always)]
fn checked<const N: usize>(value: &str) -> Option<&[u8]> {
    let octets = value.as_bytes();
    (octets.len() < N && !has_nul(octets)).then_some(octets)
}

#[inline(always)]
fn has_nul(octets: &[u8]) -> bool {
    if let Some(last) = octets.last_chunk::<8>() {
        let (words, _) = octets.as_chunks::<8>();
        return words.iter().chain([last]).any(|word| has_zero(u64::from_le_bytes(*word)));
    }
    match (octets.first_chunk::<4>(), octets.last_chunk::<4>()) {
        (Some([a, b, c, d]), Some([e, f, g, h])) => has_zero(u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h])),
        _ => octets.contains(&0),
    }
}

#[inline(always)]
fn has_zero(word: u64) -> bool {
    word.wrapping_sub(u64::from_ne_bytes([1; 8])) & !word & u64::from_ne_bytes([0x80; 8]) != 0
}

/// Grows `out` by the whole PDU, writes the mandatory part and lets `tlvs` write the rest.
#[inline(always)]
fn grow(
    message: &Message<'_>,
    options: usize,
    out: &mut BytesMut,
    tlvs: impl FnOnce(&mut Cursor<'_>) -> Option<()>,
) -> Option<()> {
    let strings = message.service_type.len()
        + message.source_addr.len()
        + message.destination_addr.len()
        + message.schedule_delivery_time.len()
        + message.validity_period.len();
    let length = FIXED + strings + message.short_message.len() + options;
    let start = out.len();
    out.resize(start + length, 0);
    let mut cursor = Cursor(out.get_mut(start..)?);
    let header = [length as u32, message.command_id, message.command_status, message.sequence_number];
    cursor.slice(header.map(u32::to_be_bytes).as_flattened())?;
    mandatory(message, &mut cursor)?;
    tlvs(&mut cursor)
}

/// Fixed octets between two strings are written as one.
#[inline(always)]
fn mandatory(message: &Message<'_>, cursor: &mut Cursor<'_>) -> Option<()> {
    let [source_ton, source_npi] = message.source_kind;
    let [destination_ton, destination_npi] = message.destination_kind;
    let [esm_class, protocol_id, priority] = message.class;
    let [registered, replace, coding, default_id] = message.options;
    let length = message.short_message.len() as u8;
    cursor.string(message.service_type)?;
    cursor.array([0, source_ton, source_npi])?;
    cursor.string(message.source_addr)?;
    cursor.array([0, destination_ton, destination_npi])?;
    cursor.string(message.destination_addr)?;
    if message.schedule_delivery_time.is_empty() && message.validity_period.is_empty() {
        let [a, b, c, d] = [esm_class, protocol_id, priority, registered];
        cursor.array([0, a, b, c, 0, 0, d, replace, coding, default_id, length])?;
    } else {
        cursor.array([0, esm_class, protocol_id, priority])?;
        cursor.string(message.schedule_delivery_time)?;
        cursor.array([0])?;
        cursor.string(message.validity_period)?;
        cursor.array([0, registered, replace, coding, default_id, length])?;
    }
    cursor.slice(message.short_message)
}

/// What has still to be written.
struct Cursor<'a>(&'a mut [u8]);

impl Cursor<'_> {
    #[inline(always)]
    fn array<const N: usize>(&mut self, octets: [u8; N]) -> Option<()> {
        let (head, rest) = std::mem::take(&mut self.0).split_first_chunk_mut::<N>()?;
        *head = octets;
        self.0 = rest;
        Some(())
    }

    #[inline(always)]
    fn slice(&mut self, octets: &[u8]) -> Option<()> {
        self.take(octets.len())?.copy_from_slice(octets);
        Some(())
    }

    /// Like [`slice`](Self::slice), for octets that are usually few.
    #[inline(always)]
    fn string(&mut self, octets: &[u8]) -> Option<()> {
        let to = self.take(octets.len())?;
        match octets.len() {
            0 => (),
            1..=3 => to.iter_mut().zip(octets).for_each(|(to, from)| *to = *from),
            4..=7 => halves::<4>(to, octets)?,
            8..=16 => halves::<8>(to, octets)?,
            17..=32 => halves::<16>(to, octets)?,
            _ => to.copy_from_slice(octets),
        }
        Some(())
    }

    #[inline(always)]
    fn take(&mut self, count: usize) -> Option<&mut [u8]> {
        let (head, rest) = std::mem::take(&mut self.0).split_at_mut_checked(count)?;
        self.0 = rest;
        Some(head)
    }
}

/// Copies `N` to 2·`N` octets: the first `N` and the last `N`, which may overlap.
#[inline(always)]
fn halves<const N: usize>(to: &mut [u8], from: &[u8]) -> Option<()> {
    *to.first_chunk_mut::<N>()? = *from.first_chunk::<N>()?;
    *to.last_chunk_mut::<N>()? = *from.last_chunk::<N>()?;
    Some(())
}

/// The three `sar_` TLVs.
const SAR: usize = 16;

/// The header, five NULs, two times TON and NPI, seven octets and the length of the text.
const FIXED: usize = 16 + 5 + 4 + 7 + 1;

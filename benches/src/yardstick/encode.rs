//! Writing: the exact length first, one reservation, then one pass.

use bytes::{BufMut, BytesMut};

use super::{Message, Tlv};
use crate::application;

/// Appends one PDU whose TLVs are in `tlvs`; `None` if a string is too long or contains a NUL.
#[inline]
pub fn encode(message: &Message<'_>, tlvs: &[Tlv<'_>], out: &mut BytesMut) -> Option<()> {
    let options: usize = tlvs.iter().map(|tlv| 4 + tlv.value.len()).sum();
    mandatory(message, options, out);
    for tlv in tlvs {
        out.put_u16(tlv.tag);
        out.put_u16(u16::try_from(tlv.value.len()).ok()?);
        out.put_slice(tlv.value);
    }
    Some(())
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
    let part = message.part.as_ref().map(sar);
    let receipt = match &message.outcome {
        Some(outcome) => Some((checked::<65>(outcome.message_id)?, outcome)),
        None => None,
    };
    let options = part.map_or(0, |part| part.len())
        + receipt.map_or(0, |(message_id, _)| 4 + message_id.len() + 1 + 5 + 7);
    mandatory(&pdu, options, out);
    if let Some(part) = part {
        out.put_slice(&part);
    }
    if let Some((message_id, outcome)) = receipt {
        out.put_slice(&[0x00, 0x1e, 0x00, message_id.len() as u8 + 1]);
        out.put_slice(message_id);
        let [network, high, low] = outcome.error;
        out.put_slice(&[0, 0x04, 0x27, 0, 1, outcome.state, 0x04, 0x23, 0, 3, network, high, low]);
    }
    Some(())
}

#[inline(always)]
fn sar(part: &application::Part) -> [u8; 16] {
    let [high, low] = part.reference.to_be_bytes();
    [2, 0x0c, 0, 2, high, low, 2, 0x0e, 0, 1, part.total, 2, 0x0f, 0, 1, part.number]
}

#[inline(always)]
fn checked<const N: usize>(value: &str) -> Option<&[u8]> {
    let octets = value.as_bytes();
    (octets.len() < N && !octets.contains(&0)).then_some(octets)
}

#[inline(always)]
fn mandatory(message: &Message<'_>, options: usize, out: &mut BytesMut) {
    let strings = message.service_type.len()
        + message.source_addr.len()
        + message.destination_addr.len()
        + message.schedule_delivery_time.len()
        + message.validity_period.len();
    let length = FIXED + strings + message.short_message.len() + options;
    out.reserve(length);
    out.put_slice(
        [length as u32, message.command_id, message.command_status, message.sequence_number]
            .map(u32::to_be_bytes)
            .as_flattened(),
    );
    string(message.service_type, out);
    out.put_slice(&message.source_kind);
    string(message.source_addr, out);
    out.put_slice(&message.destination_kind);
    string(message.destination_addr, out);
    out.put_slice(&message.class);
    string(message.schedule_delivery_time, out);
    string(message.validity_period, out);
    out.put_slice(&message.options);
    out.put_u8(message.short_message.len() as u8);
    out.put_slice(message.short_message);
}

#[inline(always)]
fn string(value: &[u8], out: &mut BytesMut) {
    if !value.is_empty() {
        out.put_slice(value);
    }
    out.put_u8(0);
}

/// The header, five NULs, two times TON and NPI, seven octets and the length of the text.
const FIXED: usize = 16 + 5 + 4 + 7 + 1;

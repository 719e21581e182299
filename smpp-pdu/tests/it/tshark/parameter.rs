//! TLVs against tshark's optional parameters.

use smpp_pdu::dump::{Shown, ShownTlv};
use smpp_pdu::tlv::Tag;

use super::compare::Walk;
use super::gap::Gap;

/// Compares one TLV.
pub(super) fn compare(walk: &mut Walk<'_>, shown: &ShownTlv) -> Result<(), String> {
    let value = crate::unhex(&shown.hex);
    let misread = misreading(shown.tag, &value);
    let tag = if misread.is_some() { MASK } else { shown.tag };
    walk.container("opt_param")?;
    walk.number("opt_param_tag", u32::from(tag.0), 2)?;
    walk.number("opt_param_len", shown.length as u32, 2)?;
    if value.len() != shown.length {
        return Err(format!("{:?}: {} octets are said, {} are shown", shown.tag, shown.length, value.len()));
    }
    match misread {
        Some(gap) => {
            walk.note(gap);
            walk.octets("vendor_op", &value)
        }
        None => known(walk, shown, &value),
    }
}

/// A TLV whose value tshark takes otherwise than its length says.
pub(super) fn misreading(tag: Tag, value: &[u8]) -> Option<Gap> {
    match (tag.0, value) {
        (0x0010 | 0x0604 | 0x1204, [_, _, ..]) => Some(Gap::OneOctetRead),
        (0x001D | 0x001E | 0x0609 | 0x060D | 0x060E, value) => {
            let ends = value.iter().position(|octet| *octet == 0) == value.len().checked_sub(1) && !value.is_empty();
            (!ends).then_some(Gap::UnterminatedText)
        }
        _ => None,
    }
}

/// A vendor tag nobody uses here; tshark shows its value as octets.
pub(super) const MASK: Tag = Tag(0x3FFF);

fn known(walk: &mut Walk<'_>, shown: &ShownTlv, value: &[u8]) -> Result<(), String> {
    let name = tshark_name(shown);
    match (shown.tag.0, value) {
        (0x130C, []) => walk.octets("alert_on_message_delivery_null", &[]),
        (_, []) if walk.here().is_some_and(|line| line.name == name) => walk.octets(name, &[]),
        (_, []) => {
            walk.note(Gap::EmptyValue);
            Ok(())
        }
        (0x0030, [octet]) => walk.bits(&[("msg_wait.ind", 0x80), ("msg_wait.type", 0x03)], u32::from(*octet)),
        (0x0302, [octet]) => walk.bits(&[("callback_num.pres", 0x0C), ("callback_num.scrn", 0x03)], u32::from(*octet)),
        (0x0423, [kind, number @ ..]) => pair(walk, ("network_error.type", "network_error.code"), (*kind, number)),
        (0x0601, [kind, number @ ..]) => {
            pair(walk, ("broadcast_content_type.nw", "broadcast_content_type.type"), (*kind, number))
        }
        (0x0605, [kind, number @ ..]) => {
            pair(walk, ("broadcast_frequency_interval.unit", "broadcast_frequency_interval.value"), (*kind, number))
        }
        (0x0606, [format, ..]) => {
            walk.foretaste("broadcast_area_identifier.format", &[*format])?;
            walk.octets(name, value)
        }
        (0x0609, [.., b'R', 0]) => walk.octets("broadcast_end_time_r", value),
        (0x1383, [number, step]) => {
            walk.number("its_session.number", u32::from(*number), 1)?;
            walk.bits(&[("its_session.sequence", 0xFE), ("its_session.ind", 0x01)], u32::from(*step))
        }
        // A text of nothing but its NUL is not shown, but for these two.
        (0x001D | 0x001E, [0]) => {
            walk.skip(Gap::EmptyString, 1);
            Ok(())
        }
        _ => match shown.value {
            Some(Shown::Number(number)) => walk.number(name, number, value.len()),
            _ => walk.octets(name, value),
        },
    }
}

fn pair(walk: &mut Walk<'_>, names: (&str, &str), (kind, number): (u8, &[u8])) -> Result<(), String> {
    walk.number(names.0, u32::from(kind), 1)?;
    let number = number.try_into().map(u16::from_be_bytes).map_err(|_| "a pair has three octets")?;
    walk.number(names.1, u32::from(number), 2)
}

/// tshark's word for a TLV; mostly it is the standard's.
fn tshark_name(shown: &ShownTlv) -> &str {
    match shown.tag.0 {
        0x020B => "destination_port",
        0x0210 => "SC_interface_version",
        0x0602 => "broadcast_content_type.info",
        0x060B => "billing_id",
        0x0612 => "dest_addr_np_info",
        0x130C => "alert_on_message_delivery_type",
        0x1400..=0x3FFF => "vendor_op",
        _ => shown.name.as_deref().unwrap_or("reserved_op"),
    }
}

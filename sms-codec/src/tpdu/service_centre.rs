//! The service centre address that modems put in front of a TPDU in AT commands.
//!
//! Unlike the addresses inside, it counts octets.

use super::{Address, DecodeError, Fault, TypeOfAddress};

/// Divides what a modem sends or takes into the address and the TPDU; none stands for the address
/// the modem has stored.
///
/// The length that AT commands state is that of the TPDU alone.
///
/// ```
/// use sms_codec::tpdu::service_centre;
///
/// let (address, tpdu) = service_centre::split(b"\x07\x91\x44\x77\x58\x10\x06\x50\x00\x00")?;
/// assert_eq!(address.map(|address| address.to_string()).as_deref(), Some("447785016005"));
/// assert_eq!(tpdu, b"\x00\x00");
/// # Ok::<(), sms_codec::tpdu::DecodeError>(())
/// ```
pub fn split(octets: &[u8]) -> Result<(Option<Address>, &[u8]), DecodeError> {
    let error = |fault| DecodeError { tpdu: "AT PDU", field: "service_centre", offset: 0, fault };
    let (&length, rest) = octets.split_first().ok_or(error(Fault::Truncated))?;
    let (address, tpdu) = rest.split_at_checked(length.into()).ok_or(error(Fault::Truncated))?;
    let Some((&type_of_address, value)) = address.split_first() else {
        return Ok((None, tpdu));
    };
    let type_of_address = TypeOfAddress(type_of_address);
    let filler = usize::from(value.last().is_some_and(|octet| octet >> 4 == 0x0F));
    let semi_octets = u8::try_from(2 * value.len() - filler).map_err(|_| error(Fault::AddressLength))?;
    let address = Address::from_wire(type_of_address, semi_octets, value).ok_or(error(Fault::AddressLength))?;
    Ok((Some(address), tpdu))
}

/// Appends the address; none stands for the one the modem has stored.
pub fn write(address: Option<Address>, out: &mut impl Extend<u8>) {
    match address {
        None => out.extend([0]),
        Some(address) => {
            let value = address.value();
            out.extend([1 + value.len() as u8, address.type_of_address().0]);
            out.extend(value.iter().copied());
        }
    }
}

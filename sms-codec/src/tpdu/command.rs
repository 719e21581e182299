//! What an SMS-COMMAND orders.

use core::fmt;

use super::field::{Announced, Field, Reader, octet_field};
use super::user_data::HEADER;
use super::{Fault, Odd};
use crate::udh::Udh;

/// TP-CT: the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CommandType(pub u8);

impl CommandType {
    /// What became of the message?
    pub const ENQUIRY: Self = Self(0);
    /// Send no status report.
    pub const CANCEL_STATUS_REPORT: Self = Self(1);
    /// Delete the message.
    pub const DELETE: Self = Self(2);
    /// Send a status report.
    pub const ENABLE_STATUS_REPORT: Self = Self(3);

    /// Whether each service centre gives the value a meaning of its own.
    pub const fn is_sc_specific(self) -> bool {
        self.0 >= 0xE0
    }
}

octet_field!(CommandType);

/// TP-CD: up to 157 octets that say more about the order, perhaps with a header in front.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct CommandData<'a> {
    /// TP-UDHI: whether a header is announced.
    pub has_header: bool,
    /// All octets, a header included.
    pub octets: &'a [u8],
}

impl<'a> CommandData<'a> {
    /// The header, if one is announced and well-formed.
    pub fn udh(&self) -> Option<Udh<'a>> {
        if self.has_header { Some(Udh::split(self.octets).ok()?.0) } else { None }
    }
}

impl fmt::Debug for CommandData<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommandData")
            .field("has_header", &self.has_header)
            .field("octets", &self.octets.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Field<'a> for CommandData<'a> {
    const FIRST_OCTET: u8 = HEADER;

    fn announce(&self, announced: &mut Announced) {
        announced.first_octet |= if self.has_header { HEADER } else { 0 };
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let &[length, ..] = reader.rest() else {
            return Err(Fault::Truncated);
        };
        let octets = reader.take(1 + usize::from(length))?.get(1..).unwrap_or_default();
        let data = Self { has_header: reader.announced.first_octet & HEADER != 0, octets };
        reader.note(octets.len() > MOST_OCTETS, Odd::LENGTH);
        reader.note(data.has_header && data.udh().is_none(), Odd::HEADER);
        Ok(data)
    }

    fn check(&self, _: &Announced) -> Result<(), Fault> {
        if self.octets.len() > MOST_OCTETS { Err(Fault::TooLong) } else { Ok(()) }
    }

    fn encode(&self, _: &Announced, out: &mut impl Extend<u8>) {
        out.extend([self.octets.len() as u8]);
        out.extend(self.octets.iter().copied());
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        Self { has_header: entropy.flag(), octets: entropy.counted(MOST_OCTETS) }
    }
}

/// What 3GPP TS 23.040 §9.2.2.4 allows.
const MOST_OCTETS: usize = 157;

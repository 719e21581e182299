//! The sixteen octets every PDU begins with (SMPP 3.4 §3.2).

use core::fmt;

use bytes::BufMut;

use crate::{CommandStatus, Kind, PduInfo};

/// The number of octets of a header.
pub const HEADER_LEN: usize = 16;

/// The largest sequence number a request may carry (SMPP 3.4 §5.1.4).
pub const MAX_SEQUENCE_NUMBER: u32 = 0x7FFF_FFFF;

/// `command_length`, `command_id`, `command_status` and `sequence_number`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Header {
    /// Octets of the whole PDU, this header included.
    pub command_length: u32,
    /// Which operation, and whether this is its response.
    pub command_id: CommandId,
    /// The result in a response; zero in a request.
    pub command_status: CommandStatus,
    /// Ties a response to its request.
    pub sequence_number: u32,
}

impl Header {
    /// Takes a header apart; whether the values make sense is for others to say.
    #[inline(always)]
    pub const fn from_octets(octets: [u8; HEADER_LEN]) -> Header {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = octets;
        Header {
            command_length: u32::from_be_bytes([a, b, c, d]),
            command_id: CommandId(u32::from_be_bytes([e, f, g, h])),
            command_status: CommandStatus(u32::from_be_bytes([i, j, k, l])),
            sequence_number: u32::from_be_bytes([m, n, o, p]),
        }
    }

    /// The first octets of `pdu`, if there are enough of them.
    #[inline(always)]
    pub fn peek(pdu: &[u8]) -> Option<Header> {
        pdu.first_chunk().map(|octets| Header::from_octets(*octets))
    }

    /// True for the response of an operation the standard knows.
    pub(crate) fn is_known_response(&self) -> bool {
        PduInfo::of(self.command_id).is_some_and(|info| info.kind == Kind::Response)
    }

    /// Appends the sixteen octets.
    #[inline(always)]
    pub fn encode(&self, out: &mut impl BufMut) {
        out.put_slice(&self.to_octets());
    }

    /// The sixteen octets.
    #[inline(always)]
    pub const fn to_octets(&self) -> [u8; HEADER_LEN] {
        let [a, b, c, d] = self.command_length.to_be_bytes();
        let [e, f, g, h] = self.command_id.0.to_be_bytes();
        let [i, j, k, l] = self.command_status.0.to_be_bytes();
        let [m, n, o, p] = self.sequence_number.to_be_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    }
}

/// Which operation a PDU is; any 32-bit value is possible and survives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CommandId(pub u32);

impl CommandId {
    /// True if the response bit is set.
    #[inline(always)]
    pub const fn is_response(self) -> bool {
        self.0 & RESPONSE_BIT != 0
    }

    /// The id of the response to this request.
    #[must_use]
    #[inline(always)]
    pub const fn response(self) -> CommandId {
        CommandId(self.0 | RESPONSE_BIT)
    }

    /// The id of the request this responds to.
    #[must_use]
    #[inline(always)]
    pub const fn request(self) -> CommandId {
        CommandId(self.0 & !RESPONSE_BIT)
    }

    /// The name in the standard, if the id is known.
    pub fn name(self) -> Option<&'static str> {
        PduInfo::of(self).map(|info| info.name)
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// SMPP 3.4 §5.1.2.1: bit 31 marks a response.
const RESPONSE_BIT: u32 = 0x8000_0000;

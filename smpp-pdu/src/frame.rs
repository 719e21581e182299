//! One whole PDU as octets: what travels through queues and between threads.

use bytes::{Buf, Bytes, BytesMut};

use crate::pdu::{Command, Pdu, Stamp, read_body, write};
use crate::{
    CommandId, CommandStatus, DecodeError, EncodeError, Fault, FrameError, HEADER_LEN, Header, LengthError, Profile, Repairs,
};

/// The largest PDU taken by default, in octets: one full `message_payload` and any list fit.
pub const DEFAULT_MAX_PDU: u32 = 131_072;

/// Exactly one PDU: a header whose `command_length` is true, and the octets behind it.
///
/// Cloning shares the octets. Nothing but the framing has been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    header: Header,
    octets: Bytes,
}

/// A frame that was read: the PDU borrows its octets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decoded<'a> {
    /// The header.
    pub header: Header,
    /// The body.
    pub pdu: Pdu<'a>,
    /// What had to be forgiven.
    pub repairs: Repairs,
}

impl Frame {
    /// Takes the next PDU off the front of `buffer`; `None` if it is not complete yet.
    ///
    /// A claimed length is never allocated: memory grows only with octets that arrived.
    ///
    /// # Errors
    /// The length is below 16 or above `limit`: the stream cannot be followed any further.
    #[inline(always)]
    pub fn split(buffer: &mut BytesMut, limit: u32) -> Result<Option<Frame>, FrameError> {
        let Some(length) = buffer.first_chunk::<4>() else { return Ok(None) };
        let command_length = u32::from_be_bytes(*length);
        if command_length > limit || (command_length as usize) < HEADER_LEN {
            return Err(FrameError { command_length, limit, header: Header::peek(buffer) });
        }
        let Some(header) = Header::peek(buffer) else { return Ok(None) };
        if buffer.len() < command_length as usize {
            return Ok(None);
        }
        Ok(Some(Frame { header, octets: buffer.split_to(command_length as usize).freeze() }))
    }

    /// Takes octets that are one PDU and nothing else.
    ///
    /// # Errors
    /// `command_length` does not say how many octets there are, or there is no whole header.
    pub fn from_octets(octets: Bytes) -> Result<Frame, LengthError> {
        match Header::peek(&octets) {
            Some(header) if header.command_length as usize == octets.len() => Ok(Frame { header, octets }),
            _ => {
                let command_length = octets.first_chunk().map(|length| u32::from_be_bytes(*length));
                Err(LengthError { command_length, octets: octets.len() })
            }
        }
    }

    /// Writes a PDU of its own.
    ///
    /// # Errors
    /// Names the field whose value would break the standard.
    pub fn new<'a>(pdu: &impl Command<'a>, stamp: Stamp) -> Result<Frame, EncodeError> {
        let mut octets = BytesMut::new();
        write(pdu, stamp, &mut octets)?;
        let header = Header::peek(&octets).ok_or(EncodeError { command_id: CommandId(0), field: "command_length" })?;
        Ok(Frame { header, octets: octets.freeze() })
    }

    /// Reads the PDU.
    ///
    /// # Errors
    /// The first defect that `profile` does not forgive; it knows what to answer.
    #[inline]
    pub fn decode(&self, profile: &Profile) -> Result<Decoded<'_>, DecodeError> {
        let (pdu, repairs) = Pdu::read(self.header, self.body(), profile)?;
        Ok(Decoded { header: self.header, pdu, repairs })
    }

    /// Reads a PDU of a kind that is already known.
    ///
    /// # Errors
    /// The first defect that `profile` does not forgive, or [`Fault::OtherCommand`].
    #[inline]
    pub fn read<'a, P: Command<'a>>(&'a self, profile: &Profile) -> Result<P, DecodeError> {
        if self.header.command_id != P::INFO.id {
            return Err(DecodeError::new(self.header.command_id, "command_id", 4, Fault::OtherCommand));
        }
        read_body(self.body(), self.header.command_status, profile).map(|(pdu, _)| pdu)
    }

    /// The header.
    #[inline(always)]
    pub const fn header(&self) -> Header {
        self.header
    }

    /// Which operation it is.
    #[inline(always)]
    pub const fn command_id(&self) -> CommandId {
        self.header.command_id
    }

    /// The result, in a response.
    #[inline(always)]
    pub const fn command_status(&self) -> CommandStatus {
        self.header.command_status
    }

    /// The number that ties request and response.
    #[inline(always)]
    pub const fn sequence_number(&self) -> u32 {
        self.header.sequence_number
    }

    /// The octets behind the header.
    #[inline(always)]
    pub fn body(&self) -> &[u8] {
        self.octets.get(HEADER_LEN..).unwrap_or_default()
    }

    /// All octets.
    #[inline(always)]
    pub const fn octets(&self) -> &Bytes {
        &self.octets
    }

    /// The same PDU under another sequence number, as a relay needs it.
    #[must_use]
    pub fn with_sequence_number(&self, sequence_number: u32) -> Frame {
        let header = Header { sequence_number, ..self.header };
        let mut octets = BytesMut::with_capacity(self.octets.len());
        header.encode(&mut octets);
        let mut body = self.octets.clone();
        body.advance(HEADER_LEN);
        octets.extend_from_slice(&body);
        Frame { header, octets: octets.freeze() }
    }
}

impl core::fmt::Debug for Frame {
    /// The header only: the body may hold passwords and message text.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.header.fmt(f)
    }
}

//! Errors that know their place and what to answer.

use core::fmt;

use crate::header::Header;
use crate::{CommandId, CommandStatus, Kind, PduInfo};

/// What is wrong with a PDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The body ends before the field does.
    Truncated,
    /// A C-Octet String has no NUL before the end of the PDU.
    NoTerminator,
    /// A C-Octet String is longer than its field allows.
    TooLong,
    /// A time is neither empty nor 16 characters long.
    TimeLength,
    /// `sm_length` promises more octets than there are.
    LengthOverrun,
    /// `dest_flag` is neither 1 nor 2.
    DestFlag,
    /// A list that needs entries has none.
    NoEntries,
    /// Fewer than four octets are left for a TLV, or its value runs past the end.
    TlvStream,
    /// A known TLV has a length its tag does not allow.
    TlvLength,
    /// Octets follow where nothing may follow.
    Surplus,
    /// The operation is unknown.
    UnknownCommand,
    /// The operation does not exist in the version spoken.
    OtherVersion,
    /// The caller asked for another operation than the frame holds.
    OtherCommand,
}

impl Fault {
    const fn text(self) -> &'static str {
        match self {
            Fault::Truncated => "ends too early",
            Fault::NoTerminator => "no terminator",
            Fault::TooLong => "longer than the field allows",
            Fault::TimeLength => "neither empty nor 16 characters",
            Fault::LengthOverrun => "length runs past the end of the PDU",
            Fault::DestFlag => "dest_flag is neither 1 nor 2",
            Fault::NoEntries => "no entries",
            Fault::TlvStream => "TLV runs past the end of the PDU",
            Fault::TlvLength => "length not allowed for this TLV",
            Fault::Surplus => "octets follow the last field",
            Fault::UnknownCommand => "unknown operation",
            Fault::OtherVersion => "operation of another SMPP version",
            Fault::OtherCommand => "not the operation asked for",
        }
    }
}

/// Why a PDU could not be decoded, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeError {
    /// The operation.
    pub command_id: CommandId,
    /// The field of the standard, or `command_id` if the operation itself is the problem.
    pub field: &'static str,
    /// Octets from the start of the PDU to the defect.
    pub offset: u32,
    /// The defect.
    pub fault: Fault,
}

impl DecodeError {
    pub(crate) fn new(command_id: CommandId, field: &'static str, offset: usize, fault: Fault) -> DecodeError {
        DecodeError { command_id, field, offset: u32::try_from(offset).unwrap_or(u32::MAX), fault }
    }

    /// The name of the PDU, `unknown PDU` if it has none.
    pub fn pdu(&self) -> &'static str {
        self.command_id.name().unwrap_or("unknown PDU")
    }

    /// What SMPP says to answer, with the sequence number of the bad PDU.
    pub fn answer(&self) -> Answer {
        let kind = PduInfo::of(self.command_id).map(|info| info.kind);
        match (self.fault, kind) {
            (Fault::OtherCommand, _) => Answer::Ignore,
            (_, Some(Kind::Response)) => Answer::Ignore,
            (Fault::UnknownCommand, _) if self.command_id.is_response() => Answer::Ignore,
            (Fault::UnknownCommand | Fault::OtherVersion, _) => Answer::Nack(CommandStatus::RINVCMDID),
            // An outbind cannot be answered, and without it there is nothing to wait for.
            (_, Some(Kind::OneWay)) if self.command_id == CommandId::OUTBIND => Answer::Close,
            (_, Some(Kind::OneWay)) => Answer::Ignore,
            _ => Answer::Respond(self.command_id.response(), self.status()),
        }
    }

    /// The status that describes the defect.
    pub fn status(&self) -> CommandStatus {
        match self.fault {
            Fault::Truncated | Fault::NoTerminator => CommandStatus::RINVCMDLEN,
            Fault::TooLong | Fault::TimeLength => status_of_field(self.field),
            Fault::LengthOverrun => CommandStatus::RINVMSGLEN,
            Fault::DestFlag => CommandStatus::RINVDESTFLAG,
            Fault::NoEntries => CommandStatus::RINVNUMDESTS,
            Fault::TlvStream | Fault::Surplus => CommandStatus::RINVTLVSTREAM,
            Fault::TlvLength => CommandStatus::RINVTLVLEN,
            Fault::UnknownCommand | Fault::OtherVersion | Fault::OtherCommand => CommandStatus::RINVCMDID,
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.command_id.name() {
            Some(name) => f.write_str(name)?,
            None => write!(f, "PDU 0x{:08X}", self.command_id.0)?,
        }
        write!(f, ": {} at octet {}: {}", self.field, self.offset, self.fault.text())
    }
}

impl core::error::Error for DecodeError {}

/// What to send back for a PDU that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// A `generic_nack` with this status.
    Nack(CommandStatus),
    /// A header-only response.
    Respond(CommandId, CommandStatus),
    /// Nothing; log it.
    Ignore,
    /// A `generic_nack`, then close: the stream is out of step.
    NackAndClose(CommandStatus),
    /// Close without a PDU.
    Close,
}

/// Why the next PDU of a stream cannot be delimited; the stream is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameError {
    /// What the first four octets claim.
    pub command_length: u32,
    /// The largest PDU this side takes, in octets.
    pub limit: u32,
    /// The header, if all of it was there.
    pub header: Option<Header>,
}

impl FrameError {
    /// What SMPP says to answer: nack and close, but never nack a response.
    pub fn answer(&self) -> Answer {
        match self.header {
            Some(header) if self.is_too_long() && header.is_known_response() => Answer::Close,
            _ => Answer::NackAndClose(CommandStatus::RINVCMDLEN),
        }
    }

    /// The sequence number to answer with; zero if it could not be read.
    pub fn sequence_number(&self) -> u32 {
        match self.header {
            Some(header) if self.is_too_long() => header.sequence_number,
            _ => 0,
        }
    }

    const fn is_too_long(&self) -> bool {
        self.command_length > self.limit
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_too_long() {
            return write!(f, "command_length {} is above the limit of {} octets", self.command_length, self.limit);
        }
        write!(f, "command_length {} is below the 16 octets of a header", self.command_length)
    }
}

impl core::error::Error for FrameError {}

/// Octets that are not one whole PDU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LengthError {
    /// What the first four octets claim, if there are four.
    pub command_length: Option<u32>,
    /// Octets there are.
    pub octets: usize,
}

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.command_length {
            Some(command_length) => write!(f, "command_length {command_length}, but there are {} octets", self.octets),
            None => write!(f, "no command_length in {} octets", self.octets),
        }
    }
}

impl core::error::Error for LengthError {}

/// Why a PDU could not be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodeError {
    /// The operation.
    pub command_id: CommandId,
    /// The field whose value does not fit the standard.
    pub field: &'static str,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the value of {} does not fit its field", self.command_id, self.field)
    }
}

impl core::error::Error for EncodeError {}

/// A value that does not fit the field type it was meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueError {
    /// Longer than `max` octets.
    TooLong {
        /// Octets given.
        length: usize,
        /// Octets allowed.
        max: usize,
    },
    /// A NUL inside a C-Octet String.
    Nul {
        /// Octets before it.
        at: usize,
    },
    /// A time that is neither empty nor 16 characters long.
    TimeLength {
        /// Octets given.
        length: usize,
    },
    /// A number above `max`.
    TooLarge {
        /// The number given.
        value: u8,
        /// The largest allowed.
        max: u8,
    },
}

/// Calls, so that the way around them stays the likely one.
impl ValueError {
    #[cold]
    pub(crate) const fn too_long(length: usize, max: usize) -> ValueError {
        ValueError::TooLong { length, max }
    }

    #[cold]
    pub(crate) const fn time_length(length: usize) -> ValueError {
        ValueError::TimeLength { length }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn nul_in(text: &[u8]) -> ValueError {
        ValueError::Nul { at: text.iter().take_while(|octet| **octet != 0).count() }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueError::TooLong { length, max } => write!(f, "{length} octets, at most {max} are allowed"),
            ValueError::Nul { at } => write!(f, "NUL at octet {at} of a C-Octet String"),
            ValueError::TimeLength { length } => write!(f, "{length} characters, a time has 16 or none"),
            ValueError::TooLarge { value, max } => write!(f, "{value}, at most {max} is allowed"),
        }
    }
}

impl core::error::Error for ValueError {}

/// The status that blames one field (SMPP 3.4 §5.1.3).
fn status_of_field(field: &str) -> CommandStatus {
    match field {
        "system_id" => CommandStatus::RINVSYSID,
        "password" => CommandStatus::RINVPASWD,
        "system_type" => CommandStatus::RINVSYSTYP,
        "address_range" => CommandStatus::RBINDFAIL,
        "service_type" => CommandStatus::RINVSERTYP,
        "source_addr" => CommandStatus::RINVSRCADR,
        "destination_addr" | "esme_addr" => CommandStatus::RINVDSTADR,
        "dl_name" => CommandStatus::RINVDLNAME,
        "message_id" => CommandStatus::RINVMSGID,
        "schedule_delivery_time" => CommandStatus::RINVSCHED,
        "validity_period" => CommandStatus::RINVEXPIRY,
        "param_name" => CommandStatus::RINVPARAM,
        _ => CommandStatus::RINVCMDLEN,
    }
}

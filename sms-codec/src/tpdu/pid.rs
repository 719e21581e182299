//! TP-PID: what else than a plain message it is.

use super::field::octet_field;

/// The protocol identifier.
///
/// ```
/// use sms_codec::tpdu::{Pid, PidKind};
///
/// assert_eq!(Pid(0x41).kind(), PidKind::Replace(1));
/// assert_eq!(Pid::EMAIL.kind(), PidKind::Telematic(0x12));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pid(pub u8);

impl Pid {
    /// A plain message.
    pub const PLAIN: Self = Self(0x00);
    /// Internet e-mail: the text begins with an address.
    pub const EMAIL: Self = Self(0x32);
    /// Short message type 0: acknowledge it, but neither show nor store it.
    pub const TYPE_0: Self = Self(0x40);
    /// Data for the (U)SIM.
    pub const SIM_DATA_DOWNLOAD: Self = Self(0x7F);

    /// What the value means.
    pub const fn kind(self) -> PidKind {
        match self.0 {
            0x00 => PidKind::Plain,
            0x01..=0x1F => PidKind::Protocol(self.0),
            0x20..=0x3F => PidKind::Telematic(self.0 & 0x1F),
            0x40 => PidKind::Type0,
            0x41..=0x47 => PidKind::Replace(self.0 & 0x07),
            0x48 => PidKind::DeviceTriggering,
            0x5E => PidKind::EnhancedMessageService,
            0x5F => PidKind::ReturnCall,
            0x7C => PidKind::Ansi136RData,
            0x7D => PidKind::MeDataDownload,
            0x7E => PidKind::MeDePersonalization,
            0x7F => PidKind::SimDataDownload,
            0x49..=0x5D | 0x60..=0x7B | 0x80..=0xBF => PidKind::Reserved,
            0xC0..=0xFF => PidKind::ScSpecific,
        }
    }
}

octet_field!(Pid);

/// What a protocol identifier means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PidKind {
    /// A plain message.
    Plain,
    /// Another protocol between short message applications.
    Protocol(u8),
    /// Telematic interworking with this kind of device: 2 is fax, 4 voice, 0x12 e-mail.
    Telematic(u8),
    /// Acknowledge the message, but neither show nor store it.
    Type0,
    /// Takes the place of a stored message of the same number (1 to 7), sender and service centre.
    Replace(u8),
    /// Wakes a device.
    DeviceTriggering,
    /// Enhanced message service, obsolete.
    EnhancedMessageService,
    /// Return call.
    ReturnCall,
    /// ANSI-136 R-DATA.
    Ansi136RData,
    /// Data for the mobile equipment.
    MeDataDownload,
    /// De-personalization of the mobile equipment.
    MeDePersonalization,
    /// Data for the (U)SIM.
    SimDataDownload,
    /// Reserved.
    Reserved,
    /// Each service centre gives the value a meaning of its own.
    ScSpecific,
}

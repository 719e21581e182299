//! The GSM data coding scheme: what one octet of a TPDU says about its text.
//!
//! This is the code space of the air interface. SMPP's `data_coding` is another one below 0xC0;
//! [`charset`](crate::charset) decides when the two agree.

/// A data coding scheme octet (3GPP TS 23.038 §4).
///
/// ```
/// use sms_codec::dcs::{Alphabet, Dcs};
///
/// let flash = Dcs(0x18);
/// assert_eq!((flash.alphabet(), flash.class()), (Alphabet::Ucs2, Some(0)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Dcs(pub u8);

impl Dcs {
    /// The coding group, from the high bits.
    pub const fn group(self) -> Group {
        match self.0 {
            0x00..=0x3F => Group::General,
            0x40..=0x7F => Group::AutoDelete,
            0x80..=0xBF => Group::Reserved,
            0xC0..=0xCF => Group::WaitingDiscard,
            0xD0..=0xDF => Group::WaitingStore,
            0xE0..=0xEF => Group::WaitingStoreUcs2,
            0xF0..=0xFF => Group::Class,
        }
    }

    /// The alphabet of the text; what is reserved counts as GSM 7-bit.
    pub const fn alphabet(self) -> Alphabet {
        match self.group() {
            Group::General | Group::AutoDelete => match self.0 & 0x0C {
                0x04 => Alphabet::EightBit,
                0x08 => Alphabet::Ucs2,
                _ => Alphabet::Gsm7,
            },
            Group::WaitingStoreUcs2 => Alphabet::Ucs2,
            Group::Class if self.0 & 0x04 != 0 => Alphabet::EightBit,
            _ => Alphabet::Gsm7,
        }
    }

    /// Whether the text is compressed (3GPP TS 23.042): treat it as 8-bit data.
    pub const fn is_compressed(self) -> bool {
        self.has_general_layout() && self.0 & 0x20 != 0
    }

    /// The message class, 0 (flash) to 3.
    pub const fn class(self) -> Option<u8> {
        let given = match self.group() {
            Group::General | Group::AutoDelete => self.0 & 0x10 != 0,
            Group::Class => true,
            _ => false,
        };
        if given { Some(self.0 & 0x03) } else { None }
    }

    /// Which waiting indicator the message sets or clears.
    pub const fn waiting(self) -> Option<Waiting> {
        let store = match self.group() {
            Group::WaitingDiscard => false,
            Group::WaitingStore | Group::WaitingStoreUcs2 => true,
            _ => return None,
        };
        let kind = match self.0 & 0x03 {
            0 => WaitingKind::Voicemail,
            1 => WaitingKind::Fax,
            2 => WaitingKind::Email,
            _ => WaitingKind::Other,
        };
        Some(Waiting { store, active: self.0 & 0x08 != 0, kind })
    }

    /// Whether the handset deletes the message once it is read.
    pub const fn is_deleted_after_reading(self) -> bool {
        matches!(self.group(), Group::AutoDelete)
    }

    /// Whether the octet uses a reserved group or alphabet.
    pub const fn is_reserved(self) -> bool {
        matches!(self.group(), Group::Reserved) || (self.has_general_layout() && self.0 & 0x0C == 0x0C)
    }

    const fn has_general_layout(self) -> bool {
        matches!(self.group(), Group::General | Group::AutoDelete)
    }
}

/// A coding group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// General data coding.
    General,
    /// General data coding, deleted after reading.
    AutoDelete,
    /// Reserved.
    Reserved,
    /// Message waiting, text discarded.
    WaitingDiscard,
    /// Message waiting, GSM 7-bit text stored.
    WaitingStore,
    /// Message waiting, UCS-2 text stored.
    WaitingStoreUcs2,
    /// Data coding and message class.
    Class,
}

/// An alphabet of the air interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alphabet {
    /// Packed septets.
    Gsm7,
    /// Octets without a stated meaning.
    EightBit,
    /// UTF-16, big endian.
    Ucs2,
}

/// A message waiting indication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// Whether the text is stored as well.
    pub store: bool,
    /// Whether the indicator is set, else cleared.
    pub active: bool,
    /// What is waiting.
    pub kind: WaitingKind,
}

/// What is waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitingKind {
    /// Voice mail.
    Voicemail,
    /// Fax.
    Fax,
    /// E-mail.
    Email,
    /// Anything else.
    Other,
}

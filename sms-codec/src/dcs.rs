//! The GSM data coding scheme: what one octet of a TPDU says about its text.
//!
//! This is the code space of the air interface. SMPP's `data_coding` is another one below 0xC0;
//! [`charset`](crate::charset) decides when the two agree. Nothing is encoded or decoded here.

use core::fmt;

/// A data coding scheme octet (3GPP TS 23.038 §4).
///
/// ```
/// use sms_codec::dcs::{Alphabet, Class, Dcs, Scheme};
///
/// let flash = Dcs(0x18);
/// assert_eq!((flash.alphabet(), flash.class()), (Alphabet::Ucs2, Some(Class::Immediate)));
/// assert_eq!(flash.scheme().dcs(), Ok(flash));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

    /// The message class.
    pub const fn class(self) -> Option<Class> {
        let given = match self.group() {
            Group::General | Group::AutoDelete => self.0 & 0x10 != 0,
            Group::Class => true,
            _ => false,
        };
        if given { Some(Class::of(self.0)) } else { None }
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

    /// The class or the waiting indication, whichever it has.
    pub const fn indication(self) -> Indication {
        match (self.class(), self.waiting()) {
            (Some(class), _) => Indication::Class(class),
            (None, Some(waiting)) => Indication::Waiting(waiting),
            (None, None) => Indication::None,
        }
    }

    /// Everything the octet says, spelled out; what is reserved reads as GSM 7-bit.
    pub const fn scheme(self) -> Scheme {
        Scheme {
            alphabet: self.alphabet(),
            indication: self.indication(),
            compressed: self.is_compressed(),
            auto_delete: self.is_deleted_after_reading(),
        }
    }

    /// The same message class in the group 0xF0 to 0xF7, which says no more than class and alphabet.
    ///
    /// ```
    /// use sms_codec::dcs::Dcs;
    ///
    /// assert_eq!(Dcs(0x10).in_class_group(), Some(Dcs(0xF0)));
    /// assert_eq!(Dcs(0x18).in_class_group(), None); // has no UCS-2
    /// ```
    pub const fn in_class_group(self) -> Option<Self> {
        let Scheme { alphabet, indication: Indication::Class(class), compressed: false, auto_delete: false } = self.scheme()
        else {
            return None;
        };
        match alphabet {
            Alphabet::Gsm7 => Some(Self(0xF0 | class as u8)),
            Alphabet::EightBit => Some(Self(0xF4 | class as u8)),
            Alphabet::Ucs2 => None,
        }
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

/// Everything that a data coding scheme can say.
///
/// ```
/// use sms_codec::dcs::{Alphabet, Class, Dcs, Indication, Scheme};
///
/// let flash = Scheme { indication: Indication::Class(Class::Immediate), ..Scheme::default() };
/// assert_eq!(flash.dcs(), Ok(Dcs(0x10)));
/// assert_eq!(Scheme { alphabet: Alphabet::Ucs2, ..flash }.dcs(), Ok(Dcs(0x18)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Scheme {
    /// The alphabet of the text.
    pub alphabet: Alphabet,
    /// What the handset does beyond showing the text.
    pub indication: Indication,
    /// Whether the text is compressed.
    pub compressed: bool,
    /// Whether the handset deletes the message once it is read.
    pub auto_delete: bool,
}

impl Scheme {
    /// The octet that says this: of the general groups, or of the message waiting ones.
    pub const fn dcs(self) -> Result<Dcs, SchemeError> {
        let waiting = match self.indication {
            Indication::Waiting(_) if self.compressed || self.auto_delete => return Err(SchemeError::Layout),
            Indication::Waiting(waiting) => waiting,
            Indication::Class(class) => return Ok(Dcs(self.general() | 0x10 | class as u8)),
            Indication::None => return Ok(Dcs(self.general())),
        };
        let group = match (self.alphabet, waiting.store) {
            (Alphabet::Gsm7, false) => 0xC0,
            (Alphabet::Gsm7, true) => 0xD0,
            (Alphabet::Ucs2, true) => 0xE0,
            (Alphabet::Ucs2, false) => return Err(SchemeError::DiscardedUcs2),
            (Alphabet::EightBit, _) => return Err(SchemeError::EightBit),
        };
        Ok(Dcs(group | (waiting.active as u8) << 3 | waiting.kind as u8))
    }

    const fn general(self) -> u8 {
        let alphabet = match self.alphabet {
            Alphabet::Gsm7 => 0x00,
            Alphabet::EightBit => 0x04,
            Alphabet::Ucs2 => 0x08,
        };
        alphabet | (self.compressed as u8) << 5 | (self.auto_delete as u8) << 6
    }
}

/// A combination that no data coding scheme can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SchemeError {
    /// A waiting indication cannot be compressed or deleted after reading.
    Layout,
    /// A waiting indication cannot come with 8-bit data.
    EightBit,
    /// A waiting indication with UCS-2 text is always stored.
    DiscardedUcs2,
}

impl fmt::Display for SchemeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Layout => "dcs: message waiting cannot be compressed or deleted after reading",
            Self::EightBit => "dcs: message waiting has no 8-bit data",
            Self::DiscardedUcs2 => "dcs: message waiting with UCS-2 text cannot be discarded",
        })
    }
}

impl core::error::Error for SchemeError {}

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Alphabet {
    /// Packed septets.
    #[default]
    Gsm7,
    /// Octets without a stated meaning.
    EightBit,
    /// UTF-16, big endian.
    Ucs2,
}

/// What a handset does beyond showing the text; a message has a class or an indication, not both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Indication {
    /// Nothing.
    #[default]
    None,
    /// It goes by the message class.
    Class(Class),
    /// It sets or clears a waiting indicator.
    Waiting(Waiting),
}

/// A message class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Class {
    /// Class 0: shown at once and not stored (flash).
    Immediate = 0,
    /// Class 1: for the mobile equipment.
    MobileEquipment = 1,
    /// Class 2: for the SIM.
    Sim = 2,
    /// Class 3: for the terminal equipment.
    TerminalEquipment = 3,
}

impl Class {
    /// The number of the class.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The class of a number, if it is 0 to 3.
    pub const fn from_number(number: u8) -> Option<Self> {
        if number < 4 { Some(Self::of(number)) } else { None }
    }

    /// The class in the two low bits.
    const fn of(bits: u8) -> Self {
        match bits & 0x03 {
            0 => Self::Immediate,
            1 => Self::MobileEquipment,
            2 => Self::Sim,
            _ => Self::TerminalEquipment,
        }
    }
}

/// A message waiting indication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[repr(u8)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum WaitingKind {
    /// Voice mail.
    Voicemail = 0,
    /// Fax.
    Fax = 1,
    /// E-mail.
    Email = 2,
    /// Anything else.
    Other = 3,
}

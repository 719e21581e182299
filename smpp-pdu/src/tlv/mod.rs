//! TLVs (optional parameters): typed when asked for, raw until then.
//!
//! ```
//! use smpp_pdu::{tlv, SubmitSm, Tlvs};
//! use smpp_pdu::tlv::TlvType;
//!
//! let list = [tlv::SarMsgRefNum(7).tlv(), tlv::SarTotalSegments(2).tlv(), tlv::SarSegmentSeqnum(1).tlv()];
//! let part = SubmitSm { tlvs: Tlvs::list(&list), ..Default::default() };
//! assert_eq!(part.tlvs.get::<tlv::SarTotalSegments>()?, Some(tlv::SarTotalSegments(2)));
//! # Ok::<(), tlv::TlvError>(())
//! ```
//!
//! A TLV the standard does not know is declared in one line:
//!
//! ```
//! smpp_pdu::tlv_type! {
//!     /// Identifies the sender to the regulator.
//!     PrincipalEntity<'a> = 0x1400, principal_entity: smpp_pdu::tlv::Text<'a>, 1..=30
//! }
//! ```
//!
//! Tags known only at run time are described by a [`Dictionary`].

mod area;
mod dictionary;
mod table;
mod typed;
mod value;

use core::fmt;

pub use area::{Tlv, TlvError, TlvIter, Tlvs};
pub use dictionary::{Definition, Dictionary};
pub use table::*;
pub use typed::{CallbackNumber, ItsSession, MsValidityPeriod, Pair, Repetitions, Tagged, Telematics, Text, TlvValue};
pub use value::Value;

use crate::{CommandId, Version};

/// The tag of a TLV; any 16-bit value is possible and survives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u16);

impl Tag {
    /// The row of the table for this tag, if the standard knows it.
    pub fn info(self) -> Option<&'static TlvInfo> {
        let at = TABLE.binary_search_by_key(&self, |row| row.tag).ok()?;
        TABLE.get(at)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info() {
            Some(info) => f.write_str(info.name),
            None => write!(f, "0x{:04X}", self.0),
        }
    }
}

/// How a dump shows the value of a TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlvKind {
    /// A big-endian number.
    Integer,
    /// A C-Octet String.
    Text,
    /// Octets.
    Octets,
}

/// One row of the table of TLVs.
#[derive(Debug, Clone, Copy)]
pub struct TlvInfo {
    /// The tag.
    pub tag: Tag,
    /// The name in the standard.
    pub name: &'static str,
    /// How a dump shows the value.
    pub kind: TlvKind,
    /// The first version that knows it.
    pub since: Version,
    /// The PDUs that may carry it in 3.4.
    pub in_3_4: &'static [&'static str],
    /// The PDUs that may carry it in 5.0.
    pub in_5_0: &'static [&'static str],
}

impl TlvInfo {
    /// True if the standard lists this TLV for this PDU and version.
    ///
    /// Receivers take any TLV anywhere; this is for generators and for strict operators.
    pub fn belongs_to(&self, pdu: CommandId, version: Version) -> bool {
        let Some(name) = pdu.name() else { return false };
        let pdus = match version {
            Version::V3_3 => return false,
            Version::V3_4 => self.in_3_4,
            Version::V5_0 => self.in_5_0,
        };
        let any_response = pdu.is_response() && pdus.contains(&"any_response");
        any_response || pdus.contains(&name)
    }

    /// True if a value of `length` octets is legal.
    pub const fn length_fits(&self, length: usize) -> bool {
        length_fits(self.tag, length)
    }
}

/// A Rust type for one TLV: what [`tlv_type!`](crate::tlv_type) declares.
pub trait TlvType<'a>: Sized {
    /// The tag.
    const TAG: Tag;
    /// The name in dumps.
    const NAME: &'static str;
    /// How a dump shows the value.
    const KIND: TlvKind;

    /// Reads the value; `None` if the octets cannot be one.
    fn from_octets(octets: &'a [u8]) -> Option<Self>;

    /// The octets to write.
    fn to_value(&self) -> Value<'a>;

    /// This TLV, ready to be put in a list.
    #[inline(always)]
    fn tlv(&self) -> Tlv<'a> {
        Tlv::new(Self::TAG, self.to_value())
    }
}

/// Declares a TLV as a type: tag, name, type of the value, legal lengths.
#[macro_export]
macro_rules! tlv_type {
    ($(#[$doc:meta])* $name:ident $(<$life:lifetime>)? = $tag:literal, $text:ident: $value:ty, $lengths:pat $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name $(<$life>)? (pub $value);

        impl $(<$life>)? ::core::fmt::Debug for $name $(<$life>)? {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(concat!(stringify!($name), "("))?;
                $crate::tlv::TlvValue::debug(&self.0, f)?;
                f.write_str(")")
            }
        }

        impl<'a> $crate::tlv::TlvType<'a> for $name $(<$life>)? {
            const TAG: $crate::tlv::Tag = $crate::tlv::Tag($tag);
            const NAME: &'static str = stringify!($text);
            const KIND: $crate::tlv::TlvKind = <$value as $crate::tlv::TlvValue<'a>>::KIND;

            #[inline(always)]
            fn from_octets(octets: &'a [u8]) -> Option<Self> {
                if !matches!(octets.len(), $lengths) {
                    return None;
                }
                <$value as $crate::tlv::TlvValue<'a>>::from_octets(octets).map($name)
            }

            #[inline(always)]
            fn to_value(&self) -> $crate::tlv::Value<'a> {
                $crate::tlv::TlvValue::to_value(&self.0)
            }
        }
    };
}

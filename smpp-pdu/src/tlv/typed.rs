//! What the value of a TLV can be, as Rust types.

use core::fmt;

use super::{TlvKind, Value};
use crate::{CommandStatus, MessageState, Npi, Ton, ValueError};

/// A Rust type for the value of a TLV.
pub trait TlvValue<'a>: Sized {
    /// How a dump shows it.
    const KIND: TlvKind;

    /// Reads the value; `None` if the octets cannot be one.
    fn from_octets(octets: &'a [u8]) -> Option<Self>;

    /// The octets to write.
    fn to_value(&self) -> Value<'a>;

    /// Writes it for people who debug; octets that may be user data hide themselves.
    ///
    /// # Errors
    /// Those of the formatter.
    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result
    where
        Self: fmt::Debug,
    {
        fmt::Debug::fmt(self, f)
    }
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl<'a> TlvValue<'a> for $type {
            const KIND: TlvKind = TlvKind::Integer;

            #[inline(always)]
            fn from_octets(octets: &'a [u8]) -> Option<Self> {
                octets.try_into().ok().map(<$type>::from_be_bytes)
            }

            #[inline(always)]
            fn to_value(&self) -> Value<'a> {
                Value::inline(self.to_be_bytes())
            }
        }
    )*};
}

integers! { u8 u16 u32 }

macro_rules! wrapped_integers {
    ($($type:ident: $inner:ty;)*) => {$(
        impl<'a> TlvValue<'a> for $type {
            const KIND: TlvKind = TlvKind::Integer;

            #[inline(always)]
            fn from_octets(octets: &'a [u8]) -> Option<Self> {
                <$inner>::from_octets(octets).map($type)
            }

            #[inline(always)]
            fn to_value(&self) -> Value<'a> {
                self.0.to_value()
            }
        }
    )*};
}

wrapped_integers! { MessageState: u8; CommandStatus: u32; }

impl<'a> TlvValue<'a> for &'a [u8] {
    const KIND: TlvKind = TlvKind::Octets;

    #[inline(always)]
    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        Some(octets)
    }

    #[inline(always)]
    fn to_value(&self) -> Value<'a> {
        Value::Octets(self)
    }

    fn debug(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} octets hidden", self.len())
    }
}

impl<'a, const N: usize> TlvValue<'a> for [u8; N] {
    const KIND: TlvKind = TlvKind::Octets;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        octets.try_into().ok()
    }

    fn to_value(&self) -> Value<'a> {
        Value::inline(*self)
    }
}

impl<'a> TlvValue<'a> for Option<u8> {
    const KIND: TlvKind = TlvKind::Integer;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        match octets {
            [] => Some(None),
            [octet] => Some(Some(*octet)),
            _ => None,
        }
    }

    fn to_value(&self) -> Value<'a> {
        self.map_or(Value::Octets(&[]), |octet| octet.to_value())
    }
}

/// A C-Octet String in a TLV. Many peers leave its NUL out; read it with or without.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Text<'a>(pub &'a [u8]);

impl<'a> Text<'a> {
    /// The text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&'a str> {
        core::str::from_utf8(self.0).ok()
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl<'a> TlvValue<'a> for Text<'a> {
    const KIND: TlvKind = TlvKind::Text;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let end = octets.iter().position(|octet| *octet == 0).unwrap_or(octets.len());
        octets.get(..end).map(Text)
    }

    fn to_value(&self) -> Value<'a> {
        Value::Text(self.0)
    }
}

/// An octet that says what kind, and a number of two octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pair {
    /// The network type, or the unit of a frequency.
    pub kind: u8,
    /// The code, the content type, or the count.
    pub number: u16,
}

impl<'a> TlvValue<'a> for Pair {
    const KIND: TlvKind = TlvKind::Octets;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let [kind, high, low] = *octets else { return None };
        Some(Pair { kind, number: u16::from_be_bytes([high, low]) })
    }

    fn to_value(&self) -> Value<'a> {
        let [high, low] = self.number.to_be_bytes();
        Value::inline([self.kind, high, low])
    }
}

/// Octets of which the first says what the rest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Tagged<'a>(pub &'a [u8]);

impl<'a> Tagged<'a> {
    /// The first octet.
    pub fn kind(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// What follows it.
    pub fn rest(&self) -> &'a [u8] {
        self.0.split_first().map(|(_, rest)| rest).unwrap_or_default()
    }
}

impl<'a> TlvValue<'a> for Tagged<'a> {
    const KIND: TlvKind = TlvKind::Octets;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        (!octets.is_empty()).then_some(Tagged(octets))
    }

    fn to_value(&self) -> Value<'a> {
        Value::Octets(self.0)
    }
}

/// A callback number: digit mode, type, plan and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallbackNumber<'a>(pub &'a [u8]);

impl<'a> CallbackNumber<'a> {
    /// Digit mode (0 TBCD, 1 ASCII), type of number, numbering plan, digits.
    pub fn parts(&self) -> Option<(u8, Ton, Npi, &'a [u8])> {
        let [mode, ton, npi, digits @ ..] = self.0 else { return None };
        Some((*mode, Ton(*ton), Npi(*npi), digits))
    }
}

impl<'a> TlvValue<'a> for CallbackNumber<'a> {
    const KIND: TlvKind = TlvKind::Octets;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        CallbackNumber(octets).parts().map(|_| CallbackNumber(octets))
    }

    fn to_value(&self) -> Value<'a> {
        Value::Octets(self.0)
    }
}

/// Number and step of an interactive session (Korean CDMA).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ItsSession {
    /// The session.
    pub number: u8,
    step_and_end: u8,
}

impl ItsSession {
    /// The step within the session, at most 127, and whether it is the last.
    ///
    /// # Errors
    /// [`ValueError::TooLarge`]: a step has seven bits.
    pub fn new(number: u8, step: u8, end: bool) -> Result<ItsSession, ValueError> {
        if step > MAX_STEP {
            return Err(ValueError::TooLarge { value: step, max: MAX_STEP });
        }
        Ok(ItsSession { number, step_and_end: (step << 1) | u8::from(end) })
    }

    /// The step within the session.
    pub const fn step(self) -> u8 {
        self.step_and_end >> 1
    }

    /// True in the last message of the session.
    pub const fn is_end(self) -> bool {
        self.step_and_end & 1 == 1
    }
}

impl<'a> TlvValue<'a> for ItsSession {
    const KIND: TlvKind = TlvKind::Octets;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let [number, step_and_end] = *octets else { return None };
        Some(ItsSession { number, step_and_end })
    }

    fn to_value(&self) -> Value<'a> {
        Value::inline([self.number, self.step_and_end])
    }
}

// Bits 7-1 of the second octet.
const MAX_STEP: u8 = 0x7F;

/// How long a handset keeps a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MsValidityPeriod {
    /// 0 indefinitely, 1 until power down, 2 in the SID area, 3 display only, 4 for a time.
    pub behaviour: u8,
    /// Unit and count of that time (5.0).
    pub time: Option<Pair>,
}

impl<'a> TlvValue<'a> for MsValidityPeriod {
    const KIND: TlvKind = TlvKind::Octets;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        match octets {
            [behaviour] => Some(MsValidityPeriod { behaviour: *behaviour, time: None }),
            [behaviour, time @ ..] => Some(MsValidityPeriod { behaviour: *behaviour, time: Some(Pair::from_octets(time)?) }),
            [] => None,
        }
    }

    fn to_value(&self) -> Value<'a> {
        let Some(Pair { kind, number }) = self.time else { return self.behaviour.to_value() };
        let [high, low] = number.to_be_bytes();
        Value::inline([self.behaviour, kind, high, low])
    }
}

/// A protocol identifier: one octet in 3.4, some 5.0 peers send two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Telematics(pub u8);

impl<'a> TlvValue<'a> for Telematics {
    const KIND: TlvKind = TlvKind::Integer;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        let ([protocol] | [protocol, _]) = octets else { return None };
        Some(Telematics(*protocol))
    }

    fn to_value(&self) -> Value<'a> {
        self.0.to_value()
    }
}

/// A number of repetitions: two octets, some peers send one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Repetitions(pub u16);

impl<'a> TlvValue<'a> for Repetitions {
    const KIND: TlvKind = TlvKind::Integer;

    fn from_octets(octets: &'a [u8]) -> Option<Self> {
        match *octets {
            [count] => Some(Repetitions(u16::from(count))),
            [high, low] => Some(Repetitions(u16::from_be_bytes([high, low]))),
            _ => None,
        }
    }

    fn to_value(&self) -> Value<'a> {
        self.0.to_value()
    }
}

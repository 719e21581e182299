//! C-Octet Strings and the values made of them.

use core::fmt;

use crate::dump::Fields;
use crate::field::Field;
use crate::reader::has_nul;
use crate::{Fault, Npi, Reader, Repairs, Ton, ValueError, Version, Writer};

/// A C-Octet String of at most `N` octets including its NUL, held without it.
///
/// The octets should be ASCII but need not be: peers send Latin-1 and worse, and it survives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CStr<'a, const N: usize>(&'a [u8]);

impl<'a, const N: usize> CStr<'a, N> {
    /// The empty string.
    pub const EMPTY: Self = CStr(&[]);

    /// Checks that `text` fits: at most `N - 1` octets, none of them NUL.
    ///
    /// # Errors
    /// [`ValueError::TooLong`] or [`ValueError::Nul`].
    #[inline]
    pub fn new(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ValueError> {
        let text = text.as_ref();
        if text.len() >= N {
            return Err(ValueError::too_long(text.len(), N - 1));
        }
        if has_nul(text) {
            return Err(ValueError::nul_in(text));
        }
        Ok(CStr(text))
    }

    /// The octets, without the NUL.
    #[inline(always)]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The text, if it is UTF-8 (ASCII always is).
    pub fn as_str(&self) -> Option<&'a str> {
        core::str::from_utf8(self.0).ok()
    }

    /// True if there is nothing but the NUL.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<const N: usize> fmt::Display for CStr<'_, N> {
    /// Octets above 0x7F are shown as ISO-8859-1, control characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for octet in self.0 {
            match octet {
                0x00..=0x1F | 0x7F..=0x9F => write!(f, "\\x{octet:02x}")?,
                _ => fmt::Write::write_char(f, char::from(*octet))?,
            }
        }
        Ok(())
    }
}

impl<const N: usize> fmt::Debug for CStr<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl<'a, const N: usize> Field<'a> for CStr<'a, N> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        reader.c_string(N).map(CStr)
    }

    #[inline(always)]
    fn encoded_len(&self, _: Version) -> Option<usize> {
        (self.0.len() < N).then_some(self.0.len() + 1)
    }

    #[inline(always)]
    fn encode(&self, _: Version, out: &mut Writer<'_>) -> Option<()> {
        out.c_string(self.0)
    }

    fn show(&self, name: &'static str, fields: &mut Fields) {
        fields.text(name, self.0);
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        entropy.c_string(N, out);
    }
}

/// A password: a C-Octet String of at most 9 octets that never shows itself.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Password<'a>(CStr<'a, 9>);

impl<'a> Password<'a> {
    /// Checks that `secret` fits: at most 8 octets, none of them NUL.
    ///
    /// # Errors
    /// [`ValueError::TooLong`] or [`ValueError::Nul`].
    pub fn new(secret: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ValueError> {
        CStr::new(secret).map(Password)
    }

    /// The secret itself. Compare it in constant time.
    pub const fn expose(&self) -> &'a [u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl<'a> Field<'a> for Password<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        CStr::decode(reader).map(Password)
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> Option<usize> {
        self.0.encoded_len(version)
    }

    #[inline(always)]
    fn encode(&self, version: Version, out: &mut Writer<'_>) -> Option<()> {
        self.0.encode(version, out)
    }

    fn show(&self, name: &'static str, fields: &mut Fields) {
        fields.secret(name, self.0.as_bytes());
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        entropy.c_string(9, out);
    }
}

/// An SMPP time as it stands in a PDU: empty, or 16 characters `YYMMDDhhmmsstnnp`.
///
/// Whether the characters are a date is not this crate's business.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TimeField<'a>(&'a [u8]);

impl<'a> TimeField<'a> {
    /// No time given.
    pub const EMPTY: Self = TimeField(&[]);

    /// Checks that `text` is empty or 16 octets long without NUL.
    ///
    /// # Errors
    /// [`ValueError::TimeLength`] or [`ValueError::Nul`].
    pub fn new(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ValueError> {
        let text = text.as_ref();
        if !matches!(text.len(), 0 | TIME_CHARACTERS) {
            return Err(ValueError::time_length(text.len()));
        }
        if has_nul(text) {
            return Err(ValueError::nul_in(text));
        }
        Ok(TimeField(text))
    }

    /// The characters, without the NUL.
    #[inline(always)]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// True if no time is given.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for TimeField<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&CStr::<17>(self.0), f)
    }
}

impl<'a> Field<'a> for TimeField<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let start = reader.rest();
        let text = reader.c_string(usize::MAX)?;
        if !matches!(text.len(), 0 | TIME_CHARACTERS) {
            reader.admit(Repairs::TIME_LENGTH, Fault::TimeLength).inspect_err(|_| reader.drop_to(start))?;
        }
        Ok(TimeField(text))
    }

    #[inline(always)]
    fn encoded_len(&self, _: Version) -> Option<usize> {
        matches!(self.0.len(), 0 | TIME_CHARACTERS).then_some(self.0.len() + 1)
    }

    #[inline(always)]
    fn encode(&self, _: Version, out: &mut Writer<'_>) -> Option<()> {
        out.c_string(self.0)
    }

    fn show(&self, name: &'static str, fields: &mut Fields) {
        fields.text(name, self.0);
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        entropy.time(out);
    }
}

// SMPP 3.4 §7.1.1
const TIME_CHARACTERS: usize = 16;

/// An address: type of number, numbering plan and at most `N - 1` characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Addr<'a, const N: usize> {
    /// Type of number.
    pub ton: Ton,
    /// Numbering plan.
    pub npi: Npi,
    /// Digits, or letters if `ton` is alphanumeric.
    pub value: CStr<'a, N>,
}

impl<'a, const N: usize> Addr<'a, N> {
    /// An address with the given type and plan.
    ///
    /// # Errors
    /// If `value` is too long or holds a NUL.
    pub fn new(ton: Ton, npi: Npi, value: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ValueError> {
        CStr::new(value).map(|value| Addr { ton, npi, value })
    }

    /// A telephone number with country code, without `+`.
    ///
    /// # Errors
    /// If `digits` is too long or holds a NUL.
    pub fn international(digits: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ValueError> {
        Addr::new(Ton::INTERNATIONAL, Npi::ISDN, digits)
    }

    /// A sender id made of letters.
    ///
    /// # Errors
    /// If `name` is too long or holds a NUL.
    pub fn alphanumeric(name: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ValueError> {
        Addr::new(Ton::ALPHANUMERIC, Npi::UNKNOWN, name)
    }
}

impl<const N: usize> fmt::Debug for Addr<'_, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {:?}", self.ton.0, self.npi.0, self.value)
    }
}

impl<'a, const N: usize> Field<'a> for Addr<'a, N> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let [ton, npi] = reader.array()?;
        Ok(Addr { ton: Ton(ton), npi: Npi(npi), value: CStr::decode(reader)? })
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> Option<usize> {
        Some(2 + self.value.encoded_len(version)?)
    }

    #[inline(always)]
    fn encode(&self, version: Version, out: &mut Writer<'_>) -> Option<()> {
        out.array([self.ton.0, self.npi.0])?;
        self.value.encode(version, out)
    }

    fn show(&self, name: &'static str, fields: &mut Fields) {
        // The standard's field names do not follow one rule.
        let (ton, npi) = match name {
            "destination_addr" => ("dest_addr_ton", "dest_addr_npi"),
            "esme_addr" => ("esme_addr_ton", "esme_addr_npi"),
            "address_range" => ("addr_ton", "addr_npi"),
            _ => ("source_addr_ton", "source_addr_npi"),
        };
        self.ton.show(ton, fields);
        self.npi.show(npi, fields);
        self.value.show(name, fields);
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        out.extend([entropy.octet(), entropy.octet()]);
        entropy.c_string(N, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_cannot_be_built() {
        assert_eq!(CStr::<6>::new("CMT").unwrap().as_str(), Some("CMT"));
        assert_eq!(CStr::<6>::new("123456"), Err(ValueError::TooLong { length: 6, max: 5 }));
        assert_eq!(CStr::<6>::new(b"a\0b"), Err(ValueError::Nul { at: 1 }));
        assert!(TimeField::new("260630120000000+").is_ok());
        assert_eq!(TimeField::new("2606301200"), Err(ValueError::TimeLength { length: 10 }));
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert_eq!(format!("{:?}", Password::new("secret08").unwrap()), "(hidden)");
    }

    #[test]
    fn odd_octets_are_shown_escaped() {
        assert_eq!(format!("{:?}", CStr::<9>::new(b"a\x1b\xe9").unwrap()), "\"a\\x1b\u{e9}\"");
    }
}

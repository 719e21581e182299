//! Names of character sets, for configurations and dumps.

use core::fmt;
use core::str::FromStr;

use super::Charset;

impl Charset {
    /// The name that [`FromStr`] reads: the registered one, or that of SMPP's table.
    ///
    /// ```
    /// use sms_codec::charset::Charset;
    ///
    /// assert_eq!(Charset::Latin1.name(), "ISO-8859-1");
    /// assert_eq!("iso-8859-1".parse(), Ok(Charset::Latin1));
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gsm7 => "GSM-7",
            Self::Gsm7Packed => "GSM-7-packed",
            Self::Ascii => "ASCII",
            Self::Latin1 => "ISO-8859-1",
            Self::Octets => "octets",
            Self::Ucs2 => "UCS-2",
            Self::Iso8859_5 => "ISO-8859-5",
            Self::Iso8859_8 => "ISO-8859-8",
            Self::ShiftJis => "Shift_JIS",
            Self::EucJp => "EUC-JP",
            Self::Iso2022Jp => "ISO-2022-JP",
            Self::JisX0212 => "JIS_X0212",
            Self::KsC5601 => "KS_C_5601",
            Self::Pictogram => "pictogram",
        }
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Reads a name in any letter case.
impl FromStr for Charset {
    type Err = UnknownCharset;

    fn from_str(name: &str) -> Result<Self, UnknownCharset> {
        Self::ALL.into_iter().find(|charset| charset.name().eq_ignore_ascii_case(name)).ok_or(UnknownCharset)
    }
}

/// A name that no character set has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownCharset;

impl fmt::Display for UnknownCharset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("charset: none of")?;
        Charset::ALL.into_iter().try_for_each(|charset| write!(f, " {charset}"))
    }
}

impl core::error::Error for UnknownCharset {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for charset in Charset::ALL {
            assert_eq!(charset.name().to_ascii_lowercase().parse(), Ok(charset));
        }
        assert_eq!("latin1".parse::<Charset>(), Err(UnknownCharset));
        assert!(alloc::format!("{UnknownCharset}").starts_with("charset: none of GSM-7 GSM-7-packed ASCII"));
    }
}

//! The two things that are asked of a certificate: when it ends, and for whom it is.
//!
//! rustls has verified what comes from a peer before it is read here; this only finds its way through DER
//! (X.509, RFC 5280 §4.1) and fails on what it does not know.

use sms_codec::time::Civil;

use crate::model::Timestamp;

/// What a certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) not_after: Timestamp,
    pub(super) common_name: Option<String>,
}

/// Reads a certificate in DER.
pub(super) fn read(der: &[u8]) -> Option<Certificate> {
    let mut outer = Der(der).value(SEQUENCE)?;
    let mut fields = outer.value(SEQUENCE)?;
    // The version is written unless it is the first one.
    fields.next_if(VERSION);
    fields.value(INTEGER)?;
    let _algorithm = fields.value(SEQUENCE)?;
    let _issuer = fields.value(SEQUENCE)?;
    let mut validity = fields.value(SEQUENCE)?;
    let subject = fields.value(SEQUENCE)?;
    let _not_before = validity.next()?;
    let not_after = time(validity.next()?)?;
    Some(Certificate { not_after, common_name: common_name(subject) })
}

fn common_name(mut subject: Der<'_>) -> Option<String> {
    while let Some(mut set) = subject.value(SET) {
        let mut pair = set.value(SEQUENCE)?;
        let Der(kind) = pair.value(OBJECT_IDENTIFIER)?;
        let (tag, value) = pair.next()?;
        if kind == COMMON_NAME && matches!(tag, UTF8_STRING | PRINTABLE_STRING | IA5_STRING) {
            return String::from_utf8(value.to_vec()).ok();
        }
    }
    None
}

/// `UTCTime` has two digits of year, 50 to 49 (RFC 5280 §4.1.2.5.1); `GeneralizedTime` four.
fn time((tag, value): (u8, &[u8])) -> Option<Timestamp> {
    let text = std::str::from_utf8(value).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: u16 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let mut parts = rest.as_bytes().chunks(2).map(|digits| std::str::from_utf8(digits).ok()?.parse::<u8>().ok());
    let mut part = || parts.next().flatten();
    let civil = Civil::new((year, part()?, part()?), (part()?, part()?, part()?)).ok()?;
    Some(Timestamp(u64::try_from(civil.unix_millis()).unwrap_or_default()))
}

/// What is left of some DER.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The next value with its tag.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            // Three octets of length are more than any certificate has.
            0x81..=0x83 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x0F))?;
                (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    /// The next value, which must have this tag.
    fn value(&mut self, tag: u8) -> Option<Der<'a>> {
        self.next().filter(|(found, _)| *found == tag).map(|(_, value)| Der(value))
    }

    /// Passes over the next value if it has this tag.
    fn next_if(&mut self, tag: u8) {
        if self.0.first() == Some(&tag) {
            self.next();
        }
    }
}

const INTEGER: u8 = 0x02;
const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0C;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xA0;
// 2.5.4.3
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_and_the_end_of_a_certificate_are_found() {
        for (year, millis) in [(2031, 1_927_843_200_000), (2077, 3_379_536_000_000)] {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
            params.not_after = rcgen::date_time_ymd(year, 2, 3);
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(rcgen::DnType::OrganizationName, "Operator");
            params.distinguished_name.push(rcgen::DnType::CommonName, "uk_gateway");
            let certificate = params.self_signed(&key).unwrap();
            let der = certificate.der();
            let expected = Certificate { not_after: Timestamp(millis), common_name: Some("uk_gateway".into()) };
            assert_eq!(read(der), Some(expected));
            for end in 0..der.len() {
                assert_eq!(read(&der[..end]), None, "{end}");
            }
        }
    }

    #[test]
    fn octets_that_are_no_certificate_give_none() {
        for octets in [&b""[..], b"\x30", b"\x30\x80\x00\x00", b"\x30\x84\xFF\xFF\xFF\xFF", b"\x30\x02\x30\x00", &[0x30; 600]] {
            assert_eq!(read(octets), None);
        }
    }
}

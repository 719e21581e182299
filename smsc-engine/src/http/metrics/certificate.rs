//! Until when certificates are valid.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::calendar;
use crate::model::Timestamp;

/// The certificates in use, by what they are used for.
#[derive(Debug, Default)]
pub struct Certificates {
    expiry: Mutex<BTreeMap<String, Timestamp>>,
}

impl Certificates {
    /// Notes which certificate is in use from now on, by its DER octets; one that cannot be read is forgotten.
    pub fn note(&self, used_for: &str, der: &[u8]) {
        let mut expiry = self.expiry.lock().unwrap_or_else(PoisonError::into_inner);
        match not_after(der) {
            Some(at) => _ = expiry.insert(used_for.to_owned(), at),
            None => _ = expiry.remove(used_for),
        }
    }

    /// Returns what each is used for and when it expires.
    pub fn all(&self) -> Vec<(String, Timestamp)> {
        let expiry = self.expiry.lock().unwrap_or_else(PoisonError::into_inner);
        expiry.iter().map(|(used_for, at)| (used_for.clone(), *at)).collect()
    }
}

/// Returns when a certificate expires; `None` if these octets are none.
pub fn not_after(der: &[u8]) -> Option<Timestamp> {
    // RFC 5280 §4.1: Certificate { TBSCertificate { [0] version, serial, signature, issuer, validity { from, to } … } … }
    let (_, certificate, _) = element(der)?;
    let (_, mut fields, _) = element(certificate)?;
    if let Some((VERSION, _, rest)) = element(fields) {
        fields = rest;
    }
    for _ in 0..3 {
        (_, _, fields) = element(fields)?;
    }
    let (_, validity, _) = element(fields)?;
    let (_, _, rest) = element(validity)?;
    let (tag, time, _) = element(rest)?;
    moment(tag, std::str::from_utf8(time).ok()?)
}

/// Splits the first element off: its tag, its content, what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(*first), rest),
        // No certificate has 2^32 octets.
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (octets.iter().fold(0_usize, |length, octet| (length << 8) | usize::from(*octet)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// Reads `YYMMDDhhmmssZ` or `YYYYMMDDhhmmssZ`.
fn moment(tag: u8, text: &str) -> Option<Timestamp> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|octet| octet.is_ascii_digit()))?;
    let (century, digits) = match tag {
        // RFC 5280 §4.1.2.5.1: years below 50 are of this century.
        UTC_TIME => (if digits < "50" { "20" } else { "19" }, digits),
        GENERALIZED_TIME => digits.split_at_checked(2)?,
        _ => return None,
    };
    let (date, time) = digits.split_at_checked(6)?;
    let part = |text: &str, place: usize| text.get(place..place + 2).map(str::to_owned);
    let (year, month, day) = (part(date, 0)?, part(date, 2)?, part(date, 4)?);
    let (hour, minute, second) = (part(time, 0)?, part(time, 2)?, part(time, 4)?);
    calendar::parse(&format!("{century}{year}-{month}-{day}T{hour}:{minute}:{second}"))
}

const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate() -> Vec<u8> {
        rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap().cert.der().to_vec()
    }

    #[test]
    fn the_end_of_a_certificate_is_read() {
        // What rcgen takes when nobody says otherwise.
        assert_eq!(not_after(&certificate()), calendar::parse("4096-01-01"));
        assert_eq!(moment(UTC_TIME, "491231235959Z"), calendar::parse("2049-12-31T23:59:59"));
        assert_eq!(moment(UTC_TIME, "500101000000Z"), None, "before 1970 there are no certificates");
        assert_eq!(moment(GENERALIZED_TIME, "20491231235959Z"), calendar::parse("2049-12-31T23:59:59"));
        assert_eq!((moment(UTC_TIME, "4912312359Z"), moment(2, "491231235959Z"), moment(UTC_TIME, "é9")), (None, None, None));
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = certificate();
        for end in 0..whole.len().min(120) {
            assert_eq!(not_after(&whole[..end]), None);
        }
    }

    #[test]
    fn a_certificate_replaces_the_one_before_and_rubbish_is_forgotten() {
        let certificates = Certificates::default();
        certificates.note("api", &certificate());
        certificates.note("api", &certificate());
        assert_eq!(certificates.all().len(), 1);
        certificates.note("api", b"rubbish");
        assert!(certificates.all().is_empty());
    }
}

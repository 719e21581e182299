//! NAPTR records as ENUM uses them, and the choice among them.

use std::time::Duration;

use super::number::Number;
use super::substitution::Substitution;
use super::uri::host;
use crate::BoxFuture;

/// One NAPTR record, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naptr {
    /// Lower is tried first.
    pub order: u16,
    /// Among equal orders, lower is tried first.
    pub preference: u16,
    /// `u` if the record ends in a URI.
    pub flags: Box<[u8]>,
    /// `E2U+` and the service.
    pub services: Box<[u8]>,
    /// The substitution expression that makes the URI.
    pub regexp: Box<[u8]>,
    /// How long the record may be kept.
    pub ttl: Duration,
}

/// Where NAPTR records come from.
pub trait NaptrSource: Send + Sync + 'static {
    /// Returns all records of a name, which ends with a dot; none if it has none.
    ///
    /// # Errors
    /// Nobody could tell.
    fn naptr<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Naptr>, NaptrFault>>;
}

/// Why a source cannot tell, for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NaptrFault(pub String);

/// What a set of records says about a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) domain: String,
    pub(super) ttl: Duration,
}

/// Takes the first record, by order and preference, that leads to a host; malformed ones are passed over.
pub(super) fn choose(mut records: Vec<Naptr>, number: Number) -> Option<Choice> {
    records.sort_by_key(|record| (record.order, record.preference));
    let text = number.international();
    records.iter().find_map(|record| Some(Choice { domain: record.domain(&text)?, ttl: record.ttl }))
}

impl Naptr {
    fn domain(&self, number: &str) -> Option<String> {
        // RFC 6116 §3.4.1: `u` says that the result is a URI; §3.4.3: `E2U` names the application.
        if !self.flags.eq_ignore_ascii_case(b"u") || !self.services.get(..4)?.eq_ignore_ascii_case(b"E2U+") {
            return None;
        }
        host(&Substitution::read(std::str::from_utf8(&self.regexp).ok()?)?.apply(number)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(order: u16, preference: u16, regexp: &str) -> Naptr {
        Naptr {
            order,
            preference,
            flags: b"u".as_slice().into(),
            services: b"E2U+sip".as_slice().into(),
            regexp: regexp.as_bytes().into(),
            ttl: Duration::from_secs(300),
        }
    }

    fn chosen(records: Vec<Naptr>) -> Option<String> {
        choose(records, Number::read("15550100").unwrap()).map(|choice| choice.domain)
    }

    #[test]
    fn lowest_order_then_lowest_preference_wins() {
        let records = vec![
            record(200, 1, "!^.*$!sip:u@third!"),
            record(100, 20, "!^.*$!sip:u@second!"),
            record(100, 10, "!^.*$!sip:u@first!"),
        ];
        assert_eq!(chosen(records).as_deref(), Some("first"));
    }

    #[test]
    fn a_record_that_cannot_be_used_is_passed_over() {
        let good = record(9, 9, "!^.*$!sip:u@good!");
        let bad = [
            record(1, 1, "!^(.*$!sip:u@bad!"),
            record(1, 2, ""),
            record(1, 3, "!^.*$!tel:+15550100!"),
            Naptr { flags: b"s".as_slice().into(), ..record(1, 4, "!^.*$!sip:u@bad!") },
            Naptr { flags: b"".as_slice().into(), ..record(1, 5, "!^.*$!sip:u@bad!") },
            Naptr { services: b"SIP+D2U".as_slice().into(), ..record(1, 6, "!^.*$!sip:u@bad!") },
            Naptr { services: b"E2U".as_slice().into(), ..record(1, 7, "!^.*$!sip:u@bad!") },
            Naptr { regexp: [b'!', 0xFF, b'!', b'x', b'!'].into(), ..record(1, 8, "") },
        ];
        assert_eq!(chosen(bad.to_vec()), None);
        assert_eq!(chosen([&bad[..], &[good]].concat()).as_deref(), Some("good"));
        assert_eq!(chosen(Vec::new()), None);
    }

    #[test]
    fn letters_of_flags_and_services_may_be_of_either_case() {
        let record =
            Naptr { flags: b"U".as_slice().into(), services: b"e2u+SIP".as_slice().into(), ..record(1, 1, "!^.*$!sip:u@h!") };
        assert_eq!(chosen(vec![record]).as_deref(), Some("h"));
    }
}

//! What carriers and partners have in common.

use std::ops::RangeInclusive;
use std::time::Duration;

use smpp_pdu::{CommandStatus, Version};
use smpp_session::BindKind;

use super::word::{Words, listed};
use crate::frontend::{PeerProfile, Rewrite};
use crate::http::pages::form::{Faults, Field, Fields, Form};

/// Ways to bind.
pub(super) const KINDS: Words<BindKind> = Words(&[
    ("transceiver", BindKind::Transceiver, "transceiver: both ways"),
    ("transmitter", BindKind::Transmitter, "transmitter: sends only"),
    ("receiver", BindKind::Receiver, "receiver: receives only"),
]);

pub(super) const TPS: RangeInclusive<u32> = 1..=10_000;
const FREQUENCY: RangeInclusive<u64> = 100..=10_000;

pub(super) fn tps(limit: u32) -> Field {
    Field::number("tps_limit", "TPS limit", limit)
}

pub(super) fn frequency(frequency: Duration) -> Field {
    Field::number("queue_check_frequency", "Queue check frequency (ms)", millis(frequency))
        .help("100 to 10000; lower is quicker and asks more of the core.")
}

pub(super) fn read_frequency(fields: &Fields, faults: &mut Faults) -> Option<Duration> {
    faults.number(fields, "queue_check_frequency", FREQUENCY).map(Duration::from_millis)
}

pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Asks for the habits of a peer.
pub(super) fn ask(form: Form, profile: &PeerProfile) -> Form {
    let statuses = |list: &[CommandStatus]| list.iter().map(|status| format!("{:#x}", status.0)).collect::<Vec<_>>().join(", ");
    let smpp = vec![
        VERSIONS.ask("version", "Highest SMPP version", profile.version),
        Field::number("window", "Requests unanswered at most", profile.window).help("1 to 65535."),
        Field::number("enquire_link", "Seconds of silence until enquire_link", profile.enquire_link.as_secs())
            .help("0 for never."),
        Field::number("response_timeout", "Seconds to wait for a response", profile.response_timeout.as_secs()),
        Field::text("charset", "Alphabet of data_coding 0", profile.charset.name()),
        Field::text("temporary", "Statuses that are tried again", statuses(&profile.temporary))
            .help("0x58, 0x14; besides those the standard calls temporary."),
        Field::text("permanent", "Statuses that end a message", statuses(&profile.permanent))
            .help("0x0b; whatever the standard calls them."),
    ];
    let [source, destination] = [(&SOURCE, &profile.source), (&DESTINATION, &profile.destination)].map(rewriting);
    form.fold("SMPP", smpp).fold("Numbers on their way there", source.into_iter().chain(destination).collect())
}

/// Reads them.
pub(super) fn read(fields: &Fields, faults: &mut Faults) -> PeerProfile {
    let usual = PeerProfile::default();
    let charset = fields.word("charset").map(|name| name.parse());
    if let Some(Err(error)) = &charset {
        faults.add("charset", error);
    }
    let mut seconds = |name, range, usual| faults.number(fields, name, range).map_or(usual, Duration::from_secs);
    let enquire_link = seconds("enquire_link", 0..=LONGEST, usual.enquire_link);
    let response_timeout = seconds("response_timeout", 1..=LONGEST, usual.response_timeout);
    PeerProfile {
        version: VERSIONS.read((fields, "version"), usual.version, faults),
        window: faults.number(fields, "window", 1..=65_535).unwrap_or(usual.window),
        enquire_link,
        response_timeout,
        charset: charset.and_then(Result::ok).unwrap_or(usual.charset),
        source: read_rewriting(&SOURCE, fields, faults),
        destination: read_rewriting(&DESTINATION, fields, faults),
        temporary: listed((fields, "temporary"), STATUS, status, faults),
        permanent: listed((fields, "permanent"), STATUS, status, faults),
    }
}

/// Names and labels of the fields about one address.
type Names = [(&'static str, &'static str); 4];

const SOURCE: Names = [
    ("source_ton", "TON of senders"),
    ("source_npi", "NPI of senders"),
    ("source_strip", "Taken from the front of senders"),
    ("source_prepend", "Put in front of senders"),
];
const DESTINATION: Names = [
    ("destination_ton", "TON of recipients"),
    ("destination_npi", "NPI of recipients"),
    ("destination_strip", "Taken from the front of recipients"),
    ("destination_prepend", "Put in front of recipients"),
];

fn rewriting(([ton, npi, strip, prepend], rewrite): (&Names, &Rewrite)) -> [Field; 4] {
    let number = |(name, label), value: Option<u8>| {
        let value = value.map(|value| value.to_string()).unwrap_or_default();
        Field::number(name, label, value).help("Empty: as it is.")
    };
    [
        number(*ton, rewrite.ton),
        number(*npi, rewrite.npi),
        Field::text(strip.0, strip.1, &rewrite.strip),
        Field::text(prepend.0, prepend.1, &rewrite.prepend),
    ]
}

fn read_rewriting([ton, npi, strip, prepend]: &Names, fields: &Fields, faults: &mut Faults) -> Rewrite {
    Rewrite {
        ton: faults.number(fields, ton.0, 0..=u8::MAX),
        npi: faults.number(fields, npi.0, 0..=u8::MAX),
        strip: fields.word(strip.0).unwrap_or_default(),
        prepend: fields.word(prepend.0).unwrap_or_default(),
    }
}

fn status(word: &str) -> Option<CommandStatus> {
    let number = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => word.parse().ok()?,
    };
    Some(CommandStatus(number))
}

const VERSIONS: Words<Version> =
    Words(&[("3.4", Version::V3_4, "3.4"), ("3.3", Version::V3_3, "3.3"), ("5.0", Version::V5_0, "5.0")]);
const STATUS: &str = "a status such as 0x58";
// A day: whoever wants more wants none.
const LONGEST: u64 = 86_400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn habits_are_read_back_as_they_were_asked() {
        let profile = PeerProfile {
            version: Version::V5_0,
            window: 7,
            enquire_link: Duration::ZERO,
            source: Rewrite { ton: Some(5), strip: "00".into(), ..Rewrite::default() },
            destination: Rewrite { npi: Some(1), prepend: "+".into(), ..Rewrite::default() },
            temporary: vec![CommandStatus(0x58), CommandStatus(0x400)],
            ..PeerProfile::default()
        };
        let form = ask(Form::default(), &profile);
        let pairs = form.folds.iter().flat_map(|fold| &fold.fields);
        let sent: Vec<String> = pairs.map(|field| format!("{}={}", field.name, field.value.replace('+', "%2B"))).collect();
        let mut faults = Faults::default();
        assert_eq!(read(&Fields::read(sent.join("&").as_bytes()), &mut faults), profile);
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn what_is_no_good_is_said_at_its_field() {
        let mut faults = Faults::default();
        let bad = b"version=4&window=0&charset=latin1&temporary=0x58,+x&source_ton=256&response_timeout=0";
        read(&Fields::read(bad), &mut faults);
        for field in ["version", "window", "charset", "temporary", "source_ton", "response_timeout"] {
            assert!(faults.of(field).is_some(), "{field}");
        }
    }
}

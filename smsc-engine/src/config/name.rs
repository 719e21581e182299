//! The words that stand for the values of enums.

use smpp_pdu::Version;
use smpp_session::BindKind;
use tracing::level_filters::LevelFilter;

use super::value::Named;
use crate::sandbox::Outcome;

impl Named for Version {
    const NAMES: &'static [(&'static str, Self)] = &[("3.3", Version::V3_3), ("3.4", Version::V3_4), ("5.0", Version::V5_0)];
}

impl Named for LevelFilter {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("off", LevelFilter::OFF),
        ("error", LevelFilter::ERROR),
        ("warn", LevelFilter::WARN),
        ("info", LevelFilter::INFO),
        ("debug", LevelFilter::DEBUG),
        ("trace", LevelFilter::TRACE),
    ];
}

impl Named for BindKind {
    const NAMES: &'static [(&'static str, Self)] =
        &[("transmitter", BindKind::Transmitter), ("receiver", BindKind::Receiver), ("transceiver", BindKind::Transceiver)];
}

impl Named for Outcome {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("delivered", Outcome::Delivered),
        ("undeliverable", Outcome::Undeliverable),
        ("expired", Outcome::Expired),
        ("rejected", Outcome::Rejected),
        ("unknown", Outcome::Unknown),
    ];
}

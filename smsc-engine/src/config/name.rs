//! The words that stand for the values of enums.

use smpp_pdu::Version;
use tracing::level_filters::LevelFilter;

use super::value::Named;
use super::{BindKind, DefaultAlphabet, SandboxOutcome};

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

impl Named for DefaultAlphabet {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("gsm7", DefaultAlphabet::Gsm7),
        ("latin1", DefaultAlphabet::Latin1),
        ("ascii", DefaultAlphabet::Ascii),
        ("gsm7_packed", DefaultAlphabet::Gsm7Packed),
    ];
}

impl Named for SandboxOutcome {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("delivered", SandboxOutcome::Delivered),
        ("undeliverable", SandboxOutcome::Undeliverable),
        ("expired", SandboxOutcome::Expired),
        ("rejected", SandboxOutcome::Rejected),
        ("unknown", SandboxOutcome::Unknown),
    ];
}

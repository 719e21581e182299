//! Peers of a gateway: carriers it binds to, and partners that bind to it.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use smpp_pdu::{CommandStatus, Version};
use smpp_session::BindKind;
use smpp_session::net::ipnet::IpNet;
use sms_codec::charset::Charset;
use sms_codec::receipt::{Dialect, Habits, IdNotation};

use crate::accounts::{MessageIdForm, Secret};
use crate::api::Attempt;
use crate::model::{Address, FinalState};

/// A carrier: the gateway connects to it and binds as an ESME. Its name is the `dest_smsc` of what goes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientPeer {
    /// Its name, unique among carriers and partners, 1 to 255 octets.
    pub name: String,
    /// Host name or IP address.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// Further `host:port`, tried in turn when the first cannot be bound.
    pub more_hosts: Vec<String>,
    /// The name it knows the gateway by, at most 15 octets.
    pub system_id: String,
    /// The password it gave.
    pub password: Secret,
    /// SMPP `system_type`, at most 12 octets.
    pub system_type: String,
    /// Which way messages go.
    pub bind_type: BindKind,
    /// Messages in a second sent there, 1 to 10,000.
    pub tps_limit: u32,
    /// How often the core is asked for its messages, 100 ms to 10 s.
    pub queue_check_frequency: Duration,
    /// How TLS is spoken; `None` speaks none.
    pub tls: Option<PeerTls>,
    /// Whether receipts are asked of it.
    pub receipts: AskReceipts,
    /// How its receipts name what its responses named.
    pub receipt_ids: IdNotation,
    /// What it means by its receipts.
    pub receipt_habits: Habits<'static>,
    /// Further binds to the same carrier whose messages its receipts may be about, by their names.
    pub receipts_for: Vec<String>,
    /// How long messages are sent.
    pub long_text: LongText,
    /// Where its habits differ from the standard's.
    pub profile: PeerProfile,
}

/// A partner: it connects to the gateway and binds. Its name is the `dest_smsc` of what goes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerPeer {
    /// Its name, unique among carriers and partners, 1 to 255 octets.
    pub name: String,
    /// The name it binds with, 1 to 15 octets, unique among partners.
    pub system_id: String,
    /// Its password.
    pub password: Secret,
    /// How it may bind; at least one.
    pub allowed_bind_types: Vec<BindKind>,
    /// Where it may connect from; empty for anywhere.
    pub ip_whitelist: Vec<IpNet>,
    /// Messages in a second delivered to it, 1 to 10,000.
    pub tps_limit: u32,
    /// How often the core is asked for its messages, 100 ms to 10 s.
    pub queue_check_frequency: Duration,
    /// Sessions at a time; 0 for any number.
    pub max_sessions: usize,
    /// How receipts are written to it.
    pub dialect: Dialect,
    /// How message ids are written to it.
    pub message_ids: MessageIdForm,
    /// Where its habits differ from the standard's.
    pub profile: PeerProfile,
}

/// Where the habits of a peer differ from the standard's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerProfile {
    /// The highest version spoken with it.
    pub version: Version,
    /// Requests that may be unanswered, 1 to 65,535.
    pub window: usize,
    /// After so long a silence it is asked whether it is there; zero never asks.
    pub enquire_link: Duration,
    /// How long a request waits for its response; also `enquire_link`.
    pub response_timeout: Duration,
    /// The alphabet of `data_coding` 0.
    pub charset: Charset,
    /// What becomes of a sender that goes to it.
    pub source: Rewrite,
    /// What becomes of a recipient that goes to it.
    pub destination: Rewrite,
    /// Statuses after which a message is tried again, besides those the standard calls temporary.
    pub temporary: Vec<CommandStatus>,
    /// Statuses that end a message, whatever the standard calls them.
    pub permanent: Vec<CommandStatus>,
}

/// What becomes of an address on its way to a peer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rewrite {
    /// Another type of number.
    pub ton: Option<u8>,
    /// Another numbering plan.
    pub npi: Option<u8>,
    /// What is taken from the front, if it is there.
    pub strip: String,
    /// What is put in front, after that.
    pub prepend: String,
}

/// How TLS is spoken with a carrier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerTls {
    /// True to take any certificate. Only for tests: it keeps nobody from listening in between.
    pub accept_any: bool,
    /// The name its certificate must have; its host if empty.
    pub server_name: String,
    /// File with the authorities trusted, in PEM; those of the system if empty.
    pub ca_path: String,
    /// File with the certificate shown to it, in PEM; none if empty.
    pub cert_path: String,
    /// File with the key of that certificate, in PEM.
    pub key_path: String,
}

/// Whether a carrier is asked for receipts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AskReceipts {
    /// Where the sender wants one; other messages are delivered when the carrier takes them.
    #[default]
    Wanted,
    /// For every message: none is delivered before the carrier says so.
    Always,
    /// For none: every message is delivered when the carrier takes it.
    Never,
}

/// How a text that needs several parts is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongText {
    /// In parts with a user data header.
    #[default]
    Udh,
    /// In parts with the SAR TLVs.
    Sar,
    /// Whole, in `message_payload`.
    Payload,
}

impl ClientPeer {
    /// A carrier with the usual habits.
    pub fn new(name: impl Into<String>, host: impl Into<String>) -> ClientPeer {
        ClientPeer {
            name: name.into(),
            host: host.into(),
            port: 2775,
            more_hosts: Vec::new(),
            system_id: String::new(),
            password: Secret::default(),
            system_type: String::new(),
            bind_type: BindKind::Transceiver,
            tps_limit: USUAL_TPS,
            queue_check_frequency: USUAL_CHECK,
            tls: None,
            receipts: AskReceipts::Wanted,
            receipt_ids: IdNotation::default(),
            receipt_habits: Habits::STANDARD,
            receipts_for: Vec::new(),
            long_text: LongText::Udh,
            profile: PeerProfile::default(),
        }
    }

    /// Where it is, as `host:port`; an IPv6 address stands in brackets.
    pub fn address(&self) -> String {
        let bare = self.host.contains(':') && !self.host.starts_with('[');
        if bare { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }
}

impl ServerPeer {
    /// A partner with the usual habits that may bind in every way from anywhere.
    pub fn new(name: impl Into<String>, system_id: impl Into<String>, password: impl Into<String>) -> ServerPeer {
        ServerPeer {
            name: name.into(),
            system_id: system_id.into(),
            password: Secret::new(password),
            allowed_bind_types: vec![BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver],
            ip_whitelist: Vec::new(),
            tps_limit: USUAL_TPS,
            queue_check_frequency: USUAL_CHECK,
            max_sessions: 0,
            dialect: Dialect::STANDARD,
            message_ids: MessageIdForm::default(),
            profile: PeerProfile::default(),
        }
    }
}

impl Rewrite {
    /// The address as the peer wants it. A name has no type of number and no prefix: it stays.
    pub(super) fn apply<'a>(&self, address: &'a Address) -> Cow<'a, Address> {
        if *self == Rewrite::default() || address.ton == ALPHANUMERIC {
            return Cow::Borrowed(address);
        }
        let digits = address.digits.octets();
        let rest = digits.strip_prefix(self.strip.as_bytes()).unwrap_or(digits);
        let digits = [self.prepend.as_bytes(), rest].concat();
        Cow::Owned(Address::new(self.ton.unwrap_or(address.ton), self.npi.unwrap_or(address.npi), digits))
    }
}

impl PeerProfile {
    /// What the operator says of a status, which comes before what the standard says.
    pub(super) fn attempt(&self, status: CommandStatus) -> Option<Attempt> {
        if status.is_ok() {
            return None;
        }
        if self.permanent.contains(&status) {
            return Some(Attempt::Failed(FinalState::Undeliverable, status.0));
        }
        self.temporary.contains(&status).then_some(Attempt::TryAgain(status.0))
    }
}

impl Default for PeerProfile {
    fn default() -> Self {
        PeerProfile {
            version: Version::V3_4,
            window: 100,
            enquire_link: Duration::from_secs(30),
            response_timeout: Duration::from_secs(30),
            charset: Charset::Gsm7,
            source: Rewrite::default(),
            destination: Rewrite::default(),
            temporary: Vec::new(),
            permanent: Vec::new(),
        }
    }
}

/// Says in a word or two what it does.
impl fmt::Display for LongText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LongText::Udh => "udh",
            LongText::Sar => "sar",
            LongText::Payload => "payload",
        })
    }
}

const USUAL_TPS: u32 = 100;
const USUAL_CHECK: Duration = Duration::from_secs(1);
// SMPP 3.4 §5.2.5
const ALPHANUMERIC: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rewritten_and_names_are_not() {
        let rewrite = Rewrite { ton: Some(0), npi: None, strip: "44".into(), prepend: "0".into() };
        let national = Address::new(0, 1, "07700900123");
        assert_eq!(*rewrite.apply(&Address::new(1, 1, "447700900123")), national);
        assert_eq!(*rewrite.apply(&Address::new(1, 1, "33123")), Address::new(0, 1, "033123"), "nothing to strip");
        let name = Address::new(5, 0, "44 Shop");
        assert_eq!(*rewrite.apply(&name), name);
        assert!(matches!(Rewrite::default().apply(&national), Cow::Borrowed(_)));
    }
}

//! What the operator writes about an account.

use std::net::IpAddr;
use std::time::Duration;

use smpp_session::net::ipnet::IpNet;
use smpp_session::{BindKind, Rate};
use sms_codec::charset::Charset;
use sms_codec::receipt::Dialect;

use super::hash::Hash;
use super::pattern::digits;
use super::{AddressPattern, Denial, Secret};
use crate::model::{Message, Timestamp};

/// One account: a name, a password, and what it may do.
#[derive(Clone, Debug)]
pub struct AccountRecord {
    /// The name it comes with: the `system_id` of SMPP, at most 15 octets.
    pub system_id: String,
    /// How it proves who it is.
    pub password: Password,
    /// False to let it in no more.
    pub enabled: bool,
    /// How it may bind.
    pub kinds: Vec<BindKind>,
    /// Sessions at a time; 0 for any number.
    pub max_sessions: usize,
    /// Messages in a second, over all sessions; `None` for any number.
    pub rate: Option<Rate>,
    /// Messages in a day and in a month.
    pub quota: Quota,
    /// The senders it may use; empty for any.
    pub sources: Vec<AddressPattern>,
    /// How the numbers begin that it may send to, without `+`; empty for any.
    pub destinations: Vec<String>,
    /// Where it may connect from; empty for anywhere.
    pub peers: Vec<IpNet>,
    /// What is meant where it says nothing.
    pub defaults: Defaults,
}

/// How an account proves who it is. Does not show itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Password {
    /// The password itself.
    Plain(Secret),
    /// Its Argon2 hash in PHC form, `$argon2id$v=19$m=…,t=…,p=…$salt$hash`; needs the feature `passwords`.
    Hashed(Secret),
}

/// How many messages an account may hand in, by the days and months of UTC. Those its limits refuse do not count; those
/// the core refuses afterwards do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// In a day; `None` for any number.
    pub day: Option<u64>,
    /// In a month; `None` for any number.
    pub month: Option<u64>,
}

/// What is meant where an account says nothing.
///
/// [`complete`](Defaults::complete) fills in addresses and validity; dialect and ids are how the SMPP side writes to a
/// session from its bind on. The alphabet is for whoever reads texts; records and the SMPP side do not look at it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// The alphabet of `data_coding` 0.
    pub charset: Charset,
    /// How receipts are written.
    pub dialect: Dialect,
    /// How message ids are written.
    pub message_id: MessageIdForm,
    /// Type of number and numbering plan of a source that comes with 0 and 0.
    pub source: (u8, u8),
    /// Type of number and numbering plan of a destination that comes with 0 and 0.
    pub destination: (u8, u8),
    /// How long messages without a validity period are tried; `None` for as long as the core tries.
    pub validity: Option<Duration>,
}

/// How message ids are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MessageIdForm {
    /// As the version spoken has it: hexadecimal in SMPP 3.3, decimal in later ones.
    #[default]
    ByVersion,
    /// Decimal digits.
    Decimal,
    /// Hexadecimal digits.
    Hexadecimal,
}

impl Password {
    /// Puts the hash of a plain password in its place. Takes its time.
    ///
    /// # Errors
    /// This program was built without hashes, or the system has no random octets.
    pub fn seal(&mut self) -> Result<(), String> {
        if let Password::Plain(password) = self {
            *self = Password::Hashed(sealed(password)?);
        }
        Ok(())
    }

    /// The text itself, whatever it is.
    pub fn expose(&self) -> &str {
        match self {
            Password::Plain(secret) | Password::Hashed(secret) => secret.expose(),
        }
    }
}

impl AccountRecord {
    /// An account that may bind in every way, any number of times, and send whatever it likes.
    pub fn new(system_id: impl Into<String>, password: impl Into<String>) -> AccountRecord {
        AccountRecord {
            system_id: system_id.into(),
            password: Password::Plain(Secret::new(password)),
            enabled: true,
            kinds: vec![BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver],
            max_sessions: 0,
            rate: None,
            quota: Quota::default(),
            sources: Vec::new(),
            destinations: Vec::new(),
            peers: Vec::new(),
            defaults: Defaults::default(),
        }
    }

    /// True if it may bind like this from there.
    pub fn may_bind(&self, kind: BindKind, peer: IpAddr) -> bool {
        self.kinds.contains(&kind) && (self.peers.is_empty() || is_within(&self.peers, peer))
    }

    /// Checks the addresses of a message.
    ///
    /// # Errors
    /// The account is disabled or may not use one of them.
    pub fn check_addresses(&self, message: &Message) -> Result<(), Denial> {
        if !self.enabled {
            return Err(Denial::Account);
        }
        if !self.sources.is_empty() && !self.sources.iter().any(|pattern| pattern.matches(&message.source)) {
            return Err(Denial::Source);
        }
        let begins = |prefix: &String| digits(&message.destination).starts_with(prefix.trim_start_matches('+').as_bytes());
        if !self.destinations.is_empty() && !self.destinations.iter().any(begins) {
            return Err(Denial::Destination);
        }
        Ok(())
    }

    /// The hash of the password if it is one; the error says why it cannot be used.
    pub(crate) fn hash(&self) -> Result<Option<Hash>, String> {
        match &self.password {
            Password::Plain(_) => Ok(None),
            Password::Hashed(text) => Hash::read(text.expose()).map(Some),
        }
    }

    /// True if messages must be counted.
    pub(super) const fn is_limited(&self) -> bool {
        self.rate.is_some() || self.quota.day.is_some() || self.quota.month.is_some()
    }
}

/// Tells whether an address is in one of these ranges.
pub(crate) fn is_within(ranges: &[IpNet], address: IpAddr) -> bool {
    // An IPv4 address that came in over an IPv6 socket is in no IPv4 range.
    let address = address.to_canonical();
    ranges.iter().any(|range| range.contains(&address))
}

#[cfg(feature = "passwords")]
fn sealed(password: &Secret) -> Result<Secret, String> {
    super::hash_password(password.expose(), super::HashCost::default())
}

#[cfg(not(feature = "passwords"))]
fn sealed(_: &Secret) -> Result<Secret, String> {
    Err("this build has no hashed passwords (feature passwords)".into())
}

impl Defaults {
    /// Fills in what a message leaves open.
    pub fn complete(&self, message: &mut Message, now: Timestamp) {
        for (address, (ton, npi)) in [(&mut message.source, self.source), (&mut message.destination, self.destination)] {
            if (address.ton, address.npi) == (0, 0) {
                (address.ton, address.npi) = (ton, npi);
            }
        }
        if let (Timestamp::MAX, Some(validity)) = (message.expires, self.validity) {
            message.expires = now.max(message.deliver_after).after(validity);
        }
    }
}

impl Default for Defaults {
    fn default() -> Self {
        Defaults {
            charset: Charset::Gsm7,
            dialect: Dialect::STANDARD,
            message_id: MessageIdForm::default(),
            source: (0, 0),
            destination: (0, 0),
            validity: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Address, Lane, MessageId};

    fn message(source: &str, destination: &str) -> Message {
        let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::default());
        message.source = Address::new(5, 0, source);
        message.destination = Address::new(0, 0, destination);
        message
    }

    #[test]
    fn only_allowed_addresses_pass() {
        let mut record = AccountRecord::new("shop", "secret");
        assert_eq!(record.check_addresses(&message("Anybody", "1")), Ok(()));
        record.sources = vec![AddressPattern::new("Shop"), AddressPattern::new("4477*")];
        record.destinations = vec!["44".into(), "+353".into()];
        assert_eq!(record.check_addresses(&message("Shop", "447700900123")), Ok(()));
        assert_eq!(record.check_addresses(&message("447700900000", "+3531")), Ok(()));
        assert_eq!(record.check_addresses(&message("Shop2", "447700900123")), Err(Denial::Source));
        assert_eq!(record.check_addresses(&message("Shop", "15550100")), Err(Denial::Destination));
        record.enabled = false;
        assert_eq!(record.check_addresses(&message("Shop", "447700900123")), Err(Denial::Account));
    }

    #[test]
    fn a_bind_must_be_of_an_allowed_kind_and_from_an_allowed_place() {
        let mut record = AccountRecord::new("shop", "secret");
        let here: IpAddr = "192.0.2.7".parse().unwrap();
        assert!(record.may_bind(BindKind::Receiver, here));
        record.kinds = vec![BindKind::Transmitter];
        record.peers = vec!["192.0.2.0/24".parse().unwrap()];
        assert!(record.may_bind(BindKind::Transmitter, here) && !record.may_bind(BindKind::Receiver, here));
        assert!(record.may_bind(BindKind::Transmitter, "::ffff:192.0.2.7".parse().unwrap()));
        assert!(!record.may_bind(BindKind::Transmitter, "198.51.100.7".parse().unwrap()));
    }

    #[test]
    fn what_is_left_open_is_filled_in_and_nothing_else() {
        let defaults =
            Defaults { source: (1, 1), destination: (1, 1), validity: Some(Duration::from_secs(60)), ..Defaults::default() };
        let mut message = message("Shop", "447700900123");
        defaults.complete(&mut message, Timestamp(1000));
        assert_eq!(message.source, Address::new(5, 0, "Shop"));
        assert_eq!(message.destination, Address::new(1, 1, "447700900123"));
        assert_eq!(message.expires, Timestamp(61_000));
        message.expires = Timestamp(5000);
        defaults.complete(&mut message, Timestamp(1000));
        assert_eq!(message.expires, Timestamp(5000));
    }

    #[test]
    fn a_password_does_not_show_itself() {
        let mut record = AccountRecord::new("shop", "hunter22");
        assert!(!format!("{record:?}").contains("hunter22"));
        record.password = Password::Hashed(Secret::new("$argon2id$"));
        assert!(!format!("{record:?}").contains("argon2id"));
    }
}

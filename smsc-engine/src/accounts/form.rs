//! An account as JSON has it, under the names of the configuration file.

use std::time::Duration;

use serde::{Deserialize, Deserializer};
use smpp_session::{BindKind, Rate};
use sms_codec::receipt::Dialect;

use super::{AccountRecord, AddressPattern, Defaults, MessageIdForm, Password, Quota, Secret};

/// An account as JSON has it. It takes passwords and never gives one away.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct AccountForm {
    /// The name it comes with, 1 to 15 characters.
    pub system_id: String,
    /// A new password, 1 to 8 octets; it is kept as a hash. Not shown.
    #[serde(serialize_with = "nothing", skip_serializing_if = "is_secret", deserialize_with = "secret")]
    #[cfg_attr(feature = "http", schema(value_type = Option<String>, write_only, default = json!(null)))]
    pub password: Option<Secret>,
    /// The Argon2 hash of a new password, in PHC form. Not shown.
    #[serde(serialize_with = "nothing", skip_serializing_if = "is_secret", deserialize_with = "secret")]
    #[cfg_attr(feature = "http", schema(value_type = Option<String>, write_only, default = json!(null)))]
    pub password_hash: Option<Secret>,
    /// Where it comes from: `file`, `changed` (of the file, and changed at run time) or `added`. Only shown.
    #[serde(deserialize_with = "only_shown", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "http", schema(read_only, example = "added"))]
    pub origin: Option<String>,
    /// Whether it is let in.
    pub enabled: bool,
    /// Sessions at a time; 0 sets no limit.
    pub max_sessions: usize,
    /// How it may bind: `transmitter`, `receiver`, `transceiver`.
    pub bind: Vec<String>,
    /// Messages in a second, over all its sessions; 0 sets no limit.
    pub messages_per_second: u32,
    /// Messages at once; 0 for a tenth of those in a second.
    pub burst: u32,
    /// Messages in a day of UTC; 0 sets no limit.
    pub messages_per_day: u64,
    /// Messages in a month of UTC; 0 sets no limit.
    pub messages_per_month: u64,
    /// The senders it may use, with `*` at the end for all that begin so; empty for any.
    pub sources: Vec<String>,
    /// How the numbers begin that it may send to; empty for any.
    pub destinations: Vec<String>,
    /// The networks it may connect from; empty for anywhere.
    pub peers: Vec<String>,
    /// The alphabet of `data_coding` 0.
    pub charset: String,
    /// How receipts are written: `standard` or `provider`.
    pub receipts: String,
    /// How message ids are written: `by_version`, `decimal` or `hexadecimal`.
    pub message_ids: String,
    /// Type of number of a source that comes with 0 for it and for the plan.
    pub source_ton: u8,
    /// Numbering plan of such a source.
    pub source_npi: u8,
    /// Type of number of a destination that comes with 0 for it and for the plan.
    pub destination_ton: u8,
    /// Numbering plan of such a destination.
    pub destination_npi: u8,
    /// Minutes its messages without a validity period are tried; 0 leaves that to the centre.
    pub validity_minutes: u64,
}

/// Why an account is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct AccountFormError {
    /// The field, by its name in the JSON.
    pub field: &'static str,
    /// What is wrong with it; never shows a password.
    pub reason: String,
}

/// The description of the API leaves out what is never written; so it is written under a condition that is never met.
const fn is_secret(_: &Option<Secret>) -> bool {
    true
}

fn nothing<S: serde::Serializer>(_: &Option<Secret>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_none()
}

fn only_shown<'de, D: serde::Deserializer<'de>>(_: D) -> Result<Option<String>, D::Error> {
    Err(serde::de::Error::custom("is only shown"))
}

impl AccountForm {
    /// Reads the account; without a password, it has that of `old`.
    ///
    /// # Errors
    /// A field is no good, or there is no password at all.
    pub fn into_record(self, old: Option<&AccountRecord>) -> Result<AccountRecord, AccountFormError> {
        let record = AccountRecord {
            password: self.new_password(old)?,
            enabled: self.enabled,
            kinds: self.kinds()?,
            max_sessions: self.max_sessions,
            rate: rate(self.messages_per_second, self.burst),
            quota: Quota { day: limit(self.messages_per_day), month: limit(self.messages_per_month) },
            sources: self.sources.iter().map(|source| AddressPattern::new(source)).collect(),
            peers: all(&self.peers, "peers", "an address or a network such as 192.0.2.0/24", |peer| {
                peer.parse().ok().or_else(|| Some(peer.parse::<std::net::IpAddr>().ok()?.into()))
            })?,
            defaults: self.defaults()?,
            destinations: self.destinations,
            system_id: self.system_id,
        };
        record.check()?;
        Ok(record)
    }

    fn new_password(&self, old: Option<&AccountRecord>) -> Result<Password, AccountFormError> {
        match (&self.password, &self.password_hash, old) {
            (Some(_), Some(_), _) => Err(fault("password", "give it or its hash, not both")),
            (Some(password), None, _) if (1..=LONGEST_PASSWORD).contains(&password.expose().len()) => {
                Ok(Password::Plain(password.clone()))
            }
            (Some(_), None, _) => Err(fault("password", format!("SMPP takes 1 to {LONGEST_PASSWORD} octets"))),
            (None, Some(hash), _) => Ok(Password::Hashed(hash.clone())),
            (None, None, Some(old)) => Ok(old.password.clone()),
            (None, None, None) => Err(fault("password", "an account needs one")),
        }
    }

    fn kinds(&self) -> Result<Vec<BindKind>, AccountFormError> {
        all(&self.bind, "bind", "transmitter, receiver or transceiver", |word| named(&KINDS, word))
    }

    fn defaults(&self) -> Result<Defaults, AccountFormError> {
        let charset = self.charset.parse().map_err(|error| fault("charset", format!("{error}")))?;
        let dialect = named(&DIALECTS, &self.receipts).ok_or_else(|| fault("receipts", "standard or provider"))?;
        let message_id = named(&MESSAGE_IDS, &self.message_ids);
        Ok(Defaults {
            charset,
            dialect,
            message_id: message_id.ok_or_else(|| fault("message_ids", "by_version, decimal or hexadecimal"))?,
            source: (self.source_ton, self.source_npi),
            destination: (self.destination_ton, self.destination_npi),
            validity: limit(self.validity_minutes).map(|minutes| Duration::from_secs(minutes.saturating_mul(60))),
        })
    }
}

impl From<&AccountRecord> for AccountForm {
    fn from(record: &AccountRecord) -> Self {
        let Defaults { charset, dialect, message_id, source, destination, validity } = record.defaults;
        AccountForm {
            origin: None,
            system_id: record.system_id.clone(),
            password: None,
            password_hash: None,
            enabled: record.enabled,
            max_sessions: record.max_sessions,
            bind: record.kinds.iter().map(|kind| name(&KINDS, kind).to_owned()).collect(),
            messages_per_second: record.rate.map_or(0, Rate::messages),
            burst: record.rate.map_or(0, Rate::burst),
            messages_per_day: record.quota.day.unwrap_or(0),
            messages_per_month: record.quota.month.unwrap_or(0),
            sources: record.sources.iter().map(ToString::to_string).collect(),
            destinations: record.destinations.clone(),
            peers: record.peers.iter().map(ToString::to_string).collect(),
            charset: charset.name().to_owned(),
            receipts: name(&DIALECTS, &dialect).to_owned(),
            message_ids: name(&MESSAGE_IDS, &message_id).to_owned(),
            source_ton: source.0,
            source_npi: source.1,
            destination_ton: destination.0,
            destination_npi: destination.1,
            validity_minutes: validity.map_or(0, |validity| validity.as_secs() / 60),
        }
    }
}

impl Default for AccountForm {
    fn default() -> Self {
        AccountForm::from(&AccountRecord::new("", ""))
    }
}

impl AccountRecord {
    /// Checks what a list of accounts can keep.
    ///
    /// # Errors
    /// A field is no good, or JSON has no word for it.
    pub fn check(&self) -> Result<(), AccountFormError> {
        let is_name = |name: &str| (1..=LONGEST_NAME).contains(&name.len()) && name.bytes().all(|octet| octet.is_ascii_graphic());
        let whole_minutes = |span: Duration| !span.is_zero() && span == Duration::from_secs(span.as_secs() / 60 * 60);
        if !is_name(&self.system_id) {
            return Err(fault("system_id", format!("a name has 1 to {LONGEST_NAME} ASCII characters and no spaces")));
        }
        if self.kinds.is_empty() {
            return Err(fault("bind", "it needs at least one of transmitter, receiver and transceiver"));
        }
        if name(&DIALECTS, &self.defaults.dialect) == UNNAMED {
            return Err(fault("receipts", "standard or provider"));
        }
        if !self.defaults.validity.is_none_or(whole_minutes) {
            return Err(fault("validity_minutes", "whole minutes"));
        }
        if self.sources.len() + self.destinations.len() + self.peers.len() > MOST_PATTERNS {
            return Err(fault("sources", format!("sources, destinations and peers are {MOST_PATTERNS} at most")));
        }
        match self.hash() {
            Ok(_) => Ok(()),
            Err(reason) => Err(fault("password_hash", reason)),
        }
    }
}

fn fault(field: &'static str, reason: impl Into<String>) -> AccountFormError {
    AccountFormError { field, reason: reason.into() }
}

fn limit(number: u64) -> Option<u64> {
    (number > 0).then_some(number)
}

fn rate(messages: u32, burst: u32) -> Option<Rate> {
    let rate = (messages > 0).then(|| Rate::per_second(messages))?;
    Some(if burst > 0 { rate.with_burst(burst) } else { rate })
}

fn all<T>(
    words: &[String],
    field: &'static str,
    wanted: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, AccountFormError> {
    words.iter().map(|word| read(word).ok_or_else(|| fault(field, format!("{word:?} is not {wanted}")))).collect()
}

fn named<T: Copy>(names: &[(&str, T)], word: &str) -> Option<T> {
    names.iter().find(|(name, _)| *name == word).map(|(_, value)| *value)
}

fn name<T: PartialEq>(names: &[(&'static str, T)], value: &T) -> &'static str {
    names.iter().find(|(_, known)| known == value).map_or(UNNAMED, |(name, _)| name)
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
}

const KINDS: [(&str, BindKind); 3] =
    [("transmitter", BindKind::Transmitter), ("receiver", BindKind::Receiver), ("transceiver", BindKind::Transceiver)];
const DIALECTS: [(&str, Dialect); 2] = [("standard", Dialect::STANDARD), ("provider", Dialect::PROVIDER)];
const MESSAGE_IDS: [(&str, MessageIdForm); 3] =
    [("by_version", MessageIdForm::ByVersion), ("decimal", MessageIdForm::Decimal), ("hexadecimal", MessageIdForm::Hexadecimal)];
/// What a program can set and no word stands for.
const UNNAMED: &str = "other";
// SMPP 3.4 §5.2.1 and §5.2.2
const LONGEST_NAME: usize = 15;
const LONGEST_PASSWORD: usize = 8;
/// Each message is held against all of them.
const MOST_PATTERNS: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> AccountRecord {
        AccountRecord {
            enabled: false,
            kinds: vec![BindKind::Receiver, BindKind::Transmitter],
            max_sessions: 3,
            rate: Some(Rate::per_second(80).with_burst(9)),
            quota: Quota { day: Some(1000), month: Some(u64::MAX) },
            sources: vec![AddressPattern::new("Shop"), AddressPattern::new("+4477*")],
            destinations: vec!["44".into()],
            peers: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            defaults: Defaults {
                charset: sms_codec::charset::Charset::Latin1,
                dialect: Dialect::PROVIDER,
                message_id: MessageIdForm::Hexadecimal,
                source: (1, 2),
                destination: (3, 4),
                validity: Some(Duration::from_secs(3600)),
            },
            ..AccountRecord::new("shop", "hunter22")
        }
    }

    #[test]
    fn every_field_survives_json_and_the_password_is_not_in_it() {
        for record in [full(), AccountRecord::new("plain", "hunter22")] {
            let json = serde_json::to_string(&AccountForm::from(&record)).unwrap();
            assert!(!json.contains("hunter22") && !json.contains("password"), "{json}");
            let form: AccountForm = serde_json::from_str(&json).unwrap();
            assert_eq!(form, AccountForm::from(&record));
            let read = form.into_record(Some(&record)).unwrap();
            assert_eq!(format!("{read:?}"), format!("{record:?}"));
            assert_eq!(read.password, record.password);
        }
    }

    #[test]
    fn what_is_wrong_is_named_without_the_password() {
        for (json, expected) in [
            (r#"{"system_id": "shop"}"#, "password: an account needs one"),
            (r#"{"system_id": "shop", "password": "hunter22hunter22"}"#, "password: SMPP takes 1 to 8 octets"),
            (r#"{"system_id": "shop", "password": ""}"#, "password: SMPP takes 1 to 8 octets"),
            (r#"{"system_id": "shop", "password": "a", "password_hash": "b"}"#, "password: give it or its hash, not both"),
            (r#"{"system_id": "a shop", "password": "a"}"#, "system_id: a name has 1 to 15 ASCII characters and no spaces"),
            (r#"{"system_id": "shop", "password": "a", "bind": []}"#, "bind: it needs at least one of"),
            (r#"{"system_id": "shop", "password": "a", "bind": ["x"]}"#, "bind: \"x\" is not transmitter"),
            (r#"{"system_id": "shop", "password": "a", "peers": ["10.0.0.0/33"]}"#, "peers: \"10.0.0.0/33\" is not"),
            (r#"{"system_id": "shop", "password": "a", "charset": "x"}"#, "charset: "),
            (r#"{"system_id": "shop", "password": "a", "receipts": "other"}"#, "receipts: standard or provider"),
            (r#"{"system_id": "shop", "password": "a", "message_ids": "octal"}"#, "message_ids: by_version"),
            (r#"{"system_id": "shop", "password_hash": "hunter22"}"#, "password_hash: "),
        ] {
            let error = serde_json::from_str::<AccountForm>(json).unwrap().into_record(None).unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains("hunter22"), "{json}: {error}");
        }
        let mut other = full();
        other.defaults.dialect.seconds = true;
        assert_eq!(other.check().unwrap_err().field, "receipts");
        other = full();
        other.defaults.validity = Some(Duration::from_secs(61));
        assert_eq!(other.check().unwrap_err().field, "validity_minutes");
        assert!(serde_json::from_str::<AccountForm>(r#"{"systemid": "shop"}"#).is_err());
    }

    #[test]
    fn a_single_address_is_a_network_of_one() {
        let json = r#"{"system_id": "shop", "password": "a", "peers": ["192.0.2.7"]}"#;
        let record = serde_json::from_str::<AccountForm>(json).unwrap().into_record(None).unwrap();
        assert_eq!(record.peers, ["192.0.2.7/32".parse().unwrap()]);
    }
}

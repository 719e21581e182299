//! Settings as the parts of a centre want them.

use std::time::Duration;

use smpp_session::net::ServerConfig;
use smpp_session::{Config, Rate, Timeouts};
use sms_codec::receipt::Dialect;

use super::{Account, Batch, Enum, Lifecycle, ReceiptDialect, Routing, Sandbox, Settings, Smpp};
use crate::accounts::{AccountRecord, AddressPattern, Defaults, Password, Quota};
use crate::core::enum_lookup::EnumConfig;
use crate::core::queue::JournalOptions;
use crate::core::records::{Privacy, RecorderOptions};
use crate::core::route::Specificity;
use crate::core::{BatchOptions, Policy, Retention};
use crate::frontend::FrontendConfig;
use crate::sandbox::SandboxConfig;

impl From<&Settings> for FrontendConfig {
    fn from(settings: &Settings) -> Self {
        FrontendConfig {
            listen: settings.smpp.listen,
            system_id: settings.smpp.system_id.clone(),
            accounts: settings.accounts.iter().map(AccountRecord::from).collect(),
            server: ServerConfig::from(&settings.smpp),
        }
    }
}

impl From<&Smpp> for ServerConfig {
    fn from(smpp: &Smpp) -> Self {
        let usual = Config::default();
        let timers = Timeouts {
            session_init: seconds_or_never(smpp.session_init_seconds),
            enquire_link: seconds_or_never(smpp.enquire_link_seconds),
            inactivity: seconds_or_never(smpp.inactivity_seconds),
            response: Duration::from_secs(smpp.response_seconds.into()),
            ..usual.timers
        };
        let session = Config {
            version: smpp.version,
            window: size(smpp.window),
            unanswered: size(smpp.max_unanswered),
            max_pdu: smpp.max_pdu_octets,
            timers,
            ..usual
        };
        let allow = (!smpp.allow.is_empty()).then(|| smpp.allow.clone());
        ServerConfig { session, max_connections: size(smpp.max_connections), allow, ..Self::default() }
    }
}

impl From<&Settings> for JournalOptions {
    fn from(settings: &Settings) -> Self {
        JournalOptions {
            pending_limit: size(settings.storage.max_queued),
            keep_until_recorded: settings.records.cdr_enabled,
            ..JournalOptions::default()
        }
    }
}

impl From<&Settings> for Policy {
    fn from(settings: &Settings) -> Self {
        let Settings { lifecycle, charging, .. } = settings;
        Policy {
            dead_letter: minutes(lifecycle.dead_letter_time_minutes),
            max_attempts: (lifecycle.max_delivery_attempts > 0).then_some(lifecycle.max_delivery_attempts),
            retry_base: minutes(lifecycle.retry_base_minutes),
            unrouted: lifecycle.unrouted_policy,
            charging: charging.default_charging_enabled,
            uncharged: charging.charging_failure_action,
            delete_body_after_delivery: lifecycle.delete_message_body_after_delivery,
            transaction: Duration::from_secs(lifecycle.transaction_seconds.into()),
        }
    }
}

impl From<&Lifecycle> for Retention {
    fn from(lifecycle: &Lifecycle) -> Self {
        Retention {
            messages: hours(lifecycle.message_retention_hours),
            events: hours(lifecycle.event_ttl_days.saturating_mul(24)),
            interval: minutes(lifecycle.retention_check_interval_minutes),
            cleanup: minutes(lifecycle.cleanup_interval_minutes),
        }
    }
}

impl From<&Batch> for BatchOptions {
    fn from(batch: &Batch) -> Self {
        BatchOptions {
            batch_size: size(batch.batch_insert_batch_size),
            flush_interval: Duration::from_millis(batch.batch_insert_flush_interval_ms.into()),
            capacity: size(batch.capacity),
            capacity_octets: size(batch.capacity_octets),
        }
    }
}

impl From<&Settings> for RecorderOptions {
    fn from(settings: &Settings) -> Self {
        RecorderOptions {
            batch_size: size(settings.records.batch_size),
            flush_interval: Duration::from_millis(settings.records.flush_interval_ms.into()),
            privacy: Privacy::from(&settings.lifecycle),
            ..RecorderOptions::default()
        }
    }
}

impl From<&Lifecycle> for Privacy {
    fn from(lifecycle: &Lifecycle) -> Self {
        Privacy {
            delete_message_body_after_delivery: lifecycle.delete_message_body_after_delivery,
            hide_message_body_in_export: lifecycle.hide_message_body_in_export,
        }
    }
}

impl From<&Enum> for EnumConfig {
    fn from(settings: &Enum) -> Self {
        EnumConfig {
            domains: settings.enum_domains.clone(),
            timeout: Duration::from_millis(settings.enum_timeout.into()),
            cache_size: size(settings.enum_cache_size),
            ..EnumConfig::default()
        }
    }
}

impl From<&Routing> for Specificity {
    fn from(routing: &Routing) -> Self {
        Specificity {
            called: routing.called_prefix_weight,
            calling: routing.calling_prefix_weight,
            source_smsc: routing.source_smsc_weight,
            enum_domain: routing.enum_domain_weight,
            source_type: routing.source_type_weight,
        }
    }
}

impl From<&Account> for AccountRecord {
    fn from(account: &Account) -> Self {
        let is_hashed = !account.password_hash.expose().is_empty();
        AccountRecord {
            system_id: account.system_id.clone(),
            password: match is_hashed {
                true => Password::Hashed(account.password_hash.clone()),
                false => Password::Plain(account.password.clone()),
            },
            enabled: account.enabled,
            kinds: account.bind.clone(),
            max_sessions: size(account.max_sessions),
            rate: (account.messages_per_second > 0).then(|| Rate::per_second(account.messages_per_second)),
            quota: Quota { day: limit(account.messages_per_day), month: limit(account.messages_per_month) },
            sources: account.sources.iter().map(|source| AddressPattern::new(source)).collect(),
            destinations: account.destinations.clone(),
            peers: account.peers.clone(),
            defaults: Defaults::from(account),
        }
    }
}

impl From<&Account> for Defaults {
    fn from(account: &Account) -> Self {
        Defaults {
            charset: account.charset,
            dialect: dialect(account.receipts),
            message_id: account.message_ids,
            source: (account.source_ton, account.source_npi),
            destination: (account.destination_ton, account.destination_npi),
            validity: (account.validity_minutes > 0).then(|| minutes(account.validity_minutes)),
        }
    }
}

impl From<&Sandbox> for SandboxConfig {
    fn from(sandbox: &Sandbox) -> Self {
        SandboxConfig {
            delay: Duration::from_millis(sandbox.delay_ms),
            slow: Duration::from_millis(sandbox.slow_ms),
            outcome: sandbox.outcome,
            by_number: sandbox.by_number,
            replies: sandbox.mo_replies,
            ..Self::default()
        }
    }
}

pub(super) fn dialect(dialect: ReceiptDialect) -> Dialect {
    match dialect {
        ReceiptDialect::Standard => Dialect::STANDARD,
        ReceiptDialect::Provider => Dialect::PROVIDER,
    }
}

pub(super) fn seconds_or_never(seconds: u32) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

fn limit(number: u64) -> Option<u64> {
    (number > 0).then_some(number)
}

pub(super) fn millis(millis: u32) -> Duration {
    Duration::from_millis(millis.into())
}

pub(super) fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

fn minutes(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3600)
}

pub(super) fn size(size: impl TryInto<usize>) -> usize {
    size.try_into().unwrap_or(usize::MAX)
}

#[cfg(test)]
#[path = "assembly_tests.rs"]
mod tests;

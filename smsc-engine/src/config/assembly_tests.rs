//! Every setting reaches the part it is for.

use std::time::Duration;

use smpp_pdu::Version;
use smpp_session::BindKind;
use smpp_session::net::ServerConfig;

use super::*;
use crate::accounts::MessageIdForm;
use crate::config::{Account, Sandbox, Settings, Smpp};
use crate::core::enum_lookup::EnumConfig;
use crate::core::{Policy, Retention, Uncharged, Unrouted};
use crate::sandbox::{Outcome, SandboxConfig};

#[test]
fn settings_of_smpp_reach_the_listener_and_its_sessions() {
    let smpp = Smpp {
        listen: "[::1]:1".parse().unwrap(),
        system_id: "centre".into(),
        allow: vec!["10.0.0.0/8".parse().unwrap()],
        enquire_link_seconds: 2,
        response_seconds: 3,
        session_init_seconds: 4,
        inactivity_seconds: 5,
        window: 6,
        max_unanswered: 7,
        max_connections: 8,
        max_pdu_octets: 9,
        version: Version::V5_0,
    };
    let settings = Settings { smpp, ..Settings::default() };
    let FrontendConfig { listen, system_id, server, .. } = (&settings).into();
    let ServerConfig { session, max_connections, allow, .. } = server;
    let timers = session.timers;
    assert_eq!((listen.to_string().as_str(), system_id.as_str()), ("[::1]:1", "centre"));
    assert_eq!(allow, Some(settings.smpp.allow));
    assert_eq!(timers.enquire_link, Some(Duration::from_secs(2)));
    assert_eq!(timers.response, Duration::from_secs(3));
    assert_eq!(timers.session_init, Some(Duration::from_secs(4)));
    assert_eq!(timers.inactivity, Some(Duration::from_secs(5)));
    assert_eq!((session.window, session.unanswered, max_connections), (6, 7, 8));
    assert_eq!((session.max_pdu, session.version), (9, Version::V5_0));
}

#[test]
fn settings_of_a_messages_life_reach_the_core() {
    let mut settings = Settings::default();
    settings.storage.max_queued = 10;
    settings.records.cdr_enabled = false;
    settings.lifecycle.dead_letter_time_minutes = 12;
    settings.lifecycle.max_delivery_attempts = 13;
    settings.lifecycle.retry_base_minutes = 14;
    settings.lifecycle.transaction_seconds = 15;
    settings.lifecycle.unrouted_policy = Unrouted::Reject;
    settings.lifecycle.message_retention_hours = 11;
    settings.lifecycle.event_ttl_days = 2;
    settings.lifecycle.retention_check_interval_minutes = 90;
    settings.lifecycle.cleanup_interval_minutes = 30;
    settings.lifecycle.delete_message_body_after_delivery = true;
    settings.lifecycle.hide_message_body_in_export = true;
    settings.charging.default_charging_enabled = false;
    settings.charging.charging_failure_action = Uncharged::Deny;
    settings.batch.batch_insert_batch_size = 16;
    settings.batch.batch_insert_flush_interval_ms = 17;
    settings.batch.capacity = 18;
    settings.batch.capacity_octets = 19;
    settings.records.batch_size = 20;
    settings.records.flush_interval_ms = 21;
    let journal = JournalOptions::from(&settings);
    assert_eq!((journal.pending_limit, journal.keep_until_recorded), (10, false));
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let policy = Policy::from(&settings);
    let expected = Policy {
        dead_letter: minutes(12),
        max_attempts: Some(13),
        retry_base: minutes(14),
        unrouted: Unrouted::Reject,
        charging: false,
        uncharged: Uncharged::Deny,
        delete_body_after_delivery: true,
        transaction: Duration::from_secs(15),
    };
    assert_eq!(policy, expected);
    let Retention { messages, events, interval, cleanup } = (&settings.lifecycle).into();
    assert_eq!((messages, events), (minutes(11 * 60), minutes(2 * 24 * 60)));
    assert_eq!((interval, cleanup), (minutes(90), minutes(30)));
    let batch = BatchOptions::from(&settings.batch);
    let expected = BatchOptions { batch_size: 16, flush_interval: Duration::from_millis(17), capacity: 18, capacity_octets: 19 };
    assert_eq!(batch, expected);
    let recorder = RecorderOptions::from(&settings);
    assert_eq!((recorder.batch_size, recorder.flush_interval), (20, Duration::from_millis(21)));
    let privacy = Privacy { delete_message_body_after_delivery: true, hide_message_body_in_export: true };
    assert_eq!(recorder.privacy, privacy);
}

#[test]
fn settings_of_an_account_reach_its_record() {
    let mut account = Account {
        max_sessions: 15,
        enabled: false,
        bind: vec![BindKind::Receiver],
        messages_per_second: 16,
        messages_per_day: 17,
        messages_per_month: 18,
        sources: vec!["447*".into()],
        destinations: vec!["44".into()],
        peers: vec!["10.0.0.0/8".parse().unwrap()],
        charset: sms_codec::charset::Charset::Ucs2,
        receipts: ReceiptDialect::Provider,
        message_ids: MessageIdForm::Decimal,
        source_ton: 1,
        source_npi: 2,
        destination_ton: 3,
        destination_npi: 4,
        validity_minutes: 5,
        ..Account::test()
    };
    let record = AccountRecord::from(&account);
    assert_eq!((record.system_id.as_str(), record.password.expose(), record.enabled), ("test", "test", false));
    assert_eq!((record.max_sessions, record.kinds.as_slice()), (15, &[BindKind::Receiver][..]));
    assert_eq!(record.rate.map(Rate::messages), Some(16));
    assert_eq!(record.quota, Quota { day: Some(17), month: Some(18) });
    assert_eq!(record.sources, [AddressPattern::new("447*")]);
    assert_eq!((record.destinations, record.peers), (account.destinations.clone(), account.peers.clone()));
    let defaults = Defaults {
        charset: sms_codec::charset::Charset::Ucs2,
        dialect: Dialect::PROVIDER,
        message_id: MessageIdForm::Decimal,
        source: (1, 2),
        destination: (3, 4),
        validity: Some(Duration::from_secs(300)),
    };
    assert_eq!(record.defaults, defaults);
    account.password_hash = crate::accounts::Secret::new("hash");
    assert!(matches!(AccountRecord::from(&account).password, Password::Hashed(_)));
}

#[test]
fn settings_of_sandbox_enum_and_routes_reach_them() {
    let sandbox =
        Sandbox { delay_ms: 16, slow_ms: 17, outcome: Outcome::Rejected, by_number: false, mo_replies: false, enabled: true };
    let sandbox = SandboxConfig::from(&sandbox);
    assert_eq!((sandbox.delay, sandbox.slow), (Duration::from_millis(16), Duration::from_millis(17)));
    assert_eq!((sandbox.outcome, sandbox.by_number, sandbox.replies), (Outcome::Rejected, false, false));
    let enums = Enum { enum_domains: vec!["a".into()], enum_timeout: 18, enum_cache_size: 19, ..Enum::default() };
    let enums = EnumConfig::from(&enums);
    assert_eq!(
        (enums.domains.as_slice(), enums.timeout, enums.cache_size),
        (&["a".to_string()][..], Duration::from_millis(18), 19)
    );
    assert_eq!(Specificity::from(&Routing::default()), Specificity::default());
    let routing = Routing {
        called_prefix_weight: 1,
        calling_prefix_weight: 2,
        source_smsc_weight: 3,
        enum_domain_weight: 4,
        source_type_weight: 5,
        ..Routing::default()
    };
    let specificity = Specificity { called: 1, calling: 2, source_smsc: 3, enum_domain: 4, source_type: 5 };
    assert_eq!(Specificity::from(&routing), specificity);
}

#[test]
fn zero_means_never_or_no_limit_where_the_table_says_so() {
    let mut settings = Settings::default();
    settings.smpp.session_init_seconds = 0;
    settings.smpp.enquire_link_seconds = 0;
    let timers = FrontendConfig::from(&settings).server.session.timers;
    assert_eq!((timers.session_init, timers.enquire_link, timers.inactivity), (None, None, None));
    assert_eq!(Policy::from(&settings).max_attempts, None);
    let record = AccountRecord::from(&Account::test());
    assert!(record.rate.is_none() && record.quota == Quota::default() && record.defaults == Defaults::default());
}

#[test]
fn defaults_of_settings_are_those_of_the_parts() {
    let settings = Settings::default();
    assert_eq!(BatchOptions::from(&settings.batch), BatchOptions::default());
    assert_eq!(Policy::from(&settings), Policy { charging: true, ..Policy::default() });
}

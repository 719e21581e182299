//! Settings as the parts of a centre want them.

use std::time::Duration;

use smpp_session::net::ServerConfig;
use smpp_session::{Config, Timeouts};

use super::{Account, Lifecycle, Sandbox, Settings, Smpp};
use crate::CentreConfig;
use crate::core::lifecycle::Policy;
use crate::core::queue::JournalOptions;
use crate::frontend::{self, FrontendConfig};
use crate::sandbox::SandboxConfig;

impl From<&Settings> for CentreConfig {
    fn from(settings: &Settings) -> Self {
        CentreConfig {
            directory: settings.storage.directory.clone(),
            journal: JournalOptions { pending_limit: size(settings.storage.max_queued), ..JournalOptions::default() },
            retention: hours(settings.storage.retention_hours),
            policy: Policy::from(&settings.lifecycle),
            frontend: FrontendConfig {
                listen: settings.smpp.listen,
                system_id: settings.smpp.system_id.clone(),
                accounts: settings.accounts.iter().map(frontend::Account::from).collect(),
                server: ServerConfig::from(&settings.smpp),
            },
            sandbox: SandboxConfig::from(&settings.sandbox),
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
        ServerConfig { session, max_connections: size(smpp.max_connections), ..Self::default() }
    }
}

impl From<&Lifecycle> for Policy {
    fn from(lifecycle: &Lifecycle) -> Self {
        Policy {
            dead_letter: minutes(lifecycle.dead_letter_time_minutes),
            max_attempts: (lifecycle.max_delivery_attempts > 0).then_some(lifecycle.max_delivery_attempts),
            retry_base: minutes(lifecycle.retry_base_minutes),
        }
    }
}

impl From<&Account> for frontend::Account {
    fn from(account: &Account) -> Self {
        frontend::Account {
            password: frontend::Password::Plain(account.password.clone()),
            kinds: account.bind.clone(),
            max_sessions: size(account.max_sessions),
            ..frontend::Account::new(account.system_id.clone(), "")
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

fn seconds_or_never(seconds: u32) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

fn minutes(minutes: u32) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(u64::from(hours) * 3600)
}

fn size(size: impl TryInto<usize>) -> usize {
    size.try_into().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use smpp_pdu::Version;
    use smpp_session::BindKind;

    use super::*;
    use crate::config::Storage;
    use crate::sandbox::Outcome;

    #[test]
    fn every_setting_reaches_the_part_it_is_for() {
        let smpp = Smpp {
            listen: "[::1]:1".parse().unwrap(),
            system_id: "centre".into(),
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
        let storage = Storage { directory: "there".into(), max_queued: 10, retention_hours: 11 };
        let lifecycle = Lifecycle { dead_letter_time_minutes: 12, max_delivery_attempts: 13, retry_base_minutes: 14 };
        let account = Account { max_sessions: 15, bind: vec![BindKind::Receiver], ..Account::test() };
        let sandbox = Sandbox { delay_ms: 16, slow_ms: 17, outcome: Outcome::Rejected, by_number: false, mo_replies: false };
        let settings = Settings { smpp, storage, lifecycle, accounts: vec![account], sandbox, ..Settings::default() };

        let CentreConfig { directory, journal, retention, policy, frontend, sandbox } = (&settings).into();
        let FrontendConfig { listen, system_id, accounts, server } = frontend;
        let ServerConfig { session, max_connections, .. } = server;
        let timers = session.timers;
        assert_eq!((listen.to_string().as_str(), system_id.as_str()), ("[::1]:1", "centre"));
        assert_eq!(timers.enquire_link, Some(Duration::from_secs(2)));
        assert_eq!(timers.response, Duration::from_secs(3));
        assert_eq!(timers.session_init, Some(Duration::from_secs(4)));
        assert_eq!(timers.inactivity, Some(Duration::from_secs(5)));
        assert_eq!((session.window, session.unanswered, max_connections), (6, 7, 8));
        assert_eq!((session.max_pdu, session.version), (9, Version::V5_0));
        assert_eq!((directory.to_str(), journal.pending_limit), (Some("there"), 10));
        assert_eq!(retention, Duration::from_secs(11 * 3600));
        assert_eq!((policy.dead_letter, policy.max_attempts), (Duration::from_secs(12 * 60), Some(13)));
        assert_eq!(policy.retry_base, Duration::from_secs(14 * 60));
        assert_eq!((accounts[0].system_id.as_str(), accounts[0].password.expose()), ("test", "test"));
        assert_eq!((accounts[0].max_sessions, accounts[0].kinds.as_slice()), (15, &[BindKind::Receiver][..]));
        assert_eq!((sandbox.delay, sandbox.slow), (Duration::from_millis(16), Duration::from_millis(17)));
        assert_eq!((sandbox.outcome, sandbox.by_number, sandbox.replies), (Outcome::Rejected, false, false));
    }

    #[test]
    fn zero_means_never_or_no_limit_where_the_table_says_so() {
        let mut settings = Settings::default();
        settings.smpp.session_init_seconds = 0;
        settings.smpp.enquire_link_seconds = 0;
        let config = CentreConfig::from(&settings);
        let timers = config.frontend.server.session.timers;
        assert_eq!((timers.session_init, timers.enquire_link, timers.inactivity), (None, None, None));
        assert_eq!(config.policy.max_attempts, None);
    }
}

//! Other settings for a centre that runs.

use std::fmt;

use tokio::sync::{Mutex, MutexGuard};
use tracing::level_filters::LevelFilter;

use super::{Centre, core};
use crate::accounts::AccountRecord;
use crate::config::Settings;
use crate::core::Policy;
use crate::frontend::ClientPeer;
use crate::users::User;

/// What became of other settings; keys are named by their path, such as `smpp.window`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Those that count from now on.
    pub applied: Vec<String>,
    /// Those that count from the next start on.
    pub needs_restart: Vec<String>,
    /// Those that cannot be used, with the reason; what was before still counts.
    pub refused: Vec<String>,
}

/// One line for people.
impl fmt::Display for Reloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        for (what, keys) in [("in force", &self.applied), ("need a restart", &self.needs_restart), ("refused", &self.refused)] {
            if !keys.is_empty() {
                parts.push(format!("{what}: {}", keys.join(", ")));
            }
        }
        if parts.is_empty() { f.write_str("nothing changed") } else { f.write_str(&parts.join("; ")) }
    }
}

/// What a centre was started with, and what it was told since.
pub(super) struct SettingsInForce {
    started: Settings,
    /// Only what can change while the centre runs is looked at here.
    latest: Mutex<Settings>,
}

impl SettingsInForce {
    pub(super) fn new(settings: &Settings) -> SettingsInForce {
        SettingsInForce { started: settings.clone(), latest: Mutex::new(settings.clone()) }
    }

    async fn latest(&self) -> MutexGuard<'_, Settings> {
        self.latest.lock().await
    }
}

/// Keys that can change together while the centre runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Live {
    Policy,
    Accounts,
    Translation,
    Users,
    Carriers,
    Api,
    LogLevel,
}

impl Live {
    const ALL: [Live; 7] =
        [Live::Policy, Live::Accounts, Live::Translation, Live::Users, Live::Carriers, Live::Api, Live::LogLevel];

    /// To whom a key belongs; `None` if it needs a restart.
    fn of(key: &str) -> Option<Live> {
        match key {
            "lifecycle.dead_letter_time_minutes"
            | "lifecycle.max_delivery_attempts"
            | "lifecycle.retry_base_minutes"
            | "lifecycle.transaction_seconds"
            | "lifecycle.unrouted_policy"
            | "charging.default_charging_enabled"
            | "charging.charging_failure_action" => Some(Live::Policy),
            "accounts" => Some(Live::Accounts),
            "translation_rules" => Some(Live::Translation),
            "web.users" => Some(Live::Users),
            "binds" => Some(Live::Carriers),
            "api.api_keys" | "api.allow" | "api.trusted_proxies" | "api.envelope" | "api.strict_get_by_smsc" => Some(Live::Api),
            "api.async_durable" | "api.lease_seconds" | "api.max_body_octets" | "api.max_import_octets" | "api.long_text" => {
                Some(Live::Api)
            }
            _ if key.starts_with("api.limits.") => Some(Live::Api),
            "log.level" => Some(Live::LogLevel),
            _ => None,
        }
    }
}

impl Centre {
    /// Takes other settings as far as that is possible while it runs, reads certificates again, and names what needs a
    /// restart. `set_level` is called with the level of the log if that changed.
    pub async fn reload(&self, settings: &Settings, set_level: impl FnOnce(LevelFilter)) -> Reloaded {
        let mut set_level = Some(set_level);
        let mut latest = self.state.latest().await;
        let changed = latest.differences(settings);
        let mut reloaded = Reloaded { needs_restart: self.needs_restart(settings), ..Reloaded::default() };
        for live in Live::ALL {
            let keys: Vec<String> = changed.iter().filter(|key| Live::of(key) == Some(live)).cloned().collect();
            if keys.is_empty() {
                continue;
            }
            let done = match (live, set_level.take_if(|_| live == Live::LogLevel)) {
                (_, Some(set_level)) => {
                    set_level(settings.log.level);
                    Ok(())
                }
                (live, None) => self.apply(live, settings).await,
            };
            match done {
                Ok(()) => {
                    keep(&mut latest, live, settings);
                    reloaded.applied.extend(keys);
                }
                Err(reason) => reloaded.refused.push(format!("{}: {reason}", keys.join(", "))),
            }
        }
        reloaded.refused.extend(self.ports.reload_certificates());
        reloaded
    }

    fn needs_restart(&self, settings: &Settings) -> Vec<String> {
        self.state.started.differences(settings).into_iter().filter(|key| Live::of(key).is_none()).collect()
    }

    async fn apply(&self, live: Live, settings: &Settings) -> Result<(), String> {
        match live {
            Live::Policy => {
                // Whether texts are forgotten is decided at the start, together with the records.
                let kept = self.control.handle.policy().delete_body_after_delivery;
                self.control.handle.set_policy(Policy { delete_body_after_delivery: kept, ..Policy::from(settings) });
                Ok(())
            }
            Live::Accounts => {
                let accounts = settings.accounts.iter().map(AccountRecord::from).collect();
                self.lists.accounts.replace_file(accounts).await.map_err(|error| error.to_string())
            }
            Live::Translation => self.lists.rules.replace_file(core::rules(settings)).await.map_err(|error| error.to_string()),
            Live::Users => {
                let users = settings.web.users.iter().map(User::from).collect();
                self.lists.users.replace_file(users).await.map_err(|error| error.to_string())
            }
            Live::Carriers => self.carriers.set_clients(settings.binds.iter().map(ClientPeer::from).collect()),
            Live::Api => {
                self.ports.set_api(&settings.api);
                Ok(())
            }
            Live::LogLevel => Ok(()),
        }
    }
}

/// Notes what counts now.
fn keep(latest: &mut Settings, live: Live, settings: &Settings) {
    match live {
        Live::Policy => {
            latest.lifecycle = settings.lifecycle.clone();
            latest.charging = settings.charging.clone();
        }
        Live::Accounts => latest.accounts = settings.accounts.clone(),
        Live::Translation => {
            latest.translation_rules = settings.translation_rules.clone();
        }
        Live::Users => latest.web.users = settings.web.users.clone(),
        Live::Carriers => latest.binds = settings.binds.clone(),
        Live::Api => latest.api = settings.api.clone(),
        Live::LogLevel => latest.log = settings.log.clone(),
    }
}

//! How a centre is built.

use std::path::Path;

use super::Host;
use crate::accounts::Password;
use crate::audit::Role;
use crate::config::{self as word, Log, LogFormat, Settings, WebUser};
use crate::core::queue::JournalOptions;
use crate::core::{Policy, Retention};
use crate::frontend::FrontendConfig;
use crate::log::{FileOptions, Format, Level, LogOptions};
use crate::sandbox::SandboxConfig;
use crate::users::User;

/// How a centre is built: settings, and beside them the parts that a program may want finer than settings have them.
///
/// Made from [`Settings`], the parts are what the settings say; a part that was changed since is as it was changed.
#[derive(Clone, Debug)]
pub struct CentreConfig {
    /// Everything that has no field of its own below.
    pub settings: Settings,
    /// The journal's limits.
    pub journal: JournalOptions,
    /// How long messages that ended can still be asked about.
    pub retention: Retention,
    /// The rules of a message's life.
    pub policy: Policy,
    /// The SMPP side.
    pub frontend: FrontendConfig,
    /// The carrier.
    pub sandbox: SandboxConfig,
    /// The program around it.
    pub host: Host,
}

impl CentreConfig {
    /// Where everything is kept.
    pub(super) fn directory(&self) -> &Path {
        &self.settings.storage.directory
    }
}

impl From<&Settings> for CentreConfig {
    fn from(settings: &Settings) -> Self {
        CentreConfig {
            journal: settings.into(),
            retention: (&settings.lifecycle).into(),
            policy: settings.into(),
            frontend: settings.into(),
            sandbox: (&settings.sandbox).into(),
            host: Host::default(),
            settings: settings.clone(),
        }
    }
}

impl From<Settings> for CentreConfig {
    fn from(settings: Settings) -> Self {
        CentreConfig::from(&settings)
    }
}

impl From<&WebUser> for User {
    fn from(user: &WebUser) -> User {
        let password = match user.password_hash.expose() {
            "" => Password::Plain(user.password.clone()),
            _ => Password::Hashed(user.password_hash.clone()),
        };
        let role = match user.role {
            word::Role::Viewer => Role::Viewer,
            word::Role::Operator => Role::Operator,
            word::Role::Admin => Role::Admin,
        };
        User { name: user.name.clone(), role, password, enabled: true }
    }
}

impl From<&Log> for LogOptions {
    fn from(log: &Log) -> LogOptions {
        let file = (!log.file.as_os_str().is_empty()).then(|| FileOptions {
            keep: usize::try_from(log.keep_files).unwrap_or(usize::MAX),
            ..FileOptions::new(log.file.clone())
        });
        let format = match log.format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        };
        LogOptions { level: Level::of_filter(log.level), format, file, console: true }
    }
}

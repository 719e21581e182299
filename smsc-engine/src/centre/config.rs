//! How a centre is built.

use std::path::Path;

use crate::config::Settings;
use crate::core::queue::JournalOptions;
use crate::core::{Policy, Retention};
use crate::frontend::FrontendConfig;
use crate::program::Host;
use crate::sandbox::SandboxConfig;

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

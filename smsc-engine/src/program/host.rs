//! The program around a centre or a gateway, as far as an operator reaches it through that.

use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};

use crate::BoxFuture;
use crate::log::{Format, Level, Logging};
use crate::ops::Program;

/// What a centre or a gateway is told about the program around it; everything may be left out.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Its name and version, such as `smsc 0.1.0`.
    pub version: String,
    /// Its log, to be looked at and to be changed.
    pub logging: Option<Logging>,
    /// Its files that a backup keeps, such as the one with the settings.
    pub files: Vec<PathBuf>,
    /// Who carries out what only the program can do.
    pub orders: Option<mpsc::Sender<HostOrder>>,
}

/// What only the program can do.
#[derive(Debug)]
#[non_exhaustive]
pub enum HostOrder {
    /// Read the settings again, and tell what came of it.
    Reload(oneshot::Sender<Result<String, String>>),
    /// Stop in an orderly way.
    Stop,
}

/// A host with the settings in force.
pub(crate) struct Hosted {
    pub(crate) host: Host,
    /// As TOML, without secrets.
    pub(crate) settings: String,
    /// Certificates and keys that are used.
    pub(crate) certificates: Vec<PathBuf>,
}

impl Hosted {
    fn logging(&self) -> Option<&Logging> {
        self.host.logging.as_ref()
    }
}

impl Program for Hosted {
    fn version(&self) -> String {
        self.host.version.clone()
    }

    fn settings(&self) -> String {
        self.settings.clone()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.host.files.iter().chain(&self.certificates).cloned().collect()
    }

    fn log_lines(&self) -> Vec<String> {
        let lines = self.logging().map(|logging| logging.ring().latest(MOST_LINES)).unwrap_or_default();
        lines.iter().map(|line| line.write(Format::Text)).collect()
    }

    fn log_level(&self) -> String {
        self.logging().map(|logging| logging.level().to_string()).unwrap_or_default()
    }

    fn set_log_level(&self, level: &str) -> Result<(), String> {
        let logging = self.logging().ok_or("this program has no log that can be changed")?;
        let level: Level = level.parse().map_err(|error: crate::log::UnknownLevel| error.to_string())?;
        logging.set_level(level);
        Ok(())
    }

    fn reload(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let gone = || "the program does not read its settings again".to_owned();
            let orders = self.host.orders.as_ref().ok_or_else(gone)?;
            let (answer, told) = oneshot::channel();
            orders.send(HostOrder::Reload(answer)).await.map_err(|_| gone())?;
            told.await.unwrap_or_else(|_| Err(gone()))
        })
    }

    fn stop(&self) -> bool {
        self.host.orders.as_ref().is_some_and(|orders| orders.try_send(HostOrder::Stop).is_ok())
    }
}

/// Lines of the log that go into a support bundle.
const MOST_LINES: usize = 5_000;

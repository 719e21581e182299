//! The log on standard error, whose level may change.

use std::io::{self, IsTerminal};

use smsc_engine::config::Log;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, reload};

/// Changes the level of the log.
pub(crate) struct Level(reload::Handle<LevelFilter, Registry>);

impl Level {
    pub(crate) fn set(&self, level: LevelFilter) {
        // It fails only when there is no log any more.
        let _ = self.0.reload(level);
    }
}

/// Begins to log.
pub(crate) fn start(log: &Log) -> Level {
    let (level, handle) = reload::Layer::new(log.level);
    let lines = fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr).log_internal_errors(false); // it would panic when nobody reads the log any more
    tracing_subscriber::registry().with(level).with(lines).init();
    Level(handle)
}

//! How important a line is.

use std::fmt;
use std::str::FromStr;

use tracing::metadata::LevelFilter;

/// How important a line is; lower ones are more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something is broken for good until somebody mends it.
    Critical,
    /// Something failed.
    Error,
    /// Something is not as it should be.
    Warning,
    /// What goes on.
    #[default]
    Info,
    /// What happens to every message.
    Debug,
    /// Everything.
    Trace,
}

/// A word that is no level.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no level of the log: it is one of error, warning, info, debug and trace")]
pub struct UnknownLevel(String);

impl Level {
    /// All of them, the most important first.
    pub const ALL: [Level; 6] = [Level::Critical, Level::Error, Level::Warning, Level::Info, Level::Debug, Level::Trace];

    /// Returns its word.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Critical => "critical",
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "info",
            Level::Debug => "debug",
            Level::Trace => "trace",
        }
    }

    /// Returns the level that lets through what a filter lets through; there is always something critical to be said.
    pub fn of_filter(filter: LevelFilter) -> Level {
        filter.into_level().map_or(Level::Critical, Level::of)
    }

    pub(super) fn of(level: tracing::Level) -> Level {
        match level {
            tracing::Level::ERROR => Level::Error,
            tracing::Level::WARN => Level::Warning,
            tracing::Level::INFO => Level::Info,
            tracing::Level::DEBUG => Level::Debug,
            _ => Level::Trace,
        }
    }

    pub(super) fn filter(self) -> LevelFilter {
        match self {
            Level::Critical | Level::Error => LevelFilter::ERROR,
            Level::Warning => LevelFilter::WARN,
            Level::Info => LevelFilter::INFO,
            Level::Debug => LevelFilter::DEBUG,
            Level::Trace => LevelFilter::TRACE,
        }
    }

    /// The level of this number, as `as u8` gives it.
    pub(super) fn numbered(number: u8) -> Level {
        Level::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = if text.eq_ignore_ascii_case("warn") { "warning" } else { text };
        let found = Level::ALL.into_iter().find(|level| level.name().eq_ignore_ascii_case(name));
        found.ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_have_words_and_numbers() {
        for level in Level::ALL {
            assert_eq!(level.name().to_uppercase().parse(), Ok(level));
            assert_eq!(Level::numbered(level as u8), level);
        }
        assert_eq!("warn".parse(), Ok(Level::Warning));
        assert!("loud".parse::<Level>().unwrap_err().to_string().contains("\"loud\" is no level"));
    }
}

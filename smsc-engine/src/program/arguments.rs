//! The command line of a program.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use super::{Console, WRONG_SETTINGS};

/// What is to be said instead of running.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// What was asked for: help, or the version.
    Text(String),
    /// What is wrong with the arguments, in one line.
    Fault(String),
}

/// Reads arguments, the first of which is the name of the program.
///
/// # Errors
/// Something is to be said instead.
pub fn arguments<T: CommandFactory + FromArgMatches>(given: impl IntoIterator<Item = OsString>) -> Result<T, Instead> {
    let matches = T::command().try_get_matches_from(given);
    matches.and_then(|matches| T::from_arg_matches(&matches)).map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Instead::Text(error.to_string()),
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Instead::Fault("a command is missing".into()),
        _ => Instead::Fault(one_line(&error.to_string())),
    })
}

impl Console {
    /// Says it; the exit code is that of wrong settings if something is wrong.
    pub fn explain(self, instead: &Instead) -> ExitCode {
        match instead {
            Instead::Text(text) => self.say(text),
            Instead::Fault(fault) => self.fail(WRONG_SETTINGS, &format!("{fault}; {} --help explains", self.0)),
        }
    }
}

/// The error itself, without the usage that follows after an empty line.
fn one_line(error: &str) -> String {
    let error = error.strip_prefix("error: ").unwrap_or(error);
    let lines = error.lines().take_while(|line| !line.is_empty()).map(str::trim);
    lines.collect::<Vec<_>>().join(" ")
}

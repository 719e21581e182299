//! What is printed, and the exit codes that go with it.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints on standard output; a reader that has gone away is no reason to stop a centre.
pub(crate) fn say(text: &str) -> ExitCode {
    let mut output = io::stdout();
    let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    ExitCode::SUCCESS
}

/// Prints what went wrong, and makes the exit code of it.
pub(crate) fn fail(code: u8, error: &dyn Display) -> ExitCode {
    complain(error);
    ExitCode::from(code)
}

/// Prints one line on standard error.
pub(crate) fn complain(error: &dyn Display) {
    let _ = writeln!(io::stderr(), "smsc: {error}");
}

/// Something went wrong while starting or running.
pub(crate) const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
pub(crate) const WRONG_SETTINGS: u8 = 2;
/// What shells report of a program ended by Ctrl-C.
pub(crate) const INTERRUPTED: i32 = 130;

//! What is printed, in the name of this program.

use std::fmt::Display;
use std::process::ExitCode;

use smsc_engine::program::Console;
pub(crate) use smsc_engine::program::{FAILED, INTERRUPTED, WRONG_SETTINGS};

pub(crate) const CONSOLE: Console = Console("smsc");

pub(crate) fn say(text: &str) -> ExitCode {
    CONSOLE.say(text)
}

pub(crate) fn fail(code: u8, error: &dyn Display) -> ExitCode {
    CONSOLE.fail(code, error)
}

pub(crate) fn complain(error: &dyn Display) {
    CONSOLE.complain(error);
}

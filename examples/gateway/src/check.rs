//! `gateway check-config`: what is in force, and whether the files it names are there.

use std::process::ExitCode;

use smsc_engine::config::GatewaySettings;
use smsc_engine::gateway;
use smsc_engine::program::FAILED;

use crate::CONSOLE;
use crate::args::Args;

/// Prints the settings, and what nobody should overlook about them; nothing is started.
pub(crate) fn check(args: &Args, settings: &GatewaySettings) -> ExitCode {
    let about_file = crate::warnings(args);
    for warning in about_file.into_iter().chain(settings.warnings()).chain(settings.peer_warnings()) {
        CONSOLE.complain(&format!("warning: {warning}"));
    }
    match gateway::check(settings) {
        Ok(()) => CONSOLE.say(&format!("configuration is good\n\n{}", settings.to_toml())),
        Err(error) => CONSOLE.fail(FAILED, &error),
    }
}

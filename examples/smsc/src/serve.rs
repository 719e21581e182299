//! Running a centre until somebody wants it to stop.

use std::process::ExitCode;

use smsc_engine::Centre;
use smsc_engine::config::Settings;

use crate::args::Args;
use crate::logging::{self, Level};
use crate::signals::Signals;
use crate::words::{INTERRUPTED, complain, say};
use crate::{greeting, settings};

/// Starts a centre, reads the settings again at SIGHUP, and stops at SIGTERM or Ctrl-C.
pub(crate) async fn serve(args: &Args, settings: &Settings) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let level = logging::start(&settings.log);
    let mut signals = Signals::catch()?;
    let centre = tokio::select! {
        started = Centre::start(settings) => started?,
        // Nothing was taken from anybody yet; a long recovery begins anew at the next start.
        () = signals.stop() => std::process::exit(0),
    };
    let address = centre.smpp_address();
    say(&greeting::lines(settings, address, centre.queued()));
    greeting::warning(settings, address).iter().for_each(|warning| complain(warning));
    while signals.reload().await {
        reload(args, &centre, &level);
    }
    tokio::select! {
        () = centre.shutdown() => Ok(ExitCode::SUCCESS),
        // Somebody at the keyboard does not want to wait; what is in the store stays in the store.
        () = signals.interrupt() => std::process::exit(INTERRUPTED),
    }
}

/// Takes the settings as they are now; if they cannot be read, the old ones still count.
fn reload(args: &Args, centre: &Centre, level: &Level) {
    let settings = match settings(args) {
        Ok(settings) => settings,
        Err(errors) => return errors.iter().for_each(|error| complain(error)),
    };
    let reloaded = centre.reload(&settings, |changed| level.set(changed));
    reloaded.refused.iter().for_each(|refused| complain(&format!("not taken: {refused}")));
    for (keys, what) in [(&reloaded.needs_restart, "need a restart"), (&reloaded.applied, "count from now on")] {
        if !keys.is_empty() {
            complain(&format!("settings that {what}: {}", keys.join(", ")));
        }
    }
    complain(&"settings were read again");
}

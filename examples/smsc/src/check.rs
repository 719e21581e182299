//! `smsc check-config`: what is in force, and whether everything it names is there.

use std::process::ExitCode;

use smsc_engine::centre::{self, Finding};
use smsc_engine::config::Settings;

use crate::words::{FAILED, complain, say};

/// Prints the settings, and looks at everything they name: ports, files, databases and the systems that are asked.
pub(crate) async fn check(settings: &Settings) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let findings = centre::check(settings).await;
    let (good, bad): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|finding| finding.fault.is_none());
    let good: String = good.iter().map(|finding| format!("{finding}\n")).collect();
    say(&format!("configuration is good\n{good}\n{}", settings.to_toml()));
    bad.iter().for_each(|finding| complain(finding));
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

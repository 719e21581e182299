//! A complete SMS centre in one program: arguments, settings, start, stop. Everything else is `smsc-engine`.

mod args;
mod check;
#[cfg(unix)]
mod command;
mod greeting;
mod serve;
mod words;

use std::future::Future;
use std::process::ExitCode;

use mimalloc::MiMalloc;
use smsc_engine::config::{self, ConfigErrors, Settings};
use smsc_engine::program;

use crate::args::{Args, Command};
use crate::words::{CONSOLE, FAILED, WRONG_SETTINGS, fail};

/// What threads share is made and dropped all the time, by another one each time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let args: Args = match program::arguments(std::env::args_os()) {
        Ok(args) => args,
        Err(instead) => return CONSOLE.explain(&instead),
    };
    let settings = match settings(&args) {
        Ok(settings) => settings,
        Err(errors) => return errors.iter().fold(ExitCode::SUCCESS, |_, error| fail(WRONG_SETTINGS, error)),
    };
    // Only the first one counts, and this is the first.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    match args.command.clone() {
        None | Some(Command::Run) => run(serve::serve(&args, &settings)),
        Some(Command::CheckConfig) => run(check::check(&settings)),
        #[cfg(unix)]
        Some(command) => command::run(command, &settings.storage.directory, args.json),
        #[cfg(not(unix))]
        Some(_) => fail(FAILED, &"this system has no control socket"),
    }
}

/// The settings in force: the file, the environment, and what the command line says.
fn settings(args: &Args) -> Result<Settings, ConfigErrors> {
    let mut settings = config::load(args.config.as_deref(), config::environment())?;
    if let Some(directory) = &args.data_dir {
        settings.storage.directory.clone_from(directory);
    }
    Ok(settings)
}

fn run(task: impl Future<Output = Result<ExitCode, Box<dyn std::error::Error>>>) -> ExitCode {
    match program::runtime() {
        Ok(runtime) => runtime.block_on(task).unwrap_or_else(|error| fail(FAILED, &error)),
        Err(error) => fail(FAILED, &format!("cannot start: {error}")),
    }
}

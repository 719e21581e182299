//! The SMPP gateway of an SMS centre elsewhere: arguments, settings, start, stop. Everything else is `smsc-engine`.

mod args;
mod check;
#[cfg(unix)]
mod command;
mod greeting;
mod serve;

use std::future::Future;
use std::process::ExitCode;

use mimalloc::MiMalloc;
use smsc_engine::config::{ConfigErrors, GatewaySettings, file_warning, gateway_environment, load_gateway};
use smsc_engine::program::{self, Console, FAILED, WRONG_SETTINGS};

use crate::args::{Args, Command};

/// How the program speaks.
const CONSOLE: Console = Console("gateway");

/// What threads share is made and dropped all the time, by another one each time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let args: Args = match program::arguments(std::env::args_os()) {
        Ok(args) => args,
        Err(instead) => return CONSOLE.explain(&instead),
    };
    // Only the first one counts, and this is the first.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    match args.command.clone() {
        #[cfg(unix)]
        Some(command) if command.is_for_a_running_gateway() => command::run(command, &args),
        command => match settings(&args) {
            Err(errors) => errors.iter().fold(ExitCode::SUCCESS, |_, error| CONSOLE.fail(WRONG_SETTINGS, error)),
            Ok(settings) if command == Some(Command::CheckConfig) => check::check(&args, &settings),
            Ok(settings) => run(serve::serve(&args, &settings)),
        },
    }
}

/// The settings in force: the file, the environment, and what the command line says.
fn settings(args: &Args) -> Result<GatewaySettings, ConfigErrors> {
    let mut settings = load_gateway(args.config.as_deref(), gateway_environment())?;
    if let Some(directory) = &args.data_dir {
        settings.storage.directory.clone_from(directory);
    }
    Ok(settings)
}

/// What is said of the settings before they are used.
fn warnings(args: &Args) -> Option<String> {
    args.config.as_deref().and_then(file_warning)
}

fn run(task: impl Future<Output = Result<ExitCode, Box<dyn std::error::Error>>>) -> ExitCode {
    match program::runtime() {
        Ok(runtime) => runtime.block_on(task).unwrap_or_else(|error| CONSOLE.fail(FAILED, &error)),
        Err(error) => CONSOLE.fail(FAILED, &format!("cannot start: {error}")),
    }
}

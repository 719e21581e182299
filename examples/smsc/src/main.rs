//! A complete SMS centre in one program: arguments, settings, start, stop. Everything else is `smsc-engine`.

mod args;
mod check;
mod greeting;
mod logging;
mod serve;
mod signals;
mod words;

use std::future::Future;
use std::process::ExitCode;
use std::thread;

use smsc_engine::config::{self, ConfigErrors, Settings};

use crate::args::{Args, HELP, Task};
use crate::words::{FAILED, WRONG_SETTINGS, fail, say};

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os()) {
        Ok(args) => args,
        Err(error) => return fail(WRONG_SETTINGS, &format!("{error}; smsc --help explains")),
    };
    match args.task {
        Task::Help => return say(HELP),
        Task::Version => return say(&format!("smsc {}\n", env!("CARGO_PKG_VERSION"))),
        Task::Run | Task::CheckConfig => {}
    }
    let settings = match settings(&args) {
        Ok(settings) => settings,
        Err(errors) => return errors.iter().fold(ExitCode::SUCCESS, |_, error| fail(WRONG_SETTINGS, error)),
    };
    // Only the first one counts, and this is the first.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    match args.task {
        Task::CheckConfig => run(check::check(&settings)),
        _ => run(serve::serve(&args, &settings)),
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
    // More workers than this only wake one another; one alone would let a slow moment stop the listener.
    let workers = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(task).unwrap_or_else(|error| fail(FAILED, &error)),
        Err(error) => fail(FAILED, &format!("cannot start: {error}")),
    }
}

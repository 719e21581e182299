//! A complete SMS centre in one program: arguments, settings, start, stop. Everything else is `smsc-engine`.

mod args;
#[cfg(unix)]
mod command;
mod greeting;
mod signals;
mod words;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::thread;

use smsc_engine::Centre;
use smsc_engine::config::{self, ConfigErrors, Settings};

use crate::args::{Args, Command, Parsed};
use crate::signals::Signals;
use crate::words::{complain, fail, say};

fn main() -> ExitCode {
    let args = match Args::parse_line(std::env::args_os()) {
        Ok(Parsed::Args(args)) => args,
        Ok(Parsed::Text(text)) => return say(&text),
        Err(error) => return fail(WRONG_SETTINGS, &format!("{error}; smsc --help explains")),
    };
    match (settings(&args), args.command) {
        (Err(errors), _) => errors.iter().fold(ExitCode::SUCCESS, |_, error| fail(WRONG_SETTINGS, error)),
        (Ok(settings), None | Some(Command::Run)) => run(&settings),
        (Ok(settings), Some(Command::CheckConfig)) => say(&format!("configuration is good\n\n{}", settings.to_toml())),
        #[cfg(unix)]
        (Ok(settings), Some(command)) => command::run(command, &settings.storage.directory, args.json),
        #[cfg(not(unix))]
        _ => fail(FAILED, &"this system has no control socket"),
    }
}

fn settings(args: &Args) -> Result<Settings, ConfigErrors> {
    let mut settings = config::load(args.config.as_deref(), config::environment())?;
    if let Some(directory) = &args.data_dir {
        settings.storage.directory.clone_from(directory);
    }
    Ok(settings)
}

fn run(settings: &Settings) -> ExitCode {
    // Only the first one counts, and this is the first.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    tracing_subscriber::fmt()
        .with_max_level(settings.log.level)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .log_internal_errors(false) // it would panic when nobody reads the log any more
        .init();
    // More workers than this only wake one another; one alone would let a slow moment stop the listener.
    let workers = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(serve(settings)).unwrap_or_else(|error| fail(FAILED, &error)),
        Err(error) => fail(FAILED, &format!("cannot start: {error}")),
    }
}

async fn serve(settings: &Settings) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut signals = Signals::catch()?;
    let centre = tokio::select! {
        started = Centre::start(settings) => started?,
        // Nothing was taken from anybody yet; a long recovery begins anew at the next start.
        () = signals.stop() => std::process::exit(0),
    };
    let address = centre.smpp_address();
    say(&greeting::lines(settings, address, centre.queued()));
    greeting::warning(settings, address).iter().for_each(|warning| complain(warning));
    signals.stop().await;
    tokio::select! {
        () = centre.shutdown() => Ok(ExitCode::SUCCESS),
        // Somebody at the keyboard does not want to wait; what is in the store stays in the store.
        () = signals.interrupt() => std::process::exit(INTERRUPTED),
    }
}

/// Something went wrong while starting or running.
const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
const WRONG_SETTINGS: u8 = 2;
/// What shells report of a program ended by Ctrl-C.
const INTERRUPTED: i32 = 130;

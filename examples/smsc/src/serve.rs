//! Running a centre until somebody wants it to stop.

use std::process::ExitCode;

use smsc_engine::Centre;
use smsc_engine::centre::{CentreConfig, Host, HostOrder};
use smsc_engine::config::Settings;
use smsc_engine::log::{Level, LogOptions, Logging};
use smsc_engine::program::{Signal, Signals};
use tokio::sync::mpsc;

use crate::args::Args;
use crate::words::{INTERRUPTED, complain, say};
use crate::{greeting, settings};

/// Starts a centre, reads the settings again when it is told to, and stops at SIGTERM, Ctrl-C or an order.
pub(crate) async fn serve(args: &Args, settings: &Settings) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let logging = Logging::start(LogOptions::from(&settings.log))?;
    let mut signals = Signals::catch()?;
    let (orders, mut ordered) = mpsc::channel(1);
    let host = Host {
        version: concat!("smsc ", env!("CARGO_PKG_VERSION")).into(),
        logging: Some(logging.clone()),
        files: args.config.iter().cloned().collect(),
        orders: Some(orders),
    };
    let centre = tokio::select! {
        started = Centre::start(CentreConfig { host, ..settings.into() }) => started?,
        // Nothing was taken from anybody yet; a long recovery begins anew at the next start.
        () = signals.stop() => std::process::exit(0),
    };
    say(&greeting::lines(settings, &centre));
    greeting::warning(settings, centre.smpp_address()).iter().for_each(|warning| complain(warning));
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Reload => _ = reload(args, &centre, &logging).await.inspect_err(|error| tracing::error!("{error}")),
                _ => break,
            },
            order = ordered.recv() => match order {
                Some(HostOrder::Reload(answer)) => _ = answer.send(reload(args, &centre, &logging).await),
                _ => break,
            },
        }
    }
    tokio::select! {
        () = centre.shutdown() => Ok(ExitCode::SUCCESS),
        // Somebody at the keyboard does not want to wait; what is in the store stays in the store.
        () = signals.interrupt() => std::process::exit(INTERRUPTED),
    }
}

/// Takes the settings as they are now, and tells what came of it; if they cannot be read, the old ones still count.
async fn reload(args: &Args, centre: &Centre, logging: &Logging) -> Result<String, String> {
    let settings = settings(args).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        format!("settings cannot be read again: {}", errors.join("; "))
    })?;
    if let Err(error) = logging.reopen() {
        tracing::error!(%error, "the log file cannot be opened again");
    }
    let reloaded = centre.reload(&settings, |level| logging.set_level(Level::of_filter(level))).await;
    let text = reloaded.to_string();
    tracing::info!("settings were read again: {text}");
    Ok(text)
}

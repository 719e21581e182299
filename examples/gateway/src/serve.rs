//! Running a gateway until somebody wants it to stop.

use std::process::ExitCode;

use smsc_engine::Gateway;
use smsc_engine::config::GatewaySettings;
use smsc_engine::gateway::{GatewayConfig, Host, HostOrder};
use smsc_engine::log::{LogOptions, Logging};
use smsc_engine::program::{INTERRUPTED, Signal, Signals};
use tokio::sync::mpsc;

use crate::args::Args;
use crate::{CONSOLE, greeting};

/// Starts a gateway, and stops at SIGTERM, Ctrl-C or an order.
pub(crate) async fn serve(args: &Args, settings: &GatewaySettings) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let logging = Logging::start(LogOptions::from(&settings.log))?;
    if let Some(warning) = crate::warnings(args) {
        tracing::warn!("{warning}");
    }
    let mut signals = Signals::catch()?;
    let (orders, mut ordered) = mpsc::channel(1);
    let host = Host {
        version: concat!("gateway ", env!("CARGO_PKG_VERSION")).into(),
        logging: Some(logging.clone()),
        files: args.config.iter().cloned().collect(),
        orders: Some(orders),
    };
    let gateway = Gateway::start(GatewayConfig { host, ..settings.into() }).await?;
    CONSOLE.say(&greeting::lines(settings, &gateway));
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Signal::Reload => reopen(&gateway, &logging),
                _ => break,
            },
            order = ordered.recv() => match order {
                Some(HostOrder::Reload(answer)) => _ = answer.send(Err(RESTART.into())),
                _ => break,
            },
        }
    }
    tokio::select! {
        () = gateway.shutdown() => Ok(ExitCode::SUCCESS),
        // Somebody at the keyboard does not want to wait; what was not answered is still the sender's.
        () = signals.interrupt() => std::process::exit(INTERRUPTED),
    }
}

/// Opens the log file and the certificate anew, as after somebody has replaced them.
fn reopen(gateway: &Gateway, logging: &Logging) {
    if let Err(error) = logging.reopen() {
        tracing::error!(%error, "the log file cannot be opened again");
    }
    let faults = gateway.reload_certificates();
    faults.iter().for_each(|fault| tracing::error!("{fault}"));
    if faults.is_empty() {
        tracing::info!("certificates were read again; {RESTART}");
    }
}

const RESTART: &str = "settings are read at the start only: restart the gateway";

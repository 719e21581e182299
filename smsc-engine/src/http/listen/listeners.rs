//! All HTTP ports of one program, and the certificate of its own that they share.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::{ListenError, ListenOptions, Listener, OwnCertificate, TlsFiles};
use crate::config::HttpPort;
use crate::model::Timestamp;

/// One port as the settings want it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// What is served there; names it in the log, in metrics and in messages.
    pub service: &'static str,
    /// Where, and with which certificate.
    pub port: &'a HttpPort,
    /// Whose certificates clients must show; empty if they need none.
    pub client_ca: &'a Path,
}

/// The ports of a running program; they end with [`Listeners::shutdown`], at once when this is dropped.
pub struct Listeners {
    open: Vec<Open>,
    own: OwnCertificate,
}

struct Open {
    service: &'static str,
    listener: Listener,
    files: Option<TlsFiles>,
    /// Whether it shows the certificate of the program's own.
    is_own: bool,
}

impl Listeners {
    /// None yet; those whose settings name no certificate will show `own`.
    pub fn new(own: OwnCertificate) -> Listeners {
        Listeners { open: Vec::new(), own }
    }

    /// Opens a port if it is wanted, and serves `router` there.
    ///
    /// # Errors
    /// See [`Listener::start`], and what keeps the certificate of its own from being made.
    pub async fn open(&mut self, wanted: Wanted<'_>, router: Router) -> Result<(), ListenError> {
        let Wanted { service, port, client_ca } = wanted;
        if !port.enabled {
            return Ok(());
        }
        let named = given(&port.tls_cert_path).zip(given(&port.tls_key_path));
        let is_own = port.enable_tls && named.is_none();
        if is_own {
            self.own.renew(Timestamp::now())?;
        }
        let files = named.map_or_else(|| self.own.files(), |(cert, key)| TlsFiles { cert, key, client_ca: None });
        let files = port.enable_tls.then(|| TlsFiles { client_ca: given(client_ca), ..files });
        let options = ListenOptions { tls: files.clone(), ..ListenOptions::new(port.listen) };
        let listener = Listener::start(options, router).await?;
        self.open.push(Open { service, listener, files, is_own });
        Ok(())
    }

    /// Reads certificates again, for connections from now on, and renews the one of its own if it is time; tells what
    /// cannot be used, with the service.
    pub fn reload(&self, now: Timestamp) -> Vec<String> {
        let renewed = if self.has_own() { self.own.renew(now) } else { Ok(false) };
        let mut faults: Vec<String> = renewed.err().map(|error| error.to_string()).into_iter().collect();
        for Open { service, listener, .. } in &self.open {
            faults.extend(listener.reload().err().map(|error| format!("certificate of {service}: {error}")));
        }
        faults
    }

    /// Looks once a day whether the certificate of its own must be renewed, and shows the new one; calls `renewed` then.
    /// Never returns.
    pub async fn renew_daily(&self, clock: impl Fn() -> Timestamp, renewed: impl Fn(&Listeners)) {
        let mut days = interval_at(Instant::now() + DAY, DAY);
        days.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            days.tick().await;
            match self.renew(clock()) {
                Ok(false) => {}
                Ok(true) => {
                    tracing::info!("the certificate of its own is renewed");
                    renewed(self);
                }
                Err(error) => tracing::error!(%error, "the certificate of its own is not renewed"),
            }
        }
    }

    fn renew(&self, now: Timestamp) -> Result<bool, ListenError> {
        let renewed = self.has_own() && self.own.renew(now)?;
        for Open { listener, .. } in self.open.iter().filter(|open| renewed && open.is_own) {
            listener.reload()?;
        }
        Ok(renewed)
    }

    fn has_own(&self) -> bool {
        self.open.iter().any(|open| open.is_own)
    }

    /// Where a service is listened for.
    pub fn address(&self, service: &str) -> Option<SocketAddr> {
        self.open.iter().find(|open| open.service == service).map(|open| open.listener.address())
    }

    /// When the certificates end, with the services that show them.
    pub fn expiries(&self) -> impl Iterator<Item = (&'static str, Timestamp)> {
        self.open.iter().filter_map(|open| Some((open.service, open.listener.expiry()?)))
    }

    /// The certificates and keys that are used, each once.
    pub fn files(&self) -> Vec<PathBuf> {
        let used = self.open.iter().filter_map(|open| open.files.as_ref());
        let mut files: Vec<PathBuf> = used.flat_map(|files| [files.cert.clone(), files.key.clone()]).collect();
        files.sort();
        files.dedup();
        files
    }

    /// Takes no more requests, and waits for those under way for at most `grace`.
    pub async fn shutdown(&self, grace: Duration) {
        futures_util::future::join_all(self.open.iter().map(|open| open.listener.shutdown(grace))).await;
    }
}

fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

const DAY: Duration = Duration::from_secs(24 * 3600);

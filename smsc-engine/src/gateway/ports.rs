//! What a gateway serves over HTTP, and on its control socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinHandle;

use super::config::GatewayConfig;
use super::{GatewayControl, GatewayError, GatewayOperations};
#[cfg(unix)]
use crate::http::admin::{ControlSocket, gateway as admin};
use crate::http::client::through_proxies;
use crate::http::gateway::{self as pages, GatewayPagesOptions};
use crate::http::listen::{Listeners, OwnCertificate, Wanted};
use crate::http::metrics;
use crate::model::Timestamp;
use crate::ops::System;
use crate::program::Hosted;
use crate::users::Users;

/// The listeners of a running gateway.
pub(super) struct Ports {
    listeners: Arc<Listeners>,
    /// Renews the certificate of its own.
    renewal: JoinHandle<()>,
    #[cfg(unix)]
    socket: Option<ControlSocket>,
}

impl Ports {
    /// Listens on every port that is wanted.
    pub(super) async fn open(config: &GatewayConfig, control: Arc<GatewayControl>, users: Users) -> Result<Ports, GatewayError> {
        let (web, metrics) = (&config.settings.web, &config.settings.metrics);
        let own = OwnCertificate::new(config.directory().join(OWN_TLS), web.hostname.as_str());
        let mut listeners = Listeners::new(own);
        let wanted = |service, port| Wanted { service, port, client_ca: Path::new("") };
        listen(&mut listeners, wanted(METRICS, &metrics.port), metrics::gateway::router(control.clone())).await?;
        let options = GatewayPagesOptions {
            users: Some(users),
            tls: web.port.enable_tls,
            hide_message_body: web.hide_message_body_in_ui,
            log: config.host.logging.clone(),
        };
        let pages = through_proxies(pages::router(control.clone(), options), &web.trusted_proxies);
        listen(&mut listeners, wanted(DASHBOARD, &web.port), pages).await?;
        let listeners = Arc::new(listeners);
        let watched = listeners.clone();
        let renewal = tokio::spawn(async move { watched.renew_daily(Timestamp::now, |_| {}).await });
        #[cfg(unix)]
        let socket = open_socket(config, control, [config.core_files(), listeners.files()].concat());
        Ok(Ports {
            listeners,
            renewal,
            #[cfg(unix)]
            socket,
        })
    }

    /// Where the dashboard is, if it is served.
    pub(super) fn dashboard(&self) -> Option<SocketAddr> {
        self.listeners.address(DASHBOARD)
    }

    /// Where the metrics are, if they are served.
    pub(super) fn metrics(&self) -> Option<SocketAddr> {
        self.listeners.address(METRICS)
    }

    /// Reads certificates again, for connections from now on; tells what cannot be used.
    pub(super) fn reload_certificates(&self) -> Vec<String> {
        self.listeners.reload(Timestamp::now())
    }

    /// Takes no more requests, and waits for those under way for at most `grace`.
    pub(super) async fn close(&mut self, grace: Duration) {
        #[cfg(unix)]
        if let Some(socket) = self.socket.take() {
            socket.close(grace).await;
        }
        self.listeners.shutdown(grace).await;
    }
}

impl Drop for Ports {
    fn drop(&mut self) {
        // It holds the listeners open.
        self.renewal.abort();
    }
}

#[cfg(unix)]
fn open_socket(config: &GatewayConfig, control: Arc<GatewayControl>, certificates: Vec<PathBuf>) -> Option<ControlSocket> {
    let hosted = Hosted { host: config.host.clone(), settings: config.settings.to_toml(), certificates };
    let operations = GatewayOperations { control, program: Arc::new(hosted), system: System::new(config.directory()) };
    ControlSocket::below(config.directory(), admin::router(Arc::new(operations)))
}

async fn listen(listeners: &mut Listeners, wanted: Wanted<'_>, router: Router) -> Result<(), GatewayError> {
    let service = wanted.service;
    listeners.open(wanted, router).await.map_err(|error| GatewayError::Port { service, error })
}

const DASHBOARD: &str = "dashboard";
const METRICS: &str = "metrics";
/// Below the directory of the storage.
const OWN_TLS: &str = "tls";

//! What a gateway serves over HTTP, and on its control socket.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use super::config::GatewayConfig;
use super::{GatewayControl, GatewayError, GatewayOperations};
#[cfg(unix)]
use crate::http::admin::{ControlSocket, SOCKET, gateway as admin};
use crate::http::client::through_proxies;
use crate::http::gateway::{self, GatewayPagesOptions};
use crate::http::listen::{ListenOptions, Listener, TlsFiles};
use crate::http::metrics;
use crate::ops::System;
use crate::program::Hosted;
use crate::users::Users;

/// The listeners of a running gateway.
#[derive(Default)]
pub(super) struct Ports {
    dashboard: Option<Listener>,
    metrics: Option<Listener>,
    #[cfg(unix)]
    socket: Option<ControlSocket>,
}

impl Ports {
    /// Listens on every port that is wanted.
    pub(super) async fn open(config: &GatewayConfig, control: Arc<GatewayControl>, users: Users) -> Result<Ports, GatewayError> {
        let (web, metrics) = (&config.settings.web, &config.settings.metrics);
        let mut ports = Ports::default();
        let mut certificates = config.core_files();
        if metrics.enabled {
            let router = metrics::gateway::router(control.clone());
            ports.metrics = Some(listen("metrics", ListenOptions::new(metrics.listen), router).await?);
        }
        if web.enabled {
            let files = || TlsFiles::named_or_own((&web.tls_cert_path, &web.tls_key_path), config.directory());
            let tls = web.enable_tls.then(files).transpose();
            let tls = tls.map_err(|error| GatewayError::Port { service: "dashboard", error })?;
            certificates.extend(tls.iter().flat_map(|tls| [tls.cert.clone(), tls.key.clone()]));
            let options = ListenOptions { tls, ..ListenOptions::new(web.listen) };
            ports.dashboard = Some(listen("dashboard", options, pages(config, control.clone(), users)).await?);
        }
        #[cfg(unix)]
        ports.open_socket(config, control, certificates);
        Ok(ports)
    }

    /// Where the dashboard is, if it is served.
    pub(super) fn dashboard(&self) -> Option<SocketAddr> {
        self.dashboard.as_ref().map(Listener::address)
    }

    /// Where the metrics are, if they are served.
    pub(super) fn metrics(&self) -> Option<SocketAddr> {
        self.metrics.as_ref().map(Listener::address)
    }

    /// Reads the certificate of the dashboard again, for connections from now on.
    pub(super) fn reload_certificate(&self) -> Result<(), String> {
        self.dashboard.as_ref().map_or(Ok(()), Listener::reload).map_err(|error| format!("certificate of the dashboard: {error}"))
    }

    /// Takes no more requests, and waits for those under way for at most `grace`.
    pub(super) async fn close(&mut self, grace: Duration) {
        #[cfg(unix)]
        if let Some(socket) = self.socket.take() {
            socket.close(grace).await;
        }
        let listeners = self.dashboard.iter().chain(&self.metrics).map(|listener| listener.shutdown(grace));
        futures_util::future::join_all(listeners).await;
    }

    /// A gateway without its socket still does its work.
    #[cfg(unix)]
    fn open_socket(&mut self, config: &GatewayConfig, control: Arc<GatewayControl>, certificates: Vec<PathBuf>) {
        let hosted = Hosted { host: config.host.clone(), settings: config.settings.to_toml(), certificates };
        let operations = GatewayOperations { control, program: Arc::new(hosted), system: System::new(config.directory()) };
        match ControlSocket::serve(config.directory().join(SOCKET), admin::router(Arc::new(operations))) {
            Ok(socket) => self.socket = Some(socket),
            Err(error) => tracing::warn!(%error, "commands cannot reach this gateway"),
        }
    }
}

async fn listen(service: &'static str, options: ListenOptions, router: Router) -> Result<Listener, GatewayError> {
    Listener::start(options, router).await.map_err(|error| GatewayError::Port { service, error })
}

/// The pages of the dashboard.
fn pages(config: &GatewayConfig, control: Arc<GatewayControl>, users: Users) -> Router {
    let (web, log) = (&config.settings.web, config.host.logging.clone());
    let options = GatewayPagesOptions { users: Some(users), tls: web.enable_tls, log, ..GatewayPagesOptions::default() };
    through_proxies(gateway::router(control, options), &web.trusted_proxies)
}

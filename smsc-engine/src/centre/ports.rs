//! What a centre serves over HTTP, and on its control socket.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;

use super::{CentreConfig, StartError};
use crate::config::{Api, ApiLimits, LongText, Settings};
use crate::control::Control;
#[cfg(unix)]
use crate::http::admin::{self, ControlSocket, SOCKET};
use crate::http::client::through_proxies;
use crate::http::dashboard::{self, DashboardOptions};
use crate::http::listen::{ListenError, ListenOptions, Listener, TlsFiles};
use crate::http::metrics;
use crate::http::rest::{self, Limits, Rest, RestOptions};
use crate::ops::{Operations, System};
use crate::overlay::{AccountBook, RuleBook};
use crate::program::Hosted;
use crate::sql::Database;
use crate::users::Users;

/// The listeners of a running centre.
pub(super) struct Ports {
    control: Arc<Control>,
    rest: Arc<Rest>,
    listeners: Vec<(Service, Listener)>,
    #[cfg(unix)]
    socket: Option<ControlSocket>,
}

/// What is served on a port of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The REST API.
    Api,
    /// The dashboard.
    Dashboard,
    /// The figures for Prometheus.
    Metrics,
}

impl Service {
    /// Its name, for people and for metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Service::Api => "api",
            Service::Dashboard => "dashboard",
            Service::Metrics => "metrics",
        }
    }
}

/// What is served.
pub(super) struct Served {
    pub(super) control: Arc<Control>,
    pub(super) users: Users,
    pub(super) accounts: AccountBook,
    pub(super) rules: RuleBook,
    /// Databases in files, by the names of these.
    pub(super) databases: Vec<(String, Database)>,
}

impl Ports {
    /// Listens on every port that is wanted.
    pub(super) async fn open(config: &CentreConfig, served: Served) -> Result<Ports, StartError> {
        let Settings { api, web, metrics, .. } = &config.settings;
        let control = served.control.clone();
        let rest = Rest::new(control.clone(), RestOptions::from(api));
        let mut ports = Ports {
            control: control.clone(),
            rest: rest.clone(),
            listeners: Vec::new(),
            #[cfg(unix)]
            socket: None,
        };
        let mut files = Vec::new();
        if api.enabled {
            let wanted = Wanted {
                service: Service::Api,
                address: api.listen,
                tls: api.enable_tls,
                cert: &api.tls_cert_path,
                key: &api.tls_key_path,
            };
            let tls = wanted.files(config)?.map(|tls| TlsFiles { client_ca: given(&api.client_ca_path), ..tls });
            files.extend(paths(tls.as_ref()));
            ports.listen(&wanted, tls, rest.router()).await?;
        }
        if metrics.enabled {
            let wanted = Wanted {
                service: Service::Metrics,
                address: metrics.listen,
                tls: metrics.enable_tls,
                cert: &metrics.tls_cert_path,
                key: &metrics.tls_key_path,
            };
            let tls = wanted.files(config)?;
            files.extend(paths(tls.as_ref()));
            ports.listen(&wanted, tls, metrics::router(control.clone())).await?;
        }
        if web.enabled {
            let wanted = Wanted {
                service: Service::Dashboard,
                address: web.listen,
                tls: web.enable_tls,
                cert: &web.tls_cert_path,
                key: &web.tls_key_path,
            };
            let tls = wanted.files(config)?;
            files.extend(paths(tls.as_ref()));
            let pages = ports.pages(config, &served);
            ports.listen(&wanted, tls, pages).await?;
        }
        files.sort();
        files.dedup();
        ports.note_certificates();
        #[cfg(unix)]
        ports.open_socket(config, served, files);
        Ok(ports)
    }

    /// Other rules for the API, from the next request on.
    pub(super) fn set_api(&self, api: &Api) {
        self.rest.set_options(api.into());
    }

    /// Reads certificates again, for connections from now on; tells what cannot be used.
    pub(super) fn reload_certificates(&self) -> Vec<String> {
        let faults = self.listeners.iter().filter_map(|(service, listener)| {
            let error = listener.reload().err()?;
            Some(format!("certificate of {}: {error}", service.name()))
        });
        let faults = faults.collect();
        self.note_certificates();
        faults
    }

    /// Where a service is listened for.
    pub(super) fn address(&self, service: Service) -> Option<SocketAddr> {
        self.listeners.iter().find(|(known, _)| *known == service).map(|(_, listener)| listener.address())
    }

    /// Takes no more requests, and waits for those under way for at most `grace`.
    pub(super) async fn close(&mut self, grace: Duration) {
        self.rest.end_streams();
        #[cfg(unix)]
        if let Some(socket) = self.socket.take() {
            socket.close(grace).await;
        }
        futures_util::future::join_all(self.listeners.iter().map(|(_, listener)| listener.shutdown(grace))).await;
    }

    async fn listen(&mut self, wanted: &Wanted<'_>, tls: Option<TlsFiles>, router: Router) -> Result<(), StartError> {
        let options = ListenOptions { tls, ..ListenOptions::new(wanted.address) };
        let listener = Listener::start(options, router).await.map_err(|error| wanted.failed(error))?;
        self.listeners.push((wanted.service, listener));
        Ok(())
    }

    fn note_certificates(&self) {
        for (service, listener) in &self.listeners {
            if let Some(expiry) = listener.expiry() {
                self.control.figures.certificates.note(service.name(), expiry);
            }
        }
    }

    fn pages(&self, config: &CentreConfig, served: &Served) -> Router {
        let Settings { web, lifecycle, .. } = &config.settings;
        let options = DashboardOptions {
            users: Some(served.users.clone()),
            tls: web.enable_tls,
            hide_message_body: lifecycle.hide_message_body_in_ui,
            hide_message_body_in_export: lifecycle.hide_message_body_in_export,
            api: self.api_address(&config.settings),
            rules: Some(served.rules.clone()),
            accounts: Some(served.accounts.clone()),
            system: Some(Arc::new(System::new(config.directory()))),
            log: config.host.logging.clone(),
        };
        through_proxies(dashboard::router(self.control.clone(), options), &web.trusted_proxies)
    }

    /// Where people reach the API, for links and for calls to be copied.
    fn api_address(&self, settings: &Settings) -> String {
        let address = self.address(Service::Api).unwrap_or(settings.api.listen);
        let scheme = if settings.api.enable_tls { "https" } else { "http" };
        match address.ip() {
            ip if ip.is_unspecified() => format!("{scheme}://{}:{}", settings.web.hostname, address.port()),
            IpAddr::V4(_) | IpAddr::V6(_) => format!("{scheme}://{address}"),
        }
    }

    /// A centre without its socket still does its work.
    #[cfg(unix)]
    fn open_socket(&mut self, config: &CentreConfig, served: Served, certificates: Vec<PathBuf>) {
        let hosted = Hosted { host: config.host.clone(), settings: config.settings.to_toml(), certificates };
        // Whoever may open the socket is the owner: nothing is asked and nothing is limited.
        let options =
            RestOptions { limits: Limits::NONE, keys: Vec::new(), allow: Vec::new(), ..RestOptions::from(&config.settings.api) };
        let rest = Rest::new(served.control.clone(), options);
        let operations = Operations {
            control: served.control,
            accounts: Some(served.accounts),
            program: Arc::new(hosted),
            directory: config.directory().into(),
            databases: served.databases,
            system: System::new(config.directory()),
        };
        match ControlSocket::serve(config.directory().join(SOCKET), admin::router(Arc::new(operations), rest.router())) {
            Ok(socket) => self.socket = Some(socket),
            Err(error) => tracing::warn!(%error, "commands cannot reach this centre"),
        }
    }
}

/// One port as the settings want it.
struct Wanted<'a> {
    service: Service,
    address: SocketAddr,
    tls: bool,
    cert: &'a Path,
    key: &'a Path,
}

impl Wanted<'_> {
    /// The files of TLS, made if none are named; `None` without TLS.
    fn files(&self, config: &CentreConfig) -> Result<Option<TlsFiles>, StartError> {
        let files = || TlsFiles::named_or_own((self.cert, self.key), config.directory());
        self.tls.then(files).transpose().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: ListenError) -> StartError {
        StartError::Port { service: self.service.name(), error }
    }
}

fn given(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}

fn paths(files: Option<&TlsFiles>) -> Vec<PathBuf> {
    files.map(|files| vec![files.cert.clone(), files.key.clone()]).unwrap_or_default()
}

impl From<&Api> for RestOptions {
    fn from(api: &Api) -> Self {
        RestOptions {
            envelope: api.envelope,
            strict_get_by_smsc: api.strict_get_by_smsc,
            async_durable: api.async_durable,
            lease: Duration::from_secs(api.lease_seconds.into()),
            long_text: match api.long_text {
                LongText::Split => rest::LongText::Split,
                LongText::Refuse => rest::LongText::Refuse,
            },
            max_body: usize::try_from(api.max_body_octets).unwrap_or(usize::MAX),
            limits: (&api.limits).into(),
            keys: api.api_keys.iter().map(|key| (key.name.clone(), key.key.clone())).collect(),
            allow: api.allow.clone(),
            trusted_proxies: api.trusted_proxies.clone(),
            ..RestOptions::default()
        }
    }
}

impl From<&ApiLimits> for Limits {
    fn from(limits: &ApiLimits) -> Self {
        let limit = |number: u32| (number > 0).then_some(number);
        Limits {
            messages: limit(limits.messages),
            create_async: limit(limits.create_async),
            raw: limit(limits.raw),
            raw_async: limit(limits.raw_async),
            reads: limit(limits.reads),
            writes: limit(limits.writes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_of_settings_are_those_of_the_api() {
        let (ours, theirs) = (RestOptions::from(&Api::default()), RestOptions::default());
        assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
    }

    #[test]
    fn zero_sets_no_limit() {
        let limits = ApiLimits { messages: 0, create_async: 0, raw: 0, raw_async: 0, reads: 0, writes: 0 };
        assert_eq!(Limits::from(&limits), Limits::NONE);
    }
}

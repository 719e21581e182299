//! What a centre serves over HTTP, and on its control socket.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinHandle;

use super::{CentreConfig, StartError};
use crate::config::{Api, ApiLimits, LongText, Settings};
use crate::control::Control;
#[cfg(unix)]
use crate::http::admin::{self, ControlSocket};
use crate::http::client::through_proxies;
use crate::http::dashboard::{self, DashboardOptions};
use crate::http::listen::{Listeners, OwnCertificate, Wanted};
use crate::http::metrics;
use crate::http::rest::{self, Limits, Rest, RestOptions};
use crate::model::Timestamp;
use crate::ops::{Operations, System};
use crate::overlay::{AccountBook, RuleBook};
use crate::program::Hosted;
use crate::sql::Database;
use crate::users::Users;

/// The listeners of a running centre.
pub(super) struct Ports {
    control: Arc<Control>,
    rest: Arc<Rest>,
    listeners: Arc<Listeners>,
    renewal: JoinHandle<()>,
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
        let rest = Rest::with_accounts(control.clone(), RestOptions::from(api), served.accounts.clone());
        let own = OwnCertificate::new(config.directory().join(OWN_TLS), web.hostname.as_str());
        let mut listeners = Listeners::new(own);
        let nobody = Path::new("");
        let wanted = |service: Service, port, client_ca| Wanted { service: service.name(), port, client_ca };
        listen(&mut listeners, wanted(Service::Api, &api.port, &api.client_ca_path), rest.router()).await?;
        let figures = metrics::router(control.clone());
        listen(&mut listeners, wanted(Service::Metrics, &metrics.port, nobody), figures).await?;
        let pages = pages(config, &served, api_address(&config.settings, &listeners));
        listen(&mut listeners, wanted(Service::Dashboard, &web.port, nobody), pages).await?;
        note_certificates(&control, &listeners);
        let listeners = Arc::new(listeners);
        let (watched, told) = (listeners.clone(), control.clone());
        let renewal = tokio::spawn(async move {
            watched.renew_daily(Timestamp::now, |listeners| note_certificates(&told, listeners)).await;
        });
        #[cfg(unix)]
        let socket = open_socket(config, served, listeners.files());
        Ok(Ports {
            control,
            rest,
            listeners,
            renewal,
            #[cfg(unix)]
            socket,
        })
    }

    /// Other rules for the API, from the next request on.
    pub(super) fn set_api(&self, api: &Api) {
        self.rest.set_options(api.into());
    }

    /// Reads certificates again, for connections from now on; tells what cannot be used.
    pub(super) fn reload_certificates(&self) -> Vec<String> {
        let faults = self.listeners.reload(Timestamp::now());
        note_certificates(&self.control, &self.listeners);
        faults
    }

    /// Where a service is listened for.
    pub(super) fn address(&self, service: Service) -> Option<SocketAddr> {
        self.listeners.address(service.name())
    }

    /// Takes no more requests, and waits for those under way for at most `grace`.
    pub(super) async fn close(&mut self, grace: Duration) {
        self.rest.end_streams();
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

async fn listen(listeners: &mut Listeners, wanted: Wanted<'_>, router: Router) -> Result<(), StartError> {
    let service = wanted.service;
    listeners.open(wanted, router).await.map_err(|error| StartError::Port { service, error })
}

fn note_certificates(control: &Control, listeners: &Listeners) {
    for (service, expiry) in listeners.expiries() {
        control.figures.certificates.note(service, expiry);
    }
}

fn pages(config: &CentreConfig, served: &Served, api: String) -> Router {
    let Settings { web, lifecycle, .. } = &config.settings;
    let options = DashboardOptions {
        users: Some(served.users.clone()),
        tls: web.port.enable_tls,
        hide_message_body: lifecycle.hide_message_body_in_ui,
        hide_message_body_in_export: lifecycle.hide_message_body_in_export,
        api,
        rules: Some(served.rules.clone()),
        accounts: Some(served.accounts.clone()),
        system: Some(Arc::new(System::new(config.directory()))),
        log: config.host.logging.clone(),
    };
    through_proxies(dashboard::router(served.control.clone(), options), &web.trusted_proxies)
}

/// Where people reach the API, for links and for calls to be copied.
fn api_address(settings: &Settings, listeners: &Listeners) -> String {
    let port = &settings.api.port;
    let address = listeners.address(Service::Api.name()).unwrap_or(port.listen);
    let scheme = if port.enable_tls { "https" } else { "http" };
    match address.ip() {
        ip if ip.is_unspecified() => format!("{scheme}://{}:{}", settings.web.hostname, address.port()),
        IpAddr::V4(_) | IpAddr::V6(_) => format!("{scheme}://{address}"),
    }
}

#[cfg(unix)]
fn open_socket(config: &CentreConfig, served: Served, certificates: Vec<PathBuf>) -> Option<ControlSocket> {
    let hosted = Hosted { host: config.host.clone(), settings: config.settings.to_toml(), certificates };
    // Whoever may open the socket is the owner: nothing is asked and nothing is limited.
    let options =
        RestOptions { limits: Limits::NONE, keys: Vec::new(), allow: Vec::new(), ..RestOptions::from(&config.settings.api) };
    let rest = Rest::with_accounts(served.control.clone(), options, served.accounts.clone());
    let operations = Operations {
        control: served.control,
        accounts: Some(served.accounts),
        program: Arc::new(hosted),
        directory: config.directory().into(),
        databases: served.databases,
        system: System::new(config.directory()),
    };
    ControlSocket::below(config.directory(), admin::router(Arc::new(operations), rest.router()))
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
            max_import: usize::try_from(api.max_import_octets).unwrap_or(usize::MAX),
            limits: (&api.limits).into(),
            keys: api.api_keys.iter().map(|key| (key.name.clone(), key.key.clone())).collect(),
            admins: api.api_keys.iter().filter(|key| key.admin).map(|key| key.name.clone()).collect(),
            unlimited: api.api_keys.iter().filter(|key| key.unlimited).map(|key| key.name.clone()).collect(),
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

/// Below the directory of the messages.
const OWN_TLS: &str = "tls";

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

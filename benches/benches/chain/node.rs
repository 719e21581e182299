//! Cores and gateways on threads of their own.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;

use smsc_engine::Centre;
use smsc_engine::accounts::Secret;
use smsc_engine::centre::Service;
use smsc_engine::config::{Account, ClientBind, GatewaySettings, Habits, ServerBind, Settings, SmsRoute};
use smsc_engine::gateway::Gateway;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

/// Who speaks SMPP with partner and carrier.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The core.
    Core,
    /// A gateway before it.
    Gateway,
}

/// A carrier, and how many messages may be unanswered on each bind to it.
#[derive(Clone, Copy)]
pub(crate) struct Binding {
    pub(crate) address: SocketAddr,
    pub(crate) window: u32,
}

/// A value that lives on a thread of its own until this is dropped.
pub(crate) struct Threaded<T> {
    pub(crate) value: std::sync::Arc<T>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl<T> Drop for Threaded<T> {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Starts something on a thread of its own, whose runtime goes on until the value is dropped.
pub(crate) fn thread<T: Send + Sync + 'static, F>(start: impl FnOnce() -> F + Send + 'static) -> Threaded<T>
where
    F: Future<Output = T>,
{
    on(runtime, start)
}

/// Starts a program in the runtime that it makes for itself.
fn program<T: Send + Sync + 'static, F>(start: impl FnOnce() -> F + Send + 'static) -> Threaded<T>
where
    F: Future<Output = T>,
{
    on(|| smsc_engine::program::runtime().unwrap(), start)
}

fn on<T: Send + Sync + 'static, F>(runtime: fn() -> Runtime, start: impl FnOnce() -> F + Send + 'static) -> Threaded<T>
where
    F: Future<Output = T>,
{
    let (end, ended) = oneshot::channel();
    let (started, starting) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        runtime().block_on(async move {
            started.send(std::sync::Arc::new(start().await)).unwrap_or_else(|_| panic!("nobody waits"));
            let _ = ended.await;
        });
    });
    Threaded { value: starting.recv().unwrap(), end: Some(end), thread: Some(thread) }
}

/// For those who load a chain: two cores have no more than one thread for each of them.
pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A core with or without a gateway before it.
pub(crate) struct Chain {
    /// Where partners connect to.
    pub(crate) address: SocketAddr,
    gateway: Option<Threaded<Gateway>>,
    core: Threaded<Centre>,
}

impl Chain {
    pub(crate) fn start(directory: &Path, place: Place, carrier: Binding) -> Chain {
        let settings = core_settings(&directory.join("core"), (place == Place::Core).then_some(carrier));
        let core = program(move || async move { Centre::start(settings).await.unwrap() });
        let api = core.value.address(Service::Api).unwrap();
        let gateway = (place == Place::Gateway).then(|| {
            let settings = gateway_settings(&directory.join("gateway"), api, carrier);
            program(move || async move { Gateway::start(settings).await.unwrap() })
        });
        let address = match &gateway {
            Some(gateway) => gateway.value.smpp_address().unwrap(),
            None => core.value.smpp_address(),
        };
        Chain { address, gateway, core }
    }

    pub(crate) fn close(self) {
        drop(self.gateway);
        drop(self.core);
    }
}

fn core_settings(directory: &Path, carrier: Option<Binding>) -> Settings {
    let mut settings = Settings::default();
    settings.storage.directory = directory.into();
    settings.sandbox.enabled = false;
    settings.records.cdr_enabled = false;
    settings.lifecycle.fingerprint_ttl_minutes = 0;
    let listen = "127.0.0.1:0".parse().unwrap();
    (settings.smpp.listen, settings.api.port.listen) = (listen, listen);
    (settings.web.port.enabled, settings.metrics.port.enabled, settings.api.port.enable_tls) = (false, false, false);
    settings.smpp.window = 10_000;
    let limits = &mut settings.api.limits;
    (limits.reads, limits.writes, limits.messages) = (0, 0, 0);
    let account = |name| Account { system_id: name, password: Secret::new("secret"), ..Account::default() };
    settings.accounts = names("partner").map(account).collect();
    settings.sms_routes = names("carrier").map(|name| SmsRoute { dest_smsc: name, ..SmsRoute::default() }).collect();
    settings.binds = carrier.map(binds).unwrap_or_default();
    settings
}

fn gateway_settings(directory: &Path, core: SocketAddr, carrier: Binding) -> GatewaySettings {
    let mut settings = GatewaySettings::default();
    settings.storage.directory = directory.into();
    settings.api_base_url = format!("http://{core}");
    (settings.web.port.enabled, settings.metrics.port.enabled) = (false, false);
    settings.listen.port = 0;
    settings.binds = binds(carrier);
    settings.server_binds = names("partner")
        .map(|name| ServerBind {
            system_id: name.clone(),
            name,
            password: Secret::new("secret"),
            tps_limit: MOST,
            ..ServerBind::default()
        })
        .collect();
    settings
}

/// Several binds to the one carrier: what is measured is how fast it could be fed, not `tps_limit`.
fn binds(carrier: Binding) -> Vec<ClientBind> {
    let bind = |name| ClientBind {
        name,
        host: carrier.address.ip().to_string(),
        port: carrier.address.port(),
        system_id: "gateway".into(),
        password: Secret::new("secret"),
        tps_limit: MOST,
        profile: Habits { window: carrier.window, ..Habits::default() },
        ..ClientBind::default()
    };
    names("carrier").map(bind).collect()
}

/// The names of all partners, or of all carriers.
pub(crate) fn names(begin: &str) -> impl Iterator<Item = String> {
    (0..BINDS).map(move |number| format!("{begin}{number}"))
}

/// Binds on each side.
pub(crate) const BINDS: usize = 6;
/// The highest `tps_limit`.
const MOST: u32 = 10_000;

//! A whole gateway in one process: the SMPP frontend of a core elsewhere, put together from one set of settings.
//!
//! It keeps no message: what a peer hands in is answered when the core has taken it, and what waits waits in the core.
//! What it keeps is in one directory, `storage.directory`: `gateway.db` with the peers and users that the dashboard
//! changed, in clear and for its owner alone, and a certificate of its own. Two gateways on one host need two directories
//! and their own ports; any number of them may work for one core.

mod bundle;
mod config;
mod control;
mod entry;
mod error;
mod heart;
mod peers;
mod ports;
mod store;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use self::peers::Peers;
use self::ports::Ports;
use self::store::Store;
use crate::config::GatewaySettings;
use crate::frontend::Binds;
use crate::model::Timestamp;
use crate::remote::{CoreClient, RemoteCore};
use crate::users::{FirstPassword, User, Users, UsersOptions};

pub use self::config::GatewayConfig;
pub use self::control::{GatewayControl, GatewayOperations};
pub use self::error::GatewayError;
pub use crate::program::{Host, HostOrder};

/// A running gateway.
pub struct Gateway {
    control: Arc<GatewayControl>,
    store: Store,
    ports: Ports,
    tasks: Vec<JoinHandle<()>>,
    first_password: Option<FirstPassword>,
}

impl Gateway {
    /// Opens what is kept, binds to carriers and listens; takes [`GatewaySettings`] or a [`GatewayConfig`].
    ///
    /// The core need not be there: binds come up, partners are refused until it is back. The program must have installed
    /// a crypto provider.
    ///
    /// # Errors
    /// See [`GatewayError`].
    pub async fn start(config: impl Into<GatewayConfig>) -> Result<Gateway, GatewayError> {
        let config = config.into();
        for warning in config.settings.warnings() {
            tracing::warn!("{warning}");
        }
        // First of all, for it finds out whether somebody else works here.
        let store = Store::open(config.directory()).await?;
        let peers = Peers::open(&config, &store).await?;
        let users = config.settings.web.users.iter().map(User::from).collect();
        let users = Users::open(store.database(), users, UsersOptions::default()).await.map_err(GatewayError::Users)?;
        let client = CoreClient::new(config.core()?).map_err(GatewayError::Core)?;
        let core = RemoteCore::new(client, config.remote.clone());
        let listening = |error| GatewayError::Listen { address: config.listen, error };
        let binds = Binds::start(config.binds.clone(), core.api()).await.map_err(listening)?;
        match Gateway::serve(&config, (binds.clone(), peers, core), (store, users)).await {
            Ok(gateway) => Ok(gateway),
            Err(error) => {
                binds.shutdown(Duration::ZERO).await;
                Err(error)
            }
        }
    }

    /// Lets everybody in.
    async fn serve(
        config: &GatewayConfig,
        (binds, peers, core): (Binds, Peers, RemoteCore),
        (store, users): (Store, Users),
    ) -> Result<Gateway, GatewayError> {
        let settings = &config.settings;
        let control = Arc::new(GatewayControl {
            name: settings.smsc_name.clone(),
            started: Timestamp::now(),
            binds: binds.clone(),
            core,
            clients: peers.clients.clone(),
            servers: peers.servers.clone(),
        });
        peers.follow(&binds, config.listen).await?;
        let ports = Ports::open(config, control.clone(), users.clone()).await?;
        // Not before: of a start that fails nobody is told.
        let first_password = match settings.web.port.enabled {
            true => users.first_start(config.directory()).await.map_err(GatewayError::Users)?,
            false => None,
        };
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let tasks = vec![
            tokio::spawn(heart::beat(control.clone(), seconds(settings.core.heartbeat_seconds))),
            tokio::spawn(heart::watch(control.clone(), seconds(settings.core.health_seconds))),
        ];
        Ok(Gateway { control, store, ports, tasks, first_password })
    }

    /// Everything an operator does with it.
    pub fn control(&self) -> &Arc<GatewayControl> {
        &self.control
    }

    /// Where partners connect to, if there is a listener.
    pub fn smpp_address(&self) -> Option<SocketAddr> {
        self.control.binds.listener().map(|listener| listener.address)
    }

    /// Where the dashboard is, if it is served.
    pub fn dashboard_address(&self) -> Option<SocketAddr> {
        self.ports.dashboard()
    }

    /// Where the metrics are, if they are served.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.ports.metrics()
    }

    /// The first administrator's password, if it was made at this start.
    pub fn first_password(&self) -> Option<&FirstPassword> {
        self.first_password.as_ref()
    }

    /// Reads certificates again, for connections from now on; settings are read at the start only. Tells what cannot be
    /// used: then the old ones stay.
    pub fn reload_certificates(&self) -> Vec<String> {
        self.ports.reload_certificates()
    }

    /// Stops listening, waits for answers that are due, unbinds every session and closes what is kept.
    pub async fn shutdown(mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.ports.close(GRACE).await;
        self.control.binds.shutdown(GRACE).await;
        self.store.close().await;
    }
}

/// Looks whether the parts that settings name can be used, without starting anything: files, and the client of the core.
///
/// # Errors
/// See [`GatewayError`].
pub fn check(settings: &GatewaySettings) -> Result<(), GatewayError> {
    CoreClient::new(config::core(settings)?).map(drop).map_err(GatewayError::Core)
}

// Time for requests and sessions to end; operators and service managers wait about this long.
const GRACE: Duration = Duration::from_secs(5);

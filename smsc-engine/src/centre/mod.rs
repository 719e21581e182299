//! A whole message centre in one process: all parts put together from one set of settings.
//!
//! A centre keeps everything in one directory, `storage.directory`: the journal of messages, `smsc.db` with routes,
//! locations, frontends, quotas and events, and `records.db` unless records go to a server. Two centres on one host
//! need two directories and their own ports. With a shared database, all but the records is there instead. Which features there are is no question here: this is all of them.

mod check;
mod config;
mod core;
mod error;
mod ports;
mod reload;
mod shared;
mod stores;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smpp_session::net::ServerConfig;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::ports::{Ports, Served};
use self::reload::SettingsInForce;
use self::shared::Shared;
use self::stores::{Books, Tables};
use crate::accounts::{AccountStore, keep_usage};
use crate::api::CoreApi;
use crate::config::Settings;
use crate::control::Control;
use crate::core::queue::Queue;
use crate::core::registry::{Registry, RegistryOptions};
use crate::core::{Batch, BatchOptions, Core, sweep_until};
use crate::frontend::{Binds, BindsOptions, ClientPeer, Frontend, FrontendConfig, FrontendError};
use crate::http::metrics::Figures;
use crate::model::{Lane, Timestamp};
use crate::overlay::{AccountBook, RuleBook};
use crate::sandbox::Sandbox;
use crate::users::{FirstPassword, User, Users, UsersOptions};

pub use self::check::{Finding, check};
pub use self::config::CentreConfig;
pub use self::error::StartError;
pub use self::ports::Service;
pub use self::reload::Reloaded;
pub use crate::program::{Host, HostOrder};

/// A running message centre.
pub struct Centre {
    shared: Option<Shared>,
    control: Arc<Control>,
    core: Core,
    frontend: Arc<Frontend>,
    carriers: Binds,
    tables: Tables,
    books: Option<Books>,
    ports: Ports,
    tasks: Vec<JoinHandle<()>>,
    /// Those that end messages, and what tells them to stop.
    enders: (watch::Sender<bool>, Vec<JoinHandle<()>>),
    state: SettingsInForce,
    lists: Lists,
    first_password: Option<FirstPassword>,
}

/// What the settings begin and the operator changes at run time.
#[derive(Clone)]
struct Lists {
    accounts: AccountBook,
    rules: RuleBook,
    users: Users,
}

impl Lists {
    async fn open(config: &CentreConfig, core: &Core, tables: &Tables) -> Result<Lists, StartError> {
        let (settings, database) = (&config.settings, tables.database());
        let translator = core.handle().translator().clone();
        let mode = settings.routing.translation_mode;
        let accounts = AccountBook::open(database, config.frontend.accounts.clone()).await.map_err(StartError::Book)?;
        let rules = RuleBook::open(database, core::rules(settings), (translator, mode)).await.map_err(StartError::Book)?;
        let users = settings.web.users.iter().map(User::from).collect();
        let users = Users::open(database, users, UsersOptions::default()).await.map_err(StartError::Users)?;
        Ok(Lists { accounts, rules, users })
    }
}

impl Centre {
    /// Opens the stores, goes on with what was queued, and listens; takes [`Settings`] or a [`CentreConfig`].
    ///
    /// Charging, and listeners with TLS, need a crypto provider, which the program installs before.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: impl Into<CentreConfig>) -> Result<Centre, StartError> {
        let config = config.into();
        let directory = config.directory();
        tokio::fs::create_dir_all(directory)
            .await
            .map_err(|error| StartError::Directory { directory: directory.into(), error })?;
        // First of all, for both find out whether somebody else works here.
        let shared = Shared::join(&config).await?;
        match Centre::open(&config, shared.as_ref()).await {
            Ok((core, stores)) => Centre::serve_or_close(&config, core, (stores, shared)).await,
            Err(error) => {
                leave(shared.as_ref()).await;
                Err(error)
            }
        }
    }

    /// Opens everything that is kept, and goes on with what was queued.
    async fn open(config: &CentreConfig, shared: Option<&Shared>) -> Result<(Core, (Tables, Option<Books>)), StartError> {
        let directory = config.directory();
        let queue: Arc<dyn Queue> = match shared {
            Some(shared) => shared.queue(config).await?,
            None => Arc::new(stores::open_journal(directory.into(), config.journal.clone()).await?),
        };
        let node = &config.settings.node.smsc_node_name;
        let tables = Tables::open(directory, (shared.map(|shared| &shared.database), node)).await?;
        let books = Books::open(&config.settings).await?;
        let core = core::start(config, (queue, shared), (&tables, books.as_ref())).await?;
        Ok((core, (tables, books)))
    }

    async fn serve_or_close(
        config: &CentreConfig,
        core: Core,
        (stores, shared): ((Tables, Option<Books>), Option<Shared>),
    ) -> Result<Centre, StartError> {
        match Centre::serve(config, core.clone(), (stores, shared.as_ref())).await {
            Ok(centre) => Ok(Centre { shared, ..centre }),
            Err(error) => {
                // Nothing was accepted; a journal that does not close cleanly is replayed next time.
                let _ = core.close(Duration::ZERO).await;
                leave(shared.as_ref()).await;
                Err(error)
            }
        }
    }

    /// Lets everybody in.
    async fn serve(
        config: &CentreConfig,
        core: Core,
        ((tables, books), shared): ((Tables, Option<Books>), Option<&Shared>),
    ) -> Result<Centre, StartError> {
        let settings = &config.settings;
        let registry = Registry::open(RegistryOptions::default(), Arc::new(tables.frontends.clone()));
        let registry = registry.await.map_err(StartError::Registry)?;
        let usage = tables.accounts.load().await.map_err(StartError::Usage)?;
        let lists = Lists::open(config, &core, &tables).await?;
        let frontend = listen(config, &core, &lists.accounts).await?;
        frontend.accounts().restore(&usage);
        let carriers = bind(settings, &core).await?;
        let control = Arc::new(Control {
            application: settings.api.application.as_str().into(),
            started: Timestamp::now(),
            handle: core.handle(),
            batch: Batch::start(core.clone(), BatchOptions::from(&settings.batch)),
            registry,
            mms: tables.mms.clone(),
            ss7: tables.ss7.clone(),
            smpp: Some(frontend.clone()),
            carriers: Some(carriers.clone()),
            records: books.as_ref().and_then(Books::records),
            cluster: shared.map(Shared::view),
            figures: Figures {
                database: Some(tables.database().clone()),
                directory: Some(config.directory().into()),
                ..Figures::default()
            },
        });
        let served = Served {
            control: control.clone(),
            users: lists.users.clone(),
            accounts: lists.accounts.clone(),
            rules: lists.rules.clone(),
            databases: stores::files(&tables, books.as_ref()),
        };
        let ports = Ports::open(config, served).await?;
        // Not before: of a start that fails nobody is told.
        let first_password = lists.users.first_start(config.directory()).await.map_err(StartError::Users)?;
        let mut tasks =
            vec![tokio::spawn(keep_usage(frontend.accounts().clone(), Arc::new(tables.accounts.clone()), SAVE_USAGE))];
        let (stop, stopped) = watch::channel(false);
        let mut enders = vec![tokio::spawn(sweep_until(core.clone(), config.retention, stopped.clone()))];
        if settings.sandbox.enabled {
            let sandbox = Sandbox::new(Arc::new(core.clone()), Lane::from(SANDBOX), config.sandbox.clone());
            enders.push(tokio::spawn(sandbox.run_until(stopped)));
        }
        let enders = (stop, enders);
        if let Some(shared) = shared {
            let ttl = Duration::from_secs(u64::from(settings.lifecycle.fingerprint_ttl_minutes) * 60);
            tasks.extend(shared.follow((&core, &control, &lists), ttl));
        }
        let state = SettingsInForce::new(settings);
        Ok(Centre {
            shared: None,
            control,
            core,
            frontend,
            carriers,
            tables,
            books,
            ports,
            tasks,
            enders,
            state,
            lists,
            first_password,
        })
    }

    /// Everything an operator does with it.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    /// Where SMPP is listened for.
    pub fn smpp_address(&self) -> SocketAddr {
        self.frontend.address()
    }

    /// Where a service is listened for, if it is served.
    pub fn address(&self, service: Service) -> Option<SocketAddr> {
        self.ports.address(service)
    }

    /// The first administrator's password, if it was made at this start.
    pub fn first_password(&self) -> Option<&FirstPassword> {
        self.first_password.as_ref()
    }

    /// The SMPP side, for its sessions and accounts.
    pub fn frontend(&self) -> &Frontend {
        &self.frontend
    }

    /// Messages and receipts that wait.
    pub fn queued(&self) -> u64 {
        self.control.handle.counts().pending
    }

    /// Stops listening, hands over what waits, unbinds every session, writes the records and closes all stores; what
    /// is queued is there at the next start.
    pub async fn shutdown(mut self) {
        self.ports.close(GRACE).await;
        self.control.batch.close(GRACE).await;
        tokio::join!(self.frontend.shutdown(GRACE), self.carriers.shutdown(GRACE));
        for task in &self.tasks {
            task.abort();
        }
        let (stop, enders) = &mut self.enders;
        stop.send_replace(true);
        for ender in enders {
            if timeout(GRACE, &mut *ender).await.is_err() {
                ender.abort();
            }
        }
        if let Err(error) = self.tables.accounts.save(self.frontend.accounts().usage()).await {
            tracing::error!(%error, "the last quotas are not saved");
        }
        if let Err(error) = self.core.close(GRACE).await {
            tracing::error!(%error, "the journal did not close in order; it is replayed at the next start");
        }
        if let Some(books) = &self.books {
            books.close().await;
        }
        self.tables.close().await;
        leave(self.shared.as_ref()).await;
    }
}

/// Lets the other nodes know that this one is gone.
async fn leave(shared: Option<&Shared>) {
    if let Some(shared) = shared {
        shared.leave().await;
    }
}

async fn listen(config: &CentreConfig, core: &Core, accounts: &AccountBook) -> Result<Arc<Frontend>, StartError> {
    let api: Arc<dyn CoreApi> = Arc::new(core.clone());
    let address = config.frontend.listen;
    let frontend = FrontendConfig { accounts: accounts.records(), ..config.frontend.clone() };
    let frontend = Frontend::start(frontend, api).await.map(Arc::new).map_err(|error| match error {
        FrontendError::Accounts(error) => StartError::Accounts(error),
        FrontendError::Listen(error) => StartError::Listen { service: "SMPP", address, error },
    })?;
    accounts.follow_frontend(&frontend).await.map_err(StartError::Book)?;
    Ok(frontend)
}

/// Binds to the carriers of the settings.
async fn bind(settings: &Settings, core: &Core) -> Result<Binds, StartError> {
    let options = BindsOptions { listen: None, system_id: settings.smpp.system_id.clone(), server: ServerConfig::default() };
    let api: Arc<dyn CoreApi> = Arc::new(core.clone());
    // Nothing is listened on, so nothing of it can fail.
    let binds = Binds::start(options, api).await.map_err(|error| StartError::Carriers(error.to_string()))?;
    binds.set_clients(settings.binds.iter().map(ClientPeer::from).collect()).map_err(StartError::Carriers)?;
    Ok(binds)
}

/// The lane of the carrier that plays the network.
const SANDBOX: &str = "sandbox";
// Time for requests and sessions to end; operators and service managers wait about this long.
const GRACE: Duration = Duration::from_secs(5);
// A crash forgets at most the messages of so long.
const SAVE_USAGE: Duration = Duration::from_secs(5);

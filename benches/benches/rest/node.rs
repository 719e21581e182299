//! A centre with a journal behind its REST API, and nothing that is not needed to be loaded.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use smsc_engine::accounts::{Password, Secret};
use smsc_engine::audit::Role;
use smsc_engine::control::Control;
use smsc_engine::core::queue::{JournalOptions, JournalQueue, Queue};
use smsc_engine::core::registry::{Registry, RegistryOptions};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::tables::SqlTable;
use smsc_engine::core::{Batch, BatchOptions, Core, Setup};
use smsc_engine::http::dashboard::{self, DashboardOptions};
use smsc_engine::http::metrics::Figures;
use smsc_engine::http::rest::{Limits, Rest, RestOptions};
use smsc_engine::model::{Account, Address, Lane, Message, Route, Timestamp};
use smsc_engine::ops::System;
use smsc_engine::sql::{Database, DatabaseConfig};
use smsc_engine::users::{User, Users, UsersOptions};

/// One centre on a directory.
pub(crate) struct Node {
    core: Core,
    queue: Arc<dyn Queue>,
    rest: Arc<Rest>,
    control: Arc<Control>,
    database: Database,
    directory: PathBuf,
}

impl Node {
    pub(crate) async fn start(directory: &Path) -> Node {
        Node::with(directory, BatchOptions::default()).await
    }

    pub(crate) async fn with(directory: &Path, batch: BatchOptions) -> Node {
        std::fs::create_dir_all(directory).unwrap();
        // What is measured for a minute is not to end in a full queue.
        let mut journal = JournalOptions::default();
        journal.pending_limit = 4_000_000;
        let queue: Arc<dyn Queue> = Arc::new(JournalQueue::open(directory, journal).unwrap());
        let routes = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        routes.add(Route { dest_smsc: Some("carrier".into()), ..Route::default() }).await.unwrap();
        let core = Core::start(Setup::with_routes(queue.clone(), routes)).await.unwrap();
        let database = Database::open(&DatabaseConfig::sqlite(directory.join("tables.db"))).await.unwrap();
        let control = Control {
            application: "smsc".into(),
            started: Timestamp::now(),
            handle: core.handle(),
            batch: Batch::start(core.clone(), batch),
            registry: Registry::in_memory(RegistryOptions::default()),
            mms: SqlTable::open(&database).await.unwrap(),
            ss7: SqlTable::open(&database).await.unwrap(),
            smpp: None,
            carriers: None,
            cluster: None,
            records: None,
            figures: Figures::default(),
        };
        let options = RestOptions { limits: Limits::NONE, lease: Duration::from_secs(1), ..RestOptions::default() };
        let control = Arc::new(control);
        let directory = directory.to_owned();
        Node { core, queue, rest: Rest::new(control.clone(), options), control, database, directory }
    }

    /// Lends messages for so long from now on.
    pub(crate) fn set_lease(&self, lease: Duration) {
        self.rest.set_options(RestOptions { lease, ..RestOptions::clone(&self.rest.options()) });
    }

    pub(crate) fn router(&self) -> Router {
        self.rest.router()
    }

    /// Serves the metrics on a port of their own; within a runtime.
    pub(crate) fn serve_metrics(&self) -> SocketAddr {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let router = smsc_engine::http::metrics::router(self.control.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Serves the dashboard on a port of its own, to [`USER`].
    pub(crate) async fn serve_dashboard(&self) -> SocketAddr {
        let password = Password::Plain(Secret::new(PASSWORD));
        let user = User { name: USER.into(), role: Role::Operator, password, enabled: true };
        let users = Users::open(&self.database, vec![user], UsersOptions::default()).await.unwrap();
        let system = Some(Arc::new(System::new(&self.directory)));
        let options = DashboardOptions { users: Some(users), system, ..DashboardOptions::default() };
        crate::serve(dashboard::router(self.control.clone(), options)).await
    }

    pub(crate) fn queued(&self) -> u64 {
        self.queue.counts().pending
    }

    /// Queues so many messages for a frontend.
    pub(crate) async fn fill(&self, frontend: &str, count: usize) {
        let mut left = count;
        while left > 0 {
            let now = left.min(4_000);
            let message = |_| {
                let mut message = Message::new(self.queue.next_id(), Account::from("api_client"), Lane::from(frontend));
                message.source = Address::from_number("+15551234567");
                message.destination = Address::from_number("+447700900123");
                message.user_data = "Your parcel comes today between 14:00 and 16:00.".to_owned().into();
                message.submitted = Timestamp::now();
                message.expires = Timestamp::now().after(Duration::from_secs(86_400));
                message
            };
            self.queue.append((0..now).map(message).collect()).await.unwrap();
            left -= now;
        }
    }

    pub(crate) async fn close(&self) {
        self.core.close(Duration::from_secs(1)).await.unwrap();
    }
}

/// Who looks at the dashboard.
pub(crate) const USER: &str = "olga";
pub(crate) const PASSWORD: &str = "of-a-bench-only";

//! A centre as its operator has it in hand: control socket, backup, restore, support bundle.

mod backup;
mod bundle;
mod socket;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use smpp_session::net::ServerConfig;
use smsc_engine::BoxFuture;
use smsc_engine::accounts::AccountRecord;
use smsc_engine::control::Control;
use smsc_engine::core::events::MemoryEvents;
use smsc_engine::core::queue::{JournalOptions, JournalQueue, Queue};
use smsc_engine::core::records::SqlRecords;
use smsc_engine::core::registry::{Registry, RegistryOptions};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::tables::SqlTable;
use smsc_engine::core::{Batch, Core, Setup};
use smsc_engine::frontend::{Account, Frontend, FrontendConfig};
use smsc_engine::http::metrics::Figures;
use smsc_engine::model::{self, Address, Lane, Message, MessageId, Route, Timestamp};
use smsc_engine::ops::{Operations, Program, System};
use smsc_engine::overlay::AccountBook;
use smsc_engine::sql::{Database, DatabaseConfig};

/// A centre with a journal, a database, one route and an SMPP listener, all in one directory.
pub(super) struct Plant {
    pub(super) core: Core,
    pub(super) operations: Arc<Operations>,
    pub(super) program: Arc<Fake>,
}

/// A program that remembers what it was asked.
#[derive(Default)]
pub(super) struct Fake {
    pub(super) level: Mutex<String>,
    pub(super) stopped: Mutex<bool>,
    pub(super) files: Mutex<Vec<PathBuf>>,
}

impl Program for Fake {
    fn version(&self) -> String {
        "smsc 1.2.3".into()
    }

    fn settings(&self) -> String {
        "[smpp]\nlisten = \"127.0.0.1:2775\"\n[[accounts]]\npassword = \"planted-secret\"\n".into()
    }

    fn files(&self) -> Vec<PathBuf> {
        self.files.lock().unwrap().clone()
    }

    fn log_lines(&self) -> Vec<String> {
        vec!["INFO message_id=7 accepted from=+447700900123".into()]
    }

    fn log_level(&self) -> String {
        self.level.lock().unwrap().clone()
    }

    fn set_log_level(&self, level: &str) -> Result<(), String> {
        if !["info", "debug"].contains(&level) {
            return Err(format!("{level:?} is no level"));
        }
        *self.level.lock().unwrap() = level.into();
        Ok(())
    }

    fn reload(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(std::future::ready(Ok("nothing changed".into())))
    }

    fn stop(&self) -> bool {
        *self.stopped.lock().unwrap() = true;
        true
    }
}

impl Plant {
    pub(super) async fn new(directory: &Path) -> Plant {
        let queue: Arc<dyn Queue> = Arc::new(JournalQueue::open(directory, options()).unwrap());
        let routes = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        let route = Route { called_prefix: Some("44".into()), dest_smsc: Some("uk".into()), ..Route::default() };
        routes.add(route).await.unwrap();
        let mut setup = Setup::with_routes(queue, routes);
        setup.events = Some(Arc::new(MemoryEvents::new(100)));
        let core = Core::start(setup).await.unwrap();
        let database = Database::open(&DatabaseConfig::sqlite(directory.join("centre.sqlite"))).await.unwrap();
        let frontend = FrontendConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            system_id: "smsc".into(),
            accounts: vec![Account::new("shop", "planted"), Account::new("bank", "planted")],
            server: ServerConfig::default(),
        };
        let control = Control {
            application: "test".into(),
            started: Timestamp::now(),
            handle: core.handle(),
            batch: Batch::start(core.clone(), Default::default()),
            registry: Registry::in_memory(RegistryOptions::default()),
            mms: SqlTable::open(&database).await.unwrap(),
            ss7: SqlTable::open(&database).await.unwrap(),
            smpp: Some(Arc::new(Frontend::start(frontend, Arc::new(core.clone())).await.unwrap())),
            carriers: None,
            cluster: None,
            records: Some(SqlRecords::new(database.clone())),
            figures: Figures::default(),
        };
        let program = Arc::new(Fake::default());
        let control = Arc::new(control);
        let frontend = control.smpp.as_ref().unwrap();
        let accounts = AccountBook::open(
            &database,
            frontend.accounts().records().iter().map(|record| AccountRecord::clone(record)).collect(),
        );
        let accounts = accounts.await.unwrap();
        accounts.follow_frontend(frontend).await.unwrap();
        let operations = Operations {
            control,
            accounts: Some(accounts),
            program: program.clone(),
            directory: directory.into(),
            databases: vec![("centre.sqlite".into(), database)],
            system: System::new(directory),
        };
        Plant { core, operations: Arc::new(operations), program }
    }
}

/// Small segments, so that a test has many and old ones go.
pub(super) fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    options.segment_octets = 256 << 10;
    options
}

pub(super) fn message(text: &str) -> Message {
    let mut message = Message::new(MessageId(0), model::Account::from("shop"), Lane::default());
    message.source = Address::from_number("Shop");
    message.destination = Address::from_number("+447700900123");
    message.user_data = text.to_owned().into();
    message
}

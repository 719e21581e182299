//! A centre in memory with something to look at on every page.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smpp_session::net::ServerConfig;
use smsc_engine::api::{Attempt, CoreApi, Report, Submission};
use smsc_engine::control::Control;
use smsc_engine::core::events::MemoryEvents;
use smsc_engine::core::location::{LocationOptions, Locations, MemoryLocationStore};
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::core::records::{RecorderOptions, SqlRecords};
use smsc_engine::core::registry::{FrontendReport, Registry, RegistryOptions};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::tables::SqlTable;
use smsc_engine::core::translate::{Mode, Translator};
use smsc_engine::core::{Batch, BatchOptions, Core, Follower, Records, Setup};
use smsc_engine::frontend::{Account, Frontend, FrontendConfig};
use smsc_engine::http::dashboard::DashboardOptions;
use smsc_engine::http::metrics::Figures;
use smsc_engine::model::{Account as Owner, Address, FinalState, Lane, Location, Message, MessageId, Route, Rule, SourceType};
use smsc_engine::ops::System;
use smsc_engine::overlay::{AccountBook, RuleBook};
use smsc_engine::sql::{Database, DatabaseConfig};

/// What no page may hold as it is: it would run in the browser of the operator.
pub(crate) const PROBE: &str = "<img src=x onerror=alert(1)>\"'&\u{202E}";

/// A centre that nobody else sees.
pub(crate) struct Seed {
    pub(crate) control: Arc<Control>,
    pub(crate) core: Core,
    pub(crate) database: Database,
    /// Where the database lies.
    folder: tempfile::TempDir,
}

impl Seed {
    /// A centre with nothing in it but its parts.
    pub(crate) async fn empty() -> Seed {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseConfig::sqlite(folder.path().join("centre.db"))).await.unwrap();
        let routes = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        let follower = Follower::new();
        let mut options = LocationOptions::default();
        options.listener = Some(follower.listener());
        let locations = Locations::open(Arc::new(MemoryLocationStore::default()), options).await.unwrap();
        let mut setup = Setup::with_routes(Arc::new(MemoryQueue::keeping_until_recorded(10_000, 10_000)), routes);
        setup.events = Some(Arc::new(MemoryEvents::new(10_000)));
        setup.locations = Some((locations, follower));
        setup.translator = Arc::new(Translator::new(&rules(), Mode::First).unwrap());
        setup.records = Some(Records {
            sinks: vec![Arc::new(SqlRecords::new(database.clone()))],
            options: RecorderOptions { flush_interval: Duration::from_millis(5), ..RecorderOptions::default() },
        });
        let core = Core::start(setup).await.unwrap();
        let frontend = FrontendConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            system_id: "smsc".into(),
            accounts: vec![Account::new("shop", "secret")],
            server: ServerConfig::default(),
        };
        let control = Control {
            application: "SMS centre".into(),
            started: core.handle().clock().now(),
            handle: core.handle(),
            batch: Batch::start(core.clone(), BatchOptions::default()),
            registry: Registry::in_memory(RegistryOptions::default()),
            mms: SqlTable::open(&database).await.unwrap(),
            ss7: SqlTable::open(&database).await.unwrap(),
            smpp: Some(Arc::new(Frontend::start(frontend, Arc::new(core.clone())).await.unwrap())),
            carriers: Some(crate::metrics::carriers(&core).await),
            cluster: None,
            records: Some(SqlRecords::new(database.clone())),
            figures: Figures::default(),
        };
        Seed { control: Arc::new(control), core, database, folder }
    }

    /// A centre at work.
    pub(crate) async fn busy() -> Seed {
        let seed = Seed::empty().await;
        let routes = seed.control.handle.routes().unwrap();
        for route in all_routes() {
            routes.add(route).await.unwrap();
        }
        for (name, kind) in [("uk_gateway", "SMPP"), ("ims_core", "IMS"), (PROBE, "MAP")] {
            let report = FrontendReport {
                frontend_name: name.into(),
                frontend_type: kind.into(),
                ip_address: Some("192.0.2.17".into()),
                hostname: Some("gw1.example".into()),
                uptime_seconds: Some(86_523),
                ..FrontendReport::default()
            };
            seed.control.registry.heartbeat(report, seed.control.now()).await;
        }
        seed.locate().await;
        for (from, to, text) in TEXTS {
            seed.send(from, to, text).await;
        }
        seed
    }

    /// Options with everything but users and a log.
    pub(crate) async fn options(&self) -> DashboardOptions {
        let translator = self.control.handle.translator().clone();
        let rules = RuleBook::open(&self.database, rules(), (translator, Mode::First)).await.unwrap();
        let accounts = AccountBook::open(&self.database, vec![Account::new("shop", "secret")]).await.unwrap();
        accounts.follow_frontend(self.control.smpp.as_ref().unwrap()).await.unwrap();
        DashboardOptions {
            rules: Some(rules),
            accounts: Some(accounts),
            system: Some(Arc::new(System::new(self.folder.path()))),
            ..DashboardOptions::default()
        }
    }

    async fn locate(&self) {
        let locations = self.control.handle.locations().unwrap();
        let now = self.control.now();
        for (imsi, msisdn) in [("234150999999991", "447700900042"), ("262019876543210", "4915112345678")] {
            let location = Location {
                imsi: imsi.into(),
                msisdn: msisdn.into(),
                location: Some("ims_core".into()),
                ims_capable: Some(true),
                registered: Some(true),
                expires: Some(now.after(Duration::from_secs(3_600))),
                ..Location::default()
            };
            locations.upsert(location, now).await.unwrap();
        }
    }

    /// Accepts a message.
    pub(crate) async fn send(&self, from: &str, to: &str, text: &str) -> MessageId {
        let now = self.control.now();
        let mut message = Message::new(self.control.handle.queue().next_id(), Owner::from("shop"), Lane::default());
        message.source = Address::from_number(from);
        message.destination = Address::from_number(to);
        let (data_coding, octets) = sms_codec::charset::Coding::DEFAULT.encode(text);
        message.data_coding = data_coding;
        message.user_data = octets.into();
        (message.submitted, message.deliver_after, message.expires) = (now, now, now.after(Duration::from_secs(86_400)));
        let submission = Submission { source_type: Some(SourceType::Smpp), ..Submission::new(message) };
        self.control.handle.submit(submission).await.unwrap().id
    }

    /// Lets a frontend report on a message that waits for it.
    pub(crate) async fn report(&self, lane: &str, attempt: Attempt) -> MessageId {
        let mut leased = self.core.lease(&Lane::from(lane), 1, Duration::from_secs(60)).await;
        let message = leased.pop().expect("a message waits");
        let id = message.id;
        self.core.report(vec![Report { message, attempt }]).await;
        id
    }

    /// Lets some messages end, each in its way.
    pub(crate) async fn live(&self) {
        for attempt in [
            Attempt::TryAgain(8),
            Attempt::Delivered,
            Attempt::Delivered,
            Attempt::Failed(FinalState::Undeliverable, 0x0B),
            Attempt::Failed(FinalState::Rejected, 0x45),
        ] {
            self.report("uk_gateway", attempt).await;
        }
    }
}

const TEXTS: &[(&str, &str, &str)] = &[
    ("Shop", "+447700900042", "Your order 4711 is on its way. Track it at https://shop.example/t/4711"),
    ("Bank", "+447700900001", "Grüße aus Köln: 15,00 € received."),
    ("+447700900999", "+447700900002", "Привет! Встретимся в шесть?"),
    ("Shop", "+447700900003", PROBE),
    ("Clinic", "+447700900004", "Dear patient,\nyour appointment is on Monday at 9:30.\nReply STOP to end."),
    ("Shop", "+447700900005", "Half price on everything today."),
    ("Alerts", "+4915112345678", "Heavy rain expected from 18:00."),
    ("Shop", "+33612345678", "Votre colis est arrivé."),
];

fn rules() -> Vec<Rule> {
    vec![Rule {
        called_match: Some("^0([1-9][0-9]+)$".into()),
        called_replace: Some(r"44\1".into()),
        description: "national to international".into(),
        ..Rule::default()
    }]
}

fn all_routes() -> Vec<Route> {
    let to = |prefix: &str, name: &str, description: &str| Route {
        called_prefix: Some(prefix.into()),
        dest_smsc: Some(name.into()),
        description: description.into(),
        ..Route::default()
    };
    vec![
        Route { weight: 70, ..to("44", "uk_gateway", "United Kingdom, first gateway") },
        Route { priority: 110, ..to("44", "uk_backup", "United Kingdom, when all else fails") },
        to("49", "de_gateway", "Germany"),
        Route { enabled: false, ..to("33", "fr_gateway", PROBE) },
        Route {
            called_prefix: Some("12345".into()),
            auto_reply: true,
            auto_reply_message: Some("Thank you, we are closed.".into()),
            description: "Voting line".into(),
            ..Route::default()
        },
        Route {
            calling_prefix: Some("Spam".into()),
            drop: true,
            priority: 10,
            description: "Known nuisance".into(),
            ..Route::default()
        },
    ]
}

//! The centre under test, with every part in memory but its tables, and a clock by hand.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use smsc_engine::control::Control;
use smsc_engine::core::events::MemoryEvents;
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::core::registry::{Registry, RegistryOptions};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::tables::SqlTable;
use smsc_engine::core::{Batch, BatchOptions, Clock, Core, Setup};
use smsc_engine::http::metrics::Figures;
use smsc_engine::http::rest::{Limits, Rest, RestOptions};
use smsc_engine::model::{Route, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig};
use tower::ServiceExt;

pub(super) struct Centre {
    core: Core,
    control: Arc<Control>,
    clock: Clock,
    router: Router,
    _directory: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Answer {
    /// What is in the envelope.
    pub(super) fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// The messages of a work list.
    pub(super) fn messages(&self) -> &[Value] {
        assert_eq!(self.status, 200, "{self:?}");
        self.data().as_array().unwrap()
    }
}

impl Centre {
    pub(super) async fn start() -> Centre {
        let routes = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        for (prefix, dest_smsc) in
            [("+44", Some("uk_gateway")), ("+1", Some("us_gateway")), ("+46", Some("ims_core")), ("+999", None)]
        {
            let called_prefix = Some(prefix.to_owned());
            let (dest_smsc, drop) = (dest_smsc.map(str::to_owned), dest_smsc.is_none());
            routes.add(Route { called_prefix, dest_smsc, drop, ..Route::default() }).await.unwrap();
        }
        let clock = Clock::by_hand(Timestamp(1_800_000_000_000));
        let mut setup = Setup::with_routes(Arc::new(MemoryQueue::new(100_000, 100_000)), routes);
        setup.clock = clock.clone();
        setup.events = Some(Arc::new(MemoryEvents::new(1_000_000)));
        setup.fingerprint_ttl = Some(Duration::from_secs(300));
        let core = Core::start(setup).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseConfig::sqlite(directory.path().join("tables.db"))).await.unwrap();
        let control = Arc::new(Control {
            application: "day".into(),
            started: clock.now(),
            handle: core.handle(),
            batch: Batch::start(core.clone(), BatchOptions { batch_size: 1, ..BatchOptions::default() }),
            registry: Registry::in_memory(RegistryOptions::default()),
            mms: SqlTable::open(&database).await.unwrap(),
            ss7: SqlTable::open(&database).await.unwrap(),
            smpp: None,
            carriers: None,
            cluster: None,
            records: None,
            figures: Figures::default(),
        });
        let router = Rest::new(control.clone(), RestOptions { limits: Limits::NONE, ..RestOptions::default() }).router();
        Centre { core, control, clock, router, _directory: directory }
    }

    /// Lets time pass, and deadlines with it.
    pub(super) async fn forward(&self, seconds: u64) {
        self.clock.forward(self.clock.now().after(Duration::from_secs(seconds)));
        while self.core.expire().await.unwrap() > 0 {}
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A moment to come, as JSON writes it.
    pub(super) fn in_seconds(&self, seconds: u64) -> String {
        let moment = self.now().after(Duration::from_secs(seconds));
        serde_json::to_value(moment).unwrap().as_str().unwrap().to_owned()
    }

    pub(super) async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.call_with(method, path, &[], body).await
    }

    pub(super) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.call_with("GET", path, headers, &Value::Null).await
    }

    async fn call_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = if *body == json!(null) { Body::empty() } else { Body::from(body.to_string()) };
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        assert!(status < 500, "{method} {path}: {status}");
        let octets = response.into_body().collect().await.unwrap().to_bytes();
        let body = if octets.is_empty() { Value::Null } else { serde_json::from_slice(&octets).unwrap() };
        // What was only offered is in the store before the world goes on.
        while self.control.batch.statistics().current_queue_size + self.control.batch.statistics().being_written > 0 {
            tokio::task::yield_now().await;
        }
        Answer { status, body }
    }
}

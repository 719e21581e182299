//! A whole centre's control surface in memory, with a clock that only tests put forward.

use std::sync::Arc;

use smsc_engine::control::Control;
use smsc_engine::core::events::MemoryEvents;
use smsc_engine::core::location::{LocationOptions, Locations, MemoryLocationStore};
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::core::records::SqlRecords;
use smsc_engine::core::registry::{Registry, RegistryOptions};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::tables::SqlTable;
use smsc_engine::core::{Batch, BatchOptions, Clock, Core, Follower, Setup};
use smsc_engine::http::metrics::Figures;
use smsc_engine::model::{Route, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig};

/// 2026-11-28 12:00:00 UTC.
pub(crate) const NOON: Timestamp = Timestamp(1_795_867_200_000);

/// A centre in memory; its tables lie in a directory that goes with it.
pub(crate) struct Bench {
    pub(crate) control: Arc<Control>,
    pub(crate) clock: Clock,
    pub(crate) core: Core,
    _directory: tempfile::TempDir,
}

impl Bench {
    /// With these routes and whatever else is changed of the parts.
    pub(crate) async fn new(routes: Vec<Route>, change: impl FnOnce(&mut Setup)) -> Bench {
        let clock = Clock::by_hand(NOON);
        let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        for route in routes {
            table.add(route).await.unwrap();
        }
        let mut setup = Setup::with_routes(Arc::new(MemoryQueue::new(100_000, 100_000)), table);
        setup.events = Some(Arc::new(MemoryEvents::new(100_000)));
        setup.clock = clock.clone();
        let follower = Follower::new();
        let mut options = LocationOptions::default();
        options.listener = Some(follower.listener());
        setup.locations = Some((Locations::open(Arc::new(MemoryLocationStore::default()), options).await.unwrap(), follower));
        change(&mut setup);
        let core = Core::start(setup).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(&DatabaseConfig::sqlite(directory.path().join("tables.sqlite"))).await.unwrap();
        let control = Control {
            application: "test centre".into(),
            started: NOON,
            handle: core.handle(),
            batch: Batch::start(core.clone(), BatchOptions::default()),
            registry: Registry::in_memory(RegistryOptions::default()),
            mms: SqlTable::open(&database).await.unwrap(),
            ss7: SqlTable::open(&database).await.unwrap(),
            smpp: None,
            carriers: None,
            cluster: None,
            records: Some(SqlRecords::new(database)),
            figures: Figures::default(),
        };
        Bench { control: Arc::new(control), clock, core, _directory: directory }
    }

    /// Puts the clock forward.
    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.forward(Timestamp(self.clock.now().0 + 1000 * seconds));
    }
}

/// Where numbers that begin so go.
pub(crate) fn route(called_prefix: &str, dest_smsc: &str) -> Route {
    Route { called_prefix: Some(called_prefix.into()), dest_smsc: Some(dest_smsc.into()), ..Route::default() }
}

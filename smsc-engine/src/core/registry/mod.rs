//! The registry of frontends: who is there, and since when. For people to look at; nothing is routed by it.
//!
//! A frontend says every minute or so that it is there. While it does, its record is extended; when it comes back
//! after a silence there is a new record, so the records of a name are its periods of being up.

mod record;
mod report;
mod store;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::core::News;
use crate::model::Timestamp;

pub use record::{FrontendRecord, FrontendStatus, RegistryStats};
pub use report::{FrontendReport, ReportError};
pub use store::{MemoryRegistryStore, RegistryChange, RegistryStore, RegistryStoreError, RegistryTurn};

/// How long records live and how many there are.
#[derive(Clone, Copy, Debug)]
pub struct RegistryOptions {
    /// How long a record is active after a sign of life.
    pub expiry: Duration,
    /// Records kept of each name; the oldest go.
    pub most_periods: usize,
    /// Names kept; the one that was silent longest goes.
    pub most_names: usize,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        RegistryOptions { expiry: Duration::from_secs(90), most_periods: 100, most_names: 10_000 }
    }
}

/// All frontends that said that they are there.
pub struct Registry {
    options: RegistryOptions,
    store: Arc<dyn RegistryStore>,
    state: Mutex<State>,
    /// Held by whoever changes records that are shared: what was stored last is what memory has.
    writer: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// The periods of each name, newest first, never none.
    periods: HashMap<Arc<str>, VecDeque<FrontendRecord>>,
    /// Ids count all records there ever were.
    last_id: u64,
}

/// What a sign of life changed.
struct Change {
    record: FrontendRecord,
    created: bool,
    /// Records there is no more room for.
    forgotten: Vec<u64>,
}

impl Registry {
    /// Goes on with the records of `store`.
    ///
    /// # Errors
    /// They cannot be read.
    pub async fn open(options: RegistryOptions, store: Arc<dyn RegistryStore>) -> Result<Registry, RegistryStoreError> {
        let state = State::of(store.load().await?);
        Ok(Registry { options, store, state: Mutex::new(state), writer: tokio::sync::Mutex::default() })
    }

    /// An empty registry that forgets everything when the process ends.
    pub fn in_memory(options: RegistryOptions) -> Registry {
        let store = Arc::new(MemoryRegistryStore::default());
        Registry { options, store, state: Mutex::default(), writer: tokio::sync::Mutex::default() }
    }

    /// Notes a sign of life; true if it began a new record. What a report leaves out stays as it was.
    ///
    /// A store that fails is logged and no reason to turn a frontend away.
    pub async fn heartbeat(&self, report: FrontendReport, now: Timestamp) -> (FrontendRecord, bool) {
        let (record, created, kept) = self.note(report, now).await;
        if let Err(error) = kept {
            tracing::error!(%error, name = %record.frontend_name, "the frontend's record is not kept");
        }
        if created {
            let FrontendRecord { frontend_name, frontend_type, .. } = &record;
            let again = if self.history(frontend_name).len() > 1 { "re-registered after it had expired" } else { "registered" };
            tracing::info!(%frontend_type, id = record.id, "frontend {frontend_name} {again}");
        }
        (record, created)
    }

    /// Takes in what other nodes noted since one looked last.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn catch_up(&self) -> Result<(), RegistryStoreError> {
        let _writer = self.writer.lock().await;
        let news = self.store.news().await?;
        self.state().take(news);
        Ok(())
    }

    async fn note(&self, report: FrontendReport, now: Timestamp) -> (FrontendRecord, bool, Result<(), RegistryStoreError>) {
        let _writer = self.writer.lock().await;
        let mut turn = self.store.turn().await;
        if let Ok(turn) = &mut turn {
            self.state().take(turn.take_news());
        }
        let Change { record, created, forgotten } = self.state().note(report, &self.options, now);
        let kept = match turn {
            Ok(turn) => turn.save((record.clone(), forgotten)).await.map(drop).map_err(RegistryStoreError::from),
            Err(error) => Err(error),
        };
        (record, created, kept)
    }

    /// Every record, the most recent sign of life first.
    pub fn all(&self) -> Vec<FrontendRecord> {
        sorted(self.state().records().cloned().collect())
    }

    /// The active ones, the most recent sign of life first.
    pub fn active(&self, now: Timestamp) -> Vec<FrontendRecord> {
        let active = |record: &&FrontendRecord| record.status(now) == FrontendStatus::Active;
        sorted(self.state().records().filter(active).cloned().collect())
    }

    /// The records of a name, newest first.
    pub fn history(&self, frontend_name: &str) -> Vec<FrontendRecord> {
        self.state().periods.get(frontend_name).map(|periods| periods.iter().cloned().collect()).unwrap_or_default()
    }

    /// One record.
    pub fn get(&self, id: u64) -> Option<FrontendRecord> {
        self.state().records().find(|record| record.id == id).cloned()
    }

    /// How many there are.
    pub fn stats(&self, now: Timestamp) -> RegistryStats {
        let state = self.state();
        let active = state.records().filter(|record| record.status(now) == FrontendStatus::Active).count();
        let expired = state.records().count() - active;
        RegistryStats {
            active,
            expired,
            unique_frontends: state.periods.len(),
            active_count: active,
            expired_count: expired,
            total_registrations: state.last_id,
        }
    }

    /// Counts the frontends that are gone now but were still there at `since`.
    pub fn lost(&self, since: Timestamp, now: Timestamp) -> usize {
        let state = self.state();
        let latest = state.periods.values().filter_map(VecDeque::front);
        latest.filter(|record| record.status(now) == FrontendStatus::Expired && record.expires_at > since).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in there is half done at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("options", &self.options).finish_non_exhaustive()
    }
}

impl State {
    fn of(mut records: Vec<FrontendRecord>) -> State {
        records.sort_by_key(|record| std::cmp::Reverse(record.id));
        let mut state = State { last_id: records.first().map_or(0, |newest| newest.id), ..State::default() };
        for record in records {
            state.periods.entry(record.frontend_name.clone()).or_default().push_back(record);
        }
        state
    }

    /// Makes what others noted ours.
    fn take(&mut self, news: News<FrontendRecord>) {
        match news {
            News::All(records) => {
                let last_id = self.last_id;
                *self = State::of(records);
                self.last_id = self.last_id.max(last_id);
            }
            News::Rows(records, gone) => {
                gone.into_iter().for_each(|id| self.remove(id));
                records.into_iter().for_each(|record| self.put(record));
            }
        }
    }

    fn put(&mut self, record: FrontendRecord) {
        let known = self.periods.get_mut(&record.frontend_name).and_then(|all| all.iter_mut().find(|old| old.id == record.id));
        if let Some(known) = known {
            *known = record;
            return;
        }
        if record.id <= self.last_id {
            // We gave the number away ourselves while nothing could be stored.
            self.remove(record.id);
        }
        self.last_id = self.last_id.max(record.id);
        let periods = self.periods.entry(record.frontend_name.clone()).or_default();
        let place = periods.partition_point(|other| other.id > record.id);
        periods.insert(place, record);
    }

    fn remove(&mut self, id: u64) {
        self.periods.retain(|_, periods| {
            periods.retain(|record| record.id != id);
            !periods.is_empty()
        });
    }

    fn records(&self) -> impl Iterator<Item = &FrontendRecord> {
        self.periods.values().flatten()
    }

    fn note(&mut self, report: FrontendReport, options: &RegistryOptions, now: Timestamp) -> Change {
        let newest = self.periods.get_mut(report.frontend_name.as_str()).and_then(|periods| periods.front_mut());
        match newest {
            Some(record) if record.status(now) == FrontendStatus::Active => {
                record.extend(report, now, options.expiry);
                Change { record: record.clone(), created: false, forgotten: Vec::new() }
            }
            _ => {
                let mut forgotten = self.make_room(&report.frontend_name, options);
                self.last_id += 1;
                let record = FrontendRecord::new(self.last_id, report, now, options.expiry);
                let periods = self.periods.entry(record.frontend_name.clone()).or_default();
                periods.push_front(record.clone());
                while periods.len() > options.most_periods.max(1) {
                    forgotten.extend(periods.pop_back().map(|record| record.id));
                }
                Change { record, created: true, forgotten }
            }
        }
    }

    /// Forgets the name that was silent longest if a new one finds no room.
    fn make_room(&mut self, name: &str, options: &RegistryOptions) -> Vec<u64> {
        if self.periods.contains_key(name) || self.periods.len() < options.most_names.max(1) {
            return Vec::new();
        }
        let last_seen = |periods: &VecDeque<FrontendRecord>| periods.front().map(|record| record.last_seen_at);
        let silent = self.periods.iter().min_by_key(|(_, periods)| last_seen(periods)).map(|(name, _)| name.clone());
        let gone = silent.and_then(|name| self.periods.remove(&name)).unwrap_or_default();
        gone.into_iter().map(|record| record.id).collect()
    }
}

fn sorted(mut records: Vec<FrontendRecord>) -> Vec<FrontendRecord> {
    records.sort_by_key(|record| std::cmp::Reverse((record.last_seen_at, record.id)));
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000);

    fn at(seconds: u64) -> Timestamp {
        START.after(Duration::from_secs(seconds))
    }

    fn report(name: &str) -> FrontendReport {
        FrontendReport { frontend_name: name.into(), frontend_type: "SMPP".into(), ..FrontendReport::default() }
    }

    fn names(records: &[FrontendRecord]) -> Vec<(u64, &str)> {
        records.iter().map(|record| (record.id, &*record.frontend_name)).collect()
    }

    #[tokio::test]
    async fn signs_of_life_extend_a_record_for_90_seconds_each() {
        let registry = Registry::in_memory(RegistryOptions::default());
        let first = FrontendReport { hostname: Some("host".into()), uptime_seconds: Some(1), ..report("gateway") };
        let (record, created) = registry.heartbeat(first, at(0)).await;
        assert_eq!((record.id, created, record.expires_at, record.inserted_at), (1, true, at(90), at(0)));
        let (record, created) =
            registry.heartbeat(FrontendReport { uptime_seconds: Some(61), ..report("gateway") }, at(60)).await;
        assert_eq!((record.id, created, record.expires_at, record.inserted_at), (1, false, at(150), at(0)));
        assert_eq!((record.last_seen_at, record.updated_at, record.uptime_seconds), (at(60), at(60), Some(61)));
        assert_eq!(record.hostname.as_deref(), Some("host"), "what is left out stays");
        assert_eq!(registry.active(Timestamp(at(150).0 - 1)).len(), 1);
        assert_eq!(registry.active(at(150)).len(), 0);
        assert_eq!(registry.get(1).unwrap().status(at(150)), FrontendStatus::Expired);
    }

    #[tokio::test]
    async fn a_frontend_that_returns_begins_a_new_period() {
        let registry = Registry::in_memory(RegistryOptions::default());
        for (name, second) in [("a", 0), ("b", 10), ("a", 100), ("c", 110), ("b", 120)] {
            registry.heartbeat(report(name), at(second)).await;
        }
        assert_eq!(names(&registry.history("a")), [(3, "a"), (1, "a")]);
        assert_eq!(names(&registry.all()), [(5, "b"), (4, "c"), (3, "a"), (2, "b"), (1, "a")]);
        assert_eq!(names(&registry.active(at(195))), [(5, "b"), (4, "c")]);
        assert!(registry.history("nobody").is_empty() && registry.get(9).is_none());
        let stats = registry.stats(at(195));
        assert_eq!((stats.active, stats.expired, stats.unique_frontends), (2, 3, 3));
        assert_eq!((stats.active_count, stats.expired_count, stats.total_registrations), (2, 3, 5));
    }

    #[tokio::test]
    async fn a_clock_that_goes_back_expires_nobody() {
        let registry = Registry::in_memory(RegistryOptions::default());
        registry.heartbeat(report("a"), at(100)).await;
        let (record, created) = registry.heartbeat(report("a"), at(0)).await;
        assert_eq!((created, record.expires_at, record.last_seen_at), (false, at(190), at(100)));
    }

    #[tokio::test]
    async fn the_history_is_bounded_in_memory_and_in_the_store() {
        let store = Arc::new(MemoryRegistryStore::default());
        let options = RegistryOptions { most_periods: 3, most_names: 2, ..RegistryOptions::default() };
        let registry = Registry::open(options, store.clone()).await.unwrap();
        for period in 0..10 {
            registry.heartbeat(report("a"), at(period * 100)).await;
        }
        registry.heartbeat(report("b"), at(2000)).await;
        assert_eq!(registry.all().len(), 4);
        registry.heartbeat(report("c"), at(3000)).await;
        assert_eq!(names(&registry.all()), [(12, "c"), (11, "b")]);
        assert_eq!(store.load().await.unwrap().len(), 2);
        assert_eq!(registry.stats(at(3000)).total_registrations, 12);
    }

    #[tokio::test]
    async fn records_outlive_the_process_in_a_store() {
        let store = Arc::new(MemoryRegistryStore::default());
        let registry = Registry::open(RegistryOptions::default(), store.clone()).await.unwrap();
        for (name, second) in [("a", 0), ("b", 10), ("a", 100)] {
            registry.heartbeat(report(name), at(second)).await;
        }
        let again = Registry::open(RegistryOptions::default(), store).await.unwrap();
        assert_eq!(again.all(), registry.all());
        assert_eq!(names(&again.history("a")), [(3, "a"), (1, "a")]);
        let (record, created) = again.heartbeat(report("a"), at(150)).await;
        assert_eq!((record.id, created), (3, false), "the period goes on");
        assert_eq!(again.heartbeat(report("d"), at(150)).await.0.id, 4);
    }
}

//! Look-ups out of the cache, and one query for all who ask the same.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp_session::Histogram;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

use super::cache::Cache;
use super::naptr::{Choice, NaptrSource, choose};
use super::number::Number;
use super::{EnumLookup, EnumStats};
use crate::BoxFuture;

/// What is asked, for how long, and how much is kept.
#[derive(Clone, Debug)]
pub struct EnumConfig {
    /// The suffixes, tried in order until one leads to a domain.
    pub domains: Vec<String>,
    /// How long a look-up may take, all suffixes and all waiting included.
    pub timeout: Duration,
    /// Numbers kept in the cache; 0 keeps none.
    pub cache_size: usize,
    /// How long it is kept that a number has no domain.
    pub negative_ttl: Duration,
    /// How long nobody is asked again after a failure: a dead server must not hold up every message.
    pub failure_ttl: Duration,
    /// Queries under way at a time.
    pub most_under_way: usize,
    /// Look-ups, under way or waiting for their turn; what comes beyond fails at once.
    pub most_waiting: usize,
}

impl Default for EnumConfig {
    fn default() -> Self {
        EnumConfig {
            domains: vec!["e164.arpa".into(), "e164.org".into()],
            timeout: Duration::from_secs(5),
            cache_size: 100_000,
            negative_ttl: Duration::from_secs(60),
            failure_ttl: Duration::from_secs(5),
            most_under_way: 256,
            most_waiting: 4096,
        }
    }
}

/// ENUM over any source of NAPTR records. Clones share everything.
pub struct EnumClient<S> {
    shared: Arc<Shared<S>>,
}

struct Shared<S> {
    source: S,
    config: EnumConfig,
    state: Mutex<State>,
    turns: Semaphore,
    succeeded: Histogram,
    failed: Histogram,
    hits: AtomicU64,
    misses: AtomicU64,
}

struct State {
    cache: Cache,
    under_way: HashMap<Number, watch::Receiver<Progress>>,
}

/// `None` until the look-up is over.
type Progress = Option<Option<Arc<str>>>;

/// Where the answer to a number comes from.
enum Found {
    Known(Option<Arc<str>>),
    UnderWay(watch::Receiver<Progress>),
    TooMany,
}

/// Why a look-up has no answer.
enum Failure {
    /// Nobody could tell, for one suffix at least.
    Unknown,
    TimedOut,
}

impl<S: NaptrSource> EnumClient<S> {
    /// Makes a client with an empty cache.
    pub fn new(source: S, config: EnumConfig) -> Self {
        let state = State { cache: Cache::new(config.cache_size), under_way: HashMap::new() };
        let turns = Semaphore::new(config.most_under_way.clamp(1, Semaphore::MAX_PERMITS));
        let shared = Shared {
            source,
            config,
            state: Mutex::new(state),
            turns,
            succeeded: Histogram::new(),
            failed: Histogram::new(),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        };
        EnumClient { shared: Arc::new(shared) }
    }

    /// Looks in the cache and among the look-ups under way; begins one if there is none.
    fn find(&self, number: Number) -> Found {
        let mut state = self.shared.state();
        if let Some(known) = state.cache.find(number, Instant::now()) {
            self.shared.hits.fetch_add(1, Ordering::Relaxed);
            return Found::Known(known);
        }
        let waiting = state.under_way.len();
        match state.under_way.entry(number) {
            Entry::Occupied(entry) => {
                self.shared.hits.fetch_add(1, Ordering::Relaxed);
                Found::UnderWay(entry.get().clone())
            }
            Entry::Vacant(_) if waiting >= self.shared.config.most_waiting.max(1) => {
                self.shared.misses.fetch_add(1, Ordering::Relaxed);
                self.shared.failed.record(Duration::ZERO);
                Found::TooMany
            }
            Entry::Vacant(entry) => {
                self.shared.misses.fetch_add(1, Ordering::Relaxed);
                let (progress, seen) = watch::channel(None);
                entry.insert(seen.clone());
                // A task of its own: whoever asked first may stop waiting, the others go on.
                tokio::spawn(Flight { shared: self.shared.clone(), number, progress }.run());
                Found::UnderWay(seen)
            }
        }
    }
}

impl<S: NaptrSource> EnumLookup for EnumClient<S> {
    fn domain<'a>(&'a self, number: &'a str) -> BoxFuture<'a, Option<Arc<str>>> {
        let Some(number) = Number::read(number) else { return Box::pin(std::future::ready(None)) };
        match self.find(number) {
            Found::Known(known) => Box::pin(std::future::ready(known)),
            Found::TooMany => Box::pin(std::future::ready(None)),
            // An error says that the task is gone without an answer.
            Found::UnderWay(mut seen) => {
                Box::pin(async move { seen.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone().flatten()) })
            }
        }
    }

    fn peek(&self, number: &str) -> Option<Arc<str>> {
        self.shared.state().cache.find(Number::read(number)?, Instant::now())?
    }

    fn stats(&self) -> EnumStats {
        EnumStats {
            succeeded: self.shared.succeeded.snapshot(),
            failed: self.shared.failed.snapshot(),
            hits: self.shared.hits.load(Ordering::Relaxed),
            misses: self.shared.misses.load(Ordering::Relaxed),
            size: self.shared.state().cache.len(),
        }
    }
}

impl<S> Clone for EnumClient<S> {
    fn clone(&self) -> Self {
        EnumClient { shared: self.shared.clone() }
    }
}

impl<S> fmt::Debug for EnumClient<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnumClient").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

/// One look-up under way; dropped, it is under way no longer.
struct Flight<S> {
    shared: Arc<Shared<S>>,
    number: Number,
    progress: watch::Sender<Progress>,
}

impl<S: NaptrSource> Flight<S> {
    async fn run(self) {
        let began = Instant::now();
        let asked = timeout(self.shared.config.timeout, self.shared.ask(self.number)).await;
        let (domain, ttl) = match asked.unwrap_or(Err(Failure::TimedOut)) {
            Ok(Some(choice)) => (Some(Arc::from(choice.domain)), choice.ttl),
            Ok(None) => (None, self.shared.config.negative_ttl),
            Err(failure) => {
                self.shared.failed.record(began.elapsed());
                if matches!(failure, Failure::TimedOut) {
                    tracing::warn!(limit = ?self.shared.config.timeout, "an ENUM look-up took too long");
                }
                return self.end(None, self.shared.config.failure_ttl);
            }
        };
        self.shared.succeeded.record(began.elapsed());
        self.end(domain, ttl);
    }

    fn end(&self, domain: Option<Arc<str>>, ttl: Duration) {
        self.shared.state().cache.keep(self.number, domain.clone(), ttl, Instant::now());
        self.progress.send_replace(Some(domain));
    }
}

impl<S> Drop for Flight<S> {
    fn drop(&mut self) {
        self.shared.state().under_way.remove(&self.number);
    }
}

impl<S> Shared<S> {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in there is half done at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: NaptrSource> Shared<S> {
    /// Asks suffix after suffix; `None` if all say that there is no domain.
    async fn ask(&self, number: Number) -> Result<Option<Choice>, Failure> {
        let Ok(_turn) = self.turns.acquire().await else { return Err(Failure::Unknown) };
        let mut told = true;
        for domain in &self.config.domains {
            match self.source.naptr(&number.name_in(domain)).await {
                Ok(records) => match choose(records, number) {
                    Some(choice) => return Ok(Some(choice)),
                    None => continue,
                },
                Err(fault) => {
                    tracing::warn!(%domain, %fault, "an ENUM query failed");
                    told = false;
                }
            }
        }
        told.then_some(None).ok_or(Failure::Unknown)
    }
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;

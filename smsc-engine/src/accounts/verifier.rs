//! Checks hashes: few at a time, each once.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};

use super::hash::Hash;
use crate::BoxFuture;

/// How many hashes are checked.
#[derive(Clone, Copy, Debug)]
pub struct VerifyLimits {
    /// At a time; each takes a processor, and as much memory as the hash says.
    pub under_way: usize,
    /// Under way or waiting for their turn; what comes beyond is told to come again.
    pub waiting: usize,
    /// Answers kept in mind at least, right and wrong ones each; at most twice as many.
    pub remembered: usize,
}

impl Default for VerifyLimits {
    fn default() -> Self {
        VerifyLimits { under_way: 2, waiting: 64, remembered: 8192 }
    }
}

/// A name, its hash and a password under two secret keys of this process: it tells nothing about the password, and
/// is another one as soon as the hash is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Offer(u64, u64);

/// Checks hashes and remembers the answers.
pub(crate) struct Verifier {
    keys: [RandomState; 2],
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
    state: Mutex<State>,
    runs: AtomicU64,
    turned_away: AtomicU64,
}

struct State {
    right: Recent,
    wrong: Recent,
    under_way: HashMap<Offer, watch::Receiver<Option<bool>>>,
}

/// What a check needs.
pub(crate) struct Check {
    pub(crate) offer: Offer,
    pub(crate) hash: Hash,
    pub(crate) password: Vec<u8>,
    /// True if it is only to cost as much as any: then it is wrong whatever it is.
    pub(crate) decoy: bool,
}

impl Verifier {
    pub(crate) fn new(limits: VerifyLimits) -> Verifier {
        let room = |checks: usize| Arc::new(Semaphore::new(checks.clamp(1, Semaphore::MAX_PERMITS)));
        let state =
            State { right: Recent::new(limits.remembered), wrong: Recent::new(limits.remembered), under_way: HashMap::new() };
        Verifier {
            keys: [RandomState::new(), RandomState::new()],
            places: room(limits.waiting),
            turns: room(limits.under_way),
            state: Mutex::new(state),
            runs: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
        }
    }

    pub(crate) fn offer(&self, system_id: &[u8], hash: &str, password: &[u8]) -> Offer {
        let [one, two] = &self.keys;
        let all = (system_id, hash, password);
        Offer(one.hash_one(all), two.hash_one(all))
    }

    /// The answer if it is known.
    pub(crate) fn known(&self, offer: Offer) -> Option<bool> {
        let state = self.state();
        if state.right.has(offer) {
            return Some(true);
        }
        state.wrong.has(offer).then_some(false)
    }

    /// Tells whether the password is right: at once if that is known, else when it was checked; `None` if too many wait.
    pub(crate) fn ask(self: &Arc<Self>, check: Check) -> BoxFuture<'static, Option<bool>> {
        if let Some(known) = self.known(check.offer) {
            return Box::pin(std::future::ready(Some(known)));
        }
        let begun = self.begin(check);
        Box::pin(async move {
            // An error says that the check was not made.
            begun?.wait_for(Option::is_some).await.ok().and_then(|answer| *answer)
        })
    }

    /// Begins a check, or joins the same one under way; `None` if too many wait.
    fn begin(self: &Arc<Self>, check: Check) -> Option<watch::Receiver<Option<bool>>> {
        let mut state = self.state();
        if let Some(under_way) = state.under_way.get(&check.offer) {
            return Some(under_way.clone());
        }
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            self.turned_away.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let (answer, seen) = watch::channel(None);
        state.under_way.insert(check.offer, seen.clone());
        // A runtime that is shutting down drops the task at once, which needs the lock.
        drop(state);
        let end = End { verifier: self.clone(), offer: check.offer };
        tokio::spawn(async move {
            let _place = place;
            answer.send_replace(end.verifier.run(check).await);
        });
        Some(seen)
    }

    pub(crate) fn runs(&self) -> u64 {
        self.runs.load(Ordering::Relaxed)
    }

    pub(crate) fn turned_away(&self) -> u64 {
        self.turned_away.load(Ordering::Relaxed)
    }

    async fn run(&self, check: Check) -> Option<bool> {
        let Check { offer, hash, password, decoy } = check;
        let _turn = self.turns.acquire().await.ok()?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        let right = tokio::task::spawn_blocking(move || hash.is_of(&password)).await.ok()? && !decoy;
        let mut state = self.state();
        let answers = if right { &mut state.right } else { &mut state.wrong };
        answers.add(offer);
        Some(right)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in there is half done at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("runs", &self.runs()).finish_non_exhaustive()
    }
}

/// Takes a check off the list, however it ended.
struct End {
    verifier: Arc<Verifier>,
    offer: Offer,
}

impl Drop for End {
    fn drop(&mut self) {
        self.verifier.state().under_way.remove(&self.offer);
    }
}

/// A set in two generations: the older one is forgotten as a whole.
struct Recent {
    young: HashSet<Offer>,
    old: HashSet<Offer>,
    limit: usize,
}

impl Recent {
    fn new(limit: usize) -> Self {
        Recent { young: HashSet::new(), old: HashSet::new(), limit: limit.max(1) }
    }

    fn has(&self, offer: Offer) -> bool {
        self.young.contains(&offer) || self.old.contains(&offer)
    }

    fn add(&mut self, offer: Offer) {
        if self.young.len() >= self.limit {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(offer);
    }
}

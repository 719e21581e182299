//! Who fails waits, longer and longer.
//!
//! An address that fails is turned away for a while before anything is looked at. A name under attack is not locked, or
//! anybody could lock anybody out: whoever gives it is held for a moment and then heard.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Both kinds of waiting.
#[derive(Debug)]
pub(super) struct Delays {
    pub(super) addresses: Failures<IpAddr>,
    pub(super) names: Failures<String>,
}

/// How often each of these failed of late.
#[derive(Debug)]
pub(super) struct Failures<K> {
    /// The wait after the first failure that counts, doubled for each that follows.
    first: Duration,
    most: Duration,
    state: Mutex<Generations<K>>,
}

/// Two generations: the older one is forgotten as a whole.
#[derive(Debug)]
struct Generations<K> {
    young: HashMap<K, Failure>,
    old: HashMap<K, Failure>,
}

#[derive(Clone, Copy, Debug)]
struct Failure {
    count: u32,
    last: Instant,
    /// Nobody is heard before.
    until: Instant,
}

impl Default for Delays {
    fn default() -> Self {
        Delays {
            addresses: Failures::new(Duration::from_secs(1), Duration::from_secs(60)),
            names: Failures::new(Duration::from_millis(250), Duration::from_secs(4)),
        }
    }
}

impl<K: Hash + Eq> Failures<K> {
    fn new(first: Duration, most: Duration) -> Self {
        Failures { first, most, state: Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() }) }
    }

    /// Counts an attempt as failed until it is [taken back](Self::take_back); the error is how long to wait before one is heard.
    pub(super) fn attempt(&self, key: K) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = self.state();
        let failure = state.entry(key, now);
        if failure.until > now {
            return Err(failure.until - now);
        }
        *failure = Failure { count: failure.count.saturating_add(1), last: now, until: now };
        failure.until = now + self.wait(failure.count);
        Ok(())
    }

    /// Counts an attempt and tells how long to hold it.
    pub(super) fn hold(&self, key: K) -> Duration {
        let now = Instant::now();
        let mut state = self.state();
        let failure = state.entry(key, now);
        let wait = self.wait(failure.count);
        *failure = Failure { count: failure.count.saturating_add(1), last: now, until: now };
        wait
    }

    /// Counts an attempt as not made.
    pub(super) fn take_back(&self, key: K) {
        let now = Instant::now();
        let mut state = self.state();
        let failure = state.entry(key, now);
        *failure = Failure { count: failure.count.saturating_sub(1), until: now, ..*failure };
    }

    /// Forgets what failed before.
    pub(super) fn forget(&self, key: &K) {
        let mut state = self.state();
        state.young.remove(key);
        state.old.remove(key);
    }

    /// How long to wait after so many failures: people mistype.
    fn wait(&self, failures: u32) -> Duration {
        match failures.checked_sub(FREE) {
            None | Some(0) => Duration::ZERO,
            Some(more) => self.first.saturating_mul(1 << (more - 1).min(16)).min(self.most),
        }
    }

    fn state(&self) -> MutexGuard<'_, Generations<K>> {
        // Nothing in there is half done at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq> Generations<K> {
    fn entry(&mut self, key: K, now: Instant) -> &mut Failure {
        if self.young.len() >= KEPT && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        let old = self.old.remove(&key);
        let new = Failure { count: 0, last: now, until: now };
        let failure = self.young.entry(key).or_insert_with(|| old.unwrap_or(new));
        if now.saturating_duration_since(failure.last) >= FORGOTTEN {
            *failure = new;
        }
        failure
    }
}

/// Whom an address stands for: who has one IPv6 address has all of its /64.
pub(super) fn source(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// So many failures cost nothing.
const FREE: u32 = 3;
/// Quiet for so long, and nothing is held against anybody.
const FORGOTTEN: Duration = Duration::from_secs(15 * 60);
/// At most twice as many are kept in mind, some hundred octets each.
const KEPT: usize = 8192;

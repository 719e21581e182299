//! Wrong credentials cost whoever sends them time.
//!
//! Only refusals wait, so nobody can lock out an account by guessing its password: the right one
//! is accepted at once. The wait is a moment in the session of the connection that asked; it needs
//! no task and no thread.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::string::String;
use std::time::Duration;

use smpp_pdu::CommandStatus;
use tokio::time::Instant;

/// How long a refusal of wrong credentials waits.
///
/// The first one of an address, and of a `system_id`, is answered at once; then the wait doubles
/// with each until it reaches `most`. An IPv6 address counts by its /64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Penalty {
    /// The wait before the second refusal.
    pub first: Duration,
    /// The longest wait. Keep it below the session-init timer, which ends the connection.
    pub most: Duration,
    /// How long an address or `system_id` must be quiet to be forgotten; it may take twice as long.
    pub forget: Duration,
    /// Addresses, and `system_id`s, kept in mind at least, if there are so many; at most twice as many.
    pub remembered: usize,
}

impl Penalty {
    /// No wait at all.
    pub const NONE: Penalty = Penalty { first: Duration::ZERO, most: Duration::ZERO, forget: Duration::ZERO, remembered: 0 };
}

impl Default for Penalty {
    fn default() -> Self {
        Penalty { first: FIRST, most: MOST, forget: FORGET, remembered: REMEMBERED }
    }
}

/// Who failed how often lately.
#[derive(Debug)]
pub(crate) struct Penalties {
    penalty: Penalty,
    sources: Failures<IpAddr>,
    names: Failures<String>,
}

impl Penalties {
    pub(crate) fn new(penalty: Penalty, now: Instant) -> Self {
        Penalties { penalty, sources: Failures::new(now), names: Failures::new(now) }
    }

    /// Notes a failure; tells how long its answer waits.
    pub(crate) fn fail(&mut self, source: IpAddr, system_id: &str, now: Instant) -> Duration {
        if self.penalty.most.is_zero() {
            return Duration::ZERO;
        }
        let before = self.sources.count(source, &self.penalty, now).max(self.names.count(system_id.into(), &self.penalty, now));
        let Some(doublings) = before.checked_sub(1) else { return Duration::ZERO };
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        self.penalty.first.saturating_mul(factor).min(self.penalty.most)
    }
}

/// True for the statuses that say that the credentials are wrong.
pub(crate) const fn is_failure(status: CommandStatus) -> bool {
    matches!(status, CommandStatus::RINVPASWD | CommandStatus::RINVSYSID | CommandStatus::RBINDFAIL)
}

/// Counts in two generations: the older one is forgotten as a whole, so nothing is ever searched.
#[derive(Debug)]
struct Failures<K> {
    young: HashMap<K, u32>,
    old: HashMap<K, u32>,
    /// When the young ones began.
    since: Instant,
}

impl<K: Eq + std::hash::Hash> Failures<K> {
    fn new(now: Instant) -> Self {
        Failures { young: HashMap::new(), old: HashMap::new(), since: now }
    }

    /// Counts one more; returns how many there were before.
    fn count(&mut self, key: K, penalty: &Penalty, now: Instant) -> u32 {
        self.age(penalty, now);
        match self.young.entry(key) {
            Entry::Occupied(mut entry) => {
                let before = *entry.get();
                *entry.get_mut() = before.saturating_add(1);
                before
            }
            Entry::Vacant(entry) => {
                let before = self.old.remove(entry.key()).unwrap_or_default();
                entry.insert(before.saturating_add(1));
                before
            }
        }
    }

    fn age(&mut self, penalty: &Penalty, now: Instant) {
        let age = now.saturating_duration_since(self.since);
        if age >= penalty.forget || self.young.len() >= penalty.remembered.max(1) {
            self.old = std::mem::take(&mut self.young);
            self.since = now;
        }
        if age >= penalty.forget.saturating_mul(2) {
            self.old.clear();
        }
    }
}

const FIRST: Duration = Duration::from_millis(500);
// An ESME waits longer than this for an answer, and a service has half a minute to decide.
const MOST: Duration = Duration::from_secs(10);
const FORGET: Duration = Duration::from_secs(600);
// A few hundred kilobytes at most.
const REMEMBERED: usize = 4096;

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::vec::Vec;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn the_wait_doubles_up_to_a_limit_and_is_forgotten() {
        let start = Instant::now();
        let mut penalties = Penalties::new(Penalty::default(), start);
        let waits: Vec<_> = (0..7).map(|_| penalties.fail(HERE, "me", start).as_millis()).collect();
        assert_eq!(waits, [0, 500, 1000, 2000, 4000, 8000, 10_000]);
        assert!((0..100).all(|_| penalties.fail(HERE, "me", start) == MOST));
        assert_eq!(penalties.fail(HERE, "me", start + FORGET), MOST, "half forgotten");
        assert_eq!(penalties.fail(HERE, "me", start + FORGET * 4), Duration::ZERO);
    }

    #[test]
    fn a_name_that_is_guessed_from_many_addresses_waits_too() {
        let now = Instant::now();
        let mut penalties = Penalties::new(Penalty::default(), now);
        let from = |last| IpAddr::from([192, 0, 2, last]);
        let waits: Vec<_> = (0..4).map(|last| penalties.fail(from(last), "me", now).as_millis()).collect();
        assert_eq!(waits, [0, 500, 1000, 2000]);
        assert_eq!(penalties.fail(from(9), "you", now), Duration::ZERO);
    }

    #[test]
    fn the_table_is_bounded_whatever_names_come() {
        let now = Instant::now();
        let mut penalties = Penalties::new(Penalty { remembered: 10, ..Penalty::default() }, now);
        for number in 0..1000_u32 {
            penalties.fail(IpAddr::from(number.to_be_bytes()), &format!("{number}"), now);
            let tables = [
                penalties.names.young.len() + penalties.names.old.len(),
                penalties.sources.young.len() + penalties.sources.old.len(),
            ];
            assert!(tables.iter().all(|len| *len <= 20), "{tables:?}");
        }
        assert_eq!(penalties.fail(IpAddr::from(999_u32.to_be_bytes()), "", now).as_millis(), 500, "the latest are remembered");
    }
}

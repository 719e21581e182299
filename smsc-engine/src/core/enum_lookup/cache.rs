//! What is known about numbers: bounded, and for a time only.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::number::Number;

/// Numbers and their domains; when it is full the oldest entry goes.
#[derive(Debug)]
pub(super) struct Cache {
    entries: HashMap<Number, Entry>,
    /// Every entry in the order of its writing, and some that were written again since.
    order: VecDeque<(Number, u64)>,
    written: u64,
    limit: usize,
}

#[derive(Debug)]
struct Entry {
    /// `None` if it is known that there is none.
    domain: Option<Arc<str>>,
    until: Instant,
    /// Its place in the order of writing.
    written: u64,
}

impl Cache {
    /// An empty cache of at most `limit` numbers; 0 keeps nothing.
    pub(super) fn new(limit: usize) -> Cache {
        Cache { entries: HashMap::new(), order: VecDeque::new(), written: 0, limit }
    }

    /// What is known; the inner `None` says that there is no domain.
    pub(super) fn find(&self, number: Number, now: Instant) -> Option<Option<Arc<str>>> {
        let entry = self.entries.get(&number).filter(|entry| now < entry.until)?;
        Some(entry.domain.clone())
    }

    /// Keeps an answer for `ttl`.
    pub(super) fn keep(&mut self, number: Number, domain: Option<Arc<str>>, ttl: Duration, now: Instant) {
        if ttl.is_zero() || self.limit == 0 {
            return;
        }
        self.written += 1;
        self.entries.insert(number, Entry { domain, until: now + ttl.min(LONGEST), written: self.written });
        self.order.push_back((number, self.written));
        self.tidy(now);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Drops the oldest while there are too many, and whatever is over at the old end.
    fn tidy(&mut self, now: Instant) {
        while let Some((number, written)) = self.order.front().copied() {
            let entry = self.entries.get(&number).filter(|entry| entry.written == written);
            match entry {
                Some(entry) if now < entry.until && self.entries.len() <= self.limit => break,
                Some(_) => _ = self.entries.remove(&number),
                None => {}
            }
            self.order.pop_front();
        }
        if self.order.len() > 2 * self.limit {
            let entries = &self.entries;
            self.order.retain(|(number, written)| entries.get(number).is_some_and(|entry| entry.written == *written));
        }
    }
}

// RFC 2181 §8 allows 68 years; an error in a zone should not last.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn number(number: u32) -> Number {
        Number::read(&number.to_string()).unwrap()
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn an_entry_ends_with_its_ttl() {
        let now = Instant::now();
        let mut cache = Cache::new(10);
        cache.keep(number(1), Some("a".into()), MINUTE, now);
        cache.keep(number(2), None, MINUTE, now);
        cache.keep(number(3), Some("a".into()), Duration::ZERO, now);
        cache.keep(number(4), Some("a".into()), Duration::MAX, now);
        let just_before = now + MINUTE - Duration::from_millis(1);
        assert_eq!(cache.find(number(1), just_before), Some(Some("a".into())));
        assert_eq!(cache.find(number(1), now + MINUTE), None);
        assert_eq!(cache.find(number(2), now), Some(None));
        assert_eq!(cache.find(number(3), now), None);
        assert_eq!(cache.find(number(4), now + LONGEST), None);
        cache.keep(number(5), None, MINUTE, now + MINUTE);
        assert_eq!(cache.len(), 2, "what is over goes");
    }

    #[test]
    fn it_is_bounded_and_the_oldest_goes() {
        let now = Instant::now();
        let mut cache = Cache::new(3);
        for round in 0..1000 {
            cache.keep(number(round), None, MINUTE, now);
            // The same one again and again must not fill the order.
            (0..5).for_each(|_| cache.keep(number(0), None, MINUTE, now));
            assert!(cache.len() <= 3 && cache.order.len() <= 6, "{cache:?}");
        }
        let mut cache = Cache::new(2);
        [1, 2, 1, 3].into_iter().for_each(|one| cache.keep(number(one), None, MINUTE, now));
        let known = [1, 2, 3].map(|one| cache.find(number(one), now).is_some());
        assert_eq!(known, [true, false, true], "written again, it is young again");
        let mut none = Cache::new(0);
        none.keep(number(1), None, MINUTE, now);
        assert_eq!(none.len(), 0);
    }
}

//! Where new messages come in: a place for each thread, more or less, so that those who hand in do not wait for one
//! another, nor fetch from another processor what somebody there has just written to.
//!
//! All that is decided here is what a place knows alone. Whether there is room for a message, and no other one with its
//! id, the writer finds out when it takes them all along.

use std::cell::Cell;
use std::iter;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::super::QueueError;
use super::group::Group;
use super::lock::Lock;

/// All of them.
pub(super) struct Intakes {
    first: Place,
    others: Box<[Place]>,
}

/// What one thread after the other has handed in.
pub(super) struct Intake {
    pub(super) group: Group,
    /// Why nothing more is accepted.
    pub(super) stop: Option<QueueError>,
}

/// Apart from its neighbours: processors fetch two lines of 64 octets at a time.
#[repr(align(128))]
struct Place(Lock<Intake>);

/// More would only make the writer's rounds longer.
const MOST: usize = 32;

impl Intakes {
    pub(super) fn new(salt: u32) -> Self {
        // Threads come and go; with one place each for those of now, two would soon be at the same one.
        let places = thread::available_parallelism().map_or(2, |processors| processors.get() * 2).min(MOST);
        let place = || Place(Lock::new(Intake { group: Group::new(salt), stop: None }));
        Intakes { first: place(), others: (1..places).map(|_| place()).collect() }
    }

    /// Locks the one of this thread.
    pub(super) fn own(&self) -> MutexGuard<'_, Intake> {
        thread_local! {
            static NUMBER: Cell<Option<usize>> = const { Cell::new(None) };
        }
        static THREADS: AtomicUsize = AtomicUsize::new(0);
        // A thread that ends has none any more.
        let number = NUMBER.try_with(|number| {
            let own = number.get().unwrap_or_else(|| THREADS.fetch_add(1, Ordering::Relaxed));
            number.set(Some(own));
            own
        });
        let Place(lock) = self.others.get(number.unwrap_or_default() % self.len()).unwrap_or(&self.first);
        lock.lock()
    }

    /// Locks them one after the other, from this one on.
    pub(super) fn each_from(&self, first: usize) -> impl Iterator<Item = MutexGuard<'_, Intake>> {
        let all = iter::once(&self.first).chain(&self.others).cycle();
        all.skip(first % self.len()).take(self.len()).map(|Place(lock)| lock.lock())
    }

    fn len(&self) -> usize {
        self.others.len() + 1
    }

    /// Lets nobody in any more.
    pub(super) fn stop(&self, why: &QueueError) {
        self.each_from(0).for_each(|mut intake| intake.stop = Some(why.clone()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::ptr;

    use super::*;

    #[test]
    fn a_thread_comes_in_at_the_same_place_each_time_and_every_place_is_visited_once() {
        let intakes = Intakes::new(7);
        let own = || ptr::from_ref(&*intakes.own()).addr();
        let threads = |_| thread::scope(|scope| scope.spawn(|| (own(), own())).join().unwrap());
        let places: Vec<_> = (0..intakes.len() * 3).map(threads).collect();
        assert!(places.iter().all(|(first, second)| first == second));
        let places: BTreeSet<_> = places.into_iter().map(|(place, _)| place).collect();
        assert!(places.len() > 1, "threads are apart");
        let visited = |first| intakes.each_from(first).map(|intake| ptr::from_ref(&*intake).addr()).collect::<Vec<_>>();
        for first in 0..=intakes.len() {
            let all = visited(first);
            assert_eq!(all.first(), visited(first + intakes.len()).first());
            assert_eq!(all.len(), intakes.len());
            assert!(places.is_subset(&all.into_iter().collect()));
        }
        assert_ne!(visited(0).first(), visited(1).first(), "nobody is first each time");
    }
}

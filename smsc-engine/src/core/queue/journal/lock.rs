//! A lock that one thread takes again and again, and must let others in between.
//!
//! Who waits for the system's lock sleeps, and whoever wakes it takes the lock again before it is awake. Here those who
//! wait look for a while before they sleep, and who takes it in parts lets them go first.

use std::hint;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

/// The lock and what is behind it.
#[derive(Debug)]
pub(super) struct Lock<T> {
    mutex: Mutex<T>,
    /// Threads that wait for it.
    waiting: AtomicUsize,
}

/// How often a thread looks before it sleeps: some thirty microseconds, as long as to be woken takes.
const LOOKS: usize = 1000;
/// How often who goes on looks whether another one has it: who is awake takes it at once, and one that sleeps already is
/// not waited for.
const PATIENCE: usize = 200;

impl<T> Lock<T> {
    pub(super) const fn new(value: T) -> Self {
        Lock { mutex: Mutex::new(value), waiting: AtomicUsize::new(0) }
    }

    /// Waits for the lock. A panic of another holder is not passed on.
    pub(super) fn lock(&self) -> MutexGuard<'_, T> {
        if let Some(guard) = self.try_lock() {
            return guard;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = self.look().unwrap_or_else(|| self.mutex.lock().unwrap_or_else(PoisonError::into_inner));
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        guard
    }

    /// Waits for the lock behind one of those who wait for it already.
    pub(super) fn lock_after_others(&self) -> MutexGuard<'_, T> {
        let waiting = self.waiting.load(Ordering::Relaxed);
        for _ in 0..PATIENCE {
            // One has got it, or there is none.
            if waiting == 0 || self.waiting.load(Ordering::Relaxed) < waiting {
                break;
            }
            hint::spin_loop();
        }
        self.lock()
    }

    fn look(&self) -> Option<MutexGuard<'_, T>> {
        (0..LOOKS).find_map(|_| {
            hint::spin_loop();
            self.try_lock()
        })
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.mutex.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn who_takes_it_again_and_again_lets_others_in() {
        let lock = Arc::new(Lock::new(0_u64));
        let theirs = Arc::clone(&lock);
        let others = thread::spawn(move || (0..1000).for_each(|_| *theirs.lock() += 1));
        let deadline = Instant::now() + Duration::from_secs(60);
        while *lock.lock_after_others() < 1000 {
            assert!(Instant::now() < deadline, "they are kept out");
        }
        others.join().unwrap();
        assert_eq!(lock.waiting.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_panic_behind_it_keeps_nobody_out() {
        let lock = Arc::new(Lock::new(7));
        let theirs = Arc::clone(&lock);
        let panicked = thread::spawn(move || {
            let _guard = theirs.lock();
            panic!("a panic that this test wants");
        });
        assert!(panicked.join().is_err());
        assert_eq!(*lock.lock(), 7);
        assert_eq!(*lock.lock_after_others(), 7);
    }
}

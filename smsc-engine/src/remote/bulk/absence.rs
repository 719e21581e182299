//! Whether the core is away.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Knows whether the core was away of late, so that not everybody finds out by waiting.
#[derive(Debug)]
pub(super) struct Absence {
    retry: Duration,
    /// When it was tried last, if it was away then.
    tried: Mutex<Option<Instant>>,
}

impl Absence {
    pub(super) fn new(retry: Duration) -> Absence {
        Absence { retry, tried: Mutex::default() }
    }

    /// Tells whether a call is worth while: while the core is away, one caller may try it now and then.
    pub(super) fn may_ask(&self) -> bool {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        match *tried {
            None => true,
            Some(last) if last.elapsed() < self.retry => false,
            Some(_) => {
                *tried = Some(Instant::now());
                true
            }
        }
    }

    /// Tells whether the core was away when it was tried last.
    pub(super) fn lasts(&self) -> bool {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Notes how a call ended; true if that ended an absence.
    pub(super) fn note(&self, is_away: bool) -> bool {
        let now = is_away.then(Instant::now);
        let before = std::mem::replace(&mut *self.tried.lock().unwrap_or_else(PoisonError::into_inner), now);
        before.is_some() && !is_away
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_of_many_tries_a_core_that_is_away() {
        let absence = Absence::new(Duration::from_secs(3600));
        assert!(absence.may_ask() && absence.may_ask() && !absence.lasts());
        assert!(!absence.note(true), "it begins");
        assert!(!absence.may_ask() && absence.lasts());
        assert!(absence.note(false) && absence.may_ask() && !absence.note(false));
        let absence = Absence {
            retry: Duration::from_secs(3600),
            tried: Mutex::new(Instant::now().checked_sub(Duration::from_secs(3601))),
        };
        assert!(absence.may_ask(), "it was long ago");
        assert!(!absence.may_ask(), "somebody tries it");
    }
}

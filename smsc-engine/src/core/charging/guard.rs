//! Keeps a slow or broken charging system from holding up others.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp_session::Histogram;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::breaker::{Breaker, BreakerLimits, Call, Circuit};
use super::{ChargeError, ChargeEvent, Charging, ChargingStats, Granted};
use crate::BoxFuture;

/// How much a charging system is asked.
#[derive(Clone, Copy, Debug)]
pub struct GuardLimits {
    /// How long an answer may take, waiting for a turn included.
    pub timeout: Duration,
    /// Calls under way at a time.
    pub most_under_way: usize,
    /// Calls under way or waiting for their turn; what comes beyond fails at once.
    pub most_waiting: usize,
    /// When the system is left alone.
    pub breaker: BreakerLimits,
}

impl Default for GuardLimits {
    fn default() -> Self {
        GuardLimits { timeout: Duration::from_secs(5), most_under_way: 64, most_waiting: 4096, breaker: BreakerLimits::default() }
    }
}

/// A charging system behind limits, a circuit breaker and statistics.
#[derive(Debug)]
pub struct Guarded<C> {
    inner: C,
    limits: GuardLimits,
    breaker: Mutex<Breaker>,
    places: Semaphore,
    turns: Semaphore,
    attempted: AtomicU64,
    succeeded: Histogram,
    failed: Histogram,
}

impl<C: Charging> Guarded<C> {
    /// Puts `inner` behind `limits`.
    pub fn new(inner: C, limits: GuardLimits) -> Self {
        let room = |calls: usize| Semaphore::new(calls.clamp(1, Semaphore::MAX_PERMITS));
        Guarded {
            inner,
            limits,
            breaker: Mutex::new(Breaker::new(limits.breaker)),
            places: room(limits.most_waiting),
            turns: room(limits.most_under_way),
            attempted: AtomicU64::new(0),
            succeeded: Histogram::new(),
            failed: Histogram::new(),
        }
    }

    /// Tells whether the system is asked at present.
    pub fn circuit(&self) -> Circuit {
        self.breaker().circuit()
    }

    async fn call(&self, event: &ChargeEvent) -> Result<Granted, ChargeError> {
        let Ok(_place) = self.places.try_acquire() else { return Err(ChargeError::Busy) };
        let mut pass = Pass::take(&self.breaker).ok_or(ChargeError::Open)?;
        let answered = timeout(self.limits.timeout, async {
            let Ok(_turn) = self.turns.acquire().await else { return Err(ChargeError::Busy) };
            // It may have opened meanwhile.
            if pass.call == Call::Usual && self.circuit() != Circuit::Closed {
                return Err(ChargeError::Open);
            }
            self.inner.authorize(event).await
        });
        let result = answered.await.unwrap_or(Err(ChargeError::TimedOut));
        match &result {
            Err(ChargeError::Open | ChargeError::Busy) => {}
            result => pass.conclude(!result.as_ref().is_err_and(ChargeError::is_fault)),
        }
        result
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        lock(&self.breaker)
    }
}

impl<C: Charging> Charging for Guarded<C> {
    fn authorize<'a>(&'a self, event: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        Box::pin(async move {
            self.attempted.fetch_add(1, Ordering::Relaxed);
            let began = Instant::now();
            let result = self.call(event).await;
            let durations = if result.is_ok() { &self.succeeded } else { &self.failed };
            durations.record(began.elapsed());
            result
        })
    }

    /// Asks whatever the circuit is, and changes nothing about it.
    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(async { timeout(self.limits.timeout, self.inner.ping()).await.unwrap_or(Err(ChargeError::TimedOut)) })
    }

    fn stats(&self) -> ChargingStats {
        ChargingStats {
            attempted: self.attempted.load(Ordering::Relaxed),
            succeeded: self.succeeded.snapshot(),
            failed: self.failed.snapshot(),
            circuit: self.circuit(),
        }
    }
}

/// The right to one call. Dropped without an end it says that nobody waited for it.
struct Pass<'a> {
    breaker: &'a Mutex<Breaker>,
    call: Call,
    concluded: bool,
}

impl<'a> Pass<'a> {
    fn take(breaker: &'a Mutex<Breaker>) -> Option<Self> {
        let call = lock(breaker).enter(Instant::now())?;
        Some(Pass { breaker, call, concluded: false })
    }

    fn conclude(&mut self, worked: bool) {
        self.concluded = true;
        let now = Instant::now();
        let mut breaker = lock(self.breaker);
        let before = breaker.circuit();
        breaker.leave(self.call, worked, now);
        match (before, breaker.circuit()) {
            (Circuit::Open, _) => {}
            (_, Circuit::Open) => tracing::error!("charging: the circuit is open, the system is not asked"),
            (Circuit::HalfOpen, Circuit::Closed) => tracing::info!("charging: the system is asked again"),
            _ => {}
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if !self.concluded {
            lock(self.breaker).give_up(self.call, Instant::now());
        }
    }
}

fn lock(breaker: &Mutex<Breaker>) -> MutexGuard<'_, Breaker> {
    // Nothing in there is half done at any time.
    breaker.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;

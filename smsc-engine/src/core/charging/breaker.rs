//! A circuit breaker: whether a system that failed is asked again. No clock and no I/O; the time is a parameter.

use std::time::Duration;

use tokio::time::Instant;

/// When a system is left alone, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerLimits {
    /// Failures in a row that open the circuit; 0 never opens it.
    pub failures: u32,
    /// How long it stays open before one call probes the system.
    pub pause: Duration,
}

impl Default for BreakerLimits {
    fn default() -> Self {
        BreakerLimits { failures: 5, pause: Duration::from_secs(10) }
    }
}

/// Whether a system is asked.
///
/// ```text
///           failures in a row             pause over
///   Closed ------------------> Open <---------------> HalfOpen
///     ^                                 probe failed      |
///     +---------------------------------------------------+
///                        probe answered
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Circuit {
    /// It is asked.
    #[default]
    Closed,
    /// It is not asked.
    Open,
    /// One call is finding out.
    HalfOpen,
}

/// The state of one circuit.
#[derive(Debug)]
pub(super) struct Breaker {
    limits: BreakerLimits,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen,
}

/// What kind of call was let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    Usual,
    Probe,
}

impl Breaker {
    pub(super) fn new(limits: BreakerLimits) -> Breaker {
        Breaker { limits, state: State::Closed { failures: 0 } }
    }

    /// Lets a call through, or not.
    pub(super) fn enter(&mut self, now: Instant) -> Option<Call> {
        match self.state {
            State::Closed { .. } => Some(Call::Usual),
            State::Open { until } if now >= until => {
                self.state = State::HalfOpen;
                Some(Call::Probe)
            }
            State::Open { .. } | State::HalfOpen => None,
        }
    }

    /// Learns how a call ended. One that began before the circuit opened says nothing new.
    pub(super) fn leave(&mut self, call: Call, worked: bool, now: Instant) {
        let open = State::Open { until: now + self.limits.pause };
        match (&mut self.state, call, worked) {
            (State::HalfOpen, Call::Probe, true) => self.state = State::Closed { failures: 0 },
            (State::HalfOpen, Call::Probe, false) => self.state = open,
            (State::Closed { failures }, _, true) => *failures = 0,
            (State::Closed { failures }, _, false) => {
                *failures = failures.saturating_add(1);
                if self.limits.failures != 0 && *failures >= self.limits.failures {
                    self.state = open;
                }
            }
            _ => {}
        }
    }

    /// Learns that nobody waited for a call's end: whoever comes next probes instead.
    pub(super) fn give_up(&mut self, call: Call, now: Instant) {
        if call == Call::Probe && matches!(self.state, State::HalfOpen) {
            self.state = State::Open { until: now };
        }
    }

    pub(super) fn circuit(&self) -> Circuit {
        match self.state {
            State::Closed { .. } => Circuit::Closed,
            State::Open { .. } => Circuit::Open,
            State::HalfOpen => Circuit::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: BreakerLimits = BreakerLimits { failures: 3, pause: Duration::from_secs(10) };

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(LIMITS);
        (0..3).for_each(|_| breaker.leave(Call::Usual, false, now));
        assert_eq!((breaker.enter(now), breaker.circuit()), (None, Circuit::Open));
        breaker
    }

    #[test]
    fn only_failures_in_a_row_open_it() {
        let now = Instant::now();
        let mut breaker = Breaker::new(LIMITS);
        for worked in [false, false, true, false, false, true] {
            breaker.leave(Call::Usual, worked, now);
        }
        assert_eq!((breaker.enter(now), breaker.circuit()), (Some(Call::Usual), Circuit::Closed));
        let mut never = Breaker::new(BreakerLimits { failures: 0, ..LIMITS });
        (0..100).for_each(|_| never.leave(Call::Usual, false, now));
        assert_eq!(never.circuit(), Circuit::Closed);
    }

    #[test]
    fn after_the_pause_one_call_probes_and_decides() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + LIMITS.pause;
        assert_eq!(breaker.enter(later - Duration::from_millis(1)), None);
        assert_eq!((breaker.enter(later), breaker.enter(later)), (Some(Call::Probe), None));
        assert_eq!(breaker.circuit(), Circuit::HalfOpen);
        breaker.leave(Call::Probe, false, later);
        assert_eq!(breaker.enter(later + LIMITS.pause - Duration::from_millis(1)), None);
        assert_eq!(breaker.enter(later + LIMITS.pause), Some(Call::Probe));
        breaker.leave(Call::Probe, true, later + LIMITS.pause);
        assert_eq!((breaker.enter(later + LIMITS.pause), breaker.circuit()), (Some(Call::Usual), Circuit::Closed));
    }

    #[test]
    fn calls_from_before_change_nothing_and_a_probe_that_is_given_up_is_replaced() {
        let now = Instant::now();
        let mut breaker = opened(now);
        breaker.leave(Call::Usual, true, now);
        assert_eq!(breaker.circuit(), Circuit::Open);
        let later = now + LIMITS.pause;
        breaker.enter(later);
        breaker.leave(Call::Usual, true, later);
        breaker.give_up(Call::Usual, later);
        assert_eq!(breaker.circuit(), Circuit::HalfOpen);
        breaker.give_up(Call::Probe, later);
        assert_eq!(breaker.enter(later), Some(Call::Probe));
    }
}

//! Time as the session core sees it: a number of microseconds handed in by the caller.
//!
//! The core never asks a clock. The origin is the caller's choice; only differences count.

use core::ops::Add;
use core::time::Duration;

/// A moment, in microseconds since an origin the caller chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

impl Time {
    /// The origin.
    pub const ZERO: Time = Time(0);

    /// The moment this many microseconds after the origin.
    pub const fn from_micros(micros: u64) -> Time {
        Time(micros)
    }

    /// Microseconds since the origin.
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Time {
    type Output = Time;

    /// Saturates: a deadline too far away to count is never reached.
    fn add(self, span: Duration) -> Time {
        let micros = span.as_secs().saturating_mul(1_000_000).saturating_add(u64::from(span.subsec_micros()));
        Time(self.0.saturating_add(micros))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding_a_span_saturates() {
        assert_eq!(Time::from_micros(5) + Duration::from_millis(2), Time::from_micros(2005));
        assert_eq!(Time::from_micros(5) + Duration::MAX, Time::from_micros(u64::MAX));
    }

    #[test]
    fn a_later_moment_is_no_time_ago() {
        assert_eq!(Time::from_micros(7).since(Time::from_micros(2)), Duration::from_micros(5));
        assert_eq!(Time::from_micros(2).since(Time::from_micros(7)), Duration::ZERO);
    }
}

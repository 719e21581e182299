//! The one notion of time in the engine's records.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A moment as milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Later than every moment that comes: "never".
    pub const MAX: Timestamp = Timestamp(u64::MAX);

    /// Reads the system's clock; rules take the time as a parameter instead.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// Returns the moment `delay` later, at most [`Timestamp::MAX`].
    pub fn after(self, delay: Duration) -> Self {
        Timestamp(self.0.saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)))
    }

    /// The time this long before; the beginning of time at the earliest.
    pub fn before(self, span: Duration) -> Self {
        Timestamp(self.0.saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Returns how long ago `earlier` was, zero if it is still to come.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// As ISO 8601 in UTC: `2025-10-30T12:00:00Z`.
#[cfg(feature = "json")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(crate::calendar::Iso::new(*self).as_str())
    }
}

/// From ISO 8601, UTC or with an offset.
#[cfg(feature = "json")]
impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let text = <std::borrow::Cow<'_, str>>::deserialize(deserializer)?;
        crate::calendar::parse_iso(&text).ok_or_else(|| D::Error::custom("is no time such as 2025-10-30T12:00:00Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(Timestamp(5).after(Duration::from_secs(2)), Timestamp(2005));
        assert_eq!(Timestamp(5).after(Duration::MAX), Timestamp::MAX);
        assert_eq!(Timestamp(5).before(Duration::MAX), Timestamp(0));
        assert_eq!(Timestamp(2005).before(Duration::from_secs(2)), Timestamp(5));
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert!(Timestamp::now() > Timestamp(1_700_000_000_000));
    }
}

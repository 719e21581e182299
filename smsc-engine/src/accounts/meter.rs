//! How much an account has sent: a bucket of tokens and two counters, told the time.

use smpp_session::Rate;
use sms_codec::time::Civil;

use super::{AccountRecord, Quota};
use crate::model::{Account, Timestamp};

/// Why a message is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The account is gone or disabled.
    #[error("the account may send no more")]
    Account,
    /// The sender is not one of the account's.
    #[error("the account may not use this sender")]
    Source,
    /// The recipient is not one the account may send to.
    #[error("the account may not send to this number")]
    Destination,
    /// Too many messages in a second.
    #[error("the account sends faster than it may")]
    Rate,
    /// The day's messages are used up.
    #[error("the account's messages of today are used up")]
    Day,
    /// The month's messages are used up.
    #[error("the account's messages of this month are used up")]
    Month,
}

impl Denial {
    /// All of them.
    pub const ALL: [Denial; 6] = [Denial::Account, Denial::Source, Denial::Destination, Denial::Rate, Denial::Day, Denial::Month];

    /// Returns a word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Denial::Account => "account",
            Denial::Source => "source",
            Denial::Destination => "destination",
            Denial::Rate => "rate",
            Denial::Day => "day",
            Denial::Month => "month",
        }
    }
}

/// What an account has used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meter {
    /// In thousandths of a token; `None` for a full bucket.
    tokens: Option<(u64, Timestamp)>,
    day: (u64, u64),
    month: (u64, u64),
}

/// The counters of an account, as they are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Whose.
    pub account: Account,
    /// The day, counted from 1970-01-01 UTC.
    pub day: u64,
    /// Messages of that day.
    pub day_messages: u64,
    /// The month, counted from January 1970 UTC.
    pub month: u64,
    /// Messages of that month.
    pub month_messages: u64,
}

impl Meter {
    /// Goes on where the counters stood.
    pub(super) fn restored(usage: &Usage) -> Meter {
        Meter { tokens: None, day: (usage.day, usage.day_messages), month: (usage.month, usage.month_messages) }
    }

    /// Counts one message.
    ///
    /// # Errors
    /// It is one too many; then nothing is counted.
    pub fn take(&mut self, record: &AccountRecord, now: Timestamp) -> Result<(), Denial> {
        let today = now.0 / DAY_MILLIS;
        // A clock that goes back gives nothing away.
        if today > self.day.0 {
            self.day = (today, 0);
            let month = month_of(today);
            if month > self.month.0 {
                self.month = (month, 0);
            }
        }
        let Quota { day, month } = record.quota;
        if day.is_some_and(|most| self.day.1 >= most) {
            return Err(Denial::Day);
        }
        if month.is_some_and(|most| self.month.1 >= most) {
            return Err(Denial::Month);
        }
        if let Some(rate) = record.rate {
            self.spend(rate, now)?;
        }
        self.day.1 += 1;
        self.month.1 += 1;
        Ok(())
    }

    /// The counters, to be stored.
    pub(super) fn usage(&self, account: &Account) -> Usage {
        Usage {
            account: account.clone(),
            day: self.day.0,
            day_messages: self.day.1,
            month: self.month.0,
            month_messages: self.month.1,
        }
    }

    fn spend(&mut self, rate: Rate, now: Timestamp) -> Result<(), Denial> {
        let full = u64::from(rate.burst()) * TOKEN;
        let level = match self.tokens {
            None => full,
            // A message in a second is a thousandth of a token in a millisecond.
            Some((level, at)) => {
                level.saturating_add(now.0.saturating_sub(at.0).saturating_mul(rate.messages().into())).min(full)
            }
        };
        let at = self.tokens.map_or(now, |(_, at)| at.max(now));
        let left = level.checked_sub(TOKEN);
        self.tokens = Some((left.unwrap_or(level), at));
        left.map(drop).ok_or(Denial::Rate)
    }
}

/// The month a day is in, both counted from the beginning of 1970.
fn month_of(day: u64) -> u64 {
    let (civil, _) = Civil::from_unix_millis(i64::try_from(day.saturating_mul(DAY_MILLIS)).unwrap_or(i64::MAX));
    let (month, _) = civil.month_day();
    u64::try_from((civil.year() - FIRST_YEAR) * 12 + i32::from(month) - 1).unwrap_or_default()
}

const TOKEN: u64 = 1000;
const DAY_MILLIS: u64 = 24 * 3600 * 1000;
const FIRST_YEAR: i32 = 1970;

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(20_000 * DAY_MILLIS + DAY_MILLIS / 2);

    fn taken(meter: &mut Meter, record: &AccountRecord, now: Timestamp) -> usize {
        (0..10_000).take_while(|_| meter.take(record, now).is_ok()).count()
    }

    #[test]
    fn a_rate_lets_so_many_through_and_no_more() {
        let mut record = AccountRecord::new("shop", "");
        record.rate = Some(Rate::per_second(50).with_burst(5));
        let mut meter = Meter::default();
        assert_eq!(taken(&mut meter, &record, NOON), 5);
        assert_eq!(meter.take(&record, NOON), Err(Denial::Rate));
        assert_eq!(meter.take(&record, Timestamp(NOON.0 - 5000)), Err(Denial::Rate));
        assert_eq!(meter.take(&record, Timestamp(NOON.0 + 19)), Err(Denial::Rate));
        assert_eq!(taken(&mut meter, &record, Timestamp(NOON.0 + 20)), 1);
        let in_a_second: usize = (1..=1000).map(|ms| taken(&mut meter, &record, Timestamp(NOON.0 + 20 + ms))).sum();
        assert_eq!(in_a_second, 50);
        assert_eq!(taken(&mut meter, &record, Timestamp(NOON.0 + 3_600_000)), 5);
    }

    #[test]
    fn a_day_and_a_month_end_at_midnight_utc() {
        let mut record = AccountRecord::new("shop", "");
        record.quota = Quota { day: Some(10), month: Some(25) };
        let mut meter = Meter::default();
        // 20 000 days after the beginning it is 2024-10-04.
        let day = |days: u64| Timestamp((20_000 + days) * DAY_MILLIS);
        assert_eq!((taken(&mut meter, &record, NOON), meter.take(&record, NOON)), (10, Err(Denial::Day)));
        assert_eq!(meter.take(&record, Timestamp(day(1).0 - 1)), Err(Denial::Day));
        assert_eq!(taken(&mut meter, &record, day(1)), 10);
        assert_eq!(taken(&mut meter, &record, day(0)), 0, "a clock that goes back gives nothing away");
        assert_eq!((taken(&mut meter, &record, day(2)), meter.take(&record, day(2))), (5, Err(Denial::Month)));
        assert_eq!(taken(&mut meter, &record, day(27)), 0, "the last of October");
        assert_eq!(taken(&mut meter, &record, day(28)), 10, "the first of November");
    }

    #[test]
    fn a_message_that_is_refused_is_not_counted() {
        let mut record = AccountRecord::new("shop", "");
        record.quota.day = Some(2);
        record.rate = Some(Rate::per_second(1));
        let mut meter = Meter::default();
        assert_eq!(taken(&mut meter, &record, NOON), 1);
        let usage = meter.usage(&Account::from("shop"));
        assert_eq!((usage.day_messages, usage.month_messages), (1, 1));
        let mut again = Meter::restored(&usage);
        assert_eq!(taken(&mut again, &record, Timestamp(NOON.0 + 1000)), 1);
        assert_eq!(again.take(&record, Timestamp(NOON.0 + 5000)), Err(Denial::Day));
    }

    #[test]
    fn months_are_those_of_the_calendar() {
        for (day, year, month) in
            [(0, 1970, 1), (30, 1970, 1), (31, 1970, 2), (364, 1970, 12), (365, 1971, 1), (11_016, 2000, 2), (11_017, 2000, 3)]
        {
            assert_eq!(month_of(day), (year - 1970) * 12 + month - 1, "{day}");
        }
    }
}

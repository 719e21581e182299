//! To and from chrono types, for programs that already keep time in them.
//!
//! A point in time converts exactly. A span converts only to what is as exact: seconds to seconds,
//! months to months; [`When::at`] is for both at once.

use chrono::{DateTime, Datelike, FixedOffset, Months, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};

use super::{Absolute, Civil, CivilField, ReceiptDate, Relative, TimeFault, When};

/// Fails if chrono has no such year.
impl TryFrom<Civil> for NaiveDateTime {
    type Error = CivilField;

    fn try_from(civil: Civil) -> Result<Self, CivilField> {
        let (month, day) = civil.month_day();
        let (hour, minute, second) = civil.time_of_day();
        NaiveDate::from_ymd_opt(civil.year(), month.into(), day.into())
            .and_then(|date| date.and_hms_opt(hour.into(), minute.into(), second.into()))
            .ok_or(CivilField::Year)
    }
}

/// Fails before the year 0 and after 9999; drops fractions of a second.
impl TryFrom<NaiveDateTime> for Civil {
    type Error = CivilField;

    fn try_from(time: NaiveDateTime) -> Result<Self, CivilField> {
        let year = u16::try_from(time.year()).map_err(|_| CivilField::Year)?;
        // chrono keeps each of these far below 256.
        let [month, day, hour, minute, second] =
            [time.month(), time.day(), time.hour(), time.minute(), time.second()].map(|n| n as u8);
        Self::new((year, month, day), (hour, minute, second))
    }
}

impl From<Absolute> for DateTime<Utc> {
    fn from(time: Absolute) -> Self {
        // Within 1938 to 2037, so the sum exists.
        Self::UNIX_EPOCH + TimeDelta::milliseconds(time.unix_millis())
    }
}

/// Keeps the local time and its distance from UTC.
///
/// ```
/// use chrono::{DateTime, FixedOffset};
/// use sms_codec::time::{Absolute, When};
///
/// let Some(When::Absolute(time)) = When::parse(b"260630120000022+")? else { unreachable!() };
/// let chrono: DateTime<FixedOffset> = time.into();
/// assert_eq!(chrono.to_rfc3339(), "2026-06-30T12:00:00+05:30");
/// assert_eq!(Absolute::try_from(chrono), Ok(time));
/// # Ok::<(), sms_codec::time::TimeError>(())
/// ```
impl From<Absolute> for DateTime<FixedOffset> {
    fn from(time: Absolute) -> Self {
        let utc = DateTime::<Utc>::from(time);
        // At most twelve hours, so chrono has it.
        let offset = FixedOffset::east_opt(i32::from(time.offset_quarters()) * QUARTER);
        offset.map_or_else(|| utc.fixed_offset(), |offset| utc.with_timezone(&offset))
    }
}

/// Fails before 1938 and after 2037; drops what is below a tenth of a second.
impl TryFrom<DateTime<Utc>> for Absolute {
    type Error = CivilField;

    fn try_from(time: DateTime<Utc>) -> Result<Self, CivilField> {
        Self::from_unix_millis(time.timestamp_millis(), 0).ok_or(CivilField::Year)
    }
}

/// Fails before 1938 and after 2037, and if the distance from UTC is not made of quarter hours or is
/// above twelve hours: convert to UTC first, where such zones may come. Drops what is below a tenth
/// of a second.
impl TryFrom<DateTime<FixedOffset>> for Absolute {
    type Error = TimeFault;

    fn try_from(time: DateTime<FixedOffset>) -> Result<Self, TimeFault> {
        let seconds = time.offset().local_minus_utc();
        let quarters = i8::try_from(seconds / QUARTER).ok().filter(|_| seconds % QUARTER == 0);
        let tenths = time.timestamp_subsec_millis().min(LAST_MILLISECOND) / 100;
        let local = Civil::try_from(time.naive_local()).map_err(TimeFault::Range)?;
        // Below ten.
        Self::new(local, tenths as u8, quarters.ok_or(TimeFault::Offset)?)
    }
}

/// The years and months of the span.
impl From<Relative> for Months {
    fn from(span: Relative) -> Self {
        Self::new(u32::from(span.years) * 12 + u32::from(span.months))
    }
}

/// Fails with years or months in the span, whose length depends on the calendar.
///
/// ```
/// use chrono::TimeDelta;
/// use sms_codec::time::Relative;
///
/// let span = Relative::try_from(TimeDelta::hours(36)).unwrap();
/// assert_eq!(span.to_string(), "000001120000000R");
/// assert_eq!(TimeDelta::try_from(span), Ok(TimeDelta::hours(36)));
/// ```
impl TryFrom<Relative> for TimeDelta {
    type Error = CivilField;

    fn try_from(span: Relative) -> Result<Self, CivilField> {
        match span {
            Relative { years: 0, months: 0, .. } => Ok(exact(span)),
            Relative { years: 0, .. } => Err(CivilField::Month),
            _ => Err(CivilField::Year),
        }
    }
}

/// Makes days, hours, minutes and seconds; drops fractions of a second. Fails if it is negative or has
/// more than 31 days: more would need months, so take an absolute time.
impl TryFrom<TimeDelta> for Relative {
    type Error = CivilField;

    fn try_from(span: TimeDelta) -> Result<Self, CivilField> {
        let (days, seconds) = (span.num_days(), span.num_seconds());
        if span < TimeDelta::zero() || days > MOST_DAYS {
            return Err(CivilField::Day);
        }
        // Each is the rest of a division, or checked above.
        let [days, hours, minutes, seconds] =
            [days, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(|number| number as u8);
        Ok(Self { days, hours, minutes, seconds, ..Self::default() })
    }
}

/// Makes years and months; fails with more than 99 years and 12 months.
impl TryFrom<Months> for Relative {
    type Error = CivilField;

    fn try_from(span: Months) -> Result<Self, CivilField> {
        let years = (span.as_u32() / 12).min(MOST_YEARS);
        match u8::try_from(span.as_u32() - years * 12) {
            // At most 99 years.
            Ok(months @ 0..=12) => Ok(Self { years: years as u8, months, ..Self::default() }),
            _ => Err(CivilField::Year),
        }
    }
}

impl When {
    /// The point in time, given the present, whose zone it gets; none if chrono has none.
    ///
    /// Months are added first, in the calendar of that zone, and end earlier in a shorter month; then
    /// the rest, as time that really passes.
    ///
    /// ```
    /// use chrono::{TimeZone, Utc};
    /// use sms_codec::time::{Relative, When};
    ///
    /// let when = When::Relative(Relative { months: 1, days: 1, ..Relative::default() });
    /// let now = Utc.with_ymd_and_hms(2027, 1, 31, 8, 0, 0).unwrap();
    /// assert_eq!(when.at(now), Utc.with_ymd_and_hms(2027, 3, 1, 8, 0, 0).single());
    /// ```
    pub fn at<Z: TimeZone>(self, now: DateTime<Z>) -> Option<DateTime<Z>> {
        match self {
            Self::Absolute(time) => Some(DateTime::<Utc>::from(time).with_timezone(&now.timezone())),
            Self::Relative(span) => now.checked_add_months(span.into())?.checked_add_signed(exact(span)),
        }
    }
}

/// The part of a span that has the same length everywhere.
fn exact(span: Relative) -> TimeDelta {
    let hours = i64::from(span.days) * 24 + i64::from(span.hours);
    // At most 99 of each, so the sum exists.
    TimeDelta::seconds((hours * 60 + i64::from(span.minutes)) * 60 + i64::from(span.seconds))
}

impl From<DateTime<Utc>> for ReceiptDate {
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_unix_millis(time.timestamp_millis(), 0)
    }
}

/// Keeps the local time; of its distance from UTC only whole minutes.
impl From<DateTime<FixedOffset>> for ReceiptDate {
    fn from(time: DateTime<FixedOffset>) -> Self {
        // chrono stays within a day.
        let minutes = time.offset().local_minus_utc() / 60;
        Self::from_unix_millis(time.timestamp_millis(), minutes as i16)
    }
}

/// Seconds of a quarter of an hour.
const QUARTER: i32 = 900;
/// What a relative time has room for.
const MOST_DAYS: i64 = 31;
const MOST_YEARS: u32 = 99;
/// chrono counts on in a leap second.
const LAST_MILLISECOND: u32 = 999;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn zoned(text: &str) -> DateTime<FixedOffset> {
        DateTime::parse_from_rfc3339(text).unwrap()
    }

    #[test]
    fn times_survive_chrono() {
        let time = Absolute::from_unix_millis(1_782_820_809_900, 0).unwrap();
        let chrono: DateTime<Utc> = time.into();
        assert_eq!(chrono.timestamp_millis(), 1_782_820_809_900);
        assert_eq!(Absolute::try_from(chrono), Ok(time));
        assert_eq!(ReceiptDate::from(chrono).to_string(), "2026-06-30T12:00:09.9+00:00");
        let naive = NaiveDateTime::try_from(time.local()).unwrap();
        assert_eq!((naive.to_string().as_str(), Civil::try_from(naive)), ("2026-06-30 12:00:09", Ok(time.local())));
    }

    #[test]
    fn years_that_do_not_fit_are_refused() {
        assert_eq!(Absolute::try_from(DateTime::<Utc>::MAX_UTC), Err(CivilField::Year));
        assert_eq!(Civil::try_from(NaiveDateTime::MIN), Err(CivilField::Year));
        assert!(NaiveDateTime::try_from(Civil::from_unix_millis(i64::MAX).0).is_err());
        assert_eq!(Absolute::try_from(zoned("2038-01-01T00:00:00+00:00")), Err(TimeFault::Range(CivilField::Year)));
    }

    #[test]
    fn every_quarter_of_an_hour_is_kept() {
        for quarters in -48..=48 {
            let time = Absolute::from_unix_millis(1_782_820_809_900, quarters).unwrap();
            let chrono: DateTime<FixedOffset> = time.into();
            assert_eq!(chrono.timestamp_millis(), 1_782_820_809_900);
            assert_eq!(chrono.offset().local_minus_utc(), i32::from(quarters) * 900);
            assert_eq!(Absolute::try_from(chrono), Ok(time));
        }
        for zone in ["+05:53", "+12:15", "-12:15", "+14:00", "+23:59"] {
            let time = zoned("2026-06-30T12:00:09+00:00").with_timezone(zoned(&["2026-06-30T12:00:09", zone].concat()).offset());
            assert_eq!(Absolute::try_from(time), Err(TimeFault::Offset), "{zone}");
            assert!(Absolute::try_from(time.to_utc()).is_ok());
        }
    }

    #[test]
    fn a_leap_second_stays_within_its_second() {
        let leap = NaiveDate::from_ymd_opt(2016, 12, 31).unwrap().and_hms_milli_opt(23, 59, 59, 1_500).unwrap();
        let time = Absolute::try_from(leap.and_utc().fixed_offset()).unwrap();
        assert_eq!(time.to_string(), "161231235959900+");
    }

    #[test]
    fn receipt_dates_keep_their_zone() {
        assert_eq!(ReceiptDate::from(zoned("2026-06-30T12:00:09.5-03:30")).to_string(), "2026-06-30T12:00:09.5-03:30");
    }

    #[test]
    fn spans_convert_as_exactly_as_they_are() {
        let spans = [(0, "000000000000000R"), (59, "000000000059000R"), (31 * 86_400 + 86_399, "000031235959000R")];
        for (seconds, text) in spans {
            let span = Relative::try_from(TimeDelta::seconds(seconds)).unwrap();
            assert_eq!((span.to_string().as_str(), TimeDelta::try_from(span)), (text, Ok(TimeDelta::seconds(seconds))));
        }
        for span in [TimeDelta::days(32), TimeDelta::seconds(-1), TimeDelta::milliseconds(-1), TimeDelta::MAX, TimeDelta::MIN] {
            assert_eq!(Relative::try_from(span), Err(CivilField::Day));
        }
        for months in [0, 1, 12, 99 * 12 + 12] {
            let span = Relative::try_from(Months::new(months)).unwrap();
            assert_eq!(Months::from(span), Months::new(months));
        }
        assert_eq!(Relative::try_from(Months::new(1201)), Err(CivilField::Year));
        assert_eq!(Relative::try_from(Months::new(u32::MAX)), Err(CivilField::Year));
        let months = Relative { months: 1, ..Relative::default() };
        assert_eq!(TimeDelta::try_from(months), Err(CivilField::Month));
        assert_eq!(TimeDelta::try_from(Relative { years: 1, ..months }), Err(CivilField::Year));
    }

    #[test]
    fn the_ends_of_time_are_none() {
        let span = When::Relative(Relative { years: 99, days: 99, ..Relative::default() });
        assert_eq!(span.at(DateTime::<Utc>::MAX_UTC), None);
        assert!(span.at(DateTime::<Utc>::MIN_UTC).is_some());
    }
}

//! SMPP times (`schedule_delivery_time`, `validity_period`, `final_date`) and receipt dates.
//!
//! There is no clock here: a relative time is resolved against the time the caller passes in.
//! Whether a time in the past or an empty validity is acceptable is the MC's business, not ours.

mod civil;
#[cfg(feature = "chrono")]
mod convert;
mod date;
mod parse;

use core::fmt;

pub use civil::{Civil, CivilField, full_year};
pub use date::ReceiptDate;
use parse::Fields;

/// A time as SMPP writes it, `YYMMDDhhmmsstnnp`.
///
/// ```
/// use sms_codec::time::When;
///
/// let now = 1_782_820_800_000; // 2026-06-30T12:00:00Z
/// let Some(when) = When::parse(b"000000010000000R")? else { unreachable!() };
/// assert_eq!(when.resolve(now), now + 3_600_000);
/// assert_eq!(when.to_string(), "000000010000000R");
/// assert_eq!(When::parse(b"")?, None);
/// assert_eq!(
///     When::parse(b"261330120000000+").unwrap_err().to_string(),
///     "time: month out of range at character 2",
/// );
/// # Ok::<(), sms_codec::time::TimeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum When {
    /// A point in time.
    Absolute(Absolute),
    /// A span from the present time of the MC.
    Relative(Relative),
}

impl When {
    /// Reads a time without its NUL; an empty one means that none is given.
    pub fn parse(octets: &[u8]) -> Result<Option<Self>, TimeError> {
        if octets.is_empty() {
            return Ok(None);
        }
        let fields = Fields::read(octets)?;
        let when = match fields.sign {
            b'R' => fields.relative().map(Self::Relative),
            _ => fields.absolute().map(Self::Absolute),
        };
        when.map(Some)
    }

    /// Reads a time like `parse`, but takes a relative time with larger numbers and any `tnn`.
    pub fn parse_lenient(octets: &[u8]) -> Result<Option<Self>, TimeError> {
        match Self::parse(octets) {
            Err(TimeError { fault: TimeFault::Range(_) | TimeFault::RelativeTail, .. }) if octets.last() == Some(&b'R') => {
                Ok(Some(Self::Relative(Fields::read(octets)?.span())))
            }
            strict => strict,
        }
    }

    /// The point in time in Unix milliseconds, given the present in Unix milliseconds.
    pub const fn resolve(self, now: i64) -> i64 {
        match self {
            Self::Absolute(absolute) => absolute.unix_millis(),
            Self::Relative(relative) => relative.after(now),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute(absolute) => absolute.fmt(f),
            Self::Relative(relative) => relative.fmt(f),
        }
    }
}

/// A local time with its distance from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Absolute {
    local: Civil,
    tenths: u8,
    offset_quarters: i8,
}

impl Absolute {
    /// Takes a local time, tenths of a second, and quarter hours ahead of UTC (-48 to 48).
    pub const fn new(local: Civil, tenths: u8, offset_quarters: i8) -> Result<Self, TimeFault> {
        if local.year() < FIRST_YEAR || local.year() > LAST_YEAR {
            return Err(TimeFault::Range(CivilField::Year));
        }
        if tenths > 9 {
            return Err(TimeFault::NotDigit);
        }
        if offset_quarters.unsigned_abs() > MOST_QUARTERS {
            return Err(TimeFault::Offset);
        }
        Ok(Self { local, tenths, offset_quarters })
    }

    /// Takes Unix milliseconds; none before 1938 or after 2037, which two digits cannot say.
    ///
    /// ```
    /// use sms_codec::time::Absolute;
    ///
    /// let time = Absolute::from_unix_millis(1_782_820_800_500, 4);
    /// assert_eq!(time.map(|time| time.to_string()), Some("260630130000504+".to_string()));
    /// ```
    pub const fn from_unix_millis(millis: i64, offset_quarters: i8) -> Option<Self> {
        let shifted = millis.saturating_add(offset_quarters as i64 * QUARTER);
        let (local, millis) = Civil::from_unix_millis(shifted);
        match Self::new(local, (millis / 100) as u8, offset_quarters) {
            Ok(absolute) => Some(absolute),
            Err(_) => None,
        }
    }

    /// Unix milliseconds.
    pub const fn unix_millis(self) -> i64 {
        let local = self.local.unix_millis() + self.tenths as i64 * 100;
        local - self.offset_quarters as i64 * QUARTER
    }

    /// The local date and time.
    pub const fn local(self) -> Civil {
        self.local
    }

    /// Tenths of a second.
    pub const fn tenths(self) -> u8 {
        self.tenths
    }

    /// Quarter hours that local time is ahead of UTC.
    pub const fn offset_quarters(self) -> i8 {
        self.offset_quarters
    }
}

impl fmt::Display for Absolute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.offset_quarters < 0 { '-' } else { '+' };
        let quarters = self.offset_quarters.unsigned_abs();
        write!(f, "{}{}{quarters:02}{sign}", self.local.seconds(), self.tenths)
    }
}

/// A span of time; months and years are those of the calendar. Every number is at most 99.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Relative {
    /// Years.
    pub years: u8,
    /// Months.
    pub months: u8,
    /// Days.
    pub days: u8,
    /// Hours.
    pub hours: u8,
    /// Minutes.
    pub minutes: u8,
    /// Seconds.
    pub seconds: u8,
}

impl Relative {
    /// The point in time that follows another, both in Unix milliseconds: first the calendar
    /// units, then the rest.
    pub const fn after(self, millis: i64) -> i64 {
        let (civil, rest) = Civil::from_unix_millis(millis);
        let civil = civil.plus_months(self.years as u32 * 12 + self.months as u32);
        let minutes = (self.days as i64 * 24 + self.hours as i64) * 60 + self.minutes as i64;
        let span = (minutes * 60 + self.seconds as i64) * 1000;
        civil.unix_millis().saturating_add(span + rest as i64)
    }

    /// Whether nothing is added.
    pub const fn is_zero(self) -> bool {
        matches!(self, Self { years: 0, months: 0, days: 0, hours: 0, minutes: 0, seconds: 0 })
    }
}

impl fmt::Display for Relative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { years, months, days, hours, minutes, seconds } = self;
        write!(f, "{years:02}{months:02}{days:02}{hours:02}{minutes:02}{seconds:02}000R")
    }
}

/// A time that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeError {
    /// The character that is wrong, from 0.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: TimeFault,
}

/// What is wrong with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimeFault {
    /// The text has neither 0 nor 16 characters.
    Length,
    /// A digit is missing.
    NotDigit,
    /// A field is out of range.
    Range(CivilField),
    /// The distance from UTC is above 48 quarter hours.
    Offset,
    /// The last character is none of `+`, `-` and `R`.
    Sign,
    /// A relative time has tenths or a distance from UTC.
    RelativeTail,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fault = match self.fault {
            TimeFault::Length => "not 16 characters",
            TimeFault::NotDigit => "no digit",
            TimeFault::Range(CivilField::Year) => "year out of range",
            TimeFault::Range(CivilField::Month) => "month out of range",
            TimeFault::Range(CivilField::Day) => "day out of range",
            TimeFault::Range(CivilField::Hour) => "hour out of range",
            TimeFault::Range(CivilField::Minute) => "minute out of range",
            TimeFault::Range(CivilField::Second) => "second out of range",
            TimeFault::Offset => "more than 48 quarter hours",
            TimeFault::Sign => "none of '+', '-' and 'R'",
            TimeFault::RelativeTail => "relative time without 000",
        };
        write!(f, "time: {fault} at character {}", self.offset)
    }
}

impl core::error::Error for TimeError {}

/// Twelve hours.
const MOST_QUARTERS: u8 = 48;
/// Milliseconds of a quarter of an hour.
const QUARTER: i64 = 900_000;
/// What two digits can say.
const FIRST_YEAR: i32 = 1938;
const LAST_YEAR: i32 = 2037;

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> (usize, TimeFault) {
        let error = When::parse(text.as_bytes()).unwrap_err();
        (error.offset, error.fault)
    }

    #[test]
    fn errors_name_the_character() {
        assert_eq!(error("26063012000000 +"), (14, TimeFault::NotDigit));
        assert_eq!(error("+260630120000000"), (0, TimeFault::NotDigit));
        assert_eq!(error("260630120000000r"), (15, TimeFault::Sign));
        assert_eq!(error("260630120000049+"), (13, TimeFault::Offset));
        assert_eq!(error("260631120000000+"), (4, TimeFault::Range(CivilField::Day)));
        assert_eq!(error("000000250000000R"), (6, TimeFault::Range(CivilField::Hour)));
        assert_eq!(error("000001000000904R"), (12, TimeFault::RelativeTail));
        assert_eq!(error("2606301200"), (10, TimeFault::Length));
    }

    #[test]
    fn lenient_reading_adds_larger_numbers() {
        let when = When::parse_lenient(b"000000250000000R").unwrap().unwrap();
        assert_eq!(when.resolve(0), 25 * 3_600_000);
        assert!(When::parse_lenient(b"000001000000904R").is_ok());
        assert!(When::parse_lenient(b"260631120000000+").is_err());
        assert!(When::parse_lenient(b"0000002500000 0R").is_err());
        assert_eq!(When::parse_lenient(b""), Ok(None));
    }

    #[test]
    fn relative_months_clamp_before_days_are_added() {
        let january = Civil::new((2027, 1, 31), (0, 0, 0)).unwrap().unix_millis();
        let span = Relative { months: 1, days: 1, ..Relative::default() };
        let march = Civil::new((2027, 3, 1), (0, 0, 0)).unwrap().unix_millis();
        assert_eq!(span.after(january + 7), march + 7);
        assert!(Relative::default().is_zero() && !span.is_zero());
    }

    #[test]
    fn only_years_that_two_digits_can_say_are_absolute() {
        let year = |year| Civil::new((year, 1, 1), (0, 0, 0)).unwrap().unix_millis();
        assert!(Absolute::from_unix_millis(year(1938), 0).is_some());
        assert!(Absolute::from_unix_millis(year(1938) - 1, 0).is_none());
        assert!(Absolute::from_unix_millis(year(2038) - 1, 0).is_some());
        assert!(Absolute::from_unix_millis(year(2038), 0).is_none());
        assert!(Absolute::from_unix_millis(0, 49).is_none());
    }
}

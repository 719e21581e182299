//! Calendar arithmetic: just enough for SMS, in the proleptic Gregorian calendar.

use core::fmt;

/// A date and time of day without a time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Civil {
    year: i32,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
}

impl Civil {
    /// Checks and takes a date (year, month, day) and a time of day (hour, minute, second).
    ///
    /// ```
    /// use sms_codec::time::{Civil, CivilField};
    ///
    /// assert!(Civil::new((2028, 2, 29), (23, 59, 59)).is_ok());
    /// assert_eq!(Civil::new((2026, 2, 29), (0, 0, 0)), Err(CivilField::Day));
    /// ```
    pub const fn new(date: (u16, u8, u8), time: (u8, u8, u8)) -> Result<Self, CivilField> {
        let ((year, month, day), (hour, minute, second)) = (date, time);
        let year = year as i32;
        if year > LAST_YEAR {
            return Err(CivilField::Year);
        }
        if month < 1 || month > 12 {
            return Err(CivilField::Month);
        }
        if day < 1 || day > days_in_month(year, month) {
            return Err(CivilField::Day);
        }
        if hour > 23 {
            return Err(CivilField::Hour);
        }
        if minute > 59 {
            return Err(CivilField::Minute);
        }
        if second > 59 {
            return Err(CivilField::Second);
        }
        Ok(Self { year, month, day, hour, minute, second })
    }

    /// The UTC date and time of Unix milliseconds, and the milliseconds left over.
    pub const fn from_unix_millis(millis: i64) -> (Self, u16) {
        let seconds = millis.div_euclid(1000);
        let (year, month, day) = date_of(seconds.div_euclid(DAY));
        let second_of_day = seconds.rem_euclid(DAY);
        let civil = Self {
            year,
            month,
            day,
            hour: (second_of_day / 3600) as u8,
            minute: (second_of_day / 60 % 60) as u8,
            second: (second_of_day % 60) as u8,
        };
        (civil, millis.rem_euclid(1000) as u16)
    }

    /// Unix milliseconds, taking the date and time as UTC.
    pub const fn unix_millis(self) -> i64 {
        let minutes = self.hour as i64 * 60 + self.minute as i64;
        let seconds =
            days_of(self.year, self.month, self.day).saturating_mul(DAY).saturating_add(minutes * 60 + self.second as i64);
        seconds.saturating_mul(1000)
    }

    /// The same time of day some months later, on the last day of the month if it is shorter.
    pub const fn plus_months(self, months: u32) -> Self {
        let months = self.month as i64 - 1 + months as i64;
        let year = self.year.saturating_add((months / 12) as i32);
        let month = (months % 12) as u8 + 1;
        let last = days_in_month(year, month);
        let day = if self.day > last { last } else { self.day };
        Self { year, month, day, ..self }
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.year
    }

    /// The date: month and day.
    pub const fn month_day(self) -> (u8, u8) {
        (self.month, self.day)
    }

    /// The time of day: hour, minute and second.
    pub const fn time_of_day(self) -> (u8, u8, u8) {
        (self.hour, self.minute, self.second)
    }

    /// Shows `YYMMDDhhmm`, the form of dates in receipts.
    pub fn minutes(self) -> impl fmt::Display {
        Digits { civil: self, seconds: false }
    }

    /// Shows `YYMMDDhhmmss`.
    pub fn seconds(self) -> impl fmt::Display {
        Digits { civil: self, seconds: true }
    }
}

/// Shows `YYYY-MM-DDThh:mm:ss`.
impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// Which part of a date and time is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CivilField {
    /// The year is above 9999.
    Year,
    /// The month is not 1 to 12.
    Month,
    /// The month has no such day.
    Day,
    /// The hour is above 23.
    Hour,
    /// The minute is above 59.
    Minute,
    /// The second is above 59.
    Second,
}

struct Digits {
    civil: Civil,
    seconds: bool,
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day, hour, minute, second } = self.civil;
        write!(f, "{:02}{month:02}{day:02}{hour:02}{minute:02}", year.rem_euclid(100))?;
        if self.seconds { write!(f, "{second:02}") } else { Ok(()) }
    }
}

/// Resolves a two-digit year: 38 to 99 are 19xx, 00 to 37 are 20xx.
pub const fn full_year(two_digits: u8) -> u16 {
    if two_digits < 38 { 2000 + two_digits as u16 } else { 1900 + two_digits as u16 }
}

const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01. Years start in March here, so that the leap day is the last one.
const fn days_of(year: i32, month: u8, day: u8) -> i64 {
    let year = year as i64 - (month <= 2) as i64;
    let month_from_march = (month as i64 + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day as i64 - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - EPOCH
}

/// The reverse of `days_of`.
const fn date_of(days: i64) -> (i32, u8, u8) {
    let days = days + EPOCH;
    let era = days.div_euclid(DAYS_OF_400_YEARS);
    let day_of_era = days.rem_euclid(DAYS_OF_400_YEARS);
    let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leap_days) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + (month <= 2) as i64;
    (year as i32, month as u8, day as u8)
}

/// Seconds of a day.
const DAY: i64 = 86_400;
const DAYS_OF_400_YEARS: i64 = 146_097;
/// Days from 0000-03-01 to 1970-01-01.
const EPOCH: i64 = 719_468;
/// Four digits are all any format here can write.
const LAST_YEAR: i32 = 9999;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn known_days_have_their_unix_time() {
        for (civil, seconds) in [
            (((1970, 1, 1), (0, 0, 0)), 0),
            (((2026, 6, 30), (12, 0, 9)), 1_782_820_809),
            (((2000, 2, 29), (0, 0, 0)), 951_782_400),
            (((1938, 1, 1), (0, 0, 0)), -1_009_843_200),
            (((2038, 1, 19), (3, 14, 7)), 2_147_483_647),
        ] {
            let civil = Civil::new(civil.0, civil.1).unwrap();
            assert_eq!(civil.unix_millis(), seconds * 1000, "{civil}");
            assert_eq!(Civil::from_unix_millis(seconds * 1000 + 5), (civil, 5));
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut expected = (0, 1, 1);
        for days in days_of(0, 1, 1)..days_of(2401, 1, 1) {
            assert_eq!(date_of(days), expected);
            let (year, month, day) = expected;
            assert_eq!(days_of(year, month, day), days);
            expected = match (month, day == days_in_month(year, month)) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
        assert_eq!(expected, (2401, 1, 1));
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        for millis in [i64::MIN, i64::MAX] {
            let (civil, _) = Civil::from_unix_millis(millis);
            assert!(civil.unix_millis().abs_diff(millis) < 1000);
            civil.plus_months(u32::MAX).unix_millis();
        }
    }

    #[test]
    fn months_keep_the_day_or_end_earlier() {
        let january = Civil::new((2027, 1, 31), (8, 0, 0)).unwrap();
        assert_eq!(january.plus_months(1).to_string(), "2027-02-28T08:00:00");
        assert_eq!(january.plus_months(13).to_string(), "2028-02-29T08:00:00");
        assert_eq!(january.plus_months(12).to_string(), "2028-01-31T08:00:00");
        assert_eq!(january.plus_months(11).to_string(), "2027-12-31T08:00:00");
    }
}

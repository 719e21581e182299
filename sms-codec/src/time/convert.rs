//! To and from chrono types, for programs that already keep time in them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc};

use super::{Absolute, Civil, CivilField, ReceiptDate};

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

/// Fails before 1938 and after 2037; drops what is below a tenth of a second.
impl TryFrom<DateTime<Utc>> for Absolute {
    type Error = CivilField;

    fn try_from(time: DateTime<Utc>) -> Result<Self, CivilField> {
        Self::from_unix_millis(time.timestamp_millis(), 0).ok_or(CivilField::Year)
    }
}

impl From<DateTime<Utc>> for ReceiptDate {
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_unix_millis(time.timestamp_millis(), 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

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
    }
}

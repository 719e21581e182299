//! Reading the sixteen characters of an SMPP time.

use nom::{IResult, Parser, bytes::complete::take, combinator::map_opt};

use super::{Absolute, Civil, CivilField, Relative, TimeError, TimeFault, full_year};

/// The sixteen characters as numbers, ranges unchecked.
pub(super) struct Fields {
    date: (u8, u8, u8),
    time: (u8, u8, u8),
    tenths: u8,
    quarters: u8,
    pub(super) sign: u8,
}

impl Fields {
    pub(super) fn read(octets: &[u8]) -> Result<Self, TimeError> {
        if octets.len() != LENGTH {
            return Err(TimeError { offset: octets.len().min(LENGTH), fault: TimeFault::Length });
        }
        let triple = || (pair, pair, pair);
        let digits = (triple(), triple(), digit, pair).parse(octets);
        let (rest, (date, time, tenths, quarters)) = digits.map_err(|error| {
            let unread = match error {
                nom::Err::Error(error) | nom::Err::Failure(error) => error.input,
                nom::Err::Incomplete(_) => &[],
            };
            let good = unread.iter().take_while(|octet| octet.is_ascii_digit()).count();
            TimeError { offset: LENGTH - unread.len() + good, fault: TimeFault::NotDigit }
        })?;
        match rest {
            &[sign @ (b'+' | b'-' | b'R')] => Ok(Self { date, time, tenths, quarters, sign }),
            _ => Err(TimeError { offset: LENGTH - 1, fault: TimeFault::Sign }),
        }
    }

    pub(super) fn absolute(&self) -> Result<Absolute, TimeError> {
        let (year, month, day) = self.date;
        let local = Civil::new((full_year(year), month, day), self.time).map_err(out_of_range)?;
        let quarters = i8::try_from(self.quarters).unwrap_or(i8::MAX);
        let offset_quarters = if self.sign == b'-' { -quarters } else { quarters };
        Absolute::new(local, self.tenths, offset_quarters).map_err(|fault| TimeError { offset: OFFSET_AT, fault })
    }

    pub(super) fn relative(&self) -> Result<Relative, TimeError> {
        let ((_, months, days), (hours, minutes, seconds)) = (self.date, self.time);
        let limits = [
            (months, 12, CivilField::Month),
            (days, 31, CivilField::Day),
            (hours, 23, CivilField::Hour),
            (minutes, 59, CivilField::Minute),
            (seconds, 59, CivilField::Second),
        ];
        if let Some(&(_, _, field)) = limits.iter().find(|(value, most, _)| value > most) {
            return Err(out_of_range(field));
        }
        if (self.tenths, self.quarters) != (0, 0) {
            return Err(TimeError { offset: OFFSET_AT - 1, fault: TimeFault::RelativeTail });
        }
        Ok(self.span())
    }

    pub(super) fn span(&self) -> Relative {
        let ((years, months, days), (hours, minutes, seconds)) = (self.date, self.time);
        Relative { years, months, days, hours, minutes, seconds }
    }
}

fn out_of_range(field: CivilField) -> TimeError {
    let offset = match field {
        CivilField::Year => 0,
        CivilField::Month => 2,
        CivilField::Day => 4,
        CivilField::Hour => 6,
        CivilField::Minute => 8,
        CivilField::Second => 10,
    };
    TimeError { offset, fault: TimeFault::Range(field) }
}

/// Two digits.
pub(super) fn pair(input: &[u8]) -> IResult<&[u8], u8> {
    (digit, digit).map(|(tens, ones)| tens * 10 + ones).parse(input)
}

fn digit(input: &[u8]) -> IResult<&[u8], u8> {
    let value = |octets: &[u8]| match octets {
        [octet @ b'0'..=b'9'] => Some(octet - b'0'),
        _ => None,
    };
    map_opt(take(1usize), value).parse(input)
}

/// Characters of a time that is given.
const LENGTH: usize = 16;
/// Where the distance from UTC starts.
const OFFSET_AT: usize = 13;

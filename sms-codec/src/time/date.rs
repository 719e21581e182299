//! Dates in receipts: every form seen in the wild, one form written.

use core::fmt;

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::take_while_m_n,
    character::complete::{char, one_of},
    combinator::{all_consuming, opt, value, verify},
    sequence::preceded,
};

use super::parse::pair;
use super::{Absolute, Civil, When, full_year};

/// A date of a receipt.
///
/// ```
/// use sms_codec::time::ReceiptDate;
///
/// let short = ReceiptDate::parse("2606301200").unwrap();
/// assert_eq!(short.to_string(), "2026-06-30T12:00:00");
/// assert_eq!(short.unix_millis(60), 1_782_817_200_000); // if the MC is one hour ahead of UTC
/// let unix = ReceiptDate::parse("1782820809").unwrap();
/// assert_eq!(unix.to_string(), "2026-06-30T12:00:09+00:00");
/// assert_eq!(ReceiptDate::parse("0000000000"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReceiptDate {
    /// The local date and time.
    pub local: Civil,
    /// Milliseconds beyond the second.
    pub millis: u16,
    /// Minutes that local time is ahead of UTC; none if only the MC knows.
    pub offset_minutes: Option<i16>,
}

impl ReceiptDate {
    /// Reads a date; none if it is all zeros or no date at all.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.bytes().all(|octet| octet == b'0') {
            return None;
        }
        if !text.bytes().all(|octet| octet.is_ascii_digit()) {
            return smpp(text).or_else(|| iso(text));
        }
        match text.len() {
            10 => two_digit_year(text).or_else(|| unix_seconds(text)),
            // From 2013 on a date cannot be read both ways: the month would be above 12.
            12 => two_digit_year(text).or_else(|| four_digit_year(text)),
            13 => text.parse().ok().map(|millis| Self::from_unix_millis(millis, 0)),
            14 => four_digit_year(text),
            _ => None,
        }
    }

    /// Takes Unix milliseconds and the minutes that local time is ahead of UTC.
    pub const fn from_unix_millis(millis: i64, offset_minutes: i16) -> Self {
        let shifted = millis.saturating_add(offset_minutes as i64 * MINUTE);
        let (local, millis) = Civil::from_unix_millis(shifted);
        Self { local, millis, offset_minutes: Some(offset_minutes) }
    }

    /// Unix milliseconds; `zone` is the offset in minutes of an MC that does not write it.
    pub fn unix_millis(self, zone: i16) -> i64 {
        let offset = i64::from(self.offset_minutes.unwrap_or(zone)) * MINUTE;
        let local = self.local.unix_millis().saturating_add(i64::from(self.millis));
        local.saturating_sub(offset)
    }
}

impl From<Civil> for ReceiptDate {
    fn from(local: Civil) -> Self {
        Self { local, millis: 0, offset_minutes: None }
    }
}

impl From<Absolute> for ReceiptDate {
    fn from(time: Absolute) -> Self {
        Self {
            local: time.local(),
            millis: u16::from(time.tenths()) * 100,
            offset_minutes: Some(i16::from(time.offset_quarters()) * 15),
        }
    }
}

/// Shows ISO 8601, without an offset if none is known.
impl fmt::Display for ReceiptDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.local.fmt(f)?;
        match self.millis {
            0 => {}
            millis if millis % 100 == 0 => write!(f, ".{}", millis / 100)?,
            millis => write!(f, ".{millis:03}")?,
        }
        let Some(offset) = self.offset_minutes else {
            return Ok(());
        };
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs();
        write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}

/// `YYMMDDhhmm[ss]`, all digits.
fn two_digit_year(text: &str) -> Option<ReceiptDate> {
    let mut pairs = pairs(text);
    month_to_second(full_year(pairs.next()?), pairs)
}

/// `YYYYMMDDhhmm[ss]`, all digits.
fn four_digit_year(text: &str) -> Option<ReceiptDate> {
    let mut pairs = pairs(text);
    let (century, year) = (pairs.next()?, pairs.next()?);
    month_to_second(u16::from(century) * 100 + u16::from(year), pairs)
}

fn month_to_second(year: u16, mut pairs: impl Iterator<Item = u8>) -> Option<ReceiptDate> {
    let mut next = || pairs.next();
    let civil = Civil::new((year, next()?, next()?), (next()?, next()?, next().unwrap_or(0)));
    civil.ok().map(ReceiptDate::from)
}

/// Digits two by two.
fn pairs(digits: &str) -> impl Iterator<Item = u8> {
    let value = |tens: u8, ones: u8| (tens & 0xF) * 10 + (ones & 0xF);
    digits.as_bytes().chunks_exact(2).filter_map(move |pair| match *pair {
        [tens, ones] => Some(value(tens, ones)),
        _ => None,
    })
}

/// Unix seconds in the range where ten digits are unlikely to be anything else.
fn unix_seconds(text: &str) -> Option<ReceiptDate> {
    let seconds: i64 = text.parse().ok()?;
    let plausible = (1_000_000_000..=i64::from(i32::MAX)).contains(&seconds);
    plausible.then(|| ReceiptDate::from_unix_millis(seconds * 1000, 0))
}

/// SMPP absolute time.
fn smpp(text: &str) -> Option<ReceiptDate> {
    match When::parse(text.as_bytes()) {
        Ok(Some(When::Absolute(time))) => Some(time.into()),
        _ => None,
    }
}

/// `YYYY-MM-DD hh:mm[:ss[.fraction]]`, blank or `T` between, `Z` or an offset behind.
fn iso(text: &str) -> Option<ReceiptDate> {
    let date = (four, preceded(char('-'), pair), preceded(char('-'), pair));
    let clock = (pair, preceded(char(':'), pair), opt((preceded(char(':'), pair), opt(fraction))));
    let mut whole = all_consuming((date, one_of(" T"), clock, opt(offset)));
    let (_, (date, _, (hour, minute, second), offset_minutes)) = whole.parse(text.as_bytes()).ok()?;
    let (second, millis) = second.unwrap_or_default();
    let local = Civil::new(date, (hour, minute, second)).ok()?;
    Some(ReceiptDate { local, millis: millis.unwrap_or(0), offset_minutes })
}

/// A fraction of a second as milliseconds; finer digits are dropped.
fn fraction(input: &[u8]) -> IResult<&[u8], u16> {
    let digits = take_while_m_n(1, FINEST_FRACTION, |octet: u8| octet.is_ascii_digit());
    let millis = |digits: &[u8]| {
        let digits = digits.iter().copied().chain([b'0'; 2]).take(3);
        digits.fold(0, |millis, digit| millis * 10 + u16::from(digit - b'0'))
    };
    preceded(char('.'), digits.map(millis)).parse(input)
}

/// `Z`, or a sign, hours and minutes, with or without a colon.
fn offset(input: &[u8]) -> IResult<&[u8], i16> {
    let sign = alt((value(1, char('+')), value(-1, char('-'))));
    let hours = verify(pair, |&hours| hours < 24);
    let minutes = preceded(opt(char(':')), verify(pair, |&minutes| minutes < 60));
    let minutes = (hours, minutes).map(|(hours, minutes)| i16::from(hours) * 60 + i16::from(minutes));
    let signed = (sign, minutes).map(|(sign, minutes): (i16, i16)| sign * minutes);
    alt((value(0, char('Z')), signed)).parse(input)
}

fn four(input: &[u8]) -> IResult<&[u8], u16> {
    (pair, pair).map(|(century, year)| u16::from(century) * 100 + u16::from(year)).parse(input)
}

/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;
/// Nanoseconds: nobody writes finer ones.
const FINEST_FRACTION: usize = 9;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn shown(text: &str) -> Option<alloc::string::String> {
        ReceiptDate::parse(text).map(|date| date.to_string())
    }

    #[test]
    fn every_form_is_read() {
        for (text, expected) in [
            ("2606301200", "2026-06-30T12:00:00"),
            ("260630120009", "2026-06-30T12:00:09"),
            ("202606301200", "2026-06-30T12:00:00"),
            ("20260630120009", "2026-06-30T12:00:09"),
            ("1782820809", "2026-06-30T12:00:09+00:00"),
            ("1782820809123", "2026-06-30T12:00:09.123+00:00"),
            ("260630120009912+", "2026-06-30T12:00:09.9+03:00"),
            ("260630120009912-", "2026-06-30T12:00:09.9-03:00"),
            (" 2026-06-30 12:00 ", "2026-06-30T12:00:00"),
            ("2026-06-30T12:00:09-0530", "2026-06-30T12:00:09-05:30"),
            ("2026-06-30T12:00:09.5", "2026-06-30T12:00:09.5"),
            ("2026-06-30 12:00:09.012345Z", "2026-06-30T12:00:09.012+00:00"),
        ] {
            assert_eq!(shown(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn nonsense_is_no_date() {
        for text in [
            "",
            " ",
            "0",
            "000000000000",
            "none",
            "2613321299",
            "0999999999",
            "2602301200",
            "26063012001",
            "000000010000000R",
            "2026-06-30",
            "2026-06-30 12:00:09.",
            "2026-06-30 12:00.5",
            "2026-06-30T12:00:09Zx",
            "2026-06-30T12:00:09+1",
            "2026-06-30T12:00:09+24:00",
            "2026-06-30T12:00:09-0060",
            "٢٦٠٦٣٠١٢٠٠",
            "999999999999999999999999",
        ] {
            assert_eq!(shown(text), None, "{text}");
        }
    }

    #[test]
    fn the_zone_counts_only_if_none_is_written() {
        let naive = ReceiptDate::parse("7001010100").unwrap();
        assert_eq!((naive.unix_millis(0), naive.unix_millis(60)), (3_600_000, 0));
        let zoned = ReceiptDate::from_unix_millis(3_600_000, 60);
        assert_eq!((zoned.unix_millis(-300), zoned.local), (3_600_000, Civil::from_unix_millis(7_200_000).0));
    }
}

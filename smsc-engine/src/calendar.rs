//! Moments as texts: `2026-11-28 03:19:10.123`, always UTC, always the same width, so that texts sort as times do.

use sms_codec::time::Civil;

use crate::model::Timestamp;

/// The last moment with four digits of year: 9999-12-31 23:59:59.999.
pub(crate) const LAST: Timestamp = Timestamp(253_402_300_799_999);

/// Writes date and time with milliseconds; later moments than [`LAST`] are written as it.
pub(crate) fn text(moment: Timestamp) -> String {
    written(moment, b' ').into_iter().map(char::from).collect()
}

/// Writes the date alone.
pub(crate) fn date(moment: Timestamp) -> String {
    let (civil, _) = civil(moment);
    let (month, day) = civil.month_day();
    format!("{:04}-{month:02}-{day:02}", civil.year())
}

/// Reads what [`text`] or [`date`] wrote; fractions of any length, or none; a `T` between date and time, a `Z` behind.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, time) = text.split_once([' ', 'T']).unwrap_or((text, "00:00:00"));
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut date = date.split('-');
    let mut time = time.split(':');
    let civil = Civil::new((number(date.next()?)?, small(date.next()?)?, small(date.next()?)?), {
        (small(time.next()?)?, small(time.next()?)?, small(time.next()?)?)
    });
    let millis: u64 = match fraction.get(..fraction.len().min(3))? {
        "" => 0,
        digits => u64::from(number(digits)?) * 10_u64.pow(3 - u32::try_from(digits.len()).ok()?),
    };
    let whole = u64::try_from(civil.ok()?.unix_millis()).ok()?;
    (date.next().is_none() && time.next().is_none()).then_some(Timestamp(whole + millis))
}

/// A moment as ISO 8601 writes it, with milliseconds only if there are any. Every message that is shown has some.
#[cfg(feature = "json")]
pub(crate) struct Iso {
    octets: [u8; LENGTH + 1],
    used: usize,
}

#[cfg(feature = "json")]
impl Iso {
    pub(crate) fn new(moment: Timestamp) -> Iso {
        let text = written(moment, b'T');
        let used = if text.ends_with(b".000") { LENGTH - 4 } else { LENGTH };
        let mut octets = [b'Z'; LENGTH + 1];
        octets.iter_mut().zip(text).take(used).for_each(|(place, octet)| *place = octet);
        Iso { octets, used: used + 1 }
    }

    pub(crate) fn as_str(&self) -> &str {
        self.octets.get(..self.used).and_then(|octets| std::str::from_utf8(octets).ok()).unwrap_or_default()
    }
}

/// Reads what [`Iso`] wrote, and moments with the hours and minutes they are ahead of UTC: `+02:00`, `-0330`.
#[cfg(feature = "json")]
pub(crate) fn parse_iso(text: &str) -> Option<Timestamp> {
    let (_, time) = text.split_once(['T', 't', ' '])?;
    let Some(at) = time.rfind(['+', '-']) else { return parse(&text.to_ascii_uppercase()) };
    let (time, offset) = text.split_at_checked(text.len() - time.len() + at)?;
    let (ahead, offset) = (offset.starts_with('+'), offset.get(1..)?.replace(':', ""));
    let (hours, minutes) = offset.split_at_checked(2)?;
    let minutes = u64::from(number(hours)?) * 60 + if minutes.is_empty() { 0 } else { u64::from(number(minutes)?) };
    let moment = parse(time).filter(|_| minutes < 24 * 60 && !time.ends_with('Z'))?;
    let millis = minutes * 60_000;
    let shifted = if ahead { moment.0.checked_sub(millis) } else { moment.0.checked_add(millis) };
    shifted.map(Timestamp)
}

/// Date and time with milliseconds, and what stands between them.
fn written(moment: Timestamp, between: u8) -> [u8; LENGTH] {
    let (civil, millis) = civil(moment);
    let ((month, day), (hour, minute, second)) = (civil.month_day(), civil.time_of_day());
    let year = u16::try_from(civil.year()).unwrap_or_default();
    let ([y1, y2], [y3, y4]) = (two(year / 100), two(year % 100));
    let ([m1, m2], [d1, d2]) = (two(month.into()), two(day.into()));
    let ([h1, h2], [n1, n2], [s1, s2]) = (two(hour.into()), two(minute.into()), two(second.into()));
    let ([_, f1], [f2, f3]) = (two(millis / 100), two(millis % 100));
    [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, between, h1, h2, b':', n1, n2, b':', s1, s2, b'.', f1, f2, f3]
}

/// Two digits of a number below a hundred.
fn two(number: u16) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// Octets of date and time with milliseconds.
const LENGTH: usize = 23;

fn civil(moment: Timestamp) -> (Civil, u16) {
    Civil::from_unix_millis(i64::try_from(moment.min(LAST).0).unwrap_or(i64::MAX))
}

fn number(digits: &str) -> Option<u16> {
    // `parse` alone would accept a sign.
    digits.bytes().all(|octet| octet.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn small(digits: &str) -> Option<u8> {
    u8::try_from(number(digits)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_and_read_back() {
        for (moment, written) in [
            (Timestamp(0), "1970-01-01 00:00:00.000"),
            (Timestamp(1_795_835_950_123), "2026-11-28 03:19:10.123"),
            (LAST, "9999-12-31 23:59:59.999"),
        ] {
            assert_eq!(text(moment), written);
            assert_eq!(parse(written), Some(moment));
        }
        assert_eq!(text(Timestamp::MAX), text(LAST));
        assert_eq!(date(Timestamp(1_795_835_950_123)), "2026-11-28");
        assert_eq!(parse("1970-01-02"), Some(Timestamp(86_400_000)));
        assert_eq!(parse("1970-01-01T00:00:01.5Z"), Some(Timestamp(1_500)));
        assert_eq!(parse("1970-01-01 00:00:01.123456"), Some(Timestamp(1_123)));
    }

    #[cfg(feature = "json")]
    #[test]
    fn moments_of_json_are_written_and_read() {
        let moment = Timestamp(1_795_835_950_000);
        assert_eq!(
            (Iso::new(moment).as_str(), Iso::new(Timestamp(moment.0 + 7)).as_str()),
            ("2026-11-28T03:19:10Z", "2026-11-28T03:19:10.007Z")
        );
        for same in [
            "2026-11-28T03:19:10Z",
            "2026-11-28t03:19:10z",
            "2026-11-28 03:19:10",
            "2026-11-28T05:19:10+02:00",
            "2026-11-27T23:49:10-0330",
        ] {
            assert_eq!(parse_iso(same), Some(moment), "{same}");
        }
        for other in
            ["2026-11-28", "tomorrow", "2026-11-28T03:19:10Z+01:00", "2026-11-28T03:19:10+24:00", "2026-11-28T03:19:10+é1", "T+"]
        {
            assert_eq!(parse_iso(other), None, "{other}");
        }
    }

    #[test]
    fn other_texts_are_no_moments() {
        for text in ["", "1970", "1970-02-30", "1970-01-01 24:00:00", "1970-01-01 00:00:00.x", "+970-01-01", "1970-01-01-01"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}

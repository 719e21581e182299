//! Time stamps of seven swapped BCD octets: TP-SCTS, TP-DT, the absolute TP-VP.

use core::fmt;

use super::field::{Announced, Field, Reader};
use super::{Fault, Odd};
use crate::time::{Absolute, Civil, ReceiptDate};

/// A local time with its distance from UTC, kept as octets because some are no time at all.
///
/// ```
/// use sms_codec::tpdu::Timestamp;
///
/// let scts = Timestamp([0x62, 0x60, 0x03, 0x21, 0x43, 0x65, 0x0A]);
/// assert_eq!(scts.to_string(), "2026-06-30T12:34:56-05:00");
/// assert_eq!(Timestamp::from_unix_millis(scts.unix_millis().unwrap(), -20), Some(scts));
/// assert_eq!(Timestamp([0xFF; 7]).local(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Timestamp(pub [u8; 7]);

impl Timestamp {
    /// Takes a local time of 1990 to 2089 and the quarter hours it is ahead of UTC (-79 to 79).
    pub fn new(local: Civil, offset_quarters: i8) -> Option<Self> {
        let quarters = offset_quarters.unsigned_abs();
        if !(FIRST_YEAR..FIRST_YEAR + 100).contains(&local.year()) || quarters > 79 {
            return None;
        }
        let (month, day) = local.month_day();
        let (hour, minute, second) = local.time_of_day();
        let sign = if offset_quarters < 0 { BEHIND } else { 0 };
        let year = local.year().rem_euclid(100) as u8;
        let [year, month, day, hour, minute, second, zone] = [year, month, day, hour, minute, second, quarters].map(swapped);
        Some(Self([year, month, day, hour, minute, second, zone | sign]))
    }

    /// Takes Unix milliseconds and the quarter hours that local time is ahead of UTC.
    pub fn from_unix_millis(millis: i64, offset_quarters: i8) -> Option<Self> {
        let shifted = millis.saturating_add(i64::from(offset_quarters) * QUARTER);
        Self::new(Civil::from_unix_millis(shifted).0, offset_quarters)
    }

    /// The local date and time, if the octets are one.
    pub fn local(self) -> Option<Civil> {
        let [year, month, day, hour, minute, second, _] = self.0;
        let year = u16::from(number(year)?);
        let year = if year < 90 { 2000 + year } else { 1900 + year };
        let date = (year, number(month)?, number(day)?);
        Civil::new(date, (number(hour)?, number(minute)?, number(second)?)).ok()
    }

    /// Quarter hours that local time is ahead of UTC, if the octet is a number.
    pub fn offset_quarters(self) -> Option<i8> {
        let [.., zone] = self.0;
        let quarters = number(zone & !BEHIND)? as i8;
        Some(if zone & BEHIND == 0 { quarters } else { -quarters })
    }

    /// Unix milliseconds, if the octets are a time.
    pub fn unix_millis(self) -> Option<i64> {
        Some(self.local()?.unix_millis() - i64::from(self.offset_quarters()?) * QUARTER)
    }

    fn is_odd(self) -> bool {
        self.unix_millis().is_none()
    }
}

/// Shows ISO 8601, without a zone that is no number; and all octets if they are no time.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.local() {
            Some(local) => {
                let offset_minutes = self.offset_quarters().map(|quarters| i16::from(quarters) * 15);
                ReceiptDate { local, millis: 0, offset_minutes }.fmt(f)
            }
            None => self.0.iter().try_for_each(|octet| write!(f, "{octet:02X}")),
        }
    }
}

/// The SMPP form of the time, which knows only 1938 to 2037 and twelve hours from UTC.
impl TryFrom<Timestamp> for Absolute {
    type Error = ();

    fn try_from(time: Timestamp) -> Result<Self, ()> {
        let (Some(local), Some(quarters)) = (time.local(), time.offset_quarters()) else {
            return Err(());
        };
        Self::new(local, 0, quarters).map_err(drop)
    }
}

impl<'a> Field<'a> for Timestamp {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let time = Self(reader.array()?);
        reader.note(time.is_odd(), Odd::TIMESTAMP);
        Ok(time)
    }

    fn encode(&self, _: &Announced, out: &mut impl Extend<u8>) {
        out.extend(self.0);
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        let seconds = u32::from_be_bytes(entropy.array());
        let quarters = (entropy.octet() % 159) as i8;
        // From 1995 on, so that no zone leads out of the years two digits can say.
        let millis = (i64::from(seconds) % 2_900_000_000 + 788_918_400) * 1000;
        Self::from_unix_millis(millis, quarters.wrapping_sub(79)).unwrap_or_default()
    }
}

/// Two digits, the first one in the low half.
pub(super) const fn swapped(number: u8) -> u8 {
    ((number % 10) << 4) | (number / 10 % 10)
}

/// What two swapped digits say, if they are digits.
pub(super) const fn number(octet: u8) -> Option<u8> {
    let (tens, units) = (octet & 0x0F, octet >> 4);
    if tens > 9 || units > 9 {
        return None;
    }
    Some(tens * 10 + units)
}

/// The sign in the zone octet.
const BEHIND: u8 = 0x08;
/// Milliseconds of a quarter of an hour.
const QUARTER: i64 = 900_000;
/// Years 90 to 99 are of the last century.
const FIRST_YEAR: i32 = 1990;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn zones_match_the_published_table() {
        let local = Civil::new((2026, 6, 30), (12, 34, 56)).unwrap();
        for (quarters, octet) in [
            (0, 0x00),
            (4, 0x40),
            (8, 0x80),
            (22, 0x22),
            (23, 0x32),
            (52, 0x25),
            (-14, 0x49),
            (-20, 0x0A),
            (-32, 0x2B),
            (79, 0x97),
        ] {
            let time = Timestamp::new(local, quarters).unwrap();
            assert_eq!((time.0[6], time.offset_quarters()), (octet, Some(quarters)));
            assert_eq!(time.unix_millis(), Some(local.unix_millis() - i64::from(quarters) * QUARTER));
        }
        assert_eq!(Timestamp::new(local, 80), None);
    }

    #[test]
    fn broken_times_show_their_octets() {
        let zoneless = Timestamp([0x62, 0x60, 0x03, 0x21, 0x43, 0x65, 0xA0]);
        assert_eq!((zoneless.to_string().as_str(), zoneless.unix_millis()), ("2026-06-30T12:34:56", None));
        for octets in [[0; 7], [0xFF; 7], [0x62, 0x31, 0x03, 0, 0, 0, 0], [0x62, 0x20, 0x03, 0, 0, 0, 0]] {
            assert_eq!(Timestamp(octets).unix_millis(), None, "{octets:?}");
        }
        assert_eq!(Timestamp([0x62, 0x20, 0x03, 0, 0, 0, 0]).to_string(), "62200300000000");
    }

    #[test]
    fn years_from_90_on_are_of_the_last_century() {
        let year = |octet| Timestamp([octet, 0x10, 0x10, 0, 0, 0, 0]).local().map(Civil::year);
        assert_eq!([year(0x98), year(0x09), year(0x00), year(0x99)], [Some(2089), Some(1990), Some(2000), Some(1999)]);
        assert_eq!(Timestamp::new(Civil::new((1989, 12, 31), (0, 0, 0)).unwrap(), 0), None);
    }

    #[test]
    fn only_what_smpp_can_say_becomes_an_smpp_time() {
        let time = |zone| Absolute::try_from(Timestamp([0x62, 0x60, 0x03, 0x21, 0x43, 0x65, zone]));
        assert_eq!(time(0x0A).unwrap().to_string(), "260630123456020-");
        assert!(time(0x25).is_err() && time(0xF0).is_err());
    }
}

//! How long the service centre tries: TP-VPF and TP-VP in all their forms.

use super::field::{Announced, Field, Reader};
use super::timestamp::{number, swapped};
use super::{Fault, Odd, Timestamp};

/// A validity period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Validity {
    /// A span in one octet.
    Relative(RelativeValidity),
    /// A point in time.
    Absolute(Timestamp),
    /// Seven octets with a format of their own.
    Enhanced(EnhancedValidity),
}

impl Validity {
    /// When the message expires, given the present; both in Unix milliseconds. None if no time is
    /// given, or one that cannot be read.
    ///
    /// ```
    /// use sms_codec::tpdu::{RelativeValidity, Validity};
    ///
    /// let day = Validity::Relative(RelativeValidity::at_least(24 * 60));
    /// assert_eq!(day.resolve(1_782_820_800_000), Some(1_782_907_200_000));
    /// ```
    pub fn resolve(self, now: i64) -> Option<i64> {
        let seconds = match self {
            Self::Relative(relative) => relative.minutes() * 60,
            Self::Absolute(time) => return time.unix_millis(),
            Self::Enhanced(enhanced) => enhanced.format().seconds()?,
        };
        Some(now.saturating_add(i64::from(seconds) * 1000))
    }

    const fn format(self) -> u8 {
        match self {
            Self::Relative(_) => 0x10,
            Self::Enhanced(_) => 0x08,
            Self::Absolute(_) => 0x18,
        }
    }
}

/// A span from five minutes to 63 weeks in one octet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RelativeValidity(pub u8);

impl RelativeValidity {
    /// The shortest span that is at least as long, or 63 weeks.
    ///
    /// ```
    /// use sms_codec::tpdu::RelativeValidity;
    ///
    /// assert_eq!(RelativeValidity::at_least(7), RelativeValidity(1));
    /// assert_eq!(RelativeValidity(1).minutes(), 10);
    /// ```
    pub fn at_least(minutes: u32) -> Self {
        let longest = Self(u8::MAX);
        (0..u8::MAX).map(Self).find(|span| span.minutes() >= minutes).unwrap_or(longest)
    }

    /// The span in minutes.
    pub const fn minutes(self) -> u32 {
        let value = self.0 as u32;
        match self.0 {
            0..=143 => (value + 1) * 5,
            144..=167 => 12 * 60 + (value - 143) * 30,
            168..=196 => (value - 166) * DAY,
            197..=255 => (value - 192) * 7 * DAY,
        }
    }
}

/// The enhanced format: an indicator octet, its extensions if any, and a value.
///
/// ```
/// use sms_codec::tpdu::{EnhancedFormat, EnhancedValidity};
///
/// let ninety = EnhancedValidity::new(EnhancedFormat::Seconds(90), true).unwrap();
/// assert_eq!(ninety.0, [0x42, 90, 0, 0, 0, 0, 0]);
/// assert_eq!((ninety.format(), ninety.single_shot()), (EnhancedFormat::Seconds(90), true));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct EnhancedValidity(pub [u8; 7]);

impl EnhancedValidity {
    /// Takes a value, and whether the message shall be tried only once; none if it cannot be written.
    pub fn new(format: EnhancedFormat, single_shot: bool) -> Option<Self> {
        let (indicator, [first, second, third]) = match format {
            EnhancedFormat::None => (0, [0; 3]),
            EnhancedFormat::Relative(relative) => (1, [relative.0, 0, 0]),
            EnhancedFormat::Seconds(seconds @ 1..) => (2, [seconds, 0, 0]),
            EnhancedFormat::Clock { hours: hours @ ..=99, minutes: minutes @ ..=59, seconds: seconds @ ..=59 } => {
                (3, [hours, minutes, seconds].map(swapped))
            }
            _ => return None,
        };
        let single_shot = if single_shot { SINGLE_SHOT } else { 0 };
        Some(Self([indicator | single_shot, first, second, third, 0, 0, 0]))
    }

    /// Whether the message shall be tried only once.
    pub const fn single_shot(self) -> bool {
        let [indicator, ..] = self.0;
        indicator & SINGLE_SHOT != 0
    }

    /// What the value says; extensions of the indicator are passed over.
    pub fn format(self) -> EnhancedFormat {
        let [indicator, ..] = self.0;
        match (indicator & 0x07, self.value()) {
            (0, _) => EnhancedFormat::None,
            (1, &[relative, ..]) => EnhancedFormat::Relative(RelativeValidity(relative)),
            (2, &[seconds @ 1..=255, ..]) => EnhancedFormat::Seconds(seconds),
            (3, &[hours, minutes, seconds, ..]) => clock([hours, minutes, seconds]),
            _ => EnhancedFormat::Other,
        }
    }

    /// What follows the indicator and its extensions.
    fn value(&self) -> &[u8] {
        let last = self.0.iter().position(|octet| octet & EXTENSION == 0);
        last.and_then(|last| self.0.get(last + 1..)).unwrap_or_default()
    }

    /// Whether another value would mean the same.
    fn is_odd(self) -> bool {
        Self::new(self.format(), self.single_shot()) != Some(self)
    }
}

fn clock(octets: [u8; 3]) -> EnhancedFormat {
    match octets.map(number) {
        [Some(hours), Some(minutes), Some(seconds)] => EnhancedFormat::Clock { hours, minutes, seconds },
        _ => EnhancedFormat::Other,
    }
}

/// The value of an enhanced validity period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnhancedFormat {
    /// No time is given.
    None,
    /// A span as in the relative format.
    Relative(RelativeValidity),
    /// Seconds, from 1.
    Seconds(u8),
    /// A span of hours, minutes and seconds.
    Clock {
        /// Hours, up to 99.
        hours: u8,
        /// Minutes.
        minutes: u8,
        /// Seconds.
        seconds: u8,
    },
    /// Something reserved or unreadable.
    Other,
}

impl EnhancedFormat {
    /// The span in seconds, if one is given.
    pub const fn seconds(self) -> Option<u32> {
        match self {
            Self::None | Self::Other => None,
            Self::Relative(relative) => Some(relative.minutes() * 60),
            Self::Seconds(seconds) => Some(seconds as u32),
            Self::Clock { hours, minutes, seconds } => Some(hours as u32 * 3600 + minutes as u32 * 60 + seconds as u32),
        }
    }
}

impl<'a> Field<'a> for Option<Validity> {
    const FIRST_OCTET: u8 = 0x18;

    fn announce(&self, announced: &mut Announced) {
        announced.first_octet |= self.map_or(0, Validity::format);
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let validity = match reader.announced.first_octet & Self::FIRST_OCTET {
            0x00 => return Ok(None),
            0x10 => Validity::Relative(RelativeValidity(reader.octet()?)),
            0x08 => {
                let enhanced = EnhancedValidity(reader.array()?);
                reader.note(enhanced.is_odd(), Odd::VALIDITY);
                Validity::Enhanced(enhanced)
            }
            _ => Validity::Absolute(Timestamp::decode(reader)?),
        };
        Ok(Some(validity))
    }

    fn encode(&self, announced: &Announced, out: &mut impl Extend<u8>) {
        match self {
            None => {}
            Some(Validity::Relative(relative)) => out.extend([relative.0]),
            Some(Validity::Absolute(time)) => time.encode(announced, out),
            Some(Validity::Enhanced(enhanced)) => out.extend(enhanced.0),
        }
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        let choice = entropy.octet();
        let [a, b, c] = entropy.array();
        let format = match choice >> 2 & 3 {
            0 => EnhancedFormat::None,
            1 => EnhancedFormat::Relative(RelativeValidity(a)),
            2 => EnhancedFormat::Seconds(a.max(1)),
            _ => EnhancedFormat::Clock { hours: a % 100, minutes: b % 60, seconds: c % 60 },
        };
        match choice & 3 {
            0 => None,
            1 => Some(Validity::Relative(RelativeValidity(a))),
            2 => Some(Validity::Absolute(Timestamp::generate(entropy))),
            _ => EnhancedValidity::new(format, choice & 0x80 != 0).map(Validity::Enhanced),
        }
    }
}

/// Minutes of a day.
const DAY: u32 = 24 * 60;
const SINGLE_SHOT: u8 = 0x40;
const EXTENSION: u8 = 0x80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_spans_match_the_published_table() {
        let hour = 60;
        let rows = [
            (0, 5),
            (143, 12 * hour),
            (144, 12 * hour + 30),
            (167, DAY),
            (168, 2 * DAY),
            (196, 30 * DAY),
            (197, 35 * DAY),
            (255, 63 * 7 * DAY),
        ];
        for (value, minutes) in rows {
            assert_eq!(RelativeValidity(value).minutes(), minutes, "{value}");
        }
        for value in 0..=255 {
            let minutes = RelativeValidity(value).minutes();
            assert_eq!(RelativeValidity::at_least(minutes), RelativeValidity(value));
            let next = RelativeValidity(value.saturating_add(1));
            assert_eq!(RelativeValidity::at_least(minutes + 1), next);
        }
        assert_eq!(RelativeValidity::at_least(0), RelativeValidity(0));
    }

    #[test]
    fn every_enhanced_format_is_read() {
        let read = |octets| (EnhancedValidity(octets).format(), EnhancedValidity(octets).is_odd());
        assert_eq!(read([0x40, 0, 0, 0, 0, 0, 0]), (EnhancedFormat::None, false));
        assert_eq!(read([1, 167, 0, 0, 0, 0, 0]), (EnhancedFormat::Relative(RelativeValidity(167)), false));
        assert_eq!(read([2, 255, 0, 0, 0, 0, 0]), (EnhancedFormat::Seconds(255), false));
        let clock = EnhancedFormat::Clock { hours: 1, minutes: 30, seconds: 0 };
        assert_eq!(read([3, 0x10, 0x03, 0, 0, 0, 0]), (clock, false));
        assert_eq!(clock.seconds(), Some(5400));
    }

    #[test]
    fn odd_enhanced_formats_are_kept_and_named() {
        let read = |octets| (EnhancedValidity(octets).format(), EnhancedValidity(octets).is_odd());
        assert_eq!(read([0x82, 0x00, 90, 0, 0, 0, 0]), (EnhancedFormat::Seconds(90), true));
        assert_eq!(read([0x83, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80]), (EnhancedFormat::Other, true));
        assert_eq!(read([2, 0, 0, 0, 0, 0, 0]), (EnhancedFormat::Other, true));
        assert_eq!(read([3, 0xA0, 0, 0, 0, 0, 0]), (EnhancedFormat::Other, true));
        assert_eq!(read([7, 1, 0, 0, 0, 0, 0]), (EnhancedFormat::Other, true));
        assert_eq!(read([0, 1, 0, 0, 0, 0, 0]), (EnhancedFormat::None, true));
        assert_eq!(EnhancedValidity::new(EnhancedFormat::Seconds(0), false), None);
        let enhanced = Validity::Enhanced(EnhancedValidity([7, 1, 0, 0, 0, 0, 0]));
        assert_eq!(enhanced.resolve(0), None);
    }
}

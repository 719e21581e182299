//! The files of a journal and what stands at their beginning.

use std::sync::Arc;

use super::super::io::IoFile;
use super::record;
use crate::model::{FormFault, MessageId, Part};

/// What the first octets of a segment say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// The format of its records.
    pub(super) version: u32,
    /// Segments are numbered without gaps.
    pub(super) number: u32,
    /// The same in all segments of a journal.
    pub(super) salt: u32,
    /// How many octets of the segment before are valid: it is complete.
    pub(super) previous_len: u64,
    /// The number of the first group.
    pub(super) sequence: u64,
    /// All ids in earlier segments are below.
    pub(super) next_id: MessageId,
}

/// A segment that is in use.
#[derive(Clone)]
pub(super) struct Segment {
    pub(super) number: u32,
    /// The format of its records.
    pub(super) version: u32,
    pub(super) file: Arc<dyn IoFile>,
    /// Octets up to the end of the last group.
    pub(super) used: u64,
    /// Octets of records that hold the body of a message that is not forgotten.
    pub(super) live: u64,
    /// A text in there must leave the disk, or may have to: the file is not used again.
    pub(super) wiped: bool,
}

/// Octets of a segment's header; the first group follows.
pub(super) const HEADER: usize = 64;
const MAGIC: [u8; 8] = *b"SMSC-JNL";
/// Counts up with every change of the format. Format 1 knew neither handings nor records that were written, and
/// forgot nothing for good.
pub(super) const VERSION: u32 = 2;

/// Why the beginning of a segment cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    Damaged,
    Version(u32),
}

impl SegmentHeader {
    pub(super) fn write(self) -> Vec<u8> {
        let mut octets = MAGIC.to_vec();
        self.version.put(&mut octets);
        self.number.put(&mut octets);
        self.salt.put(&mut octets);
        self.previous_len.put(&mut octets);
        self.sequence.put(&mut octets);
        self.next_id.put(&mut octets);
        record::checksum(0, &[&octets]).put(&mut octets);
        octets.resize(HEADER, 0);
        octets
    }

    pub(super) fn read(octets: &[u8]) -> Result<Self, HeaderFault> {
        let mut rest = octets.strip_prefix(&MAGIC).ok_or(HeaderFault::Damaged)?;
        let rest = &mut rest;
        let version = u32::take(rest)?;
        if !(1..=VERSION).contains(&version) {
            return Err(HeaderFault::Version(version));
        }
        let header = SegmentHeader {
            version,
            number: Part::take(rest)?,
            salt: Part::take(rest)?,
            previous_len: Part::take(rest)?,
            sequence: Part::take(rest)?,
            next_id: Part::take(rest)?,
        };
        let summed = octets.len() - rest.len();
        let sum = u32::take(rest)?;
        if octets.get(..summed).is_some_and(|octets| record::checksum(0, &[octets]) == sum) {
            Ok(header)
        } else {
            Err(HeaderFault::Damaged)
        }
    }
}

impl From<FormFault> for HeaderFault {
    fn from(_: FormFault) -> Self {
        HeaderFault::Damaged
    }
}

/// Returns the file name of a segment.
pub(super) fn name(number: u32) -> String {
    format!("journal-{number:010}.log")
}

/// Returns the number of the segment with this file name.
pub(super) fn number(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("journal-")?.strip_suffix(".log")?;
    digits.parse().ok().filter(|number| self::name(*number) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: SegmentHeader =
        SegmentHeader { version: 2, number: 7, salt: 8, previous_len: 9, sequence: 10, next_id: MessageId(11) };

    #[test]
    fn a_header_is_read_back_and_any_damage_shows() {
        let octets = SAMPLE.write();
        assert_eq!(octets.len(), HEADER);
        assert_eq!(SegmentHeader::read(&octets), Ok(SAMPLE));
        for version in [0, VERSION + 1] {
            let octets = SegmentHeader { version, ..SAMPLE }.write();
            assert_eq!(SegmentHeader::read(&octets), Err(HeaderFault::Version(version)));
        }
        assert!(SegmentHeader::read(&SegmentHeader { version: 1, ..SAMPLE }.write()).is_ok());
        for place in 0..48 {
            let mut damaged = octets.clone();
            damaged[place] ^= 0x40;
            assert!(SegmentHeader::read(&damaged).is_err(), "octet {place}");
            assert_eq!(SegmentHeader::read(&octets[..place]), Err(HeaderFault::Damaged));
        }
        let mut newer = octets;
        newer[8] = 9;
        assert_eq!(SegmentHeader::read(&newer), Err(HeaderFault::Version(9)));
    }

    #[test]
    fn only_our_names_are_segments() {
        assert_eq!(number(&name(42)), Some(42));
        for other in ["journal-42.log", "journal-0000000042.log.bak", "snapshot", "journal-00000000x2.log"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}

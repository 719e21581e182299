//! The last PDUs, in memory.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::vec::Vec;

use super::{Record, Trace};

/// Keeps the last PDUs, so many at most and so many octets at most.
pub struct Ring {
    kept: Mutex<Kept>,
    max_pdus: usize,
    max_octets: usize,
}

#[derive(Default)]
struct Kept {
    records: VecDeque<Record>,
    octets: usize,
}

impl Ring {
    /// Keeps up to `max_pdus` PDUs that take up to `max_octets` octets of memory, roughly.
    pub fn new(max_pdus: usize, max_octets: usize) -> Self {
        Ring { kept: Mutex::default(), max_pdus, max_octets }
    }

    /// What is kept, oldest first.
    pub fn records(&self) -> Vec<Record> {
        self.kept().records.iter().cloned().collect()
    }

    /// Forgets what is kept.
    pub fn clear(&self) {
        *self.kept() = Kept::default();
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trace for Ring {
    fn record(&self, record: &Record) {
        // The octets may be a small part of a large read, which must not be kept with them.
        let record = Record { octets: bytes::Bytes::copy_from_slice(&record.octets), ..record.clone() };
        let mut kept = self.kept();
        kept.octets += size(&record);
        kept.records.push_back(record);
        while kept.records.len() > self.max_pdus || kept.octets > self.max_octets {
            let Some(oldest) = kept.records.pop_front() else { return };
            kept.octets -= size(&oldest);
        }
    }
}

fn size(record: &Record) -> usize {
    record.octets.len() + OVERHEAD
}

// The record itself, and its share of what all records of a batch have in common.
const OVERHEAD: usize = size_of::<Record>() + 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::trace::{Connection, Direction};
    use bytes::Bytes;
    use smpp_pdu::{Profile, Side};
    use std::sync::Arc;
    use std::time::SystemTime;

    fn record(octets: usize) -> Record {
        let peer = ([127, 0, 0, 1], 2775).into();
        let connection = Connection { id: 1, side: Side::Mc, local: None, peer, system_id: "me".into() };
        Record {
            at: SystemTime::UNIX_EPOCH,
            connection: Arc::new(connection),
            direction: Direction::In,
            is_pdu: false,
            octets: Bytes::from(std::vec![0; octets]),
            profile: Profile::DEFAULT,
            shows_text: false,
        }
    }

    #[test]
    fn the_oldest_go_first_by_number_and_by_octets() {
        let ring = Ring::new(3, 4 * OVERHEAD + 100);
        (1..=5).for_each(|octets| ring.record(&record(octets)));
        let lengths = || -> Vec<usize> { ring.records().iter().map(|record| record.octets.len()).collect() };
        assert_eq!(lengths(), [3, 4, 5]);
        ring.record(&record(2 * OVERHEAD));
        assert_eq!(lengths(), [5, 2 * OVERHEAD]);
        ring.record(&record(1 << 20));
        assert_eq!(lengths(), [0; 0]);
        ring.record(&record(1));
        ring.clear();
        assert_eq!((ring.records().len(), ring.kept().octets), (0, 0));
    }
}

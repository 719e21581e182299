//! All locations as one snapshot, found by number, IMSI and telephone number.

use std::sync::Arc;

use crate::core::snapshot::{Book, Numbered, Trie};
use crate::model::{Lane, Location, Timestamp};

/// A location made ready for use.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) location: Location,
    lane: Option<Lane>,
}

impl Record {
    /// Who serves the subscriber now.
    fn serving(&self, now: Timestamp) -> Option<&Lane> {
        let Location { registered, expires, .. } = &self.location;
        let valid = *registered != Some(false) && expires.is_none_or(|end| now < end);
        self.lane.as_ref().filter(|_| valid)
    }
}

impl Numbered for Record {
    fn id(&self) -> u64 {
        self.location.id
    }
}

/// Everything that readers see; copies are cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    pub(super) book: Book<Record>,
    imsis: Trie<u64>,
    /// A number may move to another SIM before the old record is gone, so it can have several; the latest comes last.
    numbers: Trie<Vec<Arc<Record>>>,
}

impl State {
    pub(super) fn put(&mut self, location: Location) {
        self.remove(location.id);
        let lane = location.location.as_deref().filter(|name| !name.is_empty()).map(Lane::from);
        let record = Arc::new(Record { lane, location });
        self.imsis.update(record.location.imsi.as_bytes(), |id| *id = Some(record.location.id));
        self.numbers.update(key(&record.location.msisdn), |records| {
            let records = records.get_or_insert_default();
            let at = records.partition_point(|other| other.location.updated_at <= record.location.updated_at);
            records.insert(at, Arc::clone(&record));
        });
        self.book.put(record);
    }

    pub(super) fn remove(&mut self, id: u64) {
        let Some(Record { location, .. }) = self.book.get(id).map(|record| &**record) else { return };
        self.imsis.update(location.imsi.as_bytes(), |id| *id = None);
        self.numbers.update(key(&location.msisdn), |records| {
            *records = records.take().and_then(|mut records| {
                records.retain(|record| record.location.id != id);
                (!records.is_empty()).then_some(records)
            });
        });
        self.book.remove(id);
    }

    pub(super) fn get(&self, id: u64) -> Option<&Location> {
        self.book.get(id).map(|record| &record.location)
    }

    pub(super) fn by_imsi(&self, imsi: &str) -> Option<&Location> {
        self.get(*self.imsis.root().walk(imsi.bytes())?.value()?)
    }

    pub(super) fn by_msisdn(&self, msisdn: &str) -> Option<&Location> {
        self.records(msisdn.as_bytes()).last().map(|record| &record.location)
    }

    /// Who serves a number: what its latest valid record says.
    pub(super) fn serving(&self, msisdn: &[u8], now: Timestamp) -> Option<&Lane> {
        self.records(msisdn).iter().rev().find_map(|record| record.serving(now))
    }

    fn records(&self, msisdn: &[u8]) -> &[Arc<Record>] {
        let octets = msisdn.strip_prefix(b"+").unwrap_or(msisdn).iter().copied();
        self.numbers.root().walk(octets).and_then(|place| place.value()).map_or(&[], Vec::as_slice)
    }
}

fn key(msisdn: &str) -> &[u8] {
    msisdn.strip_prefix('+').unwrap_or(msisdn).as_bytes()
}

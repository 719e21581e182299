//! Who writes records: once for each end, whatever happens in between.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use smsc_engine::core::queue::{JournalQueue, Queue, Record};
use smsc_engine::model::{Kind, MessageId, Timestamp};

use super::model::Model;

/// One end of one message.
type Key = (MessageId, Timestamp);

/// The records that were written.
#[derive(Default)]
pub(super) struct Sink {
    written: BTreeMap<Key, Record>,
    /// The queue said that it knows of them.
    noted: BTreeSet<Key>,
    /// The queue was told and did not answer.
    unsure: BTreeSet<Key>,
}

impl Sink {
    /// Writes records that are owed; the same one again changes nothing.
    pub(super) async fn write(&mut self, model: &Model, queue: &Arc<JournalQueue>, max: usize) -> Vec<MessageId> {
        let owed = queue.unrecorded(None, max).await.unwrap_or_default();
        for record in &owed {
            let record = Record { leased: None, ..record.clone() };
            let key = key(&record).expect("a record of what has not ended");
            assert_eq!(record, *model.record(key.0), "a record tells what is not so");
            assert_ne!(record.message.kind, Kind::Receipt, "receipts have no records");
            assert!(!self.noted.contains(&key), "a record is owed that is written: {record:?}");
            let before = self.written.insert(key, record.clone());
            assert!(before.is_none_or(|before| before == record), "an end that was recorded changed: {record:?}");
        }
        owed.iter().map(|record| record.message.id).collect()
    }

    /// Tells the queue that these are written.
    pub(super) async fn tell(&mut self, model: &Model, queue: &Arc<JournalQueue>, ids: Vec<MessageId>) {
        let keys: Vec<Key> = ids.iter().filter_map(|id| key(model.record(*id))).collect();
        match queue.recorded(ids).await {
            Ok(()) => self.noted.extend(keys),
            Err(_) => self.unsure.extend(keys),
        }
    }

    /// Whether the queue may forget this one.
    pub(super) fn is_settled(&self, record: &Record) -> bool {
        let may = |key: Key| self.noted.contains(&key) || self.unsure.contains(&key);
        key(record).is_some_and(|key| record.message.kind == Kind::Receipt || may(key))
    }

    /// Compares what the queue thinks is owed with what is.
    pub(super) async fn check(&self, model: &Model, queue: &Arc<JournalQueue>) {
        let owed = queue.unrecorded(None, usize::MAX).await.unwrap();
        assert_eq!(queue.counts().unrecorded, owed.len() as u64);
        let owed: BTreeSet<Key> = owed.iter().filter_map(key).collect();
        for id in model.living(|known| known.record.outcome.is_some() && known.record.message.kind != Kind::Receipt) {
            let Some(key) = key(model.record(id)) else { continue };
            match owed.contains(&key) {
                true => assert!(!self.noted.contains(&key), "{id}: its record was written"),
                false => assert!(self.noted.contains(&key) || self.unsure.contains(&key), "{id}: its record is forgotten"),
            }
        }
    }

    /// In the end every message that ended has its record, and nothing else has one.
    pub(super) fn check_all(&self, model: &Model) {
        for (id, known) in model.known.iter().filter(|(_, known)| !known.gone && known.record.message.kind != Kind::Receipt) {
            let written = key(&known.record).and_then(|key| self.written.get(&key));
            // Whether its record was written before the text was erased makes no difference.
            assert_eq!(written, Some(&known.record), "{id} has the wrong record, or none");
        }
        assert!(self.written.keys().all(|(id, _)| model.known.contains_key(id)), "a record of nothing");
    }
}

fn key(record: &Record) -> Option<Key> {
    record.outcome.map(|outcome| (record.message.id, outcome.done))
}

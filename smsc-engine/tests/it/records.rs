//! Records of tests, and sinks and a message queue that do as they are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use smsc_engine::BoxFuture;
use smsc_engine::core::records::{Ledger, RecordSink, SinkError};
use smsc_engine::model::{Cdr, MessageId, Status, Timestamp};

/// 2026-11-28 12:00:00 and some milliseconds, which not every server keeps.
pub(crate) const NOON: Timestamp = Timestamp(1_795_867_200_789);

/// The record of a message of two segments that took ten seconds.
pub(crate) fn delivered(id: u64) -> Cdr {
    Cdr {
        message_id: MessageId(id),
        calling_number: "447700900001".into(),
        called_number: "6140012345".into(),
        source_smsc: Some("shop".into()),
        dest_smsc: Some("sandbox".into()),
        origin_node: Some("sms@node1".into()),
        destination_node: Some("sms@node2".into()),
        submission_time: NOON,
        delivery_time: Some(Timestamp(NOON.0 + 10_000)),
        expiry_time: None,
        status: Status::Delivered,
        delivery_attempts: 1,
        message_parts: Some(2),
        deadletter: false,
        message_body: Some(format!("text {id}, \"Grüße\"\n👋")),
    }
}

/// A sink in memory.
#[derive(Default)]
pub(crate) struct MemorySink(pub(crate) Mutex<Memory>);

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) batches: Vec<Vec<u64>>,
    pub(crate) doubtful: Vec<bool>,
    /// So many attempts fail from now on.
    pub(crate) failures: usize,
    /// Attempts that fail do so after they have written.
    pub(crate) late: bool,
    pub(crate) records: BTreeMap<u64, usize>,
    pub(crate) bodies: usize,
}

impl MemorySink {
    pub(crate) fn failing(failures: usize, late: bool) -> Arc<Self> {
        Arc::new(MemorySink(Mutex::new(Memory { failures, late, ..Memory::default() })))
    }

    pub(crate) fn look<T>(&self, at: impl FnOnce(&mut Memory) -> T) -> T {
        at(&mut self.0.lock().unwrap())
    }
}

impl RecordSink for MemorySink {
    fn write<'a>(&'a self, records: &'a [Cdr], doubtful: bool) -> BoxFuture<'a, Result<(), SinkError>> {
        Box::pin(async move {
            let mut memory = self.0.lock().unwrap();
            let fails = memory.failures > 0;
            memory.failures -= usize::from(fails);
            memory.doubtful.push(doubtful);
            if !fails || memory.late {
                let batch: Vec<u64> = records.iter().map(|cdr| cdr.message_id.0).collect();
                for id in &batch {
                    let count = memory.records.entry(*id).or_default();
                    *count += usize::from(!doubtful || *count == 0);
                }
                memory.bodies += records.iter().filter(|cdr| cdr.message_body.is_some()).count();
                memory.batches.push(batch);
            }
            if fails { Err(SinkError::Broken) } else { Ok(()) }
        })
    }

    fn name(&self) -> &str {
        "memory"
    }
}

/// A message queue that keeps ended messages until their records are written.
#[derive(Default)]
pub(crate) struct MemoryLedger(Mutex<BTreeMap<MessageId, Cdr>>);

impl MemoryLedger {
    pub(crate) fn end(&self, cdr: &Cdr) {
        self.0.lock().unwrap().insert(cdr.message_id, cdr.clone());
    }

    pub(crate) fn left(&self) -> BTreeSet<u64> {
        self.0.lock().unwrap().keys().map(|id| id.0).collect()
    }
}

impl Ledger for MemoryLedger {
    fn unrecorded(&self, max: usize) -> BoxFuture<'_, Vec<Cdr>> {
        Box::pin(async move { self.0.lock().unwrap().values().take(max).cloned().collect() })
    }

    fn recorded<'a>(&'a self, ids: &'a [MessageId]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut left = self.0.lock().unwrap();
            ids.iter().for_each(|id| drop(left.remove(id)));
        })
    }
}

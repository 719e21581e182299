//! Reports on their way to the core: in their order, each until the core has it.

use std::collections::VecDeque;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{Notify, oneshot};

use super::{Shared, call};
use crate::api::Report;
use crate::model::MessageId;
use crate::remote::fault::CoreFault;
use crate::wire::{ListWriter, MOST_MESSAGES};

/// Reports that the core has not heard.
///
/// While some are told the next ones gather: the busier it is, the more go at once.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    line: Mutex<Line>,
    more: Notify,
    /// The core did not take the first of them.
    is_stuck: AtomicBool,
}

#[derive(Debug, Default)]
struct Line {
    reports: VecDeque<Report>,
    /// How many have come and how many the core has heard since the start.
    come: u64,
    heard: u64,
    /// Who waits until how many are heard.
    waiting: VecDeque<(u64, oneshot::Sender<()>)>,
}

/// What goes in one call.
struct Batch {
    body: Bytes,
    ids: Vec<MessageId>,
}

impl Outbox {
    /// Tells whether so many wait that nothing new should be begun.
    pub(super) fn is_held_up(&self) -> bool {
        self.is_stuck.load(Ordering::Acquire) || self.line().reports.len() >= MOST_WAITING
    }

    fn put(&self, reports: Vec<Report>) -> oneshot::Receiver<()> {
        let (done, heard) = oneshot::channel();
        let mut line = self.line();
        line.come += reports.len() as u64;
        line.reports.extend(reports);
        let come = line.come;
        line.waiting.push_back((come, done));
        drop(line);
        self.more.notify_one();
        heard
    }

    /// Waits for reports and writes those that go next.
    async fn batch(&self, teller: (u64, u64)) -> Batch {
        loop {
            if let Some(batch) = self.line().batch(teller) {
                return batch;
            }
            self.more.notified().await;
        }
    }

    fn heard(&self, count: usize) {
        let mut line = self.line();
        line.heard += count as u64;
        let heard = line.heard;
        while let Some((_, done)) = line.waiting.pop_front_if(|(come, _)| *come <= heard) {
            // Whoever waited may have gone.
            let _ = done.send(());
        }
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Nothing behind it is half done at any time.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    fn batch(&mut self, teller: (u64, u64)) -> Option<Batch> {
        let (mut list, mut ids) = (ListWriter::after(&teller), Vec::new());
        while list.octets() < MOST_OCTETS && list.count() < MOST_MESSAGES {
            let Some(report) = self.reports.pop_front() else { break };
            list.push(&report);
            ids.push(report.message.id);
        }
        (!ids.is_empty()).then(|| Batch { body: list.finish().into(), ids })
    }
}

impl Shared {
    /// Has reports told; resolves when the core has them.
    pub(super) async fn report(&self, reports: Vec<Report>) {
        if reports.is_empty() {
            return;
        }
        self.held.hold(reports.iter().map(|report| report.message.id));
        let heard = self.outbox.put(reports);
        // Without an answer nobody tells them any more.
        let _ = heard.await;
    }

    /// Tells some until the core has them.
    async fn deliver(&self, Batch { body, ids }: Batch) {
        while let Err(fault) = self.tell("report", body.clone()).await {
            if call::is_final(&fault) {
                self.give_up(&ids, &fault);
                break;
            }
            self.outbox.is_stuck.store(true, Ordering::Release);
            tokio::time::sleep(self.retry).await;
        }
        let count = ids.len();
        self.held.heard(ids);
        self.outbox.heard(count);
        if self.outbox.is_stuck.swap(false, Ordering::AcqRel) {
            self.lanes.wake_all();
        }
    }

    /// The core hands their messages out again; that is better than to stand still for ever.
    fn give_up(&self, ids: &[MessageId], fault: &CoreFault) {
        tracing::error!(reports = ids.len(), first = ?ids.first(), %fault, "the core cannot read reports; they are lost");
    }
}

/// Tells reports for ever.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(std::process::id());
    let who = hasher.finish();
    for number in 1.. {
        let batch = shared.outbox.batch((who, number)).await;
        shared.deliver(batch).await;
    }
}

/// Some seconds of a busy gateway.
const MOST_WAITING: usize = 20_000;
/// The core lets much more into a call; less is sooner durable.
const MOST_OCTETS: usize = 1 << 20;

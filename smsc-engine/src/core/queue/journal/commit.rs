//! What became durable is done and answered while the next group is on its way to the disk.
//!
//! A small group is not worth waking another thread for: the writer does it itself, unless an earlier one is still
//! being done. Groups are done in the order in which they were written.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SendError, SyncSender};
use std::thread::{Builder, JoinHandle};

use super::group::Group;
use super::shared::Shared;
use super::snapshot::Extent;

/// A group that is on the disk.
pub(super) struct Written {
    pub(super) group: Group,
    pub(super) octets: Vec<u8>,
    /// Where it starts in its segment.
    pub(super) start: u32,
    /// Up to where everything is in the index once this is done.
    pub(super) extent: Extent,
}

/// The thread, as the writer sees it.
pub(super) struct Committer {
    shared: Arc<Shared>,
    /// Takes nothing before all that it took earlier is done; nothing asks for no more than that.
    sender: SyncSender<Option<Written>>,
    thread: JoinHandle<()>,
    handed: u64,
    /// How many of those handed over are done.
    done: Arc<AtomicU64>,
}

/// Effects that the writer does itself.
const FEW: usize = 64;

impl Committer {
    pub(super) fn start(shared: Arc<Shared>) -> io::Result<Self> {
        let (sender, receiver) = mpsc::sync_channel(0);
        let done = Arc::new(AtomicU64::new(0));
        let (theirs, counter) = (Arc::clone(&shared), Arc::clone(&done));
        let thread = Builder::new().name("journal-commit".into()).spawn(move || run(&theirs, &receiver, &counter))?;
        Ok(Committer { shared, sender, thread, handed: 0, done })
    }

    /// Sees to it that this is done, here or there.
    pub(super) fn hand(&mut self, written: Written) {
        let idle = self.done.load(Ordering::Acquire) == self.handed;
        if idle && written.group.promises.effects.len() <= FEW {
            return written.commit(&self.shared);
        }
        self.handed += 1;
        if let Err(SendError(Some(written))) = self.sender.send(Some(written)) {
            // The thread is gone, which only a panic can have done.
            written.commit(&self.shared);
        }
    }

    /// Waits until all that was handed over is done.
    pub(super) fn settle(&self) {
        // Without the thread nothing is under way.
        let _ = self.sender.send(None);
    }

    /// Ends the thread once everything is done.
    pub(super) fn finish(self) {
        drop(self.sender);
        // A panic in there was reported by its thread.
        let _ = self.thread.join();
    }
}

fn run(shared: &Shared, receiver: &Receiver<Option<Written>>, done: &AtomicU64) {
    while let Ok(written) = receiver.recv() {
        if let Some(written) = written {
            written.commit(shared);
            done.fetch_add(1, Ordering::Release);
        }
    }
}

impl Written {
    /// Keeps what a durable group promised.
    fn commit(self, shared: &Shared) {
        let Written { mut group, octets, start, extent } = self;
        let (segment, size) = (extent.segment, octets.len());
        let mut state = shared.lock();
        // The next group is about as large as this one.
        state.buffer = state.recent.push(segment, start, octets).unwrap_or_else(|| Vec::with_capacity(size));
        drop(state);
        group.promises.keep(|part| {
            let mut state = shared.lock();
            part.for_each(|effect| state.commit(effect.map(|place| place.based(segment, start))));
            state.index.notify();
        });
        let emptied = group.promises.emptied();
        let mut state = shared.lock();
        state.promises = emptied;
        state.committed = extent;
        state.written += size as u64;
        if state.needs_housework(&shared.options) {
            shared.housework.notify_all();
        }
    }
}

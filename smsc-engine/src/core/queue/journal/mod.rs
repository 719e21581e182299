//! The embedded queue: an append-only journal of its own.
//!
//! # Files
//!
//! A directory holds `journal-NNNNNNNNNN.log`, numbered without gaps, `lock`, perhaps a `snapshot` of the index,
//! and drafts that end in `.tmp` and mean nothing. A segment is a header of 64 octets and groups; a group is a header
//! of 28 octets and records; a record is a length, a checksum, a kind and its values. Bodies of messages stay on
//! disk; what is needed to find them is in memory, see [`JournalOptions`] for how much.
//!
//! # Threads
//!
//! Callers encode what they want and add it to what gathers, new messages at a place of their thread; one thread takes all
//! of that along as one group, refuses the messages for which there is no room, writes and syncs the others, does what
//! became durable and answers; one reads bodies that are not in memory any more, one tidies, one writes snapshots. None of
//! them is a thread of the caller's runtime.
//!
//! # Crashes
//!
//! What a future answered is on disk. At the next start the broken group that power failure may leave at the very
//! end is passed over; any other damage is refused with the file and the place, and [`repair`] saves what is whole
//! into a new directory. After a failed write or sync the queue is poisoned: it accepts and hands out nothing, tries
//! nothing again, and must be opened anew; what it knows can still be asked for.
//!
//! # A full disk
//!
//! Room is taken a segment ahead. When there is none, new messages are refused with [`QueueError::NoRoom`], while the
//! segment in use still takes changes and messages go out; only when that is full as well are changes refused. It
//! goes on by itself as soon as there is room, or a segment in which nothing counts any more.
//!
//! What it does not do: it is no shared store, one process has it open; and it does not erase texts at once, they
//! stay in the files until their segment is tidied away.

mod append;
mod commit;
mod copy;
mod draft;
mod ended;
mod error;
mod gate;
mod group;
mod house;
mod intakes;
mod lock;
mod options;
mod read;
mod recent;
mod record;
mod recover;
mod repair;
mod saver;
mod segment;
mod shared;
mod snapshot;
mod writer;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::thread::{Builder, JoinHandle};

use tokio::sync::watch;

use super::index::{Hit, Index};
use super::io::{Io, RealIo};
use super::{BoxFuture, Change, ChangeError, Counts, Lease, Like, Page, Queue, QueueError, Record};
use crate::model::{Lane, Message, MessageId, Timestamp};
use append::Append;
use draft::Draft;
use error::on;
use group::Position;
use house::House;
use read::{Bodies, Reader};
use recent::Recent;
use recover::Recovered;
use saver::Saver;
use shared::{Shared, State};
use snapshot::Extent;
use writer::Writer;

pub use error::OpenError;
pub use options::JournalOptions;
pub use repair::{Repaired, repair};

/// A durable queue in one directory.
///
/// Closing it leaves everything in order and a snapshot for a quick start. Dropping it writes what still waits,
/// blocking for one sync at most, and leaves no snapshot.
pub struct JournalQueue {
    shared: Arc<Shared>,
    reader: Reader,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// How many messages a list looks at before it lets others in.
const LOOK: usize = 10_000;

impl JournalQueue {
    /// Opens the journal in this directory, or begins one. Reads the disk: keep it off a runtime's threads.
    ///
    /// # Errors
    /// When it is open elsewhere, damaged, of a newer format, or cannot be read or written.
    pub fn open(directory: impl AsRef<Path>, options: JournalOptions) -> Result<Self, OpenError> {
        let directory = directory.as_ref();
        let io = on(&directory.to_string_lossy(), RealIo::new(directory))?;
        Self::open_on(Arc::new(io), options)
    }

    /// Opens the journal on a disk of the caller's.
    ///
    /// # Errors
    /// As [`JournalQueue::open`].
    pub fn open_on(io: Arc<dyn Io>, options: JournalOptions) -> Result<Self, OpenError> {
        options.check()?;
        let guard = on("lock", io.lock())?;
        let found = recover::recover(io.as_ref(), &options)?;
        for name in on("directory", io.list())?.iter().filter(|name| name.ends_with(house::DRAFT)) {
            on(name, io.delete(name))?;
        }
        let recovered = found.unwrap_or_else(|| begin(&options));
        recovered.renew_last_group()?;
        let (shared, mut writer) = assemble(io, options, recovered);
        writer.start()?;
        let salt = writer.salt;
        let reader = on("thread", Reader::start(salt))?;
        let house = House { shared: Arc::clone(&shared), salt, spares: 0, hopeless: None, retry: None };
        let house = on("thread", Builder::new().name("journal-tidy".into()).spawn(move || house.run()))?;
        let saver = Saver { shared: Arc::clone(&shared), begun: 0, size: 0 };
        let saver = on("thread", Builder::new().name("journal-save".into()).spawn(move || saver.run()))?;
        let helpers = vec![house, saver];
        let writer = on("thread", Builder::new().name("journal-write".into()).spawn(move || writer.run(helpers, guard)))?;
        Ok(JournalQueue { shared, reader, writer: Mutex::new(Some(writer)) })
    }

    /// Reads the bodies of what was found; a body that cannot be read is reported and left out.
    async fn readable(&self, bodies: Bodies) -> Vec<Record> {
        self.readable_as(bodies, |record| record).await
    }

    async fn readable_as<T>(&self, bodies: Bodies, made: impl Fn(Record) -> T) -> Vec<T> {
        let mut all = Vec::with_capacity(bodies.hits.len());
        for record in self.reader.records(bodies).await {
            match record {
                Ok(record) => all.push(made(record)),
                Err(error) => tracing::error!(%error, "a message cannot be read and stays where it is"),
            }
        }
        all
    }

    /// Asks the index under the lock and finds out where the bodies are.
    fn query(&self, ask: impl FnOnce(&mut Index<Position>) -> Vec<Hit<Position>>) -> Result<Bodies, QueueError> {
        let mut state = self.shared.known()?;
        let hits = ask(&mut state.index);
        Ok(state.bodies(hits))
    }

    /// Reads what a query found, if anything.
    async fn one(&self, ask: impl FnOnce(&Index<Position>) -> Option<Hit<Position>>) -> Result<Option<Record>, QueueError> {
        let bodies = self.query(|index| ask(index).into_iter().collect())?;
        self.reader.records(bodies).await.next().transpose()
    }

    /// Waits until the threads are gone.
    fn join(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // What went wrong in there was logged there.
            let _ = writer.join();
        }
    }
}

/// Begins a journal where there was none.
fn begin(options: &JournalOptions) -> Recovered {
    Recovered {
        index: Index::new(options.limits()),
        segments: Vec::new(),
        // Hashing nothing with fresh random keys: a number that no client can know.
        salt: RandomState::new().hash_one(()) as u32,
        sequence: 1,
        last_group: 0,
        next_id: 1,
        replayed: 0,
    }
}

fn assemble(io: Arc<dyn Io>, options: JournalOptions, recovered: Recovered) -> (Arc<Shared>, Writer) {
    let Recovered { index, segments, salt, sequence, last_group, next_id, replayed } = recovered;
    let segments = VecDeque::from(segments);
    let last = segments.back().cloned();
    let recent = Recent::new(options.recent_octets);
    let state = State {
        index,
        draft: Draft::new(salt),
        segments,
        recent,
        spare: None,
        stop: None,
        snapshot: false,
        committed: Extent::default(),
        written: replayed,
    };
    let shared = Arc::new(Shared::new(io, options, (salt, next_id), state));
    let writer = Writer {
        shared: Arc::clone(&shared),
        salt,
        segment: last.as_ref().map_or(0, |last| last.number),
        end: last.as_ref().map_or(0, |last| last.used),
        // A segment holds records of one format.
        file: last.filter(|last| last.version == segment::VERSION).map(|last| last.file),
        last_group,
        sequence,
        reserved: 0,
        turn: 0,
        stock: Default::default(),
    };
    (shared, writer)
}

impl Queue for JournalQueue {
    fn next_id(&self) -> MessageId {
        MessageId(self.shared.next_id.fetch_add(1, Ordering::Relaxed))
    }

    fn append(&self, batch: Vec<Message>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(Append::new(&self.shared, batch))
    }

    fn apply(&self, mut changes: Vec<Change>) -> BoxFuture<'_, Result<Vec<Result<(), ChangeError>>, QueueError>> {
        Box::pin(async move {
            let applied = loop {
                self.shared.roomy().await;
                let applied = poll_fn(|context| Poll::Ready(self.shared.apply(&mut changes, context.waker())));
                if let Some(applied) = applied.await? {
                    break applied;
                }
            };
            if let Some(durable) = applied.durable {
                durable.await?;
            }
            Ok(applied.results)
        })
    }

    fn lease<'a>(&'a self, lane: &'a Lane, want: Lease) -> BoxFuture<'a, Result<Vec<Message>, QueueError>> {
        Box::pin(async move {
            let bodies = {
                let mut state = self.shared.open()?;
                let hits = state.index.lease(lane, want);
                state.bodies(hits)
            };
            Ok(self.readable_as(bodies, |record| record.message).await)
        })
    }

    fn release(&self, ids: &[MessageId]) {
        self.shared.lock().index.release(ids);
    }

    fn expired(&self, now: Timestamp, max: usize) -> BoxFuture<'_, Result<Vec<Message>, QueueError>> {
        Box::pin(async move {
            let bodies = self.query(|index| index.expired(now, max))?;
            Ok(self.readable_as(bodies, |record| record.message).await)
        })
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.shared.lock().index.next_due(lane)
    }

    fn next_expiry(&self) -> Option<Timestamp> {
        self.shared.lock().index.next_expiry()
    }

    fn watch(&self, lane: &Lane) -> watch::Receiver<u64> {
        self.shared.lock().index.watch(lane)
    }

    fn get(&self, id: MessageId) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(self.one(move |index| index.get(id)))
    }

    fn oldest(&self) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(self.one(move |index| index.oldest()))
    }

    fn handed<'a>(&'a self, lane: &'a Lane, remote: &'a [u8]) -> BoxFuture<'a, Result<Option<Record>, QueueError>> {
        Box::pin(self.one(move |index| index.handed(lane, remote)))
    }

    fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>, max: usize) -> BoxFuture<'_, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            let bodies = self.shared.unrecorded(beyond, max)?;
            Ok(self.readable(bodies).await)
        })
    }

    fn recorded(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            let noted = loop {
                self.shared.roomy().await;
                if let Some(noted) = self.shared.recorded(&ids)? {
                    break noted;
                }
            };
            for durable in noted {
                durable.await?;
            }
            Ok(())
        })
    }

    fn find<'a>(&'a self, like: &'a Like, max: usize) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            let mut found = Vec::new();
            let mut below = None;
            while found.len() < max {
                let (bodies, more) = {
                    let state = self.shared.known()?;
                    let (hits, more) = state.index.find(like, below, max.min(LOOK));
                    (state.bodies(hits), more)
                };
                found.extend(self.readable(bodies).await.into_iter().filter(|record| like.matches(&record.message)));
                if more.is_none() {
                    break;
                }
                below = more;
            }
            found.truncate(max);
            Ok(found)
        })
    }

    fn list<'a>(&'a self, page: &'a Page) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            let mut rest = page.clone();
            let mut bodies = Bodies::default();
            loop {
                let state = self.shared.known()?;
                let (hits, more) = state.index.list(&rest, LOOK);
                rest.max -= hits.len();
                state.add_bodies(hits.into_iter(), &mut bodies);
                if more.is_none() || rest.max == 0 {
                    break;
                }
                rest.beyond = more;
            }
            Ok(self.readable(bodies).await)
        })
    }

    fn health(&self) -> Result<(), QueueError> {
        drop(self.shared.open()?);
        if self.shared.full.load(Ordering::Relaxed) { Err(QueueError::NoRoom) } else { Ok(()) }
    }

    fn counts(&self) -> Counts {
        self.shared.lock().index.counts()
    }

    fn forget(&self, done_before: Timestamp) -> BoxFuture<'_, Result<usize, QueueError>> {
        Box::pin(async move {
            let forgotten = self.shared.forget(done_before);
            self.shared.housework.notify_all();
            Ok(forgotten)
        })
    }

    fn copy_to<'a>(&'a self, directory: &'a Path) -> BoxFuture<'a, Result<bool, QueueError>> {
        let (shared, directory) = (Arc::clone(&self.shared), directory.to_owned());
        Box::pin(async move {
            let copying = tokio::task::spawn_blocking(move || {
                let target = RealIo::new(&directory).map_err(|error| QueueError::NotCopied(error.to_string().into()))?;
                copy::copy(&shared, &target)
            });
            copying.await.unwrap_or(Err(QueueError::Closed)).map(|()| true)
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            self.shared.close(true);
            // The sender lives in `shared`, so waiting cannot fail.
            let _ = self.shared.closed.subscribe().wait_for(|closed| *closed).await;
            match self.shared.lock().stop.clone() {
                Some(QueueError::Closed) | None => Ok(()),
                Some(other) => Err(other),
            }
        })
    }
}

impl Drop for JournalQueue {
    fn drop(&mut self) {
        self.shared.close(false);
        self.join();
    }
}

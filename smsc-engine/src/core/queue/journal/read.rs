//! Reading bodies back: from memory at once, from the disk on a thread of its own.

use std::sync::{Arc, mpsc};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::super::index::Hit;
use super::super::io::IoFile;
use super::super::{QueueError, Record};
use super::group::Position;
use super::record::{self, PREFIX};
use super::segment;
use crate::model::{Message, Together};

/// Messages that were found, and where their bodies can be read.
#[derive(Default)]
pub(super) struct Bodies {
    pub(super) hits: Vec<Hit<Position>>,
    /// One for each.
    pub(super) sources: Vec<Source>,
}

/// Where a body can be read.
pub(super) enum Source {
    /// Here, in a recent group.
    Memory(Bytes),
    File(Arc<dyn IoFile>),
    /// Nowhere: the index and the files disagree.
    Gone,
}

/// Reads bodies from disk, batch by batch.
pub(super) struct Reader {
    jobs: mpsc::Sender<Job>,
}

struct Job {
    wants: Vec<Want>,
    answer: oneshot::Sender<Vec<Result<Message, QueueError>>>,
}

/// One body, and its place in the caller's order.
struct Want {
    place: usize,
    body: Position,
    file: Arc<dyn IoFile>,
}

impl Bodies {
    /// Makes room for so many more.
    pub(super) fn make_room(&mut self, messages: usize) {
        self.hits.reserve(messages);
        self.sources.reserve(messages);
    }
}

impl Reader {
    /// Starts the thread; it ends with the reader.
    pub(super) fn start(salt: u32) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        std::thread::Builder::new().name("journal-read".into()).spawn(move || {
            while let Ok(job) = inbox.recv() {
                // Whoever asked may have gone away.
                let _ = job.answer.send(read(job.wants, salt));
            }
        })?;
        Ok(Reader { jobs })
    }

    /// Reads all bodies and returns complete records in the same order. Each is made only when it is asked for: whoever
    /// does that says where it goes, and moves it once.
    pub(super) async fn records(&self, bodies: Bodies) -> impl Iterator<Item = Result<Record, QueueError>> + use<> {
        let mut from_files = self.read_files(&bodies).await.into_iter();
        let Bodies { hits, sources } = bodies;
        let mut others = together(hits.iter().map(|hit| hit.body));
        hits.into_iter().zip(sources).map(move |(hit, source)| {
            let stored = match source {
                // These are the very octets that were written: there is no disk to mistrust.
                Source::Memory(octets) => message(octets.get(PREFIX..), hit.body, &mut others),
                // Without its thread the queue is going down.
                Source::File(_) => from_files.next().unwrap_or(Err(QueueError::Closed)),
                Source::Gone => Err(corrupt(hit.body, "the file is gone")),
            };
            stored.map(|stored| hit.record(stored))
        })
    }

    /// Reads those that are in files.
    async fn read_files(&self, bodies: &Bodies) -> Vec<Result<Message, QueueError>> {
        let files = bodies.hits.iter().zip(&bodies.sources).filter_map(|(hit, source)| match source {
            Source::File(file) => Some((hit.body, Arc::clone(file))),
            _ => None,
        });
        let wants: Vec<_> = files.enumerate().map(|(place, (body, file))| Want { place, body, file }).collect();
        if wants.is_empty() {
            return Vec::new();
        }
        let (answer, messages) = oneshot::channel();
        // Without its thread nothing comes back.
        let _ = self.jobs.send(Job { wants, answer });
        messages.await.unwrap_or_default()
    }
}

/// Reads bodies in the order of the disk, neighbours together.
fn read(mut wants: Vec<Want>, salt: u32) -> Vec<Result<Message, QueueError>> {
    wants.sort_unstable_by_key(|want| want.body);
    let mut others = together(wants.iter().map(|want| want.body));
    let mut messages = Vec::with_capacity(wants.len());
    let mut buffer = Vec::new();
    for run in wants.chunk_by(are_neighbours) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let start = first.body.offset;
        buffer.clear();
        buffer.resize((last.body.offset - start + last.body.len) as usize, 0);
        let failed = first.file.read_at(&mut buffer, u64::from(start)).err().map(|error| error.to_string());
        for want in run {
            let octets = buffer.get((want.body.offset - start) as usize..).unwrap_or_default();
            let message = match &failed {
                Some(error) => Err(corrupt(want.body, error)),
                None => message(checked(octets, want.body, salt), want.body, &mut others),
            };
            messages.push((want.place, message));
        }
    }
    messages.sort_unstable_by_key(|(place, _)| *place);
    messages.into_iter().map(|(_, message)| message).collect()
}

fn together(positions: impl Iterator<Item = Position>) -> Together {
    Together::of(positions.map(|position| position.len as usize).sum())
}

/// Two reads close to each other cost less as one; a run never grows beyond what its messages span.
fn are_neighbours(one: &Want, next: &Want) -> bool {
    let (one, next) = (one.body, next.body);
    one.segment == next.segment && next.offset.saturating_sub(one.offset + one.len) <= GAP
}

/// Splits off the record at the beginning of `octets`, unless it is damaged.
fn checked(octets: &[u8], position: Position, salt: u32) -> Option<&[u8]> {
    record::split(salt, &mut octets.get(..position.len as usize)?)
}

/// Reads the message in a record.
fn message(body: Option<&[u8]>, position: Position, others: &mut Together) -> Result<Message, QueueError> {
    let body = body.ok_or_else(|| corrupt(position, "the record is damaged"))?;
    record::message(body, others).map_err(|error| corrupt(position, &error.to_string()))
}

fn corrupt(position: Position, what: &str) -> QueueError {
    let Position { segment, offset, len } = position;
    let file = segment::name(segment);
    QueueError::Corrupt(format!("{file}, octet {offset}, {len} octets: {what}").into())
}

/// Octets between two records that are rather read than skipped.
const GAP: u32 = 4096;

const _: () = assert!(PREFIX == 8, "positions count the prefix of a record");

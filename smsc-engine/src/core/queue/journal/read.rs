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

/// A message that was found, and where its body can be read.
pub(super) struct Body {
    pub(super) hit: Hit<Position>,
    pub(super) source: Source,
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
    answer: oneshot::Sender<Vec<(usize, Result<Record, QueueError>)>>,
}

/// One body, and its place in the caller's order.
struct Want {
    place: usize,
    hit: Hit<Position>,
    file: Arc<dyn IoFile>,
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

    /// Reads all bodies and returns complete records in the same order.
    pub(super) async fn records(&self, bodies: Vec<Body>) -> Vec<Result<Record, QueueError>> {
        let mut others = together(bodies.iter().map(|body| body.hit.body));
        let mut records = Vec::with_capacity(bodies.len());
        let mut wants = Vec::new();
        for (place, Body { hit, source }) in bodies.into_iter().enumerate() {
            records.push(match source {
                // These are the very octets that were written: there is no disk to mistrust.
                Source::Memory(octets) => message(octets.get(PREFIX..), hit.body, &mut others).map(|message| hit.record(message)),
                Source::Gone => Err(corrupt(hit.body, "the file is gone")),
                Source::File(file) => {
                    wants.push(Want { place, hit, file });
                    Err(QueueError::Closed)
                }
            });
        }
        if !wants.is_empty() {
            for (place, record) in self.read_files(wants).await {
                if let Some(slot) = records.get_mut(place) {
                    *slot = record;
                }
            }
        }
        records
    }

    async fn read_files(&self, wants: Vec<Want>) -> Vec<(usize, Result<Record, QueueError>)> {
        let (answer, records) = oneshot::channel();
        // Without its thread the queue is going down; the slots already say so.
        let _ = self.jobs.send(Job { wants, answer });
        records.await.unwrap_or_default()
    }
}

/// Reads bodies in the order of the disk, neighbours together.
fn read(mut wants: Vec<Want>, salt: u32) -> Vec<(usize, Result<Record, QueueError>)> {
    wants.sort_unstable_by_key(|want| want.hit.body);
    let mut others = together(wants.iter().map(|want| want.hit.body));
    let mut messages = Vec::with_capacity(wants.len());
    let mut buffer = Vec::new();
    for run in wants.chunk_by(are_neighbours) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let start = first.hit.body.offset;
        buffer.clear();
        buffer.resize((last.hit.body.offset - start + last.hit.body.len) as usize, 0);
        let failed = first.file.read_at(&mut buffer, u64::from(start)).err().map(|error| error.to_string());
        for want in run {
            let position = want.hit.body;
            let octets = buffer.get((position.offset - start) as usize..).unwrap_or_default();
            messages.push(match &failed {
                Some(error) => Err(corrupt(position, error)),
                None => message(checked(octets, position, salt), position, &mut others),
            });
        }
    }
    let records = wants.into_iter().zip(messages);
    records.map(|(Want { place, hit, .. }, message)| (place, message.map(|message| hit.record(message)))).collect()
}

fn together(positions: impl Iterator<Item = Position>) -> Together {
    Together::of(positions.map(|position| position.len as usize).sum())
}

/// Two reads close to each other cost less as one; a run never grows beyond what its messages span.
fn are_neighbours(one: &Want, next: &Want) -> bool {
    let (one, next) = (one.hit.body, next.hit.body);
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

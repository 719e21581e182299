//! Reading bodies back: from memory at once, from the disk on a thread of its own.

use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;

use super::super::index::Hit;
use super::super::io::IoFile;
use super::super::{QueueError, Record};
use super::group::Position;
use super::record::{self, PREFIX};
use super::segment;
use crate::model::Message;

/// A message that was found, and where its body can be read.
pub(super) struct Body {
    pub(super) hit: Hit<Position>,
    pub(super) source: Source,
}

/// Where a body can be read.
pub(super) enum Source {
    /// At this offset of the octets of a recent group.
    Memory(Arc<Vec<u8>>, usize),
    File(Arc<dyn IoFile>),
    /// Nowhere: the index and the files disagree.
    Gone,
}

/// Reads bodies from disk, batch by batch.
pub(super) struct Reader {
    jobs: mpsc::Sender<Job>,
    salt: u32,
}

struct Job {
    wants: Vec<Want>,
    answer: oneshot::Sender<Vec<(usize, Result<Message, QueueError>)>>,
}

/// One body, and its place in the caller's order.
struct Want {
    place: usize,
    position: Position,
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
        Ok(Reader { jobs, salt })
    }

    /// Reads all bodies and returns complete records in the same order.
    pub(super) async fn records(&self, bodies: Vec<Body>) -> Vec<Result<Record, QueueError>> {
        let mut messages = Vec::with_capacity(bodies.len());
        let mut wants = Vec::new();
        for (place, body) in bodies.iter().enumerate() {
            let position = body.hit.body;
            messages.push(match &body.source {
                Source::Memory(octets, offset) => decode(octets.get(*offset..).unwrap_or_default(), position, self.salt),
                Source::Gone => Err(corrupt(position, "the file is gone")),
                Source::File(file) => {
                    wants.push(Want { place, position, file: Arc::clone(file) });
                    Err(QueueError::Closed)
                }
            });
        }
        if !wants.is_empty() {
            for (place, message) in self.read_files(wants).await {
                if let Some(slot) = messages.get_mut(place) {
                    *slot = message;
                }
            }
        }
        let hits = bodies.into_iter().map(|body| body.hit);
        hits.zip(messages).map(|(hit, message)| message.map(|message| hit.record(message))).collect()
    }

    async fn read_files(&self, wants: Vec<Want>) -> Vec<(usize, Result<Message, QueueError>)> {
        let (answer, messages) = oneshot::channel();
        // Without its thread the queue is going down; the slots already say so.
        let _ = self.jobs.send(Job { wants, answer });
        messages.await.unwrap_or_default()
    }
}

/// Reads bodies in the order of the disk, neighbours together.
fn read(mut wants: Vec<Want>, salt: u32) -> Vec<(usize, Result<Message, QueueError>)> {
    wants.sort_unstable_by_key(|want| want.position);
    let mut messages = Vec::with_capacity(wants.len());
    let mut buffer = Vec::new();
    for run in wants.chunk_by(are_neighbours) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let start = first.position.offset;
        buffer.clear();
        buffer.resize((last.position.offset - start + last.position.len) as usize, 0);
        let failed = first.file.read_at(&mut buffer, u64::from(start)).err().map(|error| error.to_string());
        for want in run {
            let octets = buffer.get((want.position.offset - start) as usize..).unwrap_or_default();
            let message = match &failed {
                Some(error) => Err(corrupt(want.position, error)),
                None => decode(octets, want.position, salt),
            };
            messages.push((want.place, message));
        }
    }
    messages
}

/// Two reads close to each other cost less as one; a run never grows beyond what its messages span.
fn are_neighbours(one: &Want, next: &Want) -> bool {
    let end = one.position.offset + one.position.len;
    one.position.segment == next.position.segment && next.position.offset.saturating_sub(end) <= GAP
}

/// Reads the message in the record at the beginning of `octets`.
fn decode(octets: &[u8], position: Position, salt: u32) -> Result<Message, QueueError> {
    let mut rest = octets.get(..position.len as usize).unwrap_or_default();
    let body = record::split(salt, &mut rest).ok_or_else(|| corrupt(position, "the record is damaged"))?;
    let record = record::Record::read(body).map_err(|error| corrupt(position, &error.to_string()))?;
    record.into_message().ok_or_else(|| corrupt(position, "the record holds no message"))
}

fn corrupt(position: Position, what: &str) -> QueueError {
    let Position { segment, offset, len } = position;
    let file = segment::name(segment);
    QueueError::Corrupt(format!("{file}, octet {offset}, {len} octets: {what}").into())
}

/// Octets between two records that are rather read than skipped.
const GAP: u32 = 4096;

const _: () = assert!(PREFIX == 8, "positions count the prefix of a record");

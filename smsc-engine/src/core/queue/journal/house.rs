//! The thread that tidies: it empties and deletes old segments and keeps a prepared file for the next one.
//!
//! Only the oldest segment is ever emptied. Everything that happened to a message is written after its body, so
//! once the bodies that still count have been copied to the end of the journal, nothing in the oldest segment
//! matters: later records about messages that are gone are passed over when the journal is read. A copy says all
//! that is known of its message and goes through the same groups as everything else; the file is deleted when the
//! copies are durable, and its name is gone for good before the next segment is looked at. So at every moment the
//! segments on disk, read in order, give the same queue.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::QueueError;
use super::super::index::Effect;
use super::super::io::{Io, IoFile};
use super::error::on;
use super::group::{self, GroupHeader, Position};
use super::record::{PREFIX, Record};
use super::segment::{self, HEADER, Segment};
use super::shared::{Shared, State};
use super::{JournalOptions, OpenError, recover, writer};
use crate::model::{Message, Together};

/// A file that waits to become a segment, under a name of its own.
pub(super) struct Spare {
    pub(super) name: String,
    pub(super) file: Arc<dyn IoFile>,
}

/// What there is to do.
enum Task {
    Prepare,
    /// The oldest segment, which has this number.
    Empty(u32),
}

/// The thread and what it must remember.
pub(super) struct House {
    pub(super) shared: Arc<Shared>,
    pub(super) salt: u32,
    /// Numbers the spare files, so that a new one never takes the name of one that is being used.
    pub(super) spares: u32,
    /// The current segment when something went wrong: nothing is tried again before the next one.
    pub(super) hopeless: Option<u32>,
    /// When to look again whether there is room on the disk.
    pub(super) retry: Option<Instant>,
}

/// Octets that are copied, or filled with zeros, in one step.
const STEP: usize = 256 << 10;

impl House {
    /// Tidies until the journal stops.
    pub(super) fn run(mut self) {
        while let Some(task) = self.next_task() {
            let result = match task {
                Task::Prepare => self.prepare(),
                Task::Empty(number) => self.empty(number),
            };
            let Err(error) = result else { continue };
            if is_full(&error) {
                self.wait_for_room();
                continue;
            }
            if !matches!(error, OpenError::Queue(_)) {
                tracing::warn!(%error, "the journal cannot be tidied and grows until this is mended");
            }
            self.hopeless = self.shared.lock().segments.back().map(|segment| segment.number);
        }
    }

    fn next_task(&mut self) -> Option<Task> {
        let mut state = self.shared.lock();
        loop {
            if state.stop.is_some() {
                return None;
            }
            // Perhaps by a file that was used before.
            self.retry = self.retry.filter(|_| self.shared.full.load(Ordering::Relaxed));
            if let Some(task) = self.task(&state) {
                return Some(task);
            }
            let longest = self.retry.map_or(Duration::MAX, |retry| retry.saturating_duration_since(Instant::now()));
            let waited = self.shared.housework.wait_timeout(state, longest.min(LONGEST));
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn task(&self, state: &State) -> Option<Task> {
        if self.hopeless.is_some() && self.hopeless == state.segments.back().map(|segment| segment.number) {
            return None;
        }
        // A dead segment first: its file can be the next spare one and need not be filled.
        let dead = state.segments.front().is_some_and(|segment| segment.live == 0);
        match state.oldest_to_empty(&self.shared.options) {
            Some(number) if dead || state.spare.is_some() => Some(Task::Empty(number)),
            _ if state.spare.is_none() && self.retry.is_none_or(|retry| retry <= Instant::now()) => Some(Task::Prepare),
            _ => None,
        }
    }

    /// Lets no new message in until there is room for another segment.
    fn wait_for_room(&mut self) {
        let state = self.shared.lock();
        if state.spare.is_some() {
            return;
        }
        if !self.shared.full.swap(true, Ordering::Relaxed) {
            tracing::error!("there is no room on the disk for the next segment; new messages are refused until there is");
        }
        self.retry = Some(Instant::now() + LOOK_AGAIN);
    }

    fn next_spare(&mut self) -> String {
        self.spares += 1;
        format!("spare-{}{DRAFT}", self.spares)
    }

    /// Makes a file for the next segment and fills it if there is time, so that later writes change nothing but its
    /// content.
    fn prepare(&mut self) -> Result<(), OpenError> {
        let name = self.next_spare();
        let file = on(&name, self.fill(&name))?;
        self.shared.take_spare(Spare { name, file });
        Ok(())
    }

    fn fill(&self, name: &str) -> io::Result<Arc<dyn IoFile>> {
        let file = draft(&self.shared, name)?;
        let filled = self.write_zeros(file.as_ref());
        if filled.is_err() {
            discard(self.shared.io.as_ref(), name);
        }
        filled.map(|()| file)
    }

    fn write_zeros(&self, file: &dyn IoFile) -> io::Result<()> {
        let size = self.shared.options.segment_octets;
        let zeros = vec![0; STEP.min(size as usize)];
        let mut end = self.shared.lock().end();
        for offset in (0..u64::from(size)).step_by(zeros.len()) {
            let rest = usize::try_from(u64::from(size) - offset).unwrap_or(usize::MAX);
            file.write_at(zeros.get(..rest).unwrap_or(&zeros), offset)?;
            // Bit by bit: one large sync would hold up those of the writer.
            file.sync()?;
            let state = self.shared.lock();
            // A disk that is busy with messages gains nothing: then the room is there and that must do.
            if state.stop.is_some() || state.end().wrapping_sub(end) > zeros.len() as u64 / 8 {
                break;
            }
            end = state.end();
        }
        Ok(())
    }

    /// Copies what still counts in the oldest segment to the end of the journal and gives up the file.
    fn empty(&mut self, number: u32) -> Result<(), OpenError> {
        let mut octets = None;
        loop {
            // Not in the head of the loop: there the lock would be held all through it.
            let oldest = self.shared.lock().oldest(number);
            let Some(oldest) = oldest.filter(|oldest| oldest.live > 0) else {
                break;
            };
            let octets = match &octets {
                Some(octets) => octets,
                None => octets.insert(recover::read_all(&segment::name(number), oldest.file.as_ref())?),
            };
            // Messages that are being changed are left out; they are somewhere else, or free, a round later.
            self.copy(&oldest, octets)?;
        }
        self.retire(number)
    }

    fn copy(&self, segment: &Segment, octets: &[u8]) -> Result<(), OpenError> {
        let used = usize::try_from(segment.used).unwrap_or(usize::MAX);
        let mut offset = HEADER;
        let mut batch = Batch::default();
        let mut others = Together::of(used);
        while offset < used {
            let damaged = || OpenError::corrupt(segment.number, offset, "the group is damaged");
            let rest = octets.get(offset..used).ok_or_else(damaged)?;
            let header = GroupHeader::read(rest, self.salt, segment.number).ok_or_else(damaged)?;
            for (place, body) in group::records(rest, header, self.salt).ok_or_else(damaged)? {
                let position = Position { segment: 0, offset: place, len: (PREFIX + body.len()) as u32 };
                let record = Record::read(body, &mut others)
                    .map_err(|error| OpenError::corrupt(segment.number, offset + place as usize, error.to_string()))?;
                batch.add(record, position.based(segment.number, offset as u32));
                if batch.octets >= STEP {
                    self.keep(&mut batch)?;
                }
            }
            offset += header.stride();
        }
        self.keep(&mut batch)?;
        // What is left is being written just now; give it time before the next round.
        let state = self.shared.open()?;
        drop(self.shared.housework.wait_timeout(state, PAUSE));
        Ok(())
    }

    /// Writes those messages of the batch again that still lie there, with all that is known of them.
    fn keep(&self, batch: &mut Batch) -> Result<(), OpenError> {
        batch.octets = 0;
        let mut state = self.shared.open()?;
        let mut any = false;
        for (message, position) in batch.messages.drain(..) {
            any |= state.keep(message, position);
        }
        if any { Ok(self.shared.wait(state, None).wait()?) } else { Ok(()) }
    }

    /// Gives up the oldest segment: its file becomes a spare one or is deleted.
    fn retire(&mut self, number: u32) -> Result<(), OpenError> {
        let mut state = self.shared.lock();
        let wants_spare = state.spare.is_none();
        let Some(oldest) = state.segments.pop_front() else {
            return Ok(());
        };
        drop(state);
        let result = self.give_up(&oldest, wants_spare);
        match on(&segment::name(number), result) {
            Ok(spare) => {
                if let Some(spare) = spare {
                    self.shared.take_spare(spare);
                }
                Ok(())
            }
            Err(error) => {
                // No later segment may go while the name of this one may still be there.
                self.shared.lock().segments.push_front(oldest);
                Err(error)
            }
        }
    }

    fn give_up(&mut self, oldest: &Segment, wants_spare: bool) -> io::Result<Option<Spare>> {
        let io = Arc::clone(&self.shared.io);
        let name = segment::name(oldest.number);
        // Somebody may still be reading a body that has been forgotten since.
        let unread = Arc::strong_count(&oldest.file) == 1;
        let fits = oldest.file.size()? == u64::from(self.shared.options.segment_octets);
        if wants_spare && unread && fits && !oldest.wiped {
            let spare = Spare { name: self.next_spare(), file: Arc::clone(&oldest.file) };
            io.rename(&name, &spare.name)?;
            io.sync_names()?;
            return Ok(Some(spare));
        }
        match io.delete(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => io.sync_names()?,
        }
        Ok(None)
    }
}

/// Messages of the oldest segment that may still count.
#[derive(Default)]
struct Batch {
    messages: Vec<(Message, Position)>,
    octets: usize,
}

impl Batch {
    fn add(&mut self, record: Record, position: Position) {
        if let Some(message) = record.into_message() {
            self.octets += position.len as usize;
            self.messages.push((message, position));
        }
    }
}

impl Shared {
    fn take_spare(&self, spare: Spare) {
        let mut state = self.lock();
        state.spare.get_or_insert(spare);
        self.full.store(false, Ordering::Relaxed);
    }
}

impl State {
    pub(super) fn needs_housework(&self, options: &JournalOptions) -> bool {
        self.spare.is_none() || self.oldest_to_empty(options).is_some()
    }

    /// Returns the oldest segment if it is empty, or if so much of the journal is dead that copying the rest pays.
    fn oldest_to_empty(&self, options: &JournalOptions) -> Option<u32> {
        // What is done there must all be in the index: it may be that nobody counts yet what was just written.
        let oldest = self.segments.front().filter(|oldest| oldest.number < self.committed.segment)?;
        let live: u64 = self.segments.iter().map(|segment| segment.live).sum();
        let used: u64 = self.segments.iter().map(|segment| segment.used).sum();
        let slack = u64::from(options.segment_octets) * SLACK;
        (oldest.live == 0 || used > live * 2 + slack).then_some(oldest.number)
    }

    fn oldest(&self, number: u32) -> Option<Segment> {
        self.segments.front().filter(|oldest| oldest.number == number).cloned()
    }

    /// Writes one message again if it still lies there and nobody is changing it.
    fn keep(&mut self, message: Message, from: Position) -> bool {
        let id = message.id;
        if !self.index.promise_move(id, &from) {
            return false;
        }
        let Some(hit) = self.index.get(id) else {
            return false;
        };
        let body = self.draft.keep(&hit.record(message).message, &self.index.past(id));
        self.draft.effects.push(Effect::Moved { id, body });
        true
    }
}

/// Tells whether only room was missing, for the tidying itself or for what it wrote.
fn is_full(error: &OpenError) -> bool {
    match error {
        OpenError::Disk { error, .. } => writer::is_full(error),
        OpenError::Queue(error) => *error == QueueError::NoRoom,
        _ => false,
    }
}

/// Makes a file with room for a segment, unless others would find the disk full then.
pub(super) fn draft(shared: &Shared, name: &str) -> io::Result<Arc<dyn IoFile>> {
    let (io, size) = (&shared.io, u64::from(shared.options.segment_octets));
    let _turn = room(shared, size)?;
    let file = io.create(name)?;
    let room = file.preallocate(size);
    if room.is_err() {
        discard(io.as_ref(), name);
    }
    room.map(|()| file)
}

/// Says whether the disk has room for so many octets and for what is left to others. Until the guard goes nobody else of
/// this journal takes any: there may be room for one only.
pub(super) fn room(shared: &Shared, octets: u64) -> io::Result<MutexGuard<'_, ()>> {
    let turn = shared.drafting.lock().unwrap_or_else(PoisonError::into_inner);
    // A disk hands out what it has before it says that this is too little.
    if shared.io.free()?.is_some_and(|free| free < shared.options.reserve_octets.saturating_add(octets)) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(turn)
}

/// Deletes a draft that came to nothing; a name that stays is deleted at the next start.
fn discard(io: &dyn Io, name: &str) {
    let _ = io.delete(name);
}

/// How names end of files that a crash may leave behind and that are deleted at the next start.
pub(super) const DRAFT: &str = ".tmp";
/// How often a full disk is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Nobody waits longer without a look.
const LONGEST: Duration = Duration::from_secs(3600);
/// Longer than a sync usually takes.
const PAUSE: Duration = Duration::from_millis(2);
/// Segments of dead records that are not worth copying anything.
const SLACK: u64 = 2;

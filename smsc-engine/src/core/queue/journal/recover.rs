//! Reading a journal from its beginning.
//!
//! All segments but the last are complete: the header of the next one says how long they are, and a group that
//! is not whole in there is damage. The last one may end in the group that was being written when power failed;
//! it was never answered, and the next group is written over it. A group is written only after the one before was synced, so when a whole
//! group of a later number follows a broken one, the broken one was durable once: that is damage, too, and the
//! journal is refused rather than opened without it.

use std::sync::Arc;

use super::super::index::{Effect, Ended, Index, Limits, Past};
use super::super::io::{Io, IoFile};
use super::error::on;
use super::group::{self, GroupHeader, Position};
use super::record::Record;
use super::segment::{self, HEADER, HeaderFault, Segment, SegmentHeader};
use super::{JournalOptions, OpenError, snapshot};
use crate::model::{Message, MessageId, Timestamp, Together};

/// A journal as it was found.
pub(super) struct Recovered {
    pub(super) index: Index<Position>,
    pub(super) segments: Vec<Segment>,
    pub(super) salt: u32,
    /// Number of the next group.
    pub(super) sequence: u64,
    /// Where the last group of all starts in its segment.
    pub(super) last_group: u64,
    pub(super) next_id: u64,
    /// Octets that were read beyond the snapshot.
    pub(super) replayed: u64,
}

impl Recovered {
    /// Writes the last group again. If its sync failed, the system may go on showing it though the disk never gets it;
    /// the one before was synced before this one was written.
    pub(super) fn renew_last_group(&self) -> Result<(), OpenError> {
        let Some(last) = self.segments.last().filter(|last| last.used > HEADER as u64) else {
            return Ok(());
        };
        let name = segment::name(last.number);
        let len = last.used.saturating_sub(self.last_group);
        let mut octets = vec![0; usize::try_from(len).unwrap_or_default()];
        let read = on(&name, last.file.read_at(&mut octets, self.last_group))?;
        octets.truncate(read);
        on(&name, last.file.write_at(&octets, self.last_group).and_then(|()| last.file.sync()))
    }
}

/// A segment that is there, and its header.
pub(super) type Found = (SegmentHeader, Arc<dyn IoFile>);

/// Reads the journal; `None` when there is none. Changes nothing.
pub(super) fn recover(io: &dyn Io, options: &JournalOptions) -> Result<Option<Recovered>, OpenError> {
    let found = find(io)?;
    let Some((last, _)) = found.last() else {
        return Ok(None);
    };
    let limits = options.limits();
    let saved = snapshot::load(io, &found, limits).map(|replay| replay.all(&found)).transpose()?.flatten();
    if saved.is_some() {
        return Ok(saved);
    }
    Replay::new(last.salt, limits, &found).all(&found)
}

/// Finds all segments and reads their headers.
pub(super) fn find(io: &dyn Io) -> Result<Vec<Found>, OpenError> {
    let mut numbers: Vec<_> = on("directory", io.list())?.iter().filter_map(|name| segment::number(name)).collect();
    numbers.sort_unstable();
    let mut found: Vec<Found> = Vec::new();
    for number in numbers {
        let name = segment::name(number);
        let file = on(&name, io.open(&name))?;
        let header = read_header(number, file.as_ref())?;
        if let Some((previous, _)) = found.last() {
            if previous.number + 1 != number {
                return Err(OpenError::corrupt(previous.number + 1, 0, "the file is missing"));
            }
            if previous.salt != header.salt {
                return Err(OpenError::corrupt(number, 0, "the file belongs to another journal"));
            }
        }
        found.push((header, file));
    }
    Ok(found)
}

fn read_header(number: u32, file: &dyn IoFile) -> Result<SegmentHeader, OpenError> {
    let name = segment::name(number);
    let mut octets = [0; HEADER];
    on(&name, file.read_at(&mut octets, 0))?;
    match SegmentHeader::read(&octets) {
        Ok(header) if header.number == number => Ok(header),
        Ok(_) => Err(OpenError::corrupt(number, 0, "the file has the number of another segment")),
        Err(HeaderFault::Damaged) => Err(OpenError::corrupt(number, 0, "the header is damaged")),
        Err(HeaderFault::Version(version)) => Err(OpenError::Version { file: name, version }),
    }
}

/// Reads a whole file.
pub(super) fn read_all(name: &str, file: &dyn IoFile) -> Result<Vec<u8>, OpenError> {
    let size = on(name, file.size())?;
    let mut octets = vec![0; usize::try_from(size).unwrap_or(usize::MAX)];
    let read = on(name, file.read_at(&mut octets, 0))?;
    octets.truncate(read);
    Ok(octets)
}

/// The state of reading.
pub(super) struct Replay {
    pub(super) index: Index<Position>,
    pub(super) salt: u32,
    /// The next group to read: its segment, its place there, its number.
    pub(super) start: (u32, u64),
    pub(super) sequence: u64,
    pub(super) last_group: u64,
    /// Ids below may be in use because they were reserved.
    pub(super) reserved: u64,
    /// Ids below are in use by a message.
    used_ids: u64,
    replayed: u64,
}

impl Replay {
    pub(super) fn new(salt: u32, limits: Limits, found: &[Found]) -> Self {
        let (start, sequence) = found.first().map_or(((0, 0), 0), |(header, _)| ((header.number, 0), header.sequence));
        Replay { index: Index::new(limits), salt, start, sequence, last_group: 0, reserved: 0, used_ids: 0, replayed: 0 }
    }

    /// Reads all segments; `None` when what the snapshot said cannot be true.
    fn all(mut self, found: &[Found]) -> Result<Option<Recovered>, OpenError> {
        let mut segments = Vec::new();
        let mut nexts = found.iter().skip(1).map(|(header, _)| header.previous_len);
        for (header, file) in found {
            let used = self.segment(header, file.as_ref(), nexts.next())?;
            let SegmentHeader { number, version, .. } = *header;
            // Nobody knows any more what was erased in there.
            segments.push(Segment { number, version, file: Arc::clone(file), used, live: 0, wiped: true });
        }
        if !self.drop_tidied(&mut segments) {
            return Ok(None);
        }
        self.index.rebuild(Timestamp::now());
        for position in self.index.take_freed() {
            if let Some(segment) = segment_of(&mut segments, position) {
                segment.live = segment.live.saturating_sub(u64::from(position.len));
            }
        }
        Ok(Some(self.finish(segments)))
    }

    /// Counts what lives in each segment, and drops the ended messages whose segment was tidied away after the snapshot:
    /// they had been forgotten. `false` when a pending one is among them.
    fn drop_tidied(&mut self, segments: &mut [Segment]) -> bool {
        let mut tidied = Vec::new();
        self.index.take_freed();
        for (id, position, ended) in self.index.bodies() {
            match segment_of(segments, *position) {
                Some(segment) => segment.live += u64::from(position.len),
                None if ended => tidied.push(id),
                None => return false,
            }
        }
        for id in tidied {
            self.index.redo(Effect::Deleted { id });
        }
        self.index.take_freed();
        true
    }

    /// Reads one segment and returns where its last group ends; `complete` is where it must end.
    fn segment(&mut self, header: &SegmentHeader, file: &dyn IoFile, complete: Option<u64>) -> Result<u64, OpenError> {
        if header.number < self.start.0 {
            return complete.ok_or_else(|| OpenError::corrupt(header.number, 0, "the file after it is missing"));
        }
        let mut octets = read_all(&segment::name(header.number), file)?;
        if let Some(complete) = complete {
            octets.truncate(usize::try_from(complete).unwrap_or(usize::MAX));
        }
        let mut offset = HEADER;
        if header.number == self.start.0 {
            offset = offset.max(usize::try_from(self.start.1).unwrap_or(usize::MAX));
        }
        self.reserved = if offset == HEADER { header.next_id.0 } else { self.reserved };
        let start = offset;
        while let Some(stride) = self.group(header.number, octets.get(offset..).unwrap_or_default(), offset)? {
            self.last_group = offset as u64;
            offset += stride;
        }
        match complete {
            Some(complete) if complete == offset as u64 => {}
            Some(_) => return Err(self.damage(header.number, offset)),
            None => self.check_tail(header.number, &octets, offset)?,
        }
        self.replayed += (offset - start) as u64;
        Ok(offset as u64)
    }

    /// Takes the group at the beginning of `octets` in and returns how far it is to the next; `None` when it is not whole.
    fn group(&mut self, segment: u32, octets: &[u8], offset: usize) -> Result<Option<usize>, OpenError> {
        let Some(header) = GroupHeader::read(octets, self.salt, segment) else {
            return Ok(None);
        };
        if header.sequence != self.sequence {
            return Ok(None);
        }
        let Some(records) = group::records(octets, header, self.salt) else {
            return Ok(None);
        };
        let mut others = Together::of(header.length as usize);
        for (place, body) in records {
            let len = (body.len() + super::record::PREFIX) as u32;
            let position = Position { segment: 0, offset: place, len }.based(segment, offset as u32);
            let record = Record::read(body, &mut others)
                .map_err(|error| OpenError::corrupt(segment, offset + place as usize, error.to_string()))?;
            self.record(record, position);
        }
        self.sequence += 1;
        Ok(Some(header.stride()))
    }

    /// Does again what a record says.
    pub(super) fn record(&mut self, record: Record, body: Position) {
        match record {
            // A replaced one as well: where it was accepted may be gone, as no body there counted any more.
            Record::Accepted(message) | Record::Replaced(message) => self.message(&message, body, Past::default()),
            Record::Kept(message, past) => self.message(&message, body, past),
            Record::Retried { id, attempts, deliver_after: due, lane } => {
                let lane = lane.map(|lane| self.index.lane(&lane));
                self.index.redo(Effect::Retried { id, attempts, due, lane });
            }
            Record::Handed { id, until, handing } => {
                self.index.redo(Effect::Handed { id, until, handing: Box::new(handing) });
            }
            Record::Settled { id, outcome, by, erase } => {
                let by = by.map(|lane| self.index.lane(&lane));
                self.index.redo(Effect::Settled { id, end: Ended { outcome, by, erase } });
            }
            Record::Reopened { id, deliver_after: due, expires } => {
                self.index.redo(Effect::Reopened { id, due, expires });
            }
            Record::Reserved(below) => self.reserved = below.0,
            Record::Gone(ids) => ids.into_iter().for_each(|id| self.index.redo(Effect::Deleted { id })),
            Record::Recorded(ids) => ids.into_iter().for_each(|id| self.index.redo_recorded(id)),
        }
        // Nobody counts what lives where before everything was read.
        self.index.take_freed();
    }

    fn message(&mut self, message: &Message, body: Position, past: Past) {
        self.note_id(message.id);
        self.index.restore(message, body, past);
    }

    /// Remembers that an id is in use.
    pub(super) fn note_id(&mut self, id: MessageId) {
        self.used_ids = self.used_ids.max(id.0.saturating_add(1));
    }

    /// Returns the first id that nobody had.
    pub(super) fn next_id(&self) -> u64 {
        self.reserved.max(self.used_ids).max(1)
    }

    /// Makes sure that what follows the last whole group was never durable.
    fn check_tail(&self, segment: u32, octets: &[u8], end: usize) -> Result<(), OpenError> {
        let tail = octets.get(end..).unwrap_or_default();
        for start in (0..tail.len()).step_by(group::ALIGN) {
            let rest = tail.get(start..).unwrap_or_default();
            let later = GroupHeader::read(rest, self.salt, segment).filter(|header| header.sequence > self.sequence);
            if later.is_some_and(|header| group::records(rest, header, self.salt).is_some()) {
                return Err(self.damage(segment, end));
            }
        }
        Ok(())
    }

    fn damage(&self, segment: u32, offset: usize) -> OpenError {
        OpenError::corrupt(segment, offset, format!("group {} is damaged, but later ones are whole", self.sequence))
    }

    fn finish(self, segments: Vec<Segment>) -> Recovered {
        Recovered {
            next_id: self.next_id(),
            index: self.index,
            segments,
            salt: self.salt,
            sequence: self.sequence,
            last_group: self.last_group,
            replayed: self.replayed,
        }
    }
}

fn segment_of(segments: &mut [Segment], position: Position) -> Option<&mut Segment> {
    let place = segments.binary_search_by_key(&position.segment, |segment| segment.number).ok()?;
    segments.get_mut(place)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::super::Queue;
    use super::super::super::index::LaneNo;
    use super::super::JournalQueue;
    use super::super::draft::Draft;
    use super::super::group::Group;
    use super::super::record::Kind;
    use super::*;
    use crate::model::MessageId;
    use crate::testing::FaultyIo;

    /// A text that looks like a whole later group, for those who do not know the salt, at every alignment.
    fn forged() -> Bytes {
        let (mut group, mut draft) = (Group::new(0), Draft::new(0));
        draft.accept(&Message::new(MessageId(666), "thief".into(), "sandbox".into()), LaneNo(0));
        draft.put(Kind::Reserved, |_| ());
        group.add(&mut draft);
        let octets = Group::seal(&mut [group], 1, 99, Timestamp(0)).concat();
        let mut text = Vec::new();
        for _ in 0..4 {
            text.extend_from_slice(&octets);
            text.push(0);
        }
        text.into()
    }

    #[tokio::test]
    async fn a_text_cannot_pass_for_a_group() {
        let io = FaultyIo::new(1);
        let options = JournalOptions { segment_octets: 8192, ..JournalOptions::default() };
        let open = || JournalQueue::open_on(Arc::new(io.clone()), options.clone());
        let queue = open().unwrap();
        let mut message = Message::new(queue.next_id(), "shop".into(), "sandbox".into());
        message.user_data = forged();
        queue.append(vec![message]).await.unwrap();
        drop(queue);
        let name = segment::name(1);
        let mut octets = io.content(&name).unwrap();
        let thief = octets.windows(5).position(|octets| octets == b"thief").unwrap();
        // The group around it is torn, so that it is searched for later ones.
        let shop = octets[..thief].windows(4).rposition(|octets| octets == b"shop").unwrap();
        octets[shop] ^= 1;
        io.overwrite(&name, octets);
        assert_eq!(open().unwrap().counts().pending, 0);
    }
}

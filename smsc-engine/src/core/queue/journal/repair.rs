//! Saving what is whole of a damaged journal into a new one.

use std::sync::Arc;

use super::super::index::Limits;
use super::super::io::{Io, IoFile};
use super::draft::Draft;
use super::error::on;
use super::group::{self, ALIGN, Group, GroupHeader, Position};
use super::record::{self, PREFIX, Record};
use super::recover::{Replay, read_all};
use super::segment::{self, HEADER, SegmentHeader};
use super::{JournalOptions, OpenError, assemble, begin};
use crate::model::Together;

/// What was saved and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// Messages in the new journal, ended ones included.
    pub messages: u64,
    /// What could not be read: the file, the place and what is wrong there.
    pub damage: Vec<String>,
}

/// Copies every message that can still be read from a damaged journal into an empty directory.
///
/// The damaged journal is only read. Where the record is lost that a message had ended, the message is pending
/// again and may be delivered twice; that is the lesser evil.
///
/// # Errors
/// When one of them is open elsewhere, the new directory has a journal already, nothing says which journal the files
/// belong to, or the disk says no.
pub fn repair(from: &dyn Io, to: Arc<dyn Io>, options: JournalOptions) -> Result<Repaired, OpenError> {
    let _from = on("lock", from.lock())?;
    let _to = on("lock", to.lock())?;
    if on("directory", to.list())?.iter().any(|name| segment::number(name).is_some()) {
        return Err(OpenError::NotEmpty);
    }
    let files = files(from)?;
    let mut salvage = Salvage::new(&files)?;
    for (number, file) in &files {
        salvage.segment(*number, file.as_ref());
    }
    salvage.write(&files, to, options)
}

type Files = Vec<(u32, Arc<dyn IoFile>)>;

fn files(io: &dyn Io) -> Result<Files, OpenError> {
    let mut numbers: Vec<_> = on("directory", io.list())?.iter().filter_map(|name| segment::number(name)).collect();
    numbers.sort_unstable();
    let open = |number| {
        let name = segment::name(number);
        Ok((number, on(&name, io.open(&name))?))
    };
    numbers.into_iter().map(open).collect()
}

struct Salvage {
    replay: Replay,
    repaired: Repaired,
    next: Option<u32>,
}

impl Salvage {
    fn new(files: &Files) -> Result<Self, OpenError> {
        let headers = files.iter().filter_map(|(_, file)| read_header(file.as_ref()));
        let Some(header) = headers.into_iter().next() else {
            return Err(OpenError::corrupt(files.first().map_or(1, |(number, _)| *number), 0, "no header can be read"));
        };
        let limits = Limits { pending: usize::MAX, finals: usize::MAX, records: true };
        Ok(Salvage { replay: Replay::new(header.salt, limits, &[]), repaired: Repaired::default(), next: None })
    }

    fn damaged(&mut self, segment: u32, offset: usize, what: &str) {
        self.repaired.damage.push(format!("{}, octet {offset}: {what}", segment::name(segment)));
    }

    /// Reads all whole groups of a segment, and whole records of broken ones.
    fn segment(&mut self, number: u32, file: &dyn IoFile) {
        if self.next.is_some_and(|next| next != number) {
            self.damaged(self.next.unwrap_or_default(), 0, "the file is missing");
        }
        self.next = Some(number + 1);
        match read_header(file) {
            Some(header) => self.replay.reserved = self.replay.reserved.max(header.next_id.0),
            None => self.damaged(number, 0, "the header is damaged"),
        }
        let octets = match read_all(&segment::name(number), file) {
            Ok(octets) => octets,
            Err(error) => return self.damaged(number, 0, &error.to_string()),
        };
        let mut gap = None;
        let mut offset = HEADER;
        while let Some(rest) = octets.get(offset..).filter(|rest| !rest.is_empty()) {
            let Some(header) = GroupHeader::read(rest, self.replay.salt, number) else {
                gap.get_or_insert(offset);
                offset += ALIGN;
                continue;
            };
            if let Some(start) = gap.take() {
                self.damaged(number, start, "groups are lost");
            }
            self.group(number, offset, rest.get(..header.stride()).unwrap_or(rest));
            offset += header.stride();
        }
    }

    fn group(&mut self, segment: u32, start: usize, octets: &[u8]) {
        let mut rest = octets.get(group::HEADER..).unwrap_or_default();
        while rest.len() > PREFIX {
            let offset = octets.len() - rest.len();
            let body = record::split(self.replay.salt, &mut rest);
            let len = (octets.len() - rest.len() - offset) as u32;
            match body.and_then(|body| Record::read(body, &mut Together::default()).ok()) {
                // The last reservation need not be the highest when records are missing.
                Some(Record::Reserved(below)) => self.replay.reserved = self.replay.reserved.max(below.0),
                Some(record) => {
                    self.replay.record(record, Position { segment, offset: (start + offset) as u32, len });
                }
                None => self.damaged(segment, start + offset, "a record is lost"),
            }
            if len == 0 {
                return;
            }
        }
    }

    /// Writes everything that was found into a new journal.
    fn write(mut self, files: &Files, to: Arc<dyn Io>, options: JournalOptions) -> Result<Repaired, OpenError> {
        let mut fresh = begin(&options);
        fresh.next_id = self.replay.next_id();
        let (shared, mut writer) = assemble(to, options, fresh);
        let ids: Vec<_> = self.replay.index.bodies().map(|(id, ..)| id).collect();
        let (mut group, mut draft) = (Group::new(writer.salt), Draft::new(writer.salt));
        for id in ids {
            let Some(hit) = self.replay.index.get(id) else {
                continue;
            };
            let position = hit.body;
            let Some(message) = read_message(files, position, self.replay.salt) else {
                self.damaged(position.segment, position.offset as usize, "a message is lost");
                continue;
            };
            draft.keep(&hit.record(message).message, &self.replay.index.past(id));
            group.add(&mut draft);
            self.repaired.messages += 1;
            if group.octets() > STEP {
                let written = std::mem::replace(&mut group, Group::new(writer.salt));
                writer.write(vec![written]);
            }
        }
        writer.write(vec![group]);
        shared.open().map(drop)?;
        Ok(self.repaired)
    }
}

fn read_header(file: &dyn IoFile) -> Option<SegmentHeader> {
    let mut octets = [0; HEADER];
    file.read_at(&mut octets, 0).ok()?;
    SegmentHeader::read(&octets).ok()
}

fn read_message(files: &Files, position: Position, salt: u32) -> Option<crate::model::Message> {
    let place = files.binary_search_by_key(&position.segment, |(number, _)| *number).ok()?;
    let (_, file) = files.get(place)?;
    let mut octets = vec![0; position.len as usize];
    file.read_at(&mut octets, u64::from(position.offset)).ok()?;
    Record::read(record::split(salt, &mut octets.as_slice())?, &mut Together::default()).ok()?.into_message()
}

/// Octets of one group of the new journal.
const STEP: usize = 256 << 10;

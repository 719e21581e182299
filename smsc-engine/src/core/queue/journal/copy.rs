//! A copy of the journal while it is in use.
//!
//! What was answered lies below the end of its segment, and nothing is written there any more: so the segments up to
//! their ends as of one moment are a journal of that moment. Holding on to their files keeps the tidying thread from
//! using them again meanwhile; it may delete their names, which does not matter here.

use std::io;

use super::super::QueueError;
use super::super::io::{Io, RealIo};
use super::group::{self, GroupHeader};
use super::segment::{self, HEADER, Segment};
use super::shared::Shared;

/// Writes everything that is durable now into a directory without a journal, and checks every octet of it on the way.
pub(super) fn copy(shared: &Shared, target: &RealIo) -> Result<(), QueueError> {
    let segments: Vec<Segment> = shared.known()?.segments.iter().cloned().collect();
    for segment in &segments {
        let name = segment::name(segment.number);
        let octets = whole(segment, shared.salt).map_err(|error| failed(&name, &error))?;
        write(target, &name, &octets).map_err(|error| failed(&name, &error))?;
    }
    target.sync_names().map_err(|error| failed("directory", &error))
}

/// Reads a segment up to its end; an error if any checksum in there is wrong.
fn whole(segment: &Segment, salt: u32) -> io::Result<Vec<u8>> {
    let mut octets = vec![0; usize::try_from(segment.used).unwrap_or(usize::MAX)];
    let read = segment.file.read_at(&mut octets, 0)?;
    octets.truncate(read);
    let mut offset = HEADER;
    while offset < octets.len() {
        let rest = octets.get(offset..).unwrap_or_default();
        let header = GroupHeader::read(rest, salt, segment.number);
        let header = header.filter(|header| group::records(rest, *header, salt).is_some());
        offset += header.ok_or_else(|| damaged(offset))?.stride();
    }
    if offset as u64 == segment.used { Ok(octets) } else { Err(damaged(offset)) }
}

fn damaged(offset: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("octet {offset}: the group is damaged"))
}

fn write(target: &RealIo, name: &str, octets: &[u8]) -> io::Result<()> {
    let file = target.create(name)?;
    file.write_at(octets, 0)?;
    file.sync()
}

fn failed(name: &str, error: &io::Error) -> QueueError {
    QueueError::NotCopied(format!("{name}: {error}").into())
}

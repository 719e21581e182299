//! The files of a sink: finding them, going on with the newest, beginning new ones.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;

use super::super::{Key, SinkError, key};
use super::{FileFormat, FileOptions};
use crate::calendar;
use crate::core::queue::io::{Io, IoFile};
use crate::model::{Cdr, MessageId, Timestamp};

/// All files of a sink and the one that grows.
pub(super) struct Files {
    io: Arc<dyn Io>,
    options: FileOptions,
    current: Option<Current>,
    /// The messages of the last [`LOOK_BACK`] octets and of what was written since, once somebody has asked: most
    /// doubtful records are not there, and that is seen without reading.
    seen: Option<HashSet<MessageId>>,
    /// Nobody else writes here as long as it lives.
    _lock: Box<dyn Send + Sync>,
}

struct Current {
    name: Name,
    file: Arc<dyn IoFile>,
    /// So many octets are whole records that are durable.
    length: u64,
    /// Nothing lies behind them.
    clean: bool,
}

/// `cdrs-20261128-0001.csv`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    day: String,
    number: u32,
}

impl Name {
    fn text(&self, format: FileFormat) -> String {
        format!("cdrs-{}-{:04}.{}", self.day, self.number, format.name())
    }

    fn parse(text: &str, format: FileFormat) -> Option<Name> {
        let rest = text.strip_prefix("cdrs-")?.strip_suffix(format.name())?.strip_suffix('.')?;
        let (day, number) = rest.split_once('-')?;
        let digits = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
        (day.len() == 8 && digits(day) && digits(number)).then_some(())?;
        Some(Name { day: day.to_owned(), number: number.parse().ok()? })
    }
}

impl Files {
    pub(super) fn open(io: Arc<dyn Io>, options: FileOptions) -> Result<Files, SinkError> {
        let lock = on("lock", io.lock())?;
        let mut files = Files { io, options, current: None, seen: None, _lock: lock };
        if let Some(name) = files.names()?.pop() {
            let text = name.text(options.format);
            files.current = Some(on(&text, files.reopen(name))?);
        }
        Ok(files)
    }

    /// Writes what is not there yet, all or nothing.
    pub(super) fn write(&mut self, records: &[Cdr], doubtful: bool, now: Timestamp) -> Result<(), SinkError> {
        let there = if doubtful { self.find(records)? } else { HashSet::new() };
        let mut lines = String::new();
        for cdr in records.iter().filter(|cdr| !there.contains(&key(cdr))) {
            self.options.format.put(&mut lines, (cdr, now));
        }
        if lines.is_empty() {
            return Ok(());
        }
        self.append(&lines, now)?;
        if let Some(seen) = &mut self.seen {
            seen.extend(records.iter().map(|cdr| cdr.message_id));
        }
        // Then the next one who asks reads again.
        self.seen.take_if(|seen| seen.len() > MOST_SEEN);
        Ok(())
    }

    /// Returns which of the records are there already.
    fn find(&mut self, records: &[Cdr]) -> Result<HashSet<Key>, SinkError> {
        let format = self.options.format;
        let seen = match self.seen.take() {
            Some(seen) => seen,
            None => {
                let mut seen = HashSet::new();
                self.look_back(|line| seen.extend(format.message_id(line)))?;
                seen
            }
        };
        let mut wanted: HashMap<MessageId, Vec<Key>> = HashMap::new();
        for cdr in records.iter().filter(|cdr| seen.contains(&cdr.message_id)) {
            wanted.entry(cdr.message_id).or_default().push(key(cdr));
        }
        self.seen = Some(seen);
        let mut there = HashSet::new();
        if !wanted.is_empty() {
            self.look_back(|line| {
                let keys = format.message_id(line).and_then(|id| wanted.get(&id)).into_iter().flatten();
                there.extend(keys.filter(|key| format.is_record(line, key)).cloned());
            })?;
        }
        Ok(there)
    }

    /// Hands the lines of the newest files to `see`: as many files as hold [`LOOK_BACK`] octets.
    fn look_back(&self, mut see: impl FnMut(&[u8])) -> Result<(), SinkError> {
        let mut octets = 0;
        for name in self.names()?.into_iter().rev() {
            if octets >= LOOK_BACK {
                break;
            }
            let text = name.text(self.options.format);
            let current = self.current.as_ref().filter(|current| current.name == name);
            let (file, end) = match current {
                Some(current) => (Arc::clone(&current.file), current.length),
                None => on(&text, self.io.open(&text).and_then(|file| file.size().map(|size| (file, size))))?,
            };
            on(&text, for_each_record(file.as_ref(), end, self.options.format, &mut see))?;
            octets += end;
        }
        Ok(())
    }

    fn append(&mut self, lines: &str, now: Timestamp) -> Result<(), SinkError> {
        let today = day(now);
        let limit = self.options.largest_file;
        let stays = |current: &Current| {
            let same_day = !self.options.daily || current.name.day >= today;
            same_day && (current.length == 0 || current.length + lines.len() as u64 <= limit)
        };
        let format = self.options.format;
        if !self.current.as_ref().is_some_and(stays) {
            let name = self.next_name(today);
            let text = name.text(format);
            // The names of the days before count, even if the clock was set back.
            self.finish_current()?;
            self.current = Some(on(&text, self.create(name))?);
        }
        let Some(current) = &mut self.current else { return Err(SinkError::Broken) };
        on(&current.name.text(format), current.append(format, lines))
    }

    /// Before a file is left for good, nothing may lie behind its last record.
    fn finish_current(&mut self) -> Result<(), SinkError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        on(&current.name.text(self.options.format), current.clean_up())
    }

    fn next_name(&self, today: String) -> Name {
        match &self.current {
            Some(current) if current.name.day >= today => Name { day: current.name.day.clone(), number: current.name.number + 1 },
            _ => Name { day: today, number: 1 },
        }
    }

    fn create(&self, name: Name) -> io::Result<Current> {
        let text = name.text(self.options.format);
        let file = match self.io.create(&text) {
            // Left by an attempt that failed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return self.reopen(name),
            file => file?,
        };
        self.io.sync_names()?;
        Ok(Current { name, file, length: 0, clean: true })
    }

    /// Opens a file and cuts off what is no whole record.
    fn reopen(&self, name: Name) -> io::Result<Current> {
        let text = name.text(self.options.format);
        let file = self.io.open(&text)?;
        let size = file.size()?;
        let length = for_each_record(file.as_ref(), size, self.options.format, |_| {})?;
        if length < size {
            tracing::warn!(file = %text, octets = size - length, "a torn end was cut off");
        }
        self.io.sync_names()?;
        // What a program wrote that was then killed is there, but not for sure durable: nothing is clean before a sync.
        let mut current = Current { name, file, length, clean: false };
        current.clean_up()?;
        Ok(current)
    }

    /// The names of our files, the oldest first.
    fn names(&self) -> Result<Vec<Name>, SinkError> {
        let listed = on("directory", self.io.list())?;
        let mut names: Vec<_> = listed.iter().filter_map(|name| Name::parse(name, self.options.format)).collect();
        names.sort();
        Ok(names)
    }
}

impl Current {
    fn append(&mut self, format: FileFormat, lines: &str) -> io::Result<()> {
        self.clean_up()?;
        self.clean = false;
        let header = if self.length == 0 { format.header() } else { String::new() };
        self.file.write_at((header.clone() + lines).as_bytes(), self.length)?;
        self.file.sync()?;
        self.length += (header.len() + lines.len()) as u64;
        self.clean = true;
        Ok(())
    }

    /// Cuts off what an attempt left that failed.
    fn clean_up(&mut self) -> io::Result<()> {
        if !self.clean {
            self.file.truncate(self.length)?;
            self.file.sync()?;
            self.clean = true;
        }
        Ok(())
    }
}

/// Hands every whole record of the first `end` octets to `see`, and returns where the last one ends.
///
/// A crash may leave holes, which read as zeros: nothing from the first one on is a record.
fn for_each_record(file: &dyn IoFile, end: u64, format: FileFormat, mut see: impl FnMut(&[u8])) -> io::Result<u64> {
    let (mut read, mut whole, mut quoted) = (0, 0, false);
    let (mut chunk, mut record) = (vec![0; CHUNK], Vec::new());
    while read < end {
        let want = usize::try_from(end - read).unwrap_or(CHUNK).min(CHUNK);
        let got = file.read_at(chunk.get_mut(..want).unwrap_or_default(), read)?;
        let octets = chunk.get(..got).unwrap_or_default();
        read += got as u64;
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            if line.contains(&0) {
                return Ok(whole);
            }
            record.extend_from_slice(line);
            if format.passes(line, &mut quoted) && line.ends_with(b"\n") {
                see(&record);
                whole += record.len() as u64;
                record.clear();
            }
        }
        if got == 0 {
            break;
        }
    }
    Ok(whole)
}

fn day(moment: Timestamp) -> String {
    calendar::date(moment).replace('-', "")
}

fn on<T>(file: &str, result: io::Result<T>) -> Result<T, SinkError> {
    result.map_err(|error| SinkError::Disk { file: file.to_owned(), error })
}

/// How far back a doubtful record is looked for. What is written and not yet known to the message queue is at most what
/// a recorder holds: some tens of megabytes.
const LOOK_BACK: u64 = 128 << 20;
/// Messages to remember; they take some tens of megabytes.
const MOST_SEEN: usize = 1 << 20;
/// Octets that are read at once.
const CHUNK: usize = 256 << 10;

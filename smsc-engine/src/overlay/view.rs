//! What a list shows: the file with the changes over it.

use std::collections::{HashMap, HashSet};

use super::table::Row;
use super::{BookError, Entry};
use crate::model::Timestamp;

/// One entry as it counts now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// The entry.
    pub entry: T,
    /// Where it comes from.
    pub origin: Origin,
    /// Who changed it last while the centre ran, if anybody did.
    pub change: Option<Change>,
}

/// Where an entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// It is as the file says.
    File,
    /// The file has it, and it was changed at run time.
    Changed,
    /// Only run time has it.
    Added,
}

impl Origin {
    /// Returns the word for it: `file`, `changed` or `added`.
    pub const fn name(self) -> &'static str {
        match self {
            Origin::File => "file",
            Origin::Changed => "changed",
            Origin::Added => "added",
        }
    }
}

/// A change at run time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// By whom, as the caller said.
    pub by: String,
}

/// An entry of the file that was deleted at run time, and stays so until it is reverted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deleted {
    /// Its key.
    pub key: String,
    /// Whether the file has it at present.
    pub in_file: bool,
    /// Who deleted it.
    pub change: Change,
}

/// Everything that readers see.
pub(super) struct View<T> {
    pub(super) list: Vec<Listed<T>>,
    pub(super) by_key: HashMap<String, usize>,
    pub(super) deleted: Vec<Deleted>,
}

impl<T: Entry> View<T> {
    /// Lays changes over a file: first what the file has in its order, then what was added in the order it was added.
    pub(super) fn new(file: &[T], rows: &[Row<T>]) -> View<T> {
        let changes: HashMap<&str, &Row<T>> = rows.iter().map(|row| (row.key.as_str(), row)).collect();
        let mut view = View { list: Vec::with_capacity(file.len()), by_key: HashMap::new(), deleted: Vec::new() };
        let mut in_file = HashSet::with_capacity(file.len());
        for entry in file {
            let key = entry.key();
            match changes.get(key.as_str()) {
                Some(row) => view.add_row(row, Origin::Changed),
                None => view.add(key.clone(), Listed { entry: entry.clone(), origin: Origin::File, change: None }),
            }
            in_file.insert(key);
        }
        for row in rows.iter().filter(|row| !in_file.contains(&row.key)) {
            view.add_row(row, Origin::Added);
        }
        view
    }

    pub(super) fn get(&self, key: &str) -> Option<&Listed<T>> {
        self.list.get(*self.by_key.get(key)?)
    }

    pub(super) fn entries(&self) -> Vec<T> {
        self.list.iter().map(|listed| listed.entry.clone()).collect()
    }

    fn add_row(&mut self, row: &Row<T>, origin: Origin) {
        let change = row.change.clone();
        match &row.entry {
            Some(entry) => self.add(row.key.clone(), Listed { entry: entry.clone(), origin, change: Some(change) }),
            None => self.deleted.push(Deleted { key: row.key.clone(), in_file: origin == Origin::Changed, change }),
        }
    }

    fn add(&mut self, key: String, listed: Listed<T>) {
        self.by_key.insert(key, self.list.len());
        self.list.push(listed);
    }
}

/// Checks what a file holds: every entry by itself, and that no two have one key.
pub(super) fn check_file<T: Entry>(file: &[T]) -> Result<(), BookError> {
    let mut keys = HashSet::with_capacity(file.len());
    for entry in file {
        check(entry)?;
        if !keys.insert(entry.key()) {
            return Err(BookError::Twice { kind: T::KIND, key: entry.key() });
        }
    }
    Ok(())
}

/// Checks one entry and its key.
pub(super) fn check<T: Entry>(entry: &T) -> Result<(), BookError> {
    let key = entry.key();
    let fits = (1..=LONGEST_KEY).contains(&key.len()) && !key.chars().any(char::is_control);
    let in_general = || format!("a name has 1 to {LONGEST_KEY} octets and no control characters");
    // What the entry itself says about its name is more to the point.
    entry.check().and_then(|()| if fits { Ok(()) } else { Err(in_general()) }).map_err(|reason| BookError::Entry {
        kind: T::KIND,
        key,
        reason,
    })
}

/// What the table has room for.
const LONGEST_KEY: usize = 255;

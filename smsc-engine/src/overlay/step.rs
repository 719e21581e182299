//! What a change makes of a list, before anything is kept.

use super::table::{Row, Write};
use super::view::{View, check, check_file};
use super::{BookError, Change, Entry};

/// Where a list stands: what the file says, and what was changed since.
pub(super) struct State<T> {
    pub(super) file: Vec<T>,
    /// In the order of their places.
    pub(super) rows: Vec<Row<T>>,
    /// Nobody knows what the database holds: its rows must be read again first.
    pub(super) stale: bool,
    /// The version of the rows, where other nodes change them too.
    pub(super) version: u64,
}

/// One change.
pub(super) enum Step<T> {
    /// Adds an entry.
    Add(T),
    /// Adds an entry or replaces the one with its key.
    Put(T),
    /// Changes an entry.
    Edit(String, Edit<T>),
    /// Deletes an entry.
    Delete(String),
    /// Goes back to what the file says.
    Revert(String),
    /// Takes another file.
    File(Vec<T>),
}

/// How an entry is changed; may refuse.
pub(super) type Edit<T> = Box<dyn FnOnce(&mut T) -> Result<(), String> + Send>;

/// What a change comes to.
pub(super) struct Plan<T> {
    pub(super) file: Option<Vec<T>>,
    pub(super) write: Option<Write<T>>,
}

impl<T: Entry> Step<T> {
    /// Plans the change; may take long, for entries are sealed here.
    pub(super) fn plan(self, (state, view): (&State<T>, &View<T>), change: Change) -> Result<Plan<T>, BookError> {
        let write = match self {
            Step::Add(entry) if view.get(&entry.key()).is_some() => {
                return Err(BookError::Exists { kind: T::KIND, key: entry.key() });
            }
            Step::Add(entry) | Step::Put(entry) => Write::Put(state.row(sealed(entry)?, change)),
            Step::Edit(key, edit) => Write::Put(state.row(edited(view, key, edit)?, change)),
            Step::Delete(key) if view.get(&key).is_none() => return Err(BookError::Unknown { kind: T::KIND, key }),
            Step::Delete(key) if state.in_file(&key) => Write::Put(state.tombstone(key, change)),
            Step::Delete(key) => Write::Forget(key),
            Step::Revert(key) => {
                let row = state.rows.iter().find(|row| row.key == key);
                // What only run time has would be lost.
                if row.is_none_or(|row| row.entry.is_some() && !state.in_file(&key)) {
                    return Err(BookError::NothingToRevert { kind: T::KIND, key });
                }
                Write::Forget(key)
            }
            Step::File(file) => {
                check_file(&file)?;
                return Ok(Plan { file: Some(file), write: None });
            }
        };
        Ok(Plan { file: None, write: Some(write) })
    }
}

impl<T: Entry> State<T> {
    /// The rows as they will be.
    pub(super) fn rows_after(&self, write: Option<&Write<T>>) -> Vec<Row<T>> {
        let mut rows = self.rows.clone();
        match write {
            Some(Write::Put(row)) => match rows.iter_mut().find(|old| old.key == row.key) {
                Some(old) => *old = row.clone(),
                None => rows.push(row.clone()),
            },
            Some(Write::Forget(key)) => rows.retain(|row| row.key != *key),
            None => {}
        }
        rows
    }

    fn in_file(&self, key: &str) -> bool {
        self.file.iter().any(|entry| entry.key() == key)
    }

    fn row(&self, entry: T, change: Change) -> Row<T> {
        let key = entry.key();
        Row { place: self.place(&key), entry: Some(entry), key, change }
    }

    fn tombstone(&self, key: String, change: Change) -> Row<T> {
        Row { place: self.place(&key), entry: None, key, change }
    }

    /// The place of a key that was changed before, or the next one.
    fn place(&self, key: &str) -> u64 {
        let old = self.rows.iter().find(|row| row.key == key).map(|row| row.place);
        old.unwrap_or_else(|| self.rows.last().map_or(1, |last| last.place.saturating_add(1)))
    }
}

fn edited<T: Entry>(view: &View<T>, key: String, edit: Edit<T>) -> Result<T, BookError> {
    let Some(listed) = view.get(&key) else { return Err(BookError::Unknown { kind: T::KIND, key }) };
    let mut entry = listed.entry.clone();
    edit(&mut entry).map_err(|reason| BookError::Entry { kind: T::KIND, key: key.clone(), reason })?;
    if entry.key() == key {
        return sealed(entry);
    }
    Err(BookError::Entry { kind: T::KIND, key, reason: "its name cannot be changed".into() })
}

fn sealed<T: Entry>(mut entry: T) -> Result<T, BookError> {
    check(&entry)?;
    entry.seal().map_err(|reason| BookError::Entry { kind: T::KIND, key: entry.key(), reason })?;
    Ok(entry)
}

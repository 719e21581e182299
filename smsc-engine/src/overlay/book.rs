//! One list: read by everybody, changed one change at a time.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::step::{Plan, State, Step};
use super::table::{self, Row, Write};
use super::view::{View, check_file};
use super::{BookError, Change, Deleted, Entry, Listed};
use crate::core::tables::version;
use crate::core::{blocking, finish};
use crate::model::Timestamp;
use crate::sql::{Database, Transaction};

/// A list that the file begins and run time changes. Copies are the same list.
///
/// A change is checked, written, offered to whoever [follows](Book::follow), and kept only if that one takes it. Changes
/// come one after the other, and one that was begun is finished though its caller went away.
pub struct Book<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    database: Database,
    view: ArcSwap<View<T>>,
    state: Arc<tokio::sync::Mutex<State<T>>>,
    follower: Mutex<Option<Follower<T>>>,
    most: usize,
}

/// A change, and what there will be once it is made.
struct Planned<T> {
    plan: Plan<T>,
    rows: Vec<Row<T>>,
    view: Arc<View<T>>,
}

type Follower<T> = Arc<dyn Fn(Vec<T>) -> Result<(), String> + Send + Sync>;

impl<T: Entry> Book<T> {
    /// Lays what was changed before over what the file says now.
    ///
    /// # Errors
    /// The file holds what is no good, a stored change cannot be read, or the database fails; see [`BookError`].
    pub async fn open(database: &Database, file: Vec<T>) -> Result<Book<T>, BookError> {
        Book::with_room(database, file, USUAL_ROOM).await
    }

    /// As [`open`](Book::open), with at most so many entries, and as many changes.
    ///
    /// # Errors
    /// As [`open`](Book::open).
    pub async fn with_room(database: &Database, file: Vec<T>, most: usize) -> Result<Book<T>, BookError> {
        check_file(&file)?;
        table::open::<T>(database).await?;
        // Before the rows: a change in between is read twice, not never.
        let version = version::current(database, &table::name::<T>()).await?;
        let rows = table::load(database).await?;
        let view = ArcSwap::from_pointee(View::new(&file, &rows));
        let state = Arc::new(tokio::sync::Mutex::new(State { file, rows, stale: false, version }));
        let shared = Shared { database: database.clone(), view, state, follower: Mutex::default(), most };
        shared.admit(&shared.view.load(), 0)?;
        Ok(Book { shared: Arc::new(shared) })
    }

    /// Hands the entries to `apply` now, and at every change from now on, in place of who followed before.
    ///
    /// What `apply` refuses, in words for the operator, does not happen. It may take long but must not wait for this
    /// book, nor write to the same database: the change under way holds both.
    ///
    /// # Errors
    /// [`BookError::Refused`] if it does not take the entries there are; then it does not follow.
    pub async fn follow(&self, apply: impl Fn(Vec<T>) -> Result<(), String> + Send + Sync + 'static) -> Result<(), BookError> {
        let shared = Arc::clone(&self.shared);
        let _state = shared.state.lock().await;
        let (entries, apply): (_, Follower<T>) = (self.entries(), Arc::new(apply));
        let first = Arc::clone(&apply);
        blocking(move || first(entries)).await.map_err(BookError::Refused)?;
        *shared.follower.lock().unwrap_or_else(PoisonError::into_inner) = Some(apply);
        Ok(())
    }

    /// Returns all entries: those of the file in its order, then those added in the order they were added.
    pub fn list(&self) -> Vec<Listed<T>> {
        self.shared.view.load().list.clone()
    }

    /// Returns all entries without where they come from.
    pub fn entries(&self) -> Vec<T> {
        self.shared.view.load().entries()
    }

    /// Returns the entry with this key.
    pub fn get(&self, key: &str) -> Option<Listed<T>> {
        self.shared.view.load().get(key).cloned()
    }

    /// Counts the entries.
    pub fn len(&self) -> usize {
        self.shared.view.load().list.len()
    }

    /// Tells whether there is no entry at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns what was deleted over the file.
    pub fn deleted(&self) -> Vec<Deleted> {
        self.shared.view.load().deleted.clone()
    }

    /// Adds an entry, in the name of `by`.
    ///
    /// # Errors
    /// There is one with its key already, or any other [`BookError`].
    pub async fn add(&self, entry: T, by: &str) -> Result<(), BookError> {
        self.change(Step::Add(entry), by).await
    }

    /// Adds an entry or replaces the one with its key.
    ///
    /// # Errors
    /// See [`BookError`].
    pub async fn put(&self, entry: T, by: &str) -> Result<(), BookError> {
        self.change(Step::Put(entry), by).await
    }

    /// Changes an entry in place; `edit` may refuse, and must leave the key as it is.
    ///
    /// # Errors
    /// See [`BookError`].
    pub async fn edit<F>(&self, key: &str, by: &str, edit: F) -> Result<(), BookError>
    where
        F: FnOnce(&mut T) -> Result<(), String> + Send + 'static,
    {
        self.change(Step::Edit(key.to_owned(), Box::new(edit)), by).await
    }

    /// Deletes an entry; one of the file stays deleted until it is [reverted](Book::revert).
    ///
    /// # Errors
    /// There is none, or any other [`BookError`].
    pub async fn delete(&self, key: &str, by: &str) -> Result<(), BookError> {
        self.change(Step::Delete(key.to_owned()), by).await
    }

    /// Forgets what was changed or deleted over the file.
    ///
    /// # Errors
    /// Nothing was, or the file does not have it (then it can be deleted), or any other [`BookError`].
    pub async fn revert(&self, key: &str) -> Result<(), BookError> {
        self.change(Step::Revert(key.to_owned()), "").await
    }

    /// Takes what the file says now; changes stay over it.
    ///
    /// # Errors
    /// See [`BookError`]; then the file that was read before still counts.
    pub async fn replace_file(&self, file: Vec<T>) -> Result<(), BookError> {
        self.change(Step::File(file), "").await
    }

    /// The name of the table of changes, as it stands among the tables nodes share.
    pub fn table(&self) -> String {
        table::name::<T>()
    }

    /// Takes in what other nodes changed since one looked last.
    ///
    /// # Errors
    /// See [`BookError`]; then what was known still counts.
    pub async fn catch_up(&self) -> Result<(), BookError> {
        let shared = Arc::clone(&self.shared);
        finish(async move {
            let mut state = Arc::clone(&shared.state).lock_owned().await;
            let version = version::current(&shared.database, &table::name::<T>()).await?;
            if version == state.version && !state.stale {
                return Ok(());
            }
            shared.read_again(&mut state, version).await
        })
        .await
    }

    async fn change(&self, step: Step<T>, by: &str) -> Result<(), BookError> {
        let (shared, by) = (Arc::clone(&self.shared), by.chars().take(LONGEST_BY).collect());
        finish(async move { shared.change(step, Change { at: Timestamp::now(), by }).await }).await
    }
}

impl<T: Entry> Shared<T> {
    async fn change(self: Arc<Self>, step: Step<T>, change: Change) -> Result<(), BookError> {
        let mut state = Arc::clone(&self.state).lock_owned().await;
        // A file is of this node alone.
        let held = if matches!(step, Step::File(_)) { None } else { self.hold().await? };
        let version = held.as_ref().map_or(state.version, |(_, version)| *version);
        if state.stale || state.version != version {
            self.read_again(&mut state, version).await?;
        }
        let shared = Arc::clone(&self);
        let (planned, mut state) = blocking(move || (shared.plan(step, &state, change), state)).await;
        let Planned { plan: Plan { file, write }, rows, view } = planned?;
        match &write {
            Some(write) => {
                let kept = self.keep((write, held), &view).await;
                state.stale = matches!(&kept, Err((_, true)));
                state.version = kept.map_err(|(error, _)| error)?;
            }
            None => self.offer(view.entries()).await.map_err(BookError::Refused)?,
        }
        state.rows = rows;
        if let Some(file) = file {
            state.file = file;
        }
        self.view.store(view);
        Ok(())
    }

    fn plan(&self, step: Step<T>, state: &State<T>, change: Change) -> Result<Planned<T>, BookError> {
        let plan = step.plan((state, &self.view.load()), change)?;
        let rows = state.rows_after(plan.write.as_ref());
        let view = View::new(plan.file.as_ref().unwrap_or(&state.file), &rows);
        self.admit(&view, rows.len().saturating_sub(state.rows.len()))?;
        Ok(Planned { plan, rows, view: Arc::new(view) })
    }

    /// Waits for one's turn to write, where other nodes change the rows too.
    async fn hold(&self) -> Result<Option<(Transaction, u64)>, BookError> {
        if !version::is_shared(&self.database) {
            return Ok(None);
        }
        let mut transaction = self.database.begin().await?;
        let version = version::lock(&mut transaction, &table::name::<T>()).await?;
        Ok(Some((transaction, version)))
    }

    /// Reads all rows, which are of this version or later.
    async fn read_again(&self, state: &mut State<T>, version: u64) -> Result<(), BookError> {
        let rows = table::load(&self.database).await?;
        let view = View::new(&state.file, &rows);
        self.offer(view.entries()).await.map_err(BookError::Refused)?;
        self.view.store(Arc::new(view));
        (state.rows, state.stale, state.version) = (rows, false, version);
        Ok(())
    }

    /// Writes a change, offers it, and makes it count; returns the version. The error tells whether nobody knows if it counts.
    async fn keep(
        &self,
        (write, held): (&Write<T>, Option<(Transaction, u64)>),
        view: &View<T>,
    ) -> Result<u64, (BookError, bool)> {
        let known = |error: BookError| (error, false);
        let (mut transaction, mut version) = match held {
            Some(held) => held,
            None => (self.database.begin().await.map_err(|error| known(error.into()))?, 0),
        };
        table::save(&mut transaction, write).await.map_err(known)?;
        if version::is_shared(&self.database) {
            let counted = version::count(&mut transaction, (&table::name::<T>(), version), None).await;
            version = counted.map_err(|error| known(error.into()))?;
        }
        if let Err(reason) = self.offer(view.entries()).await {
            // What is not committed is undone in any case.
            let _ = transaction.rollback().await;
            return Err(known(BookError::Refused(reason)));
        }
        let Err(error) = transaction.commit().await else { return Ok(version) };
        // It was taken, so it must be taken back.
        let before = self.view.load().entries();
        if let Err(reason) = self.offer(before).await {
            tracing::error!(kind = T::KIND, reason, "a change that is not kept cannot be taken back before a restart");
        }
        Err((error.into(), true))
    }

    /// Asks whoever follows to take these entries.
    async fn offer(&self, entries: Vec<T>) -> Result<(), String> {
        let follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match follower {
            Some(apply) => blocking(move || apply(entries)).await,
            None => Ok(()),
        }
    }

    /// Sees that there are not too many; `more` changes come to those there are.
    fn admit(&self, view: &View<T>, more: usize) -> Result<(), BookError> {
        let most = self.most;
        let changes = view.list.iter().filter(|listed| listed.change.is_some()).count() + view.deleted.len();
        if view.list.len() > most || (more > 0 && changes > most) {
            return Err(BookError::Full { kind: T::KIND, most });
        }
        Ok(())
    }
}

impl<T> Clone for Book<T> {
    fn clone(&self) -> Self {
        Book { shared: Arc::clone(&self.shared) }
    }
}

impl<T: Entry> fmt::Debug for Book<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Book").field("kind", &T::KIND).field("entries", &self.len()).finish_non_exhaustive()
    }
}

/// As many accounts as a file may have.
const USUAL_ROOM: usize = 100_000;
/// Of the name of who changes something.
const LONGEST_BY: usize = 200;

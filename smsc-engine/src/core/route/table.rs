//! The routes of a core: looked up by everybody, changed by the operator, kept in a store.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::dice::Dice;
use super::entry::Entry;
use super::index::{Chooser, Filter, Index, Liveness, Query, Specificity};
use super::plan::{self, Plan};
use super::validate::validate;
use super::{Decision, Facts, ImportMode, ImportReport, RouteChange, RouteError, RouteStore, Router};
use crate::core::snapshot::{Book, blocking, finish};
use crate::core::{News, StoreError};
use crate::model::{Message, Route};

/// How a table works.
#[derive(Clone)]
#[non_exhaustive]
pub struct TableOptions {
    /// How routes of equal priority are compared.
    pub specificity: Specificity,
    /// Passes over routes to lanes that nobody serves at present; `None` takes every route as it comes.
    pub alive: Option<Arc<Liveness>>,
    /// At most so many routes.
    pub limit: usize,
    /// Makes choices among equal routes repeatable, for tests.
    pub seed: Option<u64>,
}

impl Default for TableOptions {
    fn default() -> Self {
        TableOptions { specificity: Specificity::default(), alive: None, limit: LIMIT, seed: None }
    }
}

/// Why a table is not changed; what it held before still holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The route is no good.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// A row of an import, or of the store, is no good.
    #[error("row {row}: {error}")]
    Row {
        /// Which row, 1 for the first.
        row: usize,
        /// What is wrong with it.
        error: RouteError,
    },
    /// There is no route with this number.
    #[error("there is no route {0}")]
    Unknown(u64),
    /// There would be too many routes, or there are no more numbers for them.
    #[error("there is no room for more than {0} routes")]
    Full(usize),
    /// The store did not take the change.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A table of routes. Copies are the same table.
///
/// Look-ups take no lock and see one state of the table, the old or the new; a change is seen once it is stored.
/// Whoever changes is served one after the other, and a change that was begun is finished though its caller went away.
#[derive(Clone)]
pub struct RouteTable {
    shared: Arc<Shared>,
}

struct Shared {
    state: ArcSwap<State>,
    store: Arc<dyn RouteStore>,
    /// Held by whoever changes the table: the number of the next route.
    next_id: Arc<tokio::sync::Mutex<u64>>,
    options: TableOptions,
    dice: Dice,
}

/// Everything that readers see.
#[derive(Clone, Default)]
pub(super) struct State {
    pub(super) index: Index,
    pub(super) book: Book<Entry>,
}

impl RouteTable {
    /// Reads the routes of a store.
    ///
    /// # Errors
    /// When they cannot be read, or when one of them is no good.
    pub async fn open(store: Arc<dyn RouteStore>, options: TableOptions) -> Result<RouteTable, TableError> {
        let (dice, next_id) = (Dice::new(options.seed), Arc::new(tokio::sync::Mutex::new(1)));
        let table = RouteTable { shared: Arc::new(Shared { state: ArcSwap::default(), store, next_id, options, dice }) };
        table.reload().await?;
        Ok(table)
    }

    /// Reads the routes again, as after a change by another node.
    ///
    /// # Errors
    /// When they cannot be read, or when one of them is no good; the table stays as it is.
    pub async fn reload(&self) -> Result<(), TableError> {
        let shared = Arc::clone(&self.shared);
        finish(async move {
            let mut next_id = Arc::clone(&shared.next_id).lock_owned().await;
            let routes = shared.store.load().await?;
            blocking(move || {
                let mut plan = Plan::new(*next_id, usize::MAX);
                let changes = plan::replace(&mut plan, routes)?;
                shared.apply(changes);
                *next_id = plan.next_id();
                Ok(())
            })
            .await
        })
        .await
    }

    /// Takes in what other nodes changed since one looked last.
    ///
    /// # Errors
    /// When it cannot be read, or when one of the routes is no good; the table stays as it is.
    pub async fn catch_up(&self) -> Result<(), TableError> {
        let shared = Arc::clone(&self.shared);
        finish(async move {
            let mut next_id = Arc::clone(&shared.next_id).lock_owned().await;
            let news = shared.store.news().await?;
            shared.take(news, &mut next_id).await
        })
        .await
    }

    /// Adds a route and gives it a number; the one it bears does not count.
    ///
    /// # Errors
    /// See [`TableError`].
    pub async fn add(&self, route: Route) -> Result<Route, TableError> {
        self.change(move |state, plan| {
            plan.admit(state.book.len(), 1)?;
            let route = Route { id: plan.id()?, ..validate(route)? };
            Ok((vec![RouteChange::Put(route.clone())], route))
        })
        .await
    }

    /// Changes a route; its number stays whatever `edit` does to it.
    ///
    /// # Errors
    /// See [`TableError`].
    pub async fn edit(&self, id: u64, edit: impl FnOnce(&mut Route) + Send + 'static) -> Result<Route, TableError> {
        self.change(move |state, _| {
            let mut route = state.book.get(id).ok_or(TableError::Unknown(id))?.copy();
            edit(&mut route);
            let route = Route { id, ..validate(route)? };
            Ok((vec![RouteChange::Put(route.clone())], route))
        })
        .await
    }

    /// Deletes a route for good; switching it off with [`RouteTable::edit`] is the gentler way.
    ///
    /// # Errors
    /// See [`TableError`].
    pub async fn delete(&self, id: u64) -> Result<Route, TableError> {
        self.change(move |state, _| {
            let route = state.book.get(id).ok_or(TableError::Unknown(id))?.copy();
            Ok((vec![RouteChange::Delete(id)], route))
        })
        .await
    }

    /// Takes many routes at once, all or none.
    ///
    /// # Errors
    /// See [`TableError`]; the first bad row is named.
    pub async fn import(&self, routes: Vec<Route>, mode: ImportMode) -> Result<ImportReport, TableError> {
        self.change(move |state, plan| plan::import(plan, state, (routes, mode))).await
    }

    /// Tells what [`RouteTable::import`] would do now, and does nothing.
    ///
    /// # Errors
    /// As the import itself.
    pub async fn try_import(&self, routes: Vec<Route>, mode: ImportMode) -> Result<ImportReport, TableError> {
        let plan = move |state: &State, plan: &mut Plan| plan::import(plan, state, (routes, mode));
        self.change(move |state, planned| plan(state, planned).map(|(_, report)| (Vec::new(), report))).await
    }

    /// Loads the routes of a configuration if the table is empty, and says in the log if it is not.
    ///
    /// # Errors
    /// See [`TableError`].
    pub async fn seed(&self, routes: Vec<Route>) -> Result<bool, TableError> {
        if routes.is_empty() {
            return Ok(false);
        }
        let given = routes.len();
        let seeded = self.change(move |state, plan| plan::seed(plan, state, routes)).await?;
        if !seeded {
            let present = self.len();
            tracing::warn!(given, present, "the routes of the configuration are ignored: the table has routes already");
        }
        Ok(seeded)
    }

    /// Returns the route with this number.
    pub fn get(&self, id: u64) -> Option<Route> {
        self.shared.state.load().book.get(id).map(|entry| entry.copy())
    }

    /// Returns at most `max` routes with numbers greater than `after`, in order.
    pub fn list(&self, after: u64, max: usize) -> Vec<Route> {
        self.shared.state.load_full().book.after(after).take(max).map(|entry| entry.copy()).collect()
    }

    /// Returns at most `max` routes in the order of their numbers, without the first `offset`.
    pub fn page(&self, offset: usize, max: usize) -> Vec<Route> {
        self.shared.state.load_full().book.after(0).skip(offset).take(max).map(|entry| entry.copy()).collect()
    }

    /// Counts the routes, those that are switched off too.
    pub fn len(&self) -> usize {
        self.shared.state.load().book.len()
    }

    /// Tells whether there is no route at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many messages went the way of each route since it was loaded, by number; routes without any are left out.
    pub fn matches(&self) -> Vec<(u64, u64)> {
        let state = self.shared.state.load_full();
        let all = state.book.after(0).map(|entry| (entry.route.id, entry.matched()));
        all.filter(|(_, matched)| *matched > 0).collect()
    }

    /// Stores and makes the changes that `plan` asks for, and returns what it says.
    async fn change<T, F>(&self, plan: F) -> Result<T, TableError>
    where
        T: Send + 'static,
        F: FnOnce(&State, &mut Plan) -> Result<(Vec<RouteChange>, T), TableError> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        finish(async move {
            let mut next_id = Arc::clone(&shared.next_id).lock_owned().await;
            let mut turn = shared.store.turn().await?;
            shared.take(turn.take_news(), &mut next_id).await?;
            let (state, mut planned) = (shared.state.load_full(), Plan::new(*next_id, shared.options.limit));
            let (result, planned) = blocking(move || (plan(&state, &mut planned), planned)).await;
            let (changes, answer) = result?;
            // Also if the store fails: perhaps it did its work and only could not say so.
            if !changes.is_empty() {
                *next_id = planned.next_id();
            }
            let changes = turn.save(changes).await?;
            if changes.is_empty() {
                return Ok(answer);
            }
            let shared = Arc::clone(&shared);
            blocking(move || shared.apply(changes)).await;
            drop(next_id);
            Ok(answer)
        })
        .await
    }

    #[cfg(feature = "json")]
    pub(super) fn limit(&self) -> usize {
        self.shared.options.limit
    }

    pub(super) fn state(&self) -> Arc<State> {
        self.shared.state.load_full()
    }

    pub(super) fn chooser(&self, is_reply: bool) -> Chooser<'_> {
        let Shared { options: TableOptions { specificity, alive, .. }, dice, .. } = &*self.shared;
        Chooser { weights: specificity, filter: Filter { is_reply, alive: alive.as_deref() }, dice }
    }
}

impl Router for RouteTable {
    fn route(&self, message: &Message, facts: &Facts<'_>) -> Decision {
        let query = Query::new(message, facts);
        let state = self.shared.state.load();
        match state.index.choose(&query, self.chooser(query.is_reply)) {
            Some(entry) => Decision::Chosen(entry.choice()),
            None => Decision::NoRoute,
        }
    }

    fn count(&self, route: u64) {
        // One that was deleted meanwhile counts no more.
        if let Some(entry) = self.shared.state.load().book.get(route) {
            entry.count();
        }
    }
}

impl fmt::Debug for RouteTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteTable").field("routes", &self.len()).finish_non_exhaustive()
    }
}

impl Shared {
    /// Makes what others changed ours. Only one caller at a time: whoever holds `next_id`.
    async fn take(self: &Arc<Self>, news: News<Route>, next_id: &mut u64) -> Result<(), TableError> {
        if news.is_none() {
            return Ok(());
        }
        let (shared, mut plan) = (Arc::clone(self), Plan::new(*next_id, usize::MAX));
        let taken = blocking(move || {
            let changes = match news {
                News::All(routes) => plan::replace(&mut plan, routes)?,
                News::Rows(routes, gone) => plan::follow(&mut plan, routes, gone)?,
            };
            shared.apply(changes);
            Ok::<_, TableError>(plan.next_id())
        });
        *next_id = taken.await?;
        Ok(())
    }

    /// Makes changes that are stored. Only one caller at a time: whoever holds `next_id`.
    fn apply(&self, changes: Vec<RouteChange>) {
        let old = self.state.load_full();
        let mut new = State::clone(&old);
        for change in changes {
            new.apply(change, &old);
        }
        self.state.store(Arc::new(new));
    }
}

impl State {
    /// Makes one change; `former` tells what routes have counted so far.
    fn apply(&mut self, change: RouteChange, former: &State) {
        match change {
            RouteChange::Put(route) => {
                self.remove(route.id);
                let counted = former.book.get(route.id).map(|entry| &**entry);
                let entry = Entry::new(route, counted);
                if entry.route.enabled {
                    self.index.insert(Arc::clone(&entry));
                }
                self.book.put(entry);
            }
            RouteChange::Delete(id) => self.remove(id),
            RouteChange::Clear => *self = State::default(),
        }
    }

    fn remove(&mut self, id: u64) {
        let Some(entry) = self.book.get(id) else { return };
        self.index.remove(&entry.route);
        self.book.remove(id);
    }
}

// A route takes some hundred octets; this is what a small machine can hold.
const LIMIT: usize = 2_000_000;

//! What an import changes, worked out before anything is stored.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use super::table::{State, TableError};
use super::validate::{HIGHEST_ID, validate};
use super::{RouteChange, RouteError, RouteFault};
use crate::model::Route;

/// What an import does with the routes that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    /// Keeps them. Every row becomes a new route with a number of its own, for its number may mean another route here;
    /// a row that says what a route of the table says is left out, so that importing twice does no harm.
    Merge,
    /// Deletes them. Rows keep their numbers; those without get one.
    Replace,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct ImportReport {
    /// Rows that became routes.
    pub added: usize,
    /// Rows that said what a route of the table says.
    pub unchanged: usize,
    /// Routes that were deleted.
    pub deleted: usize,
}

/// Hands out numbers and room.
pub(super) struct Plan {
    next_id: u64,
    limit: usize,
}

/// The changes to store, and what to tell the caller.
type Planned<T> = Result<(Vec<RouteChange>, T), TableError>;

impl Plan {
    pub(super) const fn new(next_id: u64, limit: usize) -> Plan {
        Plan { next_id, limit }
    }

    pub(super) const fn next_id(&self) -> u64 {
        self.next_id
    }

    /// A number that no route has had.
    pub(super) fn id(&mut self) -> Result<u64, TableError> {
        if self.next_id > HIGHEST_ID {
            return Err(TableError::Full(self.limit));
        }
        self.next_id += 1;
        Ok(self.next_id - 1)
    }

    /// Checks that there is room for more routes.
    pub(super) fn admit(&self, present: usize, more: usize) -> Result<(), TableError> {
        if present.saturating_add(more) > self.limit { Err(TableError::Full(self.limit)) } else { Ok(()) }
    }
}

/// Takes rows in one of the modes.
pub(super) fn import(plan: &mut Plan, state: &State, (rows, mode): (Vec<Route>, ImportMode)) -> Planned<ImportReport> {
    match mode {
        ImportMode::Merge => merge(plan, state, rows),
        ImportMode::Replace => {
            let report = ImportReport { added: rows.len(), unchanged: 0, deleted: state.book.len() };
            Ok((replace(plan, rows)?, report))
        }
    }
}

/// Takes the rows of a configuration if there are no routes; tells whether it did.
pub(super) fn seed(plan: &mut Plan, state: &State, rows: Vec<Route>) -> Planned<bool> {
    if state.book.len() > 0 {
        return Ok((Vec::new(), false));
    }
    Ok((replace(plan, rows)?, true))
}

fn merge(plan: &mut Plan, state: &State, rows: Vec<Route>) -> Planned<ImportReport> {
    let present: HashSet<Content<'_>> = state.book.after(0).map(|entry| Content(&entry.route)).collect();
    let (mut changes, mut report) = (Vec::new(), ImportReport::default());
    for (row, route) in rows.into_iter().enumerate() {
        let route = validate(route).map_err(|error| at_row(row, error))?;
        if present.contains(&Content(&route)) {
            report.unchanged += 1;
            continue;
        }
        report.added += 1;
        plan.admit(state.book.len(), report.added)?;
        changes.push(RouteChange::Put(Route { id: plan.id()?, ..route }));
    }
    Ok((changes, report))
}

/// The changes that leave exactly these rows.
pub(super) fn replace(plan: &mut Plan, rows: Vec<Route>) -> Result<Vec<RouteChange>, TableError> {
    plan.admit(0, rows.len())?;
    let mut changes = Vec::with_capacity(rows.len() + 1);
    changes.push(RouteChange::Clear);
    let mut ids = HashSet::new();
    for (row, route) in rows.into_iter().enumerate() {
        let route = validate(route).map_err(|error| at_row(row, error))?;
        if route.id != 0 && !ids.insert(route.id) {
            return Err(at_row(row, RouteError::new("id", RouteFault::Duplicate(route.id))));
        }
        plan.next_id = plan.next_id.max(route.id + 1);
        changes.push(RouteChange::Put(route));
    }
    // Only now is it known which numbers are taken.
    for change in &mut changes {
        if let RouteChange::Put(route @ Route { id: 0, .. }) = change {
            route.id = plan.id()?;
        }
    }
    Ok(changes)
}

/// The changes that others made: these rows, and those that are gone.
pub(super) fn follow(plan: &mut Plan, rows: Vec<Route>, gone: Vec<u64>) -> Result<Vec<RouteChange>, TableError> {
    let mut changes: Vec<RouteChange> = gone.into_iter().map(RouteChange::Delete).collect();
    for (row, route) in rows.into_iter().enumerate() {
        plan.next_id = plan.next_id.max(route.id + 1);
        changes.push(RouteChange::Put(validate(route).map_err(|error| at_row(row, error))?));
    }
    Ok(changes)
}

fn at_row(index: usize, error: RouteError) -> TableError {
    TableError::Row { row: index + 1, error }
}

/// A route without its number.
#[derive(Clone, Copy)]
struct Content<'a>(&'a Route);

impl PartialEq for Content<'_> {
    fn eq(&self, other: &Self) -> bool {
        let renumbered = Route { id: self.0.id, ..other.0.clone() };
        *self.0 == renumbered
    }
}

impl Eq for Content<'_> {}

impl Hash for Content<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Route { calling_prefix, called_prefix, source_smsc, source_type, enum_domain, dest_smsc, .. } = self.0;
        (calling_prefix, called_prefix, source_smsc, source_type, enum_domain, dest_smsc).hash(state);
        (self.0.weight, self.0.priority, &self.0.description).hash(state);
    }
}

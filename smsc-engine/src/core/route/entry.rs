//! A route made ready for use, and routes with equal criteria.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::dice::Dice;
use super::{Action, AfterReply, Choice};
use crate::core::snapshot::Numbered;
use crate::model::{Charged, Lane, Route};

/// One route of a table. What a look-up needs lies together, the rest elsewhere.
#[derive(Debug)]
pub(super) struct Entry {
    action: Action,
    /// How many messages went its way.
    matched: AtomicU64,
    id: u64,
    priority: u8,
    charged: Charged,
    pub(super) route: Box<Route>,
}

impl Entry {
    /// Makes a route ready; it goes on counting where `former` stands, apart from look-ups under way right now.
    pub(super) fn new(route: Route, former: Option<&Entry>) -> Arc<Entry> {
        let Route { id, priority, charged, .. } = route;
        let matched = former.map(Entry::matched).unwrap_or_default().into();
        Arc::new(Entry { action: action(&route), matched, id, priority, charged, route: Box::new(route) })
    }

    /// Counts a message that goes its way.
    pub(super) fn count(&self) {
        self.matched.fetch_add(1, Ordering::Relaxed);
    }

    /// What becomes of a message that the route claims.
    pub(super) fn choice(&self) -> Choice {
        Choice { route: self.id, priority: self.priority, charged: self.charged, action: self.action.clone() }
    }

    /// The route, for people.
    pub(super) fn copy(&self) -> Route {
        Route::clone(&self.route)
    }

    pub(super) fn matched(&self) -> u64 {
        self.matched.load(Ordering::Relaxed)
    }

    /// The lane of a route that delivers.
    pub(super) fn lane(&self) -> Option<&Lane> {
        match &self.action {
            Action::Deliver(lane) => Some(lane),
            _ => None,
        }
    }

    fn weight(&self) -> u32 {
        self.route.weight.into()
    }
}

impl Numbered for Entry {
    fn id(&self) -> u64 {
        self.id
    }
}

fn action(route: &Route) -> Action {
    if route.auto_reply {
        let text = route.auto_reply_message.as_deref().unwrap_or_default().into();
        let then = if route.drop { AfterReply::Dropped } else { AfterReply::Delivered };
        return Action::Reply { text, then };
    }
    match &route.dest_smsc {
        Some(name) if !route.drop => Action::Deliver(Lane::from(name.as_str())),
        _ => Action::Drop,
    }
}

/// Routes with equal criteria; most have no equal.
#[derive(Clone, Debug)]
pub(super) enum Bucket {
    One(Arc<Entry>),
    /// In rising priority, none of them empty.
    Many(Vec<Group>),
}

/// Routes with equal criteria and priority.
#[derive(Clone, Debug)]
pub(super) struct Group {
    entries: Vec<Arc<Entry>>,
    /// The weights of the entries up to each, added up.
    sums: Vec<u32>,
}

impl Bucket {
    /// Adds a route to what is there.
    pub(super) fn add(place: &mut Option<Bucket>, entry: Arc<Entry>) {
        *place = Some(match place.take() {
            None => Bucket::One(entry),
            Some(Bucket::One(first)) => Bucket::Many(insert(vec![Group::of(first)], entry)),
            Some(Bucket::Many(groups)) => Bucket::Many(insert(groups, entry)),
        });
    }

    /// Takes a route away from what is there.
    pub(super) fn remove(place: &mut Option<Bucket>, id: u64) {
        *place = match place.take() {
            Some(Bucket::One(entry)) if entry.id == id => None,
            Some(Bucket::Many(groups)) => Bucket::without(groups, id),
            other => other,
        };
    }

    fn without(mut groups: Vec<Group>, id: u64) -> Option<Bucket> {
        groups.iter_mut().for_each(|group| group.remove(id));
        groups.retain(|group| !group.entries.is_empty());
        match groups.as_slice() {
            [] => None,
            [Group { entries, .. }] if entries.len() == 1 => entries.first().cloned().map(Bucket::One),
            _ => Some(Bucket::Many(groups)),
        }
    }

    /// The routes in rising priority, equal ones together.
    pub(super) fn ranks(&self) -> impl Iterator<Item = Rank<'_>> {
        let (one, many) = match self {
            Bucket::One(entry) => (Some(Rank::of(entry)), &[][..]),
            Bucket::Many(groups) => (None, groups.as_slice()),
        };
        one.into_iter().chain(many.iter().map(|Group { entries, sums }| Rank { entries, sums }))
    }
}

fn insert(mut groups: Vec<Group>, entry: Arc<Entry>) -> Vec<Group> {
    match groups.binary_search_by_key(&Some(entry.priority), Group::priority) {
        Ok(at) => groups.iter_mut().skip(at).take(1).for_each(|group| group.push(entry.clone())),
        Err(at) => groups.insert(at, Group::of(entry)),
    }
    groups
}

impl Group {
    fn of(entry: Arc<Entry>) -> Self {
        Group { sums: vec![entry.weight()], entries: vec![entry] }
    }

    fn priority(&self) -> Option<u8> {
        self.entries.first().map(|entry| entry.priority)
    }

    fn push(&mut self, entry: Arc<Entry>) {
        self.sums.push(self.sums.last().copied().unwrap_or_default() + entry.weight());
        self.entries.push(entry);
    }

    fn remove(&mut self, id: u64) {
        let Some(at) = self.entries.iter().position(|entry| entry.id == id) else { return };
        let weight = self.entries.remove(at).weight();
        self.sums.remove(at);
        self.sums.iter_mut().skip(at).for_each(|sum| *sum -= weight);
    }
}

/// Routes that differ in nothing but their weight and what they do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rank<'t> {
    pub(super) entries: &'t [Arc<Entry>],
    /// Empty if there is one route.
    sums: &'t [u32],
}

impl<'t> Rank<'t> {
    /// One route for itself.
    pub(super) fn of(entry: &'t Arc<Entry>) -> Self {
        Rank { entries: std::slice::from_ref(entry), sums: &[] }
    }

    pub(super) fn priority(self) -> u8 {
        self.entries.first().map_or(u8::MAX, |entry| entry.priority)
    }

    pub(super) fn weight(self) -> u32 {
        self.sums.last().copied().or_else(|| self.entries.first().map(|entry| entry.weight())).unwrap_or_default()
    }

    /// Draws one in proportion to the weights.
    pub(super) fn draw(self, dice: &Dice) -> Option<&'t Arc<Entry>> {
        match self.entries {
            [] | [_] => self.entries.first(),
            _ => {
                let drawn = dice.below(self.weight());
                self.entries.get(self.sums.partition_point(|sum| *sum <= drawn))
            }
        }
    }
}

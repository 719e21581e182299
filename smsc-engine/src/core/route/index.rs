//! All enabled routes, found by what they ask of a message.
//!
//! The five criteria of a route are one key: called prefix, calling prefix, source, ENUM domain, kind of source, each
//! but the last followed by an octet that no text contains. A look-up walks along the numbers and turns off wherever a
//! prefix ends, so what it costs depends on how many shapes of criteria fit the message, not on how many routes there
//! are.

use std::cmp::Reverse;
use std::sync::Arc;

use super::dice::Dice;
use super::entry::{Bucket, Entry, Rank};
use crate::core::snapshot::{Cursor, Trie};
use crate::model::{Lane, Message, Route, SourceType};

/// What routes look at in a message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// The sender's number, as translated.
    pub calling: &'a [u8],
    /// The recipient's number, as translated.
    pub called: &'a [u8],
    /// Who submitted the message.
    pub source_smsc: &'a str,
    /// What kind of network it came from, if that is known.
    pub source_type: Option<SourceType>,
    /// What ENUM found for the recipient.
    pub enum_domain: Option<&'a str>,
    /// True if it is an answer that a route gave: it never causes another, so routes that answer do not see it.
    pub is_reply: bool,
}

impl<'a> Query<'a> {
    pub(super) fn new(message: &'a Message, facts: &super::Facts<'a>) -> Self {
        Query {
            calling: message.source.digits.octets(),
            called: message.destination.digits.octets(),
            source_smsc: message.account.as_str(),
            source_type: facts.source_type,
            enum_domain: facts.enum_domain,
            is_reply: message.extra().auto_reply,
        }
    }
}

/// How much each criterion says; among routes of equal priority the one with the highest sum wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Specificity {
    /// For each octet of the called prefix, a leading `+` not counted.
    pub called: u32,
    /// For each octet of the calling prefix, a leading `+` not counted.
    pub calling: u32,
    /// For a source.
    pub source_smsc: u32,
    /// For an ENUM domain.
    pub enum_domain: u32,
    /// For a kind of source.
    pub source_type: u32,
}

impl Default for Specificity {
    fn default() -> Self {
        Specificity { called: 100, calling: 50, source_smsc: 25, enum_domain: 15, source_type: 10 }
    }
}

/// Tells whether somebody serves a lane at present.
pub type Liveness = dyn Fn(&Lane) -> bool + Send + Sync;

/// Which routes that match are passed over.
#[derive(Clone, Copy)]
pub(super) struct Filter<'a> {
    pub(super) is_reply: bool,
    pub(super) alive: Option<&'a Liveness>,
}

impl Filter<'_> {
    pub(super) fn passes(self, entry: &Entry) -> bool {
        let answers = self.is_reply && entry.route.auto_reply;
        !answers && entry.lane().is_none_or(|lane| self.alive.is_none_or(|alive| alive(lane)))
    }

    const fn is_off(self) -> bool {
        !self.is_reply && self.alive.is_none()
    }
}

/// The routes as one snapshot; copies are cheap.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    trie: Trie<Bucket>,
}

impl Index {
    pub(super) fn insert(&mut self, entry: Arc<Entry>) {
        self.trie.update(&key(&entry.route), |place| Bucket::add(place, entry));
    }

    pub(super) fn remove(&mut self, route: &Route) {
        self.trie.update(&key(route), |place| Bucket::remove(place, route.id));
    }

    /// Calls `visit` with all routes that match, equal criteria together, and their score.
    pub(super) fn each<'t>(&'t self, query: &Query<'_>, weights: &Specificity, mut visit: impl FnMut(&'t Bucket, u32)) {
        let domain = query.enum_domain.map(domain).filter(|name| !name.is_empty());
        let domain = domain.map(|name| name.bytes().map(|octet| octet.to_ascii_lowercase()));
        let source = (!query.source_smsc.is_empty()).then(|| query.source_smsc.bytes());
        prefixes(self.trie.root(), (query.called, weights.called), |cursor, called| {
            prefixes(cursor, (query.calling, weights.calling), |cursor, calling| {
                exact(cursor, (source.clone(), weights.source_smsc), |cursor, source| {
                    exact(cursor, (domain.clone(), weights.enum_domain), |cursor, domain| {
                        kinds(cursor, (query.source_type, weights.source_type), |bucket, kind| {
                            let score = [called, calling, source, domain, kind].into_iter().fold(0, u32::saturating_add);
                            visit(bucket, score);
                        });
                    });
                });
            });
        });
    }

    /// The route that claims the message.
    pub(super) fn choose(&self, query: &Query<'_>, by: Chooser<'_>) -> Option<&Arc<Entry>> {
        let mut best = Best { rank: (u8::MAX, Reverse(0)), weight: 0, entry: None };
        self.each(query, by.weights, |bucket, score| by.offer(&mut best, bucket, score));
        best.entry
    }
}

/// How one route of those that match is chosen.
#[derive(Clone, Copy)]
pub(super) struct Chooser<'a> {
    pub(super) weights: &'a Specificity,
    pub(super) filter: Filter<'a>,
    pub(super) dice: &'a Dice,
}

/// Lower is better: the priority, then the score.
pub(super) type Order = (u8, Reverse<u32>);

/// The best route so far.
struct Best<'t> {
    rank: Order,
    /// The weight of all that are as good.
    weight: u32,
    entry: Option<&'t Arc<Entry>>,
}

impl Chooser<'_> {
    fn offer<'t>(&self, best: &mut Best<'t>, bucket: &'t Bucket, score: u32) {
        for rank in bucket.ranks() {
            let order = (rank.priority(), Reverse(score));
            if best.entry.is_some() && order > best.rank {
                return;
            }
            if self.filter.is_off() {
                return self.take(best, order, rank);
            }
            let mut passing = rank.entries.iter().filter(|entry| self.filter.passes(entry)).peekable();
            if passing.peek().is_some() {
                return passing.for_each(|entry| self.take(best, order, Rank::of(entry)));
            }
        }
    }

    /// Makes `rank` the best, or lets it have its share with those that are as good: each newcomer takes over with the
    /// chance that it deserves among all so far, so nobody needs to be remembered.
    fn take<'t>(&self, best: &mut Best<'t>, order: Order, rank: Rank<'t>) {
        if best.entry.is_none() || order < best.rank {
            *best = Best { rank: order, weight: rank.weight(), entry: rank.draw(self.dice) };
            return;
        }
        best.weight = best.weight.saturating_add(rank.weight());
        if self.dice.below(best.weight) < rank.weight() {
            best.entry = rank.draw(self.dice);
        }
    }
}

/// Calls `then` wherever a prefix of the number ends, with the points it is worth.
fn prefixes<'t, V>(start: Cursor<'t, V>, (number, points): (&[u8], u32), mut then: impl FnMut(Cursor<'t, V>, u32)) {
    let (mut place, mut score) = (start, 0_u32);
    for octet in without_plus(number) {
        if let Some(end) = place.step(END) {
            then(end, score);
        }
        // A prefix has no such octet; a number that has one is not to be led off the path.
        let Some(next) = place.step(*octet).filter(|_| *octet != END) else { return };
        (place, score) = (next, score.saturating_add(points));
    }
    if let Some(end) = place.step(END) {
        then(end, score);
    }
}

/// Calls `then` for routes without this criterion, and for those that ask for exactly this text.
fn exact<'t, V, I>(start: Cursor<'t, V>, (text, points): (Option<I>, u32), mut then: impl FnMut(Cursor<'t, V>, u32))
where
    I: Iterator<Item = u8>,
{
    if let Some(end) = start.step(END) {
        then(end, 0);
    }
    if let Some(end) = text.and_then(|text| start.walk(text)).and_then(|place| place.step(END)) {
        then(end, points);
    }
}

fn kinds<'t, V>(start: Cursor<'t, V>, (kind, points): (Option<SourceType>, u32), mut then: impl FnMut(&'t V, u32)) {
    if let Some(found) = start.step(kind_octet(None)).and_then(Cursor::value) {
        then(found, 0);
    }
    if let Some(found) = kind.and_then(|kind| start.step(kind_octet(Some(kind)))).and_then(Cursor::value) {
        then(found, points);
    }
}

fn key(route: &Route) -> Vec<u8> {
    let Route { called_prefix, calling_prefix, source_smsc, enum_domain, source_type, .. } = route;
    let [called, calling, source, name] =
        [called_prefix, calling_prefix, source_smsc, enum_domain].map(|text| text.as_deref().unwrap_or_default());
    let name = domain(name).to_ascii_lowercase();
    let parts = [without_plus(called.as_bytes()), without_plus(calling.as_bytes()), source.as_bytes(), name.as_bytes()];
    let mut key = parts.join(&END);
    key.extend([END, kind_octet(*source_type)]);
    key
}

pub(super) fn without_plus(number: &[u8]) -> &[u8] {
    number.strip_prefix(b"+").unwrap_or(number)
}

/// A name of DNS without the dot of the root; upper and lower case do not differ there.
fn domain(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

const fn kind_octet(kind: Option<SourceType>) -> u8 {
    match kind {
        None => 0,
        Some(SourceType::Ims) => 1,
        Some(SourceType::Cs) => 2,
        Some(SourceType::Smpp) => 3,
    }
}

// No text in UTF-8 has it.
const END: u8 = 0xFF;

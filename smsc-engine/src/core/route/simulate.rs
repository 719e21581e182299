//! Shows how a table would choose, without a message: nothing is stored, sent or counted.

use std::cmp::Reverse;
use std::sync::Arc;

use super::entry::Entry;
use super::index::{Chooser, Filter, Order, Query, Specificity, without_plus};
use super::table::RouteTable;
use crate::model::Route;

/// What a table would do with a message, and why.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct Simulation {
    /// The route that claims it; among equal routes it is drawn as for a message.
    pub chosen: Option<Candidate>,
    /// Why this one, in a sentence.
    pub reason: String,
    /// All other routes that match, best first.
    pub others: Vec<Candidate>,
    /// How many more match and are left out of the list.
    pub omitted: usize,
}

/// A route that matches.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
pub struct Candidate {
    /// The route.
    pub route: Route,
    /// The points of its criteria together.
    pub score: u32,
    /// Why it matches: its criteria and what they found. A route without any matches everything.
    pub criteria: Vec<Criterion>,
    /// How many per cent of such messages it gets.
    pub share: f64,
    /// Why it gets none though it matches, apart from better routes.
    pub passed_over: Option<&'static str>,
}

/// One criterion of a route, which the message meets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize))]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Criterion {
    /// The field of the route.
    pub field: &'static str,
    /// What it asks for.
    pub wanted: String,
    /// What the message has.
    pub found: String,
    /// What it is worth.
    pub points: u32,
}

impl RouteTable {
    /// Shows which route would claim such a message, which others match, and how each was scored.
    pub fn simulate(&self, query: &Query<'_>) -> Simulation {
        let (state, by) = (self.state(), self.chooser(query.is_reply));
        let mut found: Vec<Found<'_>> = Vec::new();
        state.index.each(query, by.weights, |bucket, score| {
            let entries = bucket.ranks().flat_map(|rank| rank.entries);
            found.extend(entries.map(|entry| Found { entry, score, passed_over: passed_over(by.filter, entry) }));
        });
        found.sort_by_key(|found| (found.order(), found.entry.route.id));
        let chosen = state.index.choose(query, by).map(|entry| entry.route.id);
        let best: Vec<&Found<'_>> = best(&found).collect();
        let reason = reason(&best, &found);
        let weight = best.iter().map(|found| f64::from(found.entry.route.weight)).sum();
        let (chosen, others): (Vec<_>, Vec<_>) = found.iter().partition(|found| Some(found.entry.route.id) == chosen);
        let asked = Asked { query, by, best: best.first().map(|found| found.order()), weight };
        Simulation {
            chosen: chosen.first().map(|found| asked.candidate(found)),
            reason,
            omitted: others.len().saturating_sub(SHOWN),
            others: others.into_iter().take(SHOWN).map(|found| asked.candidate(found)).collect(),
        }
    }
}

/// A route that matches, not yet explained.
struct Found<'t> {
    entry: &'t Arc<Entry>,
    score: u32,
    passed_over: Option<&'static str>,
}

impl Found<'_> {
    fn order(&self) -> Order {
        (self.entry.route.priority, Reverse(self.score))
    }
}

fn passed_over(filter: Filter<'_>, entry: &Entry) -> Option<&'static str> {
    match filter.passes(entry) {
        true => None,
        false if entry.route.auto_reply => Some("an answer never causes another"),
        false => Some("nobody serves its destination at present"),
    }
}

/// Those that share the messages.
fn best<'a, 't>(found: &'a [Found<'t>]) -> impl Iterator<Item = &'a Found<'t>> {
    let mut eligible = found.iter().filter(|found| found.passed_over.is_none()).peekable();
    let order = eligible.peek().map(|found| found.order());
    eligible.take_while(move |found| Some(found.order()) == order)
}

fn reason(best: &[&Found<'_>], found: &[Found<'_>]) -> String {
    let Some(winner) = best.first() else {
        let matching = found.len();
        return match matching {
            0 => "no route matches".to_owned(),
            _ => format!("all {matching} routes that match are passed over"),
        };
    };
    if best.len() > 1 {
        let equal = best.len();
        return format!("drawn by weight among {equal} routes of equal priority and score");
    }
    let eligible = found.iter().filter(|found| found.passed_over.is_none());
    let Some(next) = eligible.skip(1).min_by_key(|found| found.order()) else {
        return "the only route that matches".to_owned();
    };
    let (first, second) = (winner.entry.route.priority, next.entry.route.priority);
    match first < second {
        true => format!("priority {first} goes before {second}"),
        false => format!("more specific at equal priority: {} points against {}", winner.score, next.score),
    }
}

/// What explanations need to know.
struct Asked<'a> {
    query: &'a Query<'a>,
    by: Chooser<'a>,
    best: Option<Order>,
    weight: f64,
}

impl Asked<'_> {
    fn candidate(&self, found: &Found<'_>) -> Candidate {
        let shares = found.passed_over.is_none() && self.best == Some(found.order());
        let route = found.entry.copy();
        Candidate {
            score: found.score,
            criteria: criteria(&route, self.query, self.by.weights),
            share: if shares { f64::from(route.weight) * 100.0 / self.weight } else { 0.0 },
            passed_over: found.passed_over,
            route,
        }
    }
}

fn criteria(route: &Route, query: &Query<'_>, weights: &Specificity) -> Vec<Criterion> {
    let number = |octets| String::from_utf8_lossy(octets).into_owned();
    let octets = |prefix: &String| u32::try_from(without_plus(prefix.as_bytes()).len()).unwrap_or(u32::MAX);
    let prefix = |prefix: &Option<String>, points: u32| prefix.as_ref().map(|prefix| octets(prefix).saturating_mul(points));
    let Specificity { called, calling, source_smsc, enum_domain, source_type } = *weights;
    let kind = |kind: crate::model::SourceType| kind.name().to_owned();
    let domain = query.enum_domain.unwrap_or_default().to_owned();
    let all = [
        ("called_prefix", route.called_prefix.clone(), number(query.called), prefix(&route.called_prefix, called)),
        ("calling_prefix", route.calling_prefix.clone(), number(query.calling), prefix(&route.calling_prefix, calling)),
        ("source_smsc", route.source_smsc.clone(), query.source_smsc.to_owned(), Some(source_smsc)),
        ("enum_domain", route.enum_domain.clone(), domain, Some(enum_domain)),
        ("source_type", route.source_type.map(kind), query.source_type.map(kind).unwrap_or_default(), Some(source_type)),
    ];
    let asked = all.into_iter().filter_map(|(field, wanted, found, points)| {
        wanted.map(|wanted| Criterion { field, wanted, found, points: points.unwrap_or_default() })
    });
    asked.collect()
}

// More help nobody; a table of a million equal routes would answer with a million.
const SHOWN: usize = 100;

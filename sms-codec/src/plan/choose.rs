//! Which tables suit a text best.

use super::form::Form;
use super::{Counted, Otherwise, PlanError, Policy};
use crate::gsm7::{Holders, Language, Languages, Plain, Tables, characters, holders};
use crate::smart::{Rewrite, Smart, Written};

/// The way to write a text that the policy asks for.
pub(super) fn choose(policy: Policy, text: &str) -> Result<Counted, PlanError> {
    let knows_languages = policy.locking.bits() | policy.single.bits() > DEFAULT;
    let default = plain(Tables::DEFAULT);
    match policy.count(default, text) {
        Ok(counted) if !knows_languages => return Ok(counted),
        // Nothing is shorter than a septet for each character and no header.
        Ok(counted) if default.is_one_unit_each(text, counted.units) => return Ok(counted),
        Err(PlanError::TooLong) if !knows_languages => return Err(PlanError::TooLong),
        _ => {}
    }
    if knows_languages {
        if let Some(found) = Survey::of(policy, text).cheapest(policy, text) {
            return found;
        }
    }
    let ucs2 = || policy.count(Form::Ucs2, text);
    if policy.otherwise == Otherwise::Ucs2 && (policy.smart == Smart::Off || is_hopeless(policy, text)) {
        return ucs2();
    }
    let best = Survey::of(policy, text).nearest(policy, text);
    match (best.lacking, policy.otherwise) {
        (1.., Otherwise::Ucs2) => ucs2(),
        _ => best.counted,
    }
}

/// The tables that lack the fewest characters of a text; none if some tables have them all.
pub(super) fn nearest(policy: Policy, text: &str) -> Option<Rewrite> {
    let survey = Survey::of(policy, text);
    match survey.cheapest(policy, text) {
        Some(_) => None,
        None => Some(survey.nearest(policy, text).rewrite),
    }
}

/// Whether some character has neither a place in any allowed table nor a replacement.
fn is_hopeless(policy: Policy, text: &str) -> bool {
    let (locking, single) = policy.allowed();
    // All replacements are of the default alphabet.
    let rewrite = Rewrite { smart: policy.smart, ..Rewrite::default() };
    text.chars().any(|character| {
        let holders = holders(character);
        holders.locking & locking == 0 && holders.single & single == 0 && !rewrite.replaces(character)
    })
}

const fn plain(tables: Tables) -> Form {
    Form::Gsm7(Rewrite { tables, smart: Smart::Off, question_mark: false })
}

impl Policy {
    /// The tables that may be used, a bit for each language: locking and single shift.
    const fn allowed(self) -> (u16, u16) {
        (self.locking.bits() & !SPANISH | DEFAULT, self.single.bits() | DEFAULT)
    }
}

/// What one look at a text says about all tables.
///
/// How many septets it takes depends on the locking table alone, because a character that is not
/// in there takes two in any single shift table.
struct Survey {
    /// Locking tables worth a look.
    locking: u16,
    by_locking: [Rest; Language::COUNT],
}

/// The characters of a text that one locking table lacks.
#[derive(Clone, Copy)]
struct Rest {
    characters: usize,
    /// Single shift tables that have all of them.
    single: u16,
}

impl Survey {
    fn of(policy: Policy, text: &str) -> Self {
        let nothing = Rest { characters: 0, single: u16::MAX };
        let locking = policy.allowed().0 & (useful(text) | DEFAULT);
        let mut survey = Self { locking, by_locking: [nothing; Language::COUNT] };
        let plain = if locking & !LATIN == 0 { Plain::Latin } else { Plain::Nothing };
        characters(text, plain).for_each(|character| survey.add(character));
        survey
    }

    fn add(&mut self, character: char) {
        let Holders { locking, single } = holders(character);
        let mut lacking = self.locking & !locking;
        while lacking != 0 {
            if let Some(rest) = self.by_locking.get_mut(lacking.trailing_zeros() as usize) {
                rest.characters += 1;
                rest.single &= single;
            }
            lacking &= lacking - 1;
        }
    }

    /// The tables that have every character and need the fewest parts, then the fewest septets.
    fn cheapest(&self, policy: Policy, text: &str) -> Option<Result<Counted, PlanError>> {
        let (_, allowed) = policy.allowed();
        let forms = self.locking().filter_map(|(locking, rest)| {
            // All that fit cost the same, but for the default one, which needs no header.
            let single = Languages::from_bits(rest.single & allowed).iter().next()?;
            Some(plain(Tables::new(locking, single)))
        });
        forms.map(|form| policy.count(form, text)).min_by_key(cost)
    }

    /// The tables that lack the fewest characters, then replace the fewest, then are cheapest.
    fn nearest(&self, policy: Policy, text: &str) -> Tally {
        let (_, allowed) = policy.allowed();
        let tables = self.locking().flat_map(|(locking, _)| {
            let singles = Languages::from_bits(allowed);
            Language::ALL
                .into_iter()
                .filter(move |&single| singles.contains(single))
                .map(move |single| Tables::new(locking, single))
        });
        let tally = |tables| Tally::of(policy, Rewrite { tables, smart: policy.smart, question_mark: false }, text);
        let first = tally(Tables::DEFAULT);
        tables.skip(1).map(tally).fold(first, |best, tally| if tally.rank() < best.rank() { tally } else { best })
    }

    /// The locking tables worth a look, the default one first.
    fn locking(&self) -> impl Iterator<Item = (Language, Rest)> {
        let candidates = Languages::from_bits(self.locking);
        let by_language = Language::ALL.into_iter().zip(self.by_locking);
        by_language.filter(move |&(language, _)| candidates.contains(language))
    }
}

/// Locking tables that have a character of the text which the default one lacks.
fn useful(text: &str) -> u16 {
    let held = characters(text, Plain::Latin).map(|character| holders(character).locking);
    held.filter(|locking| locking & DEFAULT == 0).fold(0, |useful, locking| useful | locking)
}

/// What some tables make of a text that no tables have in full.
struct Tally {
    rewrite: Rewrite,
    lacking: usize,
    changed: usize,
    counted: Result<Counted, PlanError>,
}

impl Tally {
    fn of(policy: Policy, rewrite: Rewrite, text: &str) -> Self {
        let (mut lacking, mut changed, mut first) = (0, 0, None);
        for step in rewrite.steps(text) {
            match step.written {
                Written::Code(_) => {}
                Written::Text(_) => changed += 1,
                Written::Lacking => {
                    lacking += 1;
                    first = first.or(Some(step.offset));
                }
            }
        }
        let counted = match (first, policy.otherwise) {
            (Some(offset), Otherwise::Ucs2 | Otherwise::Refuse) => Err(PlanError::Unencodable { offset }),
            (lacking, _) => {
                let form = Rewrite { question_mark: lacking.is_some(), ..rewrite };
                policy.count(Form::Gsm7(form), text)
            }
        };
        Self { rewrite, lacking, changed, counted }
    }

    fn rank(&self) -> impl Ord + use<> {
        (self.lacking, self.changed, cost(&self.counted))
    }
}

/// Parts, then septets; what cannot be sent costs most.
fn cost(counted: &Result<Counted, PlanError>) -> (usize, usize) {
    counted.as_ref().map_or((usize::MAX, usize::MAX), Counted::cost)
}

/// Locking tables that share letters, digits and signs with ASCII.
const LATIN: u16 = DEFAULT | 1 << Language::Turkish.identifier() | 1 << Language::Portuguese.identifier();
const DEFAULT: u16 = 1 << Language::Default.identifier();
/// Has no locking table of its own.
const SPANISH: u16 = 1 << Language::Spanish.identifier();

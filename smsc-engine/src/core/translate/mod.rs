//! Numbers as peers write them become numbers as routes know them: the operator's regular expressions, before routing.
//!
//! Rules are compiled once and swapped as a whole. Matching takes linear time whatever the rules and the numbers are;
//! numbers are octets, so classes such as `\d` mean ASCII.

mod error;
mod rule;
mod template;

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::model::{Message, Rule, Word};

pub use error::{RuleError, RuleFault};
use rule::Compiled;

/// How many rules may change one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// The first rule that is selected is the last.
    #[default]
    First,
    /// Every rule that is selected changes what the ones before left.
    All,
}

impl Mode {
    /// Finds the mode with this word: `first` or `all`.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "first" => Some(Mode::First),
            "all" => Some(Mode::All),
            _ => None,
        }
    }
}

/// The rules in force. Whoever translates takes no lock.
#[derive(Debug)]
pub struct Translator {
    rules: ArcSwap<Rules>,
}

#[derive(Debug)]
struct Rules {
    /// Enabled ones only, in the order in which they are tried.
    rules: Vec<Compiled>,
    mode: Mode,
}

/// The numbers of a message, and who submitted it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers<'a> {
    /// The sender's number.
    pub calling: &'a [u8],
    /// The recipient's number.
    pub called: &'a [u8],
    /// Who submitted the message.
    pub source_smsc: &'a str,
}

/// What rules made of the numbers of a message; shown as the text of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Translation {
    /// The sender's number now.
    pub calling: Word,
    /// The recipient's number now.
    pub called: Word,
    /// What each rule changed, in their order.
    pub steps: Vec<Step>,
}

/// What one rule changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The rule's place in the list, 1 for the first.
    pub rule: usize,
    /// The rule's description.
    pub description: Arc<str>,
    /// The sender's number before and after, if it was changed.
    pub calling: Option<Change>,
    /// The recipient's number before and after, if it was changed.
    pub called: Option<Change>,
}

/// A number before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Before.
    pub old: Word,
    /// After.
    pub new: Word,
}

impl Translator {
    /// Compiles rules.
    ///
    /// # Errors
    /// [`RuleError`] names the first rule that is no good, by its place in the list.
    pub fn new(rules: &[Rule], mode: Mode) -> Result<Translator, RuleError> {
        Ok(Translator { rules: ArcSwap::from_pointee(Rules::new(rules, mode)?) })
    }

    /// Puts other rules in force, for the next message.
    ///
    /// # Errors
    /// [`RuleError`] names the first rule that is no good; the rules before stay in force.
    pub fn replace(&self, rules: &[Rule], mode: Mode) -> Result<(), RuleError> {
        self.rules.store(Arc::new(Rules::new(rules, mode)?));
        Ok(())
    }

    /// Translates; `None` if nothing changes.
    pub fn translate(&self, numbers: Numbers<'_>) -> Option<Translation> {
        self.rules.load().translate(numbers)
    }

    /// Translates the numbers of a message in place and tells what changed. Types of number stay as they were.
    pub fn apply(&self, message: &mut Message) -> Option<Translation> {
        let (calling, called) = (message.source.digits.octets(), message.destination.digits.octets());
        let translation = self.translate(Numbers { calling, called, source_smsc: message.account.as_str() })?;
        message.source.digits = translation.calling.clone();
        message.destination.digits = translation.called.clone();
        Some(translation)
    }
}

impl Default for Translator {
    fn default() -> Self {
        Translator { rules: ArcSwap::from_pointee(Rules { rules: Vec::new(), mode: Mode::First }) }
    }
}

impl Rules {
    fn new(rules: &[Rule], mode: Mode) -> Result<Rules, RuleError> {
        let enabled = rules.iter().enumerate().filter(|(_, rule)| rule.enabled);
        let mut compiled = enabled.map(|(at, rule)| Compiled::new(at + 1, rule)).collect::<Result<Vec<_>, _>>()?;
        if let Some(rule) = rules.get(MOST_RULES) {
            return Err(RuleError::new((MOST_RULES + 1, rule), "translation_rules", RuleFault::TooMany { most: MOST_RULES }));
        }
        // Stable: the order of the list breaks ties.
        compiled.sort_by_key(Compiled::priority);
        Ok(Rules { rules: compiled, mode })
    }

    fn translate(&self, numbers: Numbers<'_>) -> Option<Translation> {
        let mut done: Option<Translation> = None;
        for rule in &self.rules {
            let now = match &done {
                Some(done) => Numbers { calling: done.calling.octets(), called: done.called.octets(), ..numbers },
                None => numbers,
            };
            let Some(step) = rule.apply(&now) else { continue };
            if step.calling.is_some() || step.called.is_some() {
                done.get_or_insert_with(|| Translation::unchanged(&numbers)).take(step);
            }
            if self.mode == Mode::First {
                break;
            }
        }
        done
    }
}

impl Translation {
    fn unchanged(numbers: &Numbers<'_>) -> Self {
        Translation { calling: Word::new(numbers.calling), called: Word::new(numbers.called), steps: Vec::new() }
    }

    fn take(&mut self, step: Step) {
        for (number, change) in [(&mut self.calling, &step.calling), (&mut self.called, &step.called)] {
            if let Some(change) = change {
                *number = change.new.clone();
            }
        }
        self.steps.push(step);
    }
}

impl fmt::Display for Translation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.steps.iter().enumerate() {
            write!(f, "{}{step}", if at == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}", self.rule)?;
        if !self.description.is_empty() {
            write!(f, " ({})", self.description)?;
        }
        let changes = [("calling", &self.calling), ("called", &self.called)];
        let changed = changes.into_iter().filter_map(|(which, change)| change.as_ref().map(|change| (which, change)));
        for (at, (which, Change { old, new })) in changed.enumerate() {
            write!(f, "{} {which} {old} -> {new}", if at == 0 { ":" } else { "," })?;
        }
        Ok(())
    }
}

// Every message is held against every rule.
const MOST_RULES: usize = 10_000;

#[cfg(test)]
mod tests;

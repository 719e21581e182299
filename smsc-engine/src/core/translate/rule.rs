//! One rule, compiled.

use std::borrow::Cow;
use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use super::template::Template;
use super::{Change, Numbers, RuleError, RuleFault, Step};
use crate::model::{Rule, Word};

#[derive(Debug)]
pub(super) struct Compiled {
    /// The rule's place in the list, 1 for the first.
    place: usize,
    description: Arc<str>,
    priority: u32,
    source_smsc: Option<Box<str>>,
    calling: Side,
    called: Side,
}

/// What a rule asks of one of the two numbers, and what it makes of it.
#[derive(Debug)]
struct Side {
    prefix: Box<[u8]>,
    pattern: Option<Regex>,
    /// Without one a pattern selects the rule, and leaves the number alone.
    template: Option<Template>,
}

/// How a rule fares with one number.
enum Verdict {
    /// The rule says nothing about it, or it does not match.
    Passed,
    /// It matches and stays as it is.
    Kept,
    /// It matches and becomes another.
    Changed(Change),
}

impl Compiled {
    pub(super) fn new(place: usize, rule: &Rule) -> Result<Self, RuleError> {
        let Rule { calling_prefix, calling_match, calling_replace, called_prefix, called_match, called_replace, .. } = rule;
        let sides = [
            (("calling_match", calling_match), ("calling_replace", calling_replace), calling_prefix),
            (("called_match", called_match), ("called_replace", called_replace), called_prefix),
        ];
        let [calling, called] = sides.map(|(pattern, replacement, prefix)| {
            let side = Side::new(prefix.as_deref(), pattern, replacement);
            side.map_err(|(field, fault)| RuleError::new((place, rule), field, fault))
        });
        Ok(Compiled {
            place,
            description: rule.description.as_str().into(),
            priority: rule.priority,
            source_smsc: given(rule.source_smsc.as_deref()).map(Into::into),
            calling: calling?,
            called: called?,
        })
    }

    pub(super) const fn priority(&self) -> u32 {
        self.priority
    }

    /// What the rule makes of the numbers; `None` if it is not selected.
    pub(super) fn apply(&self, numbers: &Numbers<'_>) -> Option<Step> {
        let fits = self.called.fits(numbers.called)
            && self.calling.fits(numbers.calling)
            && self.source_smsc.as_deref().is_none_or(|source| source == numbers.source_smsc);
        if !fits {
            return None;
        }
        let (calling, called) = (self.calling.judge(numbers.calling), self.called.judge(numbers.called));
        if matches!((&calling, &called), (Verdict::Passed, Verdict::Passed)) {
            return None;
        }
        let description = Arc::clone(&self.description);
        Some(Step { rule: self.place, description, calling: calling.change(), called: called.change() })
    }
}

/// A field of a rule and its name.
type Field<'a> = (&'static str, &'a Option<String>);

impl Side {
    fn new(prefix: Option<&str>, pattern: Field<'_>, replacement: Field<'_>) -> Result<Side, (&'static str, RuleFault)> {
        let ((match_name, pattern), (replace_name, replacement)) = (pattern, replacement);
        let pattern = given(pattern.as_deref()).map(compile).transpose().map_err(|fault| (match_name, fault))?;
        // The whole match is a group too, but has no number of its own.
        let groups = pattern.as_ref().map_or(0, |pattern| pattern.captures_len() - 1);
        let template = replacement.as_deref().filter(|_| pattern.is_some()).map(|text| Template::new(text, groups));
        let template = template.transpose().map_err(|fault| (replace_name, fault))?;
        Ok(Side { prefix: prefix.unwrap_or_default().as_bytes().into(), pattern, template })
    }

    /// Cheap: most rules are passed over here.
    fn fits(&self, number: &[u8]) -> bool {
        number.starts_with(&self.prefix)
    }

    fn judge(&self, number: &[u8]) -> Verdict {
        match (&self.pattern, &self.template) {
            (Some(pattern), Some(template)) => match pattern.replace_all(number, template) {
                Cow::Borrowed(_) => Verdict::Passed,
                Cow::Owned(new) if new == number => Verdict::Kept,
                Cow::Owned(new) if new.len() > LONGEST => {
                    tracing::warn!(octets = new.len(), "a translation rule made a number too long and was not applied");
                    Verdict::Kept
                }
                Cow::Owned(new) => Verdict::Changed(Change { old: Word::new(number), new: Word::new(new) }),
            },
            (Some(pattern), None) if pattern.is_match(number) => Verdict::Kept,
            _ => Verdict::Passed,
        }
    }
}

impl Verdict {
    fn change(self) -> Option<Change> {
        match self {
            Verdict::Changed(change) => Some(change),
            _ => None,
        }
    }
}

/// Forms send an empty text for what is not filled in.
fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn compile(pattern: &str) -> Result<Regex, RuleFault> {
    let compiled = RegexBuilder::new(pattern).unicode(false).size_limit(PROGRAM).dfa_size_limit(CACHE).build();
    Ok(compiled?)
}

// What a pattern on a number of a few dozen digits can need, many times over.
const PROGRAM: usize = 256 << 10;
const CACHE: usize = 256 << 10;
// The next rule may make it longer again: what grows must stop growing somewhere. No address of SMPP is this long.
const LONGEST: usize = 255;

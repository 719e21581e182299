//! Why a rule cannot be used.

use crate::model::Rule;

/// Says which rule is no good, and what is wrong with which of its fields.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("translation rule {rule} ({description:?}): {field}: {fault}")]
pub struct RuleError {
    /// The rule's place in the list, 1 for the first.
    pub rule: usize,
    /// The rule's description.
    pub description: String,
    /// The field, by its name in the documents.
    pub field: &'static str,
    /// What is wrong with it.
    pub fault: RuleFault,
}

/// What can be wrong with a field of a rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleFault {
    /// It is no regular expression, or one that would take too much memory.
    #[error(transparent)]
    Regex(#[from] regex::Error),
    /// The replacement names a group that the pattern does not have.
    #[error("there is no group {group}: the pattern has {groups}")]
    NoGroup {
        /// What the replacement says.
        group: usize,
        /// How many the pattern has.
        groups: usize,
    },
    /// A backslash must come before a digit or another backslash.
    #[error("a backslash at octet {at} is followed by neither a digit nor a backslash")]
    Escape {
        /// Where the backslash is, 0 for the first octet.
        at: usize,
    },
    /// The text has too many octets.
    #[error("{octets} octets, {most} are allowed")]
    TooLong {
        /// What was given.
        octets: usize,
        /// The most allowed.
        most: usize,
    },
    /// There are too many rules.
    #[error("there are more than {most} rules")]
    TooMany {
        /// The most allowed.
        most: usize,
    },
}

impl RuleError {
    pub(super) fn new((place, rule): (usize, &Rule), field: &'static str, fault: RuleFault) -> Self {
        RuleError { rule: place, description: rule.description.clone(), field, fault }
    }
}

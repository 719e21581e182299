//! What can be wrong with a configuration, and where.

use std::fmt;
use std::path::PathBuf;

/// Everything that is wrong with a configuration, in the order of the file; one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    pub(super) fn new(mut errors: Vec<ConfigError>) -> Self {
        errors.sort_by(|a, b| a.place.cmp(&b.place));
        Self(errors)
    }

    /// The errors one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = std::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for error in self {
            write!(f, "{separator}{error}")?;
            separator = "\n";
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct ConfigError {
    /// Where it stands.
    pub place: Place,
    /// What is wrong there.
    pub fault: Fault,
}

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file.
    File {
        /// The file as it was named.
        path: PathBuf,
        /// Line and column, from 1; `None` when the file as a whole is meant.
        position: Option<(usize, usize)>,
    },
    /// In the environment, in the variable of this name.
    Variable(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File { path, .. } if path.as_os_str().is_empty() => f.write_str("no file"),
            Place::File { path, position: None } => path.display().fmt(f),
            Place::File { path, position: Some((line, column)) } => write!(f, "{}:{line}:{column}", path.display()),
            Place::Variable(name) => Shown(name).fmt(f),
        }
    }
}

/// What is wrong. Keys are named by their path, such as `accounts[0].password`; no password is ever part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(String),
    /// The file is not TOML.
    #[error("syntax error: {0}")]
    Syntax(String),
    /// There is no such key in this section.
    #[error("unknown key `{}` {section}{}", Shown(.key), Hint(.near, .known))]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The section, such as `in [smpp]`.
        section: String,
        /// The known key that looks most like it.
        near: Option<String>,
        /// All keys the section has.
        known: Vec<&'static str>,
    },
    /// The value is of another type.
    #[error("{path} must be {expected}, found {found}")]
    WrongType {
        /// The key.
        path: String,
        /// What it must be.
        expected: String,
        /// What it is.
        found: &'static str,
    },
    /// The value is of the right type but means nothing.
    #[error("{path} must be {expected}{}{}", Found(.found), Hint(.near, &[]))]
    Invalid {
        /// The key.
        path: String,
        /// What it must be.
        expected: String,
        /// What it is; `None` for secrets.
        found: Option<String>,
        /// The allowed value that looks most like it.
        near: Option<String>,
    },
    /// The value, its length or its count is too small or too large.
    #[error("{path} must be {min} to {max}{unit}, is {found}")]
    OutOfRange {
        /// The key.
        path: String,
        /// The smallest allowed.
        min: u64,
        /// The largest allowed.
        max: u64,
        /// What is counted, such as " octets long"; empty for plain numbers.
        unit: &'static str,
        /// What it is.
        found: String,
    },
    /// A variable that gives a part of a key means nothing.
    #[error("must be {expected} for {path}, is \"{}\"", Shown(.found))]
    Part {
        /// The key.
        path: String,
        /// What the part must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// A key that has no default is not given.
    #[error("{path} is missing")]
    Missing {
        /// The key.
        path: String,
    },
    /// The value cannot be used together with the others, or for what it is meant.
    #[error("{path} cannot be used: {reason}")]
    Unusable {
        /// The key.
        path: String,
        /// Why not.
        reason: String,
    },
    /// Two entries of a list share what must be unique.
    #[error("{path} \"{value}\" is taken by {other} already")]
    Duplicate {
        /// The key.
        path: String,
        /// The shared value.
        value: String,
        /// The key that has it first.
        other: String,
    },
    /// A variable numbers an entry of a list, but the entry before it does not exist.
    #[error("there is no {path} before it")]
    Gap {
        /// The entry that is missing.
        path: String,
    },
}

/// Text of somebody else on one short line.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(SHOWN_CHARACTERS) {
            write!(f, "{}", character.escape_debug())?;
        }
        f.write_str(if characters.next().is_some() { "…" } else { "" })
    }
}

struct Found<'a>(&'a Option<String>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_deref().map_or(Ok(()), |found| write!(f, ", is \"{}\"", Shown(found)))
    }
}

/// The nearest name, or all of them when none is near.
struct Hint<'a>(&'a Option<String>, &'a [&'static str]);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(near), _) => write!(f, ", did you mean `{near}`?"),
            (None, []) => Ok(()),
            (None, known) => write!(f, "; known: {}", known.join(", ")),
        }
    }
}

/// Characters of a foreign text shown in a message: enough to find it again.
const SHOWN_CHARACTERS: usize = 80;

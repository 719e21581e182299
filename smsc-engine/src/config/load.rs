//! Reading settings from a file and from the environment.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::Node;
use super::root::Root;
use super::rule::Rule;
use super::source::{self, Source, Variable};
use super::{ConfigError, ConfigErrors, Fault, Place, Settings};

/// Reads settings: defaults, then the file, then variables such as `SMSC_SMPP__LISTEN`, the last one given wins.
///
/// A variable is named `SMSC_` and the path of its key in capitals, parted by `__`; entries of a list are numbered
/// from 0 (`SMSC_ACCOUNTS__0__PASSWORD`), lists of words are parted by commas. Names without `__` are not looked at,
/// but for those the documents have, such as `DB_PASSWORD` and `API_PORT`; they win over the file only.
///
/// # Errors
///
/// Everything that is wrong, each with its place; nothing is read from a file that is not TOML.
///
/// ```
/// let variables = [("SMSC_SMPP__WINDOW".to_string(), "10".to_string())];
/// let settings = smsc_engine::config::load(None, variables.into_iter())?;
/// assert_eq!(settings.smpp.window, 10);
/// # Ok::<(), smsc_engine::config::ConfigErrors>(())
/// ```
pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Settings, ConfigErrors> {
    root(file, environment)
}

/// The variables of this process that [`load`] may want; one that is not UTF-8 is refused there if it names a key.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    variables::<Settings>()
}

/// Reads the settings of any program.
pub(super) fn root<T: Root>(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<T, ConfigErrors> {
    text(&file.map_or_else(|| Ok(Source::default()), read)?, environment)
}

/// Reads them from a text.
pub(super) fn text<T: Root>(source: &Source, environment: impl Iterator<Item = (String, String)>) -> Result<T, ConfigErrors> {
    let file = parse(source)?;
    let (known, ours): (Vec<_>, Vec<_>) = environment.partition(|(name, _)| T::is_known(name));
    let own = |(name, value)| Variable::parse(T::PREFIX, name, value);
    let mut variables: Vec<Variable> = ours.into_iter().filter_map(own).collect();
    variables.sort_by(|a, b| a.name.cmp(&b.name));
    // The last one wins.
    variables.splice(0..0, T::variables(&known));

    let mut faults = Vec::new();
    let root = Node::root(source, &file, &variables);
    let mut settings = T::read(&root, &Rule::ROOT, &mut faults).unwrap_or_default();
    settings.complete(&root, &known, &mut faults);
    // What could not be read would only be complained about twice.
    if faults.is_empty() {
        settings.check(&root, &mut faults);
    }
    if faults.is_empty() { Ok(settings) } else { Err(ConfigErrors::new(faults)) }
}

/// The variables of this process that settings may want.
pub(super) fn variables<T: Root>() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| {
        let name = name.to_str().filter(|name| name.starts_with(T::PREFIX) || T::is_known(name))?;
        Some((name.to_owned(), value.to_string_lossy().into_owned()))
    })
}

fn read(path: &Path) -> Result<Source, ConfigErrors> {
    let unreadable = |reason: String| ConfigError {
        place: Place::File { path: path.to_owned(), position: None },
        fault: Fault::Unreadable(reason),
    };
    let mut octets = Vec::new();
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    file.take(MAX_FILE_OCTETS + 1).read_to_end(&mut octets).map_err(|error| unreadable(error.to_string()))?;
    if u64::try_from(octets.len()).is_ok_and(|length| length > MAX_FILE_OCTETS) {
        return Err(unreadable(format!("larger than {MAX_FILE_OCTETS} octets")).into());
    }
    let text = String::from_utf8(octets).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let place = source::place(path, &String::from_utf8_lossy(good));
        ConfigError { place, fault: Fault::Syntax("not UTF-8".into()) }
    })?;
    Ok(Source { path: path.to_owned(), text })
}

fn parse(source: &Source) -> Result<Spanned<DeValue<'_>>, ConfigErrors> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    if errors.is_empty() {
        return Ok(Spanned::new(table.span(), DeValue::Table(table.into_inner())));
    }
    let errors = errors.into_iter().take(MAX_SYNTAX_ERRORS).map(|error| ConfigError {
        place: source.place(error.span().unwrap_or_default()),
        fault: Fault::Syntax(error.message().replace('\n', ", ")),
    });
    Err(ConfigErrors::new(errors.collect()))
}

/// Room for the accounts of the largest centre; a device file or a wrong path must not fill the memory.
const MAX_FILE_OCTETS: u64 = 32 << 20;

/// Enough to mend a file by; a file that is something else altogether has an error in every line.
const MAX_SYNTAX_ERRORS: usize = 20;

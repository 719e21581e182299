//! A point in the tree of keys: what the file has there and which variables lead there or below.

use toml::Spanned;
use toml::de::DeValue;

use super::rule::{Rule, Setting};
use super::source::{SEPARATOR, Source, Variable};
use super::suggestion::nearest;
use super::{ConfigError, Fault, Place};

/// A key, or an entry of a list, with everything that is given for it.
pub(super) struct Node<'a> {
    source: &'a Source,
    /// `accounts[0].password`; empty at the root.
    pub(super) path: String,
    /// Name of the section for messages: `in [[accounts]]`.
    section: String,
    pub(super) file: Option<&'a Spanned<DeValue<'a>>>,
    variables: Vec<Given<'a>>,
}

/// A variable and what is left of its path below a node.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) variable: &'a Variable,
    rest: &'a [String],
}

impl<'a> Node<'a> {
    /// The root of the tree.
    pub(super) fn root(source: &'a Source, file: &'a Spanned<DeValue<'a>>, variables: &'a [Variable]) -> Self {
        let variables = variables.iter().map(|variable| Given { variable, rest: &variable.path }).collect();
        Self { source, path: String::new(), section: "at the top level".into(), file: Some(file), variables }
    }

    /// Reads one key of this section; if it is not given, it is as usual.
    pub(super) fn field<T: Setting>(&self, rule: &Rule, usual: T, faults: &mut Vec<ConfigError>) -> T {
        if rule.is_flat() {
            return T::read_fields(self, usual, faults);
        }
        let child = self.child(rule.key);
        if rule.required && !child.is_given() {
            faults.push(ConfigError { place: self.place(), fault: Fault::Missing { path: child.path } });
            return usual;
        }
        T::read(&child, rule, faults).unwrap_or(usual)
    }

    /// Reads a list of sections; `None` when it is not given.
    pub(super) fn list<T: Setting + Default>(&self, rule: &Rule, faults: &mut Vec<ConfigError>) -> Option<Vec<T>> {
        let in_file = match self.file.map(Spanned::get_ref) {
            None => 0,
            Some(DeValue::Array(array)) => array.len(),
            Some(other) => {
                self.complain(self.wrong_type(format!("a list: [[{}]]", self.path), kind(other)), faults);
                return None;
            }
        };
        let length = self.list_length(in_file, faults);
        (self.file.is_some() || length > 0)
            .then(|| (0..length).map(|index| T::read(&self.item(index), rule, faults).unwrap_or_default()).collect())
    }

    /// Whether this is a section; complains about what is not in `keys`.
    pub(super) fn section(&self, keys: &[&'static str], faults: &mut Vec<ConfigError>) -> bool {
        for given in &self.variables {
            if let Some(key) = given.rest.first().filter(|key| !keys.contains(&key.as_str())) {
                let near = nearest(key, keys.iter().copied()).map(|near| given.renamed(near));
                faults.push(given.error(self.unknown(key, near, keys)));
            }
        }
        if let Some(given) = self.variables.iter().find(|given| given.rest.is_empty()) {
            faults.push(given.error(self.wrong_type("a section of keys".into(), "a value")));
            return false;
        }
        let table = match self.file.map(Spanned::get_ref) {
            None => return true,
            Some(DeValue::Table(table)) => table,
            Some(other) => {
                self.complain(self.wrong_type("a section of keys".into(), kind(other)), faults);
                return false;
            }
        };
        for key in table.keys().filter(|key| !keys.contains(&key.get_ref().as_ref())) {
            let near = nearest(key.get_ref(), keys.iter().copied()).map(Into::into);
            faults.push(ConfigError { place: self.source.place(key.span()), fault: self.unknown(key.get_ref(), near, keys) });
        }
        true
    }

    /// The variable that gives this very key; complains about those that want to go deeper.
    pub(super) fn variable(&self, faults: &mut Vec<ConfigError>) -> Option<Given<'a>> {
        for given in &self.variables {
            if !given.rest.is_empty() {
                faults.push(given.error(given.unknown(format!("in {}, which is one value", self.path))));
            }
        }
        self.variables.iter().rfind(|given| given.rest.is_empty()).copied()
    }

    /// Whether this, or something in it, is given.
    pub(super) fn is_given(&self) -> bool {
        self.file.is_some() || !self.variables.is_empty()
    }

    /// Whether this is given as a section, as far as can be told without complaints.
    pub(super) fn is_section(&self) -> bool {
        let file = self.file.map(Spanned::get_ref);
        self.is_given()
            && file.is_none_or(|value| matches!(value, DeValue::Table(_)))
            && self.variables.iter().all(|given| !given.rest.is_empty())
    }

    /// Whether a variable with our prefix gives this very key.
    pub(super) fn is_variable(&self) -> bool {
        self.variables.iter().any(|given| given.rest.is_empty() && !given.variable.prefix.is_empty())
    }

    /// A key of this section.
    pub(super) fn child(&self, key: &str) -> Node<'a> {
        let path = if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) };
        self.below(key, path, format!("in [{key}]"), self.file.and_then(|file| file.get_ref().get(key)))
    }

    /// An entry of this list.
    pub(super) fn item(&self, index: usize) -> Node<'a> {
        let file = self.file.and_then(|file| file.get_ref().get(index));
        self.below(&index.to_string(), format!("{}[{index}]", self.path), format!("in [[{}]]", self.path), file)
    }

    /// Where this is given; for a section the place of something in it.
    pub(super) fn place(&self) -> Place {
        let here = self.variables.iter().find(|given| given.rest.is_empty());
        match (here, self.file, self.variables.first()) {
            (Some(given), _, _) | (None, None, Some(given)) => given.place(),
            (None, Some(file), _) => self.source.place(file.span()),
            (None, None, None) => Place::File { path: self.source.path.clone(), position: None },
        }
    }

    /// Reports what is wrong with this as the file gives it.
    pub(super) fn complain(&self, fault: Fault, faults: &mut Vec<ConfigError>) {
        faults.push(ConfigError { place: self.place(), fault });
    }

    /// The fault of a value of another type.
    pub(super) fn wrong_type(&self, expected: String, found: &'static str) -> Fault {
        Fault::WrongType { path: self.path.clone(), expected, found }
    }

    fn below(&self, step: &str, path: String, section: String, file: Option<&'a Spanned<DeValue<'a>>>) -> Node<'a> {
        let variables = self.variables.iter().filter_map(|given| {
            let (first, rest) = given.rest.split_first()?;
            (first == step).then_some(Given { variable: given.variable, rest })
        });
        Node { source: self.source, path, section, file, variables: variables.collect() }
    }

    /// How many entries the list has with those that variables add; they may not leave holes.
    fn list_length(&self, in_file: usize, faults: &mut Vec<ConfigError>) -> usize {
        let mut numbered: Vec<(usize, &Given<'_>)> = Vec::new();
        for given in &self.variables {
            match given.rest.first().map(|step| (step, step.parse())) {
                Some((step, Ok(index))) if step == &usize::to_string(&index) => numbered.push((index, given)),
                _ => faults.push(given.error(given.unknown(format!("in {}, whose entries are numbered from 0", self.path)))),
            }
        }
        numbered.sort_by_key(|(index, _)| *index);
        let mut length = in_file;
        for (index, given) in numbered {
            if index > length {
                faults.push(given.error(Fault::Gap { path: format!("{}[{length}]", self.path) }));
                break;
            }
            length = length.max(index + 1);
        }
        length
    }

    fn unknown(&self, key: &str, near: Option<String>, keys: &[&'static str]) -> Fault {
        Fault::UnknownKey { key: key.into(), section: self.section.clone(), near, known: keys.to_vec() }
    }
}

impl Given<'_> {
    /// The variable as a place.
    pub(super) fn place(&self) -> Place {
        Place::Variable(self.variable.name.clone())
    }

    /// What the variable says.
    pub(super) fn text(&self) -> &str {
        &self.variable.value
    }

    /// The name it has with another key as the next step.
    fn renamed(&self, key: &str) -> String {
        let walked = self.variable.path.len().saturating_sub(self.rest.len());
        let steps: Vec<&str> = self
            .variable
            .path
            .iter()
            .enumerate()
            .map(|(index, step)| if index == walked { key } else { step.as_str() })
            .collect();
        format!("{}{}", self.variable.prefix, steps.join(SEPARATOR).to_ascii_uppercase())
    }

    /// The next step of its path leads nowhere.
    fn unknown(&self, section: String) -> Fault {
        Fault::UnknownKey { key: self.rest.first().cloned().unwrap_or_default(), section, near: None, known: Vec::new() }
    }

    /// Something wrong with the variable.
    pub(super) fn error(&self, fault: Fault) -> ConfigError {
        ConfigError { place: self.place(), fault }
    }
}

/// What a value of the file is, for messages.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

//! Settings of one whole program: what no key leads to.

use super::check::{check, credentials};
use super::legacy;
use super::node::Node;
use super::page::Page;
use super::peers;
use super::rule::Setting;
use super::source::Variable;
use super::{ConfigError, Settings};

/// The whole of what is read at once, such as all that one program can be told.
pub(super) trait Root: Setting + Default {
    /// Begins the names of variables that are its own.
    const PREFIX: &'static str;
    /// Begins the documented sample.
    const HEADER: &'static str = "";

    /// Whether the documents have a variable of this name.
    fn is_known(_name: &str) -> bool {
        false
    }

    /// Those variables, as the keys they stand for.
    fn variables(_given: &[(String, String)]) -> Vec<Variable> {
        Vec::new()
    }

    /// Settles what depends on what was given, and complains about what is not.
    fn complete(&mut self, _root: &Node<'_>, _variables: &[(String, String)], _faults: &mut Vec<ConfigError>) {}

    /// Complains about what does not fit together.
    fn check(&self, _root: &Node<'_>, _faults: &mut Vec<ConfigError>) {}
}

impl Root for Settings {
    const PREFIX: &'static str = "SMSC_";
    const HEADER: &'static str = "\
# Every key with its default; leave out what you do not change.
# Each can also be given in the environment, where it wins: SMSC_SMPP__LISTEN for listen in [smpp],
# SMSC_ACCOUNTS__0__SYSTEM_ID for the first account. What begins with # and no blank is an example of a list that is empty.
";

    fn is_known(name: &str) -> bool {
        legacy::is_known(name)
    }

    fn variables(given: &[(String, String)]) -> Vec<Variable> {
        legacy::variables(given)
    }

    fn complete(&mut self, root: &Node<'_>, variables: &[(String, String)], faults: &mut Vec<ConfigError>) {
        credentials(&self.accounts, root, faults);
        let binds = root.child("binds");
        (0..self.binds.len()).for_each(|index| peers::must_say("bind_type", &binds.item(index), faults));
        legacy::complete(self, root, variables, faults);
    }

    fn check(&self, root: &Node<'_>, faults: &mut Vec<ConfigError>) {
        check(self, root, faults);
    }
}

impl Settings {
    /// All settings as TOML, for showing to people: passwords are hidden, but for those that are empty.
    pub fn to_toml(&self) -> String {
        Page::shown(self)
    }

    /// A configuration file that says what every key means and holds all defaults, the test account included.
    pub fn sample() -> String {
        Page::sample::<Settings>()
    }
}

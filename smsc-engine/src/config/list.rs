//! Lists of sections: how they are read, and that no two entries share a name.

use std::collections::HashMap;

use super::node::Node;
use super::page::Page;
use super::rule::{ENTRIES, Rule, Setting};
use super::settings::{Account, ApiKey, ClientBind, ServerBind, SmsRoute, TranslationRule, WebUser};
use super::{ConfigError, Fault};

/// An entry of a list of sections.
trait Entry: Setting + Default {
    /// The key that no two entries may share.
    const NAME: Option<&'static str>;

    /// What it says there; empty if it could not be read.
    fn name(&self) -> &str;
}

macro_rules! lists {
    ($($entry:ident $(by $name:ident)?;)+) => { $(
        impl Entry for $entry {
            const NAME: Option<&'static str> = lists!(@name $($name)?);

            fn name(&self) -> &str {
                lists!(@value self $($name)?)
            }
        }

        impl Setting for Vec<$entry> {
            fn read(node: &Node<'_>, rule: &Rule, faults: &mut Vec<ConfigError>) -> Option<Self> {
                read(node, rule, faults)
            }

            fn write(&self, rule: &Rule, page: &mut Page) {
                page.list(rule, self);
            }
        }
    )+ };
    (@name $name:ident) => { Some(stringify!($name)) };
    (@name) => { None };
    (@value $entry:ident $name:ident) => { &$entry.$name };
    (@value $entry:ident) => { "" };
}

lists! {
    Account by system_id;
    ClientBind by name;
    ServerBind by name;
    ApiKey by name;
    WebUser by name;
    TranslationRule;
    SmsRoute;
}

fn read<T: Entry>(node: &Node<'_>, rule: &Rule, faults: &mut Vec<ConfigError>) -> Option<Vec<T>> {
    let entries: Vec<T> = node.list(rule, faults)?;
    let range = rule.range();
    let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    if !range.contains(count) {
        node.complain(range.fault(&node.path, ENTRIES, count.to_string()), faults);
    }
    if let Some(key) = T::NAME {
        refuse_duplicates(node, (key, &entries), faults);
    }
    Some(entries)
}

fn refuse_duplicates<T: Entry>(node: &Node<'_>, (key, entries): (&str, &[T]), faults: &mut Vec<ConfigError>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    // A name that could not be read is empty and was complained about.
    for (index, entry) in entries.iter().enumerate().filter(|(_, entry)| !entry.name().is_empty()) {
        if let Some(other) = first.get(entry.name()) {
            let name = node.item(index).child(key);
            let fault = Fault::Duplicate { path: name.path.clone(), value: entry.name().into(), other: node.item(*other).path };
            name.complain(fault, faults);
        } else {
            first.insert(entry.name(), index);
        }
    }
}

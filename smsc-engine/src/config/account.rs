//! The list of accounts: how it is read, and that no two share a name.

use std::collections::HashMap;

use super::node::Node;
use super::page::Page;
use super::rule::{ENTRIES, Rule, Setting};
use super::{Account, ConfigError, Fault};

impl Setting for Vec<Account> {
    fn read(node: &Node<'_>, rule: &Rule, faults: &mut Vec<ConfigError>) -> Option<Self> {
        let accounts: Vec<Account> = node.list(rule, faults)?;
        let range = rule.range();
        let count = u64::try_from(accounts.len()).unwrap_or(u64::MAX);
        if !range.contains(count) {
            node.complain(range.fault(&node.path, ENTRIES, count.to_string()), faults);
        }
        refuse_duplicates(node, &accounts, faults);
        Some(accounts)
    }

    fn write(&self, rule: &Rule, page: &mut Page) {
        page.list(rule, self);
    }
}

fn refuse_duplicates(node: &Node<'_>, accounts: &[Account], faults: &mut Vec<ConfigError>) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    // A name that could not be read is empty and was complained about.
    for (index, account) in accounts.iter().enumerate().filter(|(_, account)| !account.system_id.is_empty()) {
        if let Some(other) = first.get(account.system_id.as_str()) {
            let name = node.item(index).child("system_id");
            let fault =
                Fault::Duplicate { path: name.path.clone(), value: account.system_id.clone(), other: node.item(*other).path };
            name.complain(fault, faults);
        } else {
            first.insert(&account.system_id, index);
        }
    }
}

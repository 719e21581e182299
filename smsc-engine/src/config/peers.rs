//! Carriers and partners that do not fit together, wherever they are written.

use std::collections::HashMap;

use super::check::{missing, pair, refuse};
use super::node::Node;
use super::{ClientBind, ConfigError, Fault, ServerBind};

/// Complains about peers that cannot be used, by themselves or together.
pub(super) fn check((clients, servers): (&[ClientBind], &[ServerBind]), root: &Node<'_>, faults: &mut Vec<ConfigError>) {
    let (binds, server_binds) = (root.child("binds"), root.child("server_binds"));
    for (index, bind) in clients.iter().enumerate() {
        client(bind, &binds.item(index), faults);
    }
    let names = clients.iter().enumerate().map(|(index, bind)| (bind.name.as_str(), binds.item(index).child("name")));
    let more = servers.iter().enumerate().map(|(index, bind)| (bind.name.as_str(), server_binds.item(index).child("name")));
    refuse_twins(names.chain(more), faults);
    let ids = servers.iter().enumerate();
    refuse_twins(ids.map(|(index, bind)| (bind.system_id.as_str(), server_binds.item(index).child("system_id"))), faults);
}

/// Complains about a carrier that cannot be used.
pub(super) fn client(bind: &ClientBind, node: &Node<'_>, faults: &mut Vec<ConfigError>) {
    for (index, host) in bind.more_hosts.iter().enumerate() {
        let port = host.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse::<u16>());
        if !matches!(port, Some(Ok(1..))) {
            refuse(&node.child("more_hosts"), &format!("entry {index} is no host:port"), faults);
        }
    }
    let tls = [("cert_path", &bind.tls.cert_path), ("key_path", &bind.tls.key_path)];
    pair(&node.child("tls"), tls, faults);
}

/// Complains about a peer that does not say this, though there is a default for peers made in code.
pub(super) fn must_say(key: &str, node: &Node<'_>, faults: &mut Vec<ConfigError>) {
    // What is no section was complained about.
    if node.is_section() && !node.child(key).is_given() {
        missing(node, key, faults);
    }
}

fn refuse_twins<'a, 'n>(entries: impl Iterator<Item = (&'a str, Node<'n>)>, faults: &mut Vec<ConfigError>) {
    let mut first: HashMap<&str, String> = HashMap::new();
    for (value, node) in entries {
        match first.get(value) {
            Some(other) => {
                node.complain(Fault::Duplicate { path: node.path.clone(), value: value.into(), other: other.clone() }, faults);
            }
            None => _ = first.insert(value, node.path.clone()),
        }
    }
}

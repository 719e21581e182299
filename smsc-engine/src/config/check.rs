//! What no single value shows: keys that need one another, and rules and routes that make no sense.

use std::path::PathBuf;

use super::member::MemberAddress;
use super::node::Node;
use super::peers;
use super::{Account, ConfigError, Fault, HttpPort, Settings, WebUser};
use crate::accounts::{AccountError, Accounts};
use crate::core::route::validate;
use crate::core::translate::{Mode, Translator};
use crate::model::{Route, Rule};

/// Complains about everything that does not fit together.
pub(super) fn check(settings: &Settings, root: &Node<'_>, faults: &mut Vec<ConfigError>) {
    node(settings, root, faults);
    let Settings { api, web, metrics, .. } = settings;
    for (section, port) in [("api", &api.port), ("web", &web.port), ("metrics", &metrics.port)] {
        certificate(&root.child(section), port, faults);
    }
    if !api.port.enable_tls && !api.client_ca_path.as_os_str().is_empty() {
        refuse(&root.child("api").child("client_ca_path"), "certificates of clients need enable_tls", faults);
    }
    users(&settings.web.users, &root.child("web").child("users"), faults);
    records(settings, &root.child("records"), faults);
    let url = &settings.charging.ocs_url;
    if !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
        refuse(&root.child("charging").child("ocs_url"), "it must begin with http:// or https://", faults);
    }
    accounts(&settings.accounts, &root.child("accounts"), faults);
    rules(settings, &root.child("translation_rules"), faults);
    routes(settings, &root.child("sms_routes"), faults);
    peers::check((&settings.binds, &[]), root, faults);
}

/// A cluster needs a database and a secret, and this node must be one of its own.
fn node(settings: &Settings, root: &Node<'_>, faults: &mut Vec<ConfigError>) {
    let (node, section) = (&settings.node, root.child("node"));
    let list = section.child("cluster_nodes");
    let given = if node.cluster_nodes.is_empty() { section.child("dns_cluster_query") } else { list };
    if node.is_clustered() {
        if !settings.storage.shared.is_given() {
            refuse(&given, NO_SHARED, faults);
        }
        match node.cluster_secret.expose().len() {
            0 => missing(&section, "cluster_secret", faults),
            length if length < SECRET => refuse(&section.child("cluster_secret"), SHORT_SECRET, faults),
            _ => {}
        }
    }
    if !node.cluster_nodes.is_empty() && !node.dns_cluster_query.is_empty() {
        refuse(&section.child("dns_cluster_query"), ONE_LIST, faults);
    }
    let mut names = Vec::new();
    for entry in &node.cluster_nodes {
        match MemberAddress::read(entry) {
            Ok(member) => names.push(member.name),
            Err(reason) => refuse(&given, &format!("{entry:?}: {reason}"), faults),
        }
    }
    if names.len() == node.cluster_nodes.len() && !names.is_empty() && !names.contains(&node.smsc_node_name) {
        refuse(&given, &format!("this node, {:?} by node.smsc_node_name, is not among them", node.smsc_node_name), faults);
    }
    shared(settings, &root.child("storage").child("shared"), faults);
}

fn shared(settings: &Settings, section: &Node<'_>, faults: &mut Vec<ConfigError>) {
    let shared = &settings.storage.shared;
    if shared.is_given() && shared.db_password.expose().is_empty() {
        missing(section, "db_password", faults);
    }
}

/// The certificate of a port is nothing without its key.
pub(super) fn certificate(section: &Node<'_>, port: &HttpPort, faults: &mut Vec<ConfigError>) {
    pair(section, [("tls_cert_path", &port.tls_cert_path), ("tls_key_path", &port.tls_key_path)], faults);
}

/// A certificate is nothing without its key.
pub(super) fn pair(section: &Node<'_>, paths: [(&str, &PathBuf); 2], faults: &mut Vec<ConfigError>) {
    let [(certificate, path), (key, key_path)] = paths;
    match (path.as_os_str().is_empty(), key_path.as_os_str().is_empty()) {
        (false, true) => refuse(&section.child(certificate), &format!("{key} is missing beside it"), faults),
        (true, false) => refuse(&section.child(key), &format!("{certificate} is missing beside it"), faults),
        _ => {}
    }
}

/// Complains about users without a password, or with two.
pub(super) fn users(users: &[WebUser], list: &Node<'_>, faults: &mut Vec<ConfigError>) {
    for (index, user) in users.iter().enumerate() {
        let entry = list.item(index);
        let (password, hash) = (!user.password.expose().is_empty(), !user.password_hash.expose().is_empty());
        match (password, hash) {
            (false, false) => missing(&entry, "password", faults),
            (true, true) => refuse(&entry.child("password"), ONE_OF_TWO, faults),
            _ => {}
        }
    }
}

fn records(settings: &Settings, section: &Node<'_>, faults: &mut Vec<ConfigError>) {
    let records = &settings.records;
    let is_server = records.db_adapter != super::DbAdapter::Sqlite;
    if records.cdr_enabled && is_server && records.db_password.expose().is_empty() {
        missing(section, "db_password", faults);
    }
}

/// Complains about accounts without a password.
pub(super) fn credentials(accounts: &[Account], root: &Node<'_>, faults: &mut Vec<ConfigError>) {
    let list = root.child("accounts");
    // The account for trying things out is in no file.
    for (index, account) in accounts.iter().enumerate().filter(|(index, _)| list.item(*index).is_section()) {
        let entry = list.item(index);
        let is_given = entry.child("password").is_given() || entry.child("password_hash").is_given();
        if !is_given {
            missing(&entry, "password", faults);
        } else if !account.password.expose().is_empty() && !account.password_hash.expose().is_empty() {
            refuse(&entry.child("password"), ONE_OF_TWO, faults);
        }
    }
}

fn accounts(accounts: &[Account], list: &Node<'_>, faults: &mut Vec<ConfigError>) {
    for (index, account) in accounts.iter().enumerate() {
        if let Err(AccountError::Hash { reason, .. }) = Accounts::new(vec![account.into()]) {
            refuse(&list.item(index).child("password_hash"), &reason, faults);
        }
    }
}

fn rules(settings: &Settings, list: &Node<'_>, faults: &mut Vec<ConfigError>) {
    for (index, rule) in settings.translation_rules.iter().enumerate() {
        if let Err(error) = Translator::new(&[Rule::from(rule)], Mode::First) {
            // An expression's error draws a picture of several lines.
            let reason: Vec<_> = error.fault.to_string().split_whitespace().map(String::from).collect();
            refuse_field(&list.item(index), (error.field, &reason.join(" ")), faults);
        }
    }
}

fn routes(settings: &Settings, list: &Node<'_>, faults: &mut Vec<ConfigError>) {
    for (index, route) in settings.sms_routes.iter().enumerate() {
        if let Err(error) = validate(Route::from(route)) {
            refuse_field(&list.item(index), (error.field, &error.fault.to_string()), faults);
        }
    }
}

pub(super) fn refuse(node: &Node<'_>, reason: &str, faults: &mut Vec<ConfigError>) {
    node.complain(Fault::Unusable { path: node.path.clone(), reason: reason.into() }, faults);
}

/// Points at the entry if the field is what it lacks.
fn refuse_field(entry: &Node<'_>, (key, reason): (&str, &str), faults: &mut Vec<ConfigError>) {
    let field = entry.child(key);
    let at = if field.is_given() { &field } else { entry };
    at.complain(Fault::Unusable { path: field.path.clone(), reason: reason.into() }, faults);
}

pub(super) fn missing(section: &Node<'_>, key: &str, faults: &mut Vec<ConfigError>) {
    section.complain(Fault::Missing { path: section.child(key).path }, faults);
}

const NO_SHARED: &str = "the nodes of a cluster share a database: storage.shared.db_hostname is missing";
const ONE_LIST: &str = "there is a list beside it, only one of the two counts";
const SHORT_SECRET: &str = "it must have at least 16 octets: whoever hears nodes talk could guess a shorter one";
// As many as a key of AES.
const SECRET: usize = 16;
const ONE_OF_TWO: &str = "there is a password_hash beside it, only one of the two counts";

//! Variables as the documents name them, for configurations that exist: a variable with our prefix wins over them.

use std::net::IpAddr;

use super::node::Node;
use super::source::Variable;
use super::{ConfigError, Fault, Settings};

/// A name and the key it stands for.
const NAMES: &[(&str, &[&str])] = &[
    ("DB_USERNAME", &["records", "db_username"]),
    ("DB_PASSWORD", &["records", "db_password"]),
    ("DB_HOSTNAME", &["records", "db_hostname"]),
    ("DB_PORT", &["records", "db_port"]),
    ("DB_NAME", &["records", "db_name"]),
    ("DB_POOL_SIZE", &["records", "pool_size"]),
    ("API_ENABLE_TLS", &["api", "enable_tls"]),
    ("WEB_HOSTNAME", &["web", "hostname"]),
    ("WEB_ENABLE_TLS", &["web", "enable_tls"]),
    ("NODE_NAME", &["node", "smsc_node_name"]),
    ("ERLANG_COOKIE", &["node", "cluster_secret"]),
    ("CLUSTER_SECRET", &["node", "cluster_secret"]),
    ("OCS_URL", &["charging", "ocs_url"]),
    ("OCS_TENANT", &["charging", "ocs_tenant"]),
    ("OCS_ACCOUNT", &["charging", "ocs_account"]),
];

/// A name that is one half of an address to listen on.
const HALVES: &[(&str, Half)] = &[("API_LISTEN_IP", Half::ApiIp), ("API_PORT", Half::ApiPort), ("WEB_PORT", Half::WebPort)];

#[derive(Clone, Copy)]
enum Half {
    ApiIp,
    ApiPort,
    WebPort,
}

/// Whether the documents know a variable of this name.
pub(super) fn is_known(name: &str) -> bool {
    NAMES.iter().any(|(known, _)| *known == name) || HALVES.iter().any(|(known, _)| *known == name)
}

/// The variables that stand for keys of ours, in the order of the list above: of two for one key the last one wins.
pub(super) fn variables(given: &[(String, String)]) -> Vec<Variable> {
    let find = |name: &str| given.iter().rfind(|(given, _)| given == name).map(|(_, value)| value.as_str());
    let variable = |(name, path): &(&str, &[&str])| Some(Variable::known(name, path, read(name, find(name)?)));
    NAMES.iter().filter_map(variable).collect()
}

/// The documents: on unless it says "false", and off unless it says "true".
fn read(name: &str, value: &str) -> String {
    match name {
        "API_ENABLE_TLS" => (value != "false").to_string(),
        "WEB_ENABLE_TLS" => (value == "true").to_string(),
        _ => value.into(),
    }
}

/// Puts the halves of addresses in their places, and gives the API the port of plain HTTP if none was asked for.
pub(super) fn complete(settings: &mut Settings, root: &Node<'_>, variables: &[(String, String)], faults: &mut Vec<ConfigError>) {
    let api_port = variables.iter().any(|(name, _)| name == "API_PORT");
    if !settings.api.port.enable_tls && !root.child("api").child("listen").is_given() && !api_port {
        settings.api.port.listen.set_port(PLAIN_PORT);
    }
    for (name, half) in HALVES {
        let Some((_, value)) = variables.iter().rfind(|(given, _)| given == name) else { continue };
        let (section, listen) = match half {
            Half::ApiIp | Half::ApiPort => ("api", &mut settings.api.port.listen),
            Half::WebPort => ("web", &mut settings.web.port.listen),
        };
        if root.child(section).child("listen").is_variable() {
            continue;
        }
        let taken = match half {
            Half::ApiIp => value.parse::<IpAddr>().map(|ip| listen.set_ip(ip)).map_err(|_| "an IP address"),
            Half::ApiPort | Half::WebPort => value.parse().map(|port| listen.set_port(port)).map_err(|_| "a port"),
        };
        if let Err(expected) = taken {
            let path = format!("{section}.listen");
            let fault = Fault::Part { path, expected, found: value.clone() };
            faults.push(ConfigError { place: super::Place::Variable((*name).into()), fault });
        }
    }
}

/// The documents' port of the API without TLS.
const PLAIN_PORT: u16 = 8080;

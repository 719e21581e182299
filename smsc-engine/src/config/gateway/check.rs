//! What no single value of a gateway's settings shows.

use std::collections::HashMap;
use std::net::IpAddr;

use super::GatewaySettings;
use crate::config::check::{certificate, missing, pair, refuse, users};
use crate::config::node::Node;
use crate::config::{ClientBind, ConfigError, Fault, ServerBind};

/// Complains about everything that does not fit together.
pub(super) fn check(settings: &GatewaySettings, root: &Node<'_>, faults: &mut Vec<ConfigError>) {
    let GatewaySettings { core, web, .. } = settings;
    if let Err(reason) = address(&settings.api_base_url) {
        refuse(&root.child("api_base_url"), reason, faults);
    }
    pair(&root.child("core"), [("cert_path", &core.cert_path), ("key_path", &core.key_path)], faults);
    certificate(&root.child("web"), &web.port, faults);
    certificate(&root.child("metrics"), &settings.metrics.port, faults);
    users(&web.users, &root.child("web").child("users"), faults);
    peers((&settings.binds, &settings.server_binds), root, faults);
}

/// Complains about peers that cannot be used, by themselves or together.
pub(super) fn peers((clients, servers): (&[ClientBind], &[ServerBind]), root: &Node<'_>, faults: &mut Vec<ConfigError>) {
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

/// Tells what is wrong with the address of a core.
fn address(url: &str) -> Result<(), &'static str> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let authority = rest.ok_or("it must begin with http:// or https://")?.split(['/', '?', '#']).next().unwrap_or_default();
    match authority {
        "" => Err("it names no host"),
        // It would be seen in logs and heartbeats.
        _ if authority.contains('@') => Err("it may hold no user and no password; [core] api_key is the key of the API"),
        _ => Ok(()),
    }
}

/// What is allowed and nobody should overlook.
pub(super) fn warnings(settings: &GatewaySettings) -> Vec<String> {
    let mut warnings = Vec::new();
    let web = &settings.web.port;
    let open = format!("web.enable_tls is false: passwords of users can be read on the way to {}", web.listen);
    warnings.extend((web.enabled && !web.enable_tls && !web.listen.ip().is_loopback()).then_some(open));
    let GatewaySettings { listen, server_binds, .. } = settings;
    if !server_binds.is_empty() && listen.host.is_unspecified() {
        let (host, port) = (listen.host, listen.port);
        warnings.push(format!("listen.host is {host}: partners reach port {port} on every address of this machine"));
    }
    let unchecked = "verify_ssl_peer is false: whoever is in between can pose as the core".to_owned();
    warnings.extend((settings.api_base_url.starts_with("https://") && !settings.verify_ssl_peer).then_some(unchecked));
    let clear = "api_base_url is http: what is exchanged with the core can be read on the way".to_owned();
    warnings.extend((settings.api_base_url.starts_with("http://") && !is_here(&settings.api_base_url)).then_some(clear));
    warnings
}

/// What is allowed of peers and nobody should overlook.
pub(super) fn peer_warnings(settings: &GatewaySettings) -> Vec<String> {
    let any = settings.server_binds.iter().filter(|bind| bind.ip_whitelist.is_empty());
    let any = any.map(|bind| format!("the ip_whitelist of {} is empty: it may come from any address", bind.name));
    let unchecked = settings.binds.iter().filter(|bind| bind.tls.enabled && bind.tls.accept_any);
    any.chain(unchecked.map(|bind| format!("the certificate of {} is not checked", bind.name))).collect()
}

/// Whether an address is on this machine.
fn is_here(url: &str) -> bool {
    let host = url.trim_start_matches("http://").split(['/', '?', '#']).next().unwrap_or_default();
    let host =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|octet| octet.is_ascii_digit())).map_or(host, |(host, _)| host);
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

//! What no single value of a gateway's settings shows.

use std::net::IpAddr;

use super::GatewaySettings;
use crate::config::ConfigError;
use crate::config::check::{certificate, pair, refuse, users};
use crate::config::node::Node;
use crate::config::peers;

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
    peers::check((&settings.binds, &settings.server_binds), root, faults);
}

/// Tells what is wrong with the address of a core.
fn address(url: &str) -> Result<(), &'static str> {
    let rest = ["http://", "https://"].iter().find_map(|scheme| url.strip_prefix(scheme));
    let authority = rest.ok_or("it must begin with http:// or https://")?.split(['/', '?', '#']).next().unwrap_or_default();
    match authority {
        "" => Err("it names no host"),
        // It would be seen in logs and heartbeats.
        _ if authority.contains('@') => Err("it may hold no user and no password; [core] api_key is the key of the API"),
        _ if rest.is_some_and(|rest| rest.contains(['?', '#'])) => Err("it may have a path, but nothing behind it"),
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

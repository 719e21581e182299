//! What the program says once it runs.

use std::fmt::Display;
use std::path::Path;

use smsc_engine::Gateway;
use smsc_engine::config::GatewaySettings;

/// The lines for a person who has just started the program; tests and scripts read them too.
pub(crate) fn lines(settings: &GatewaySettings, gateway: &Gateway) -> String {
    let control = gateway.control();
    let mut lines = vec![
        format!("gateway {}", env!("CARGO_PKG_VERSION")),
        format!("\"{}\" works for the core at {}", control.name, control.core.client().address()),
        format!("{} carriers, {} partners", control.clients.len(), control.servers.len()),
    ];
    lines.extend(said("SMPP listening on ", gateway.smpp_address()));
    let dashboard = if settings.web.enable_tls { "dashboard: https://" } else { "dashboard: http://" };
    lines.extend(said(dashboard, gateway.dashboard_address()));
    lines.extend(gateway.metrics_address().map(|address| format!("metrics: http://{address}/metrics")));
    lines.push(format!("peers and users are kept in {}", shown(&settings.storage.directory)));
    let password = gateway.first_password().map(|first| shown(&first.path));
    lines.extend(password.map(|path| format!("log in as \"admin\" with the password in {path}")));
    lines.push("press Ctrl-C to stop\n".into());
    lines.join("\n")
}

fn said(what: &str, value: Option<impl Display>) -> Option<String> {
    value.map(|value| format!("{what}{value}"))
}

/// A path as a shell takes it.
fn shown(path: &Path) -> String {
    let here = if path.is_relative() && !path.starts_with(".") { "./" } else { "" };
    format!("{here}{}", path.display())
}

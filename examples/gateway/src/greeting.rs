//! What the program says once it runs.

use std::net::SocketAddr;
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
    lines.extend(gateway.smpp_address().map(|address| format!("SMPP listening on {address}")));
    let url = |tls: bool, address: SocketAddr| format!("{}://{address}", if tls { "https" } else { "http" });
    let (web, metrics) = (settings.web.port.enable_tls, settings.metrics.port.enable_tls);
    lines.extend(gateway.dashboard_address().map(|address| format!("dashboard: {}", url(web, address))));
    lines.extend(gateway.metrics_address().map(|address| format!("metrics: {}/metrics", url(metrics, address))));
    lines.push(format!("peers and users are kept in {}", shown(&settings.storage.directory)));
    let password = gateway.first_password().map(|first| shown(&first.path));
    lines.extend(password.map(|path| format!("log in as \"admin\" with the password in {path}")));
    lines.push("press Ctrl-C to stop\n".into());
    lines.join("\n")
}

/// A path as a shell takes it.
fn shown(path: &Path) -> String {
    let here = if path.is_relative() && !path.starts_with(".") { "./" } else { "" };
    format!("{here}{}", path.display())
}

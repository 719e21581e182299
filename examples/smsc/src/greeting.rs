//! What the program says once it listens.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use smsc_engine::Centre;
use smsc_engine::centre::Service;
use smsc_engine::config::Settings;

/// The lines for a person who has just started the program; tests and scripts read them too.
pub(crate) fn lines(settings: &Settings, centre: &Centre) -> String {
    let addresses = Addresses {
        smpp: centre.smpp_address(),
        api: centre.address(Service::Api),
        dashboard: centre.address(Service::Dashboard),
        metrics: centre.address(Service::Metrics),
    };
    let password = centre.first_password().map(|first| first.path.as_path());
    text(settings, &addresses, (centre.queued(), password))
}

/// Where a centre listens.
struct Addresses {
    smpp: SocketAddr,
    api: Option<SocketAddr>,
    dashboard: Option<SocketAddr>,
    metrics: Option<SocketAddr>,
}

fn text(settings: &Settings, addresses: &Addresses, (queued, password): (u64, Option<&Path>)) -> String {
    let url = |tls: bool, address: SocketAddr| format!("{}://{}", if tls { "https" } else { "http" }, reachable(address));
    let shared = &settings.storage.shared;
    let store = if shared.is_given() {
        format!("database {} on {}", shared.db_name, shared.db_hostname)
    } else {
        shown(&settings.storage.directory)
    };
    let mut lines = vec![
        format!("smsc {}", env!("CARGO_PKG_VERSION")),
        format!("SMPP listening on {}", addresses.smpp),
        format!("messages are stored in {store} ({queued} queued)"),
    ];
    lines.extend(addresses.api.map(|address| format!("REST API: {}/api/docs", url(settings.api.port.enable_tls, address))));
    lines.extend(addresses.dashboard.map(|address| format!("dashboard: {}", url(settings.web.port.enable_tls, address))));
    lines.extend(addresses.metrics.map(|address| format!("metrics: {}/metrics", url(settings.metrics.port.enable_tls, address))));
    if addresses.dashboard.is_some() {
        lines.extend(password.map(|path| format!("log in as \"admin\" with the password in {}", shown(path))));
    }
    if settings.has_test_account() {
        lines.push("test account: system_id \"test\", password \"test\"".into());
        lines.extend(example(addresses.smpp).map(|example| format!("try: {example}")));
    }
    lines.push("press Ctrl-C to stop\n".into());
    lines.join("\n")
}

/// A path as a shell takes it.
fn shown(path: &Path) -> String {
    let here = if path.is_relative() && !path.starts_with(".") { "./" } else { "" };
    format!("{here}{}", path.display())
}

/// An address that can be connected to.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())),
        IpAddr::V6(ip) if ip.is_unspecified() => SocketAddr::from((Ipv6Addr::LOCALHOST, address.port())),
        _ => address,
    }
}

/// What somebody should know who opens the test account to a network.
pub(crate) fn warning(settings: &Settings, address: SocketAddr) -> Option<String> {
    (settings.has_test_account() && !address.ip().is_loopback())
        .then(|| format!("warning: the test account is open to everybody who reaches {address}; give [[accounts]] of your own"))
}

/// A command that sends a message and prints its id and its receipt, and leaves the user's Python as it was.
fn example(address: SocketAddr) -> Option<String> {
    let host = match address.ip() {
        ip if ip.is_unspecified() => Ipv4Addr::LOCALHOST,
        IpAddr::V4(ip) => ip,
        // smpplib speaks IPv4 only.
        IpAddr::V6(_) => return None,
    };
    let port = address.port();
    Some(format!(
        "python3 -m pip install -qqt /tmp/smpplib smpplib && PYTHONPATH=/tmp/smpplib python3 -c \"\
         from smpplib.client import Client; c = Client('{host}', {port}, allow_unknown_opt_params=True); \
         c.set_message_sent_handler(lambda pdu: print('accepted as', pdu.message_id.decode())); \
         c.set_message_received_handler(lambda pdu: print(pdu.short_message.decode())); \
         c.connect(); c.bind_transceiver(system_id='test', password='test'); \
         c.send_message(source_addr='12345', destination_addr='34600000011', short_message=b'Hello', registered_delivery=1); \
         c.read_once(); c.read_once(); c.unbind(); c.disconnect()\""
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(smpp: &str) -> Addresses {
        let at = |address: &str| Some(address.parse().unwrap());
        Addresses {
            smpp: smpp.parse().unwrap(),
            api: at("127.0.0.1:8443"),
            dashboard: at("0.0.0.0:8086"),
            metrics: at("127.0.0.1:9568"),
        }
    }

    #[test]
    fn the_first_lines_are_for_people_and_scripts() {
        let password = Path::new("smsc-data/dashboard-password");
        let lines = text(&Settings::default(), &addresses("127.0.0.1:2775"), (3, Some(password)));
        let lines: Vec<&str> = lines.lines().collect();
        assert_eq!(
            lines[..8],
            [
                concat!("smsc ", env!("CARGO_PKG_VERSION")),
                "SMPP listening on 127.0.0.1:2775",
                "messages are stored in ./smsc-data (3 queued)",
                "REST API: https://127.0.0.1:8443/api/docs",
                "dashboard: https://127.0.0.1:8086",
                "metrics: http://127.0.0.1:9568/metrics",
                "log in as \"admin\" with the password in ./smsc-data/dashboard-password",
                "test account: system_id \"test\", password \"test\"",
            ]
        );
        assert!(lines[8].starts_with("try: ") && lines[8].contains("'127.0.0.1', 2775"), "{}", lines[8]);
        assert_eq!(lines[9..], ["press Ctrl-C to stop"]);
    }

    #[test]
    fn accounts_of_ones_own_are_not_shown() {
        let mut settings = Settings::default();
        settings.accounts[0].password = smsc_engine::frontend::Secret::new("hunter2");
        let lines = text(&settings, &addresses("0.0.0.0:2775"), (0, None));
        assert_eq!(lines.lines().count(), 7);
        assert!(!lines.contains("hunter2") && !lines.contains("try:"), "{lines}");
    }

    #[test]
    fn the_example_connects_to_an_address_one_can_connect_to() {
        for (listening, shown) in [
            ("0.0.0.0:2776", Some("'127.0.0.1', 2776")),
            ("[::]:2775", Some("'127.0.0.1', 2775")),
            ("10.1.2.3:1", Some("'10.1.2.3', 1")),
            ("[::1]:2775", None),
        ] {
            let example = example(listening.parse().unwrap());
            assert_eq!(example.is_some(), shown.is_some(), "{listening}");
            assert!(example.is_none_or(|example| example.contains(shown.unwrap())), "{listening}");
        }
    }

    #[test]
    fn only_an_open_test_account_is_warned_of() {
        let mut settings = Settings::default();
        let warned = |settings: &Settings, address: &str| warning(settings, address.parse().unwrap()).is_some();
        assert!(!warned(&settings, "127.0.0.1:2775") && !warned(&settings, "[::1]:2775"));
        assert!(warned(&settings, "0.0.0.0:2775") && warned(&settings, "10.1.2.3:2775"));
        settings.accounts[0].system_id = "shop".into();
        assert!(!warned(&settings, "0.0.0.0:2775"));
    }
}

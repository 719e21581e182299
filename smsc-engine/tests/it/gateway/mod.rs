//! A gateway in a temporary directory, and the core that it works for: both real, in one process.

mod heart;
mod metrics;
mod peers;
mod program;

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use smsc_engine::accounts::Secret;
use smsc_engine::config::{ClientBind, GatewaySettings, ServerBind};
use smsc_engine::{Centre, Gateway, GatewayConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support;

const FREE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A core with a REST API alone, at this address.
async fn core(directory: &Path, listen: SocketAddr) -> Centre {
    let mut settings = support::settings(directory);
    (settings.web.port.enabled, settings.metrics.port.enabled, settings.api.port.enable_tls) = (false, false, false);
    settings.api.port.listen = listen;
    Centre::start(settings).await.unwrap()
}

fn api(core: &Centre) -> SocketAddr {
    core.address(smsc_engine::centre::Service::Api).unwrap()
}

/// Settings of a gateway for a core at this address, on free ports.
fn settings(core: SocketAddr, directory: &Path) -> GatewaySettings {
    // Only the first one counts.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let mut settings = GatewaySettings { api_base_url: format!("http://{core}"), ..GatewaySettings::default() };
    settings.storage.directory = directory.into();
    (settings.web.port.listen, settings.metrics.port.listen) = (FREE, FREE);
    settings.listen.host = FREE.ip();
    settings
}

/// A carrier that is not there: nobody listens on port 1.
fn carrier(name: &str) -> ClientBind {
    ClientBind {
        name: name.into(),
        host: "127.0.0.1".into(),
        port: 1,
        system_id: "shop".into(),
        password: Secret::new("hunter2"),
        ..ClientBind::default()
    }
}

fn partner(name: &str) -> ServerBind {
    ServerBind {
        name: name.into(),
        system_id: name.into(),
        password: Secret::new("hunter2"),
        allowed_bind_types: vec![smpp_session::BindKind::Transceiver],
        ip_whitelist: vec!["127.0.0.0/8".parse().unwrap()],
        ..ServerBind::default()
    }
}

/// Asks over plain HTTP; status and body.
async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Looks again and again until there is something to see.
async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Partners connect to a free port, once there are any.
fn on_a_free_port(settings: &GatewaySettings) -> GatewayConfig {
    let mut config = GatewayConfig::from(settings);
    config.listen = FREE;
    config
}

async fn start(settings: &GatewaySettings) -> Gateway {
    Gateway::start(on_a_free_port(settings)).await.unwrap()
}

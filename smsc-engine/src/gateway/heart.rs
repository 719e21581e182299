//! Signs of life to the core, and questions after its health. Neither ever stops a message.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::GatewayControl;
use crate::http::listen::host_name;
use crate::model::Timestamp;
use crate::remote::Heartbeat;

/// Tells the core at once and then again and again that this gateway is there.
pub(super) async fn beat(control: Arc<GatewayControl>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        // The failure itself is in the log already, in the words for calls.
        if control.core.heartbeat(&heartbeat(&control)).await.is_err() {
            tracing::warn!("the core has not heard that this gateway is there; it is told again in {} s", every.as_secs());
        }
    }
}

/// Asks the core again and again how it is.
pub(super) async fn watch(control: Arc<GatewayControl>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut was_well = true;
    loop {
        ticks.tick().await;
        let health = control.core.health().await;
        match (&health, was_well) {
            (Err(fault), true) => tracing::error!("the core is not well: {fault}; partners are refused until it is back"),
            (Ok(()), false) => tracing::info!("the core is well again"),
            _ => {}
        }
        was_well = health.is_ok();
    }
}

/// What the core is told; no password is in it.
fn heartbeat(control: &GatewayControl) -> Heartbeat {
    Heartbeat {
        frontend_name: control.name.clone(),
        frontend_type: "smpp".into(),
        ip_address: own_address(&control.core.client().address()).map(|ip| ip.to_string()),
        hostname: host_name(),
        uptime_seconds: Timestamp::now().since(control.started).as_secs(),
        configuration: configuration(control),
    }
}

fn configuration(control: &GatewayControl) -> Value {
    let listener = control.binds.listener();
    let (clients, servers) = (control.clients.entries(), control.servers.entries());
    let throughput: u64 = clients.iter().map(|peer| u64::from(peer.tps_limit)).sum();
    let carriers = clients.iter().take(MOST_PEERS).map(|peer| {
        let kind = format!("{:?}", peer.bind_type).to_lowercase();
        json!({ "name": peer.name, "system_id": peer.system_id, "bind_type": kind, "tps_limit": peer.tps_limit })
    });
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "port": listener.map(|listener| listener.address.port()),
        "max_connections": listener.map(|listener| listener.max_connections),
        "client_binds": clients.len(),
        "server_binds": servers.len(),
        "max_throughput": throughput,
        "binds": carriers.collect::<Vec<_>>(),
    })
}

/// The address this machine has towards the core, as its routes say; nothing is sent.
fn own_address(core: &str) -> Option<IpAddr> {
    let url = reqwest::Url::parse(core).ok()?;
    // A name would have to be resolved; then the core sees for itself who calls.
    let ip: IpAddr = url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
    let any: SocketAddr = if ip.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect((ip, url.port_or_known_default()?)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

/// The core takes 16 KiB of configuration.
const MOST_PEERS: usize = 50;

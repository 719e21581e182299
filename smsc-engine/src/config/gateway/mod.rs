//! What a gateway can be told: the table of its keys, and how the parts of a gateway want them.

mod assembly;
mod check;
mod peer;
mod root;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use smpp_session::net::ipnet::IpNet;

use super::settings::{ClientBind, HttpPort, Log, ServerBind, WebUser};
use crate::accounts::Secret;
use crate::remote::{Protocol, WorkList};

pub use peer::PeerFile;
pub(crate) use peer::PeerText;
pub use root::{file_warning, gateway_environment, load_gateway};

settings! {
    /// All a gateway can be told; ranges are about octets of texts and entries of lists.
    GatewaySettings {
        /// Where the core is, such as `https://core.example:8443`; must be given. In the environment: API_BASE_URL.
        api_base_url: String, in 1..=2_048;
        /// Milliseconds after which a core that is away is tried again; also how often a bind without a
        /// queue_check_frequency of its own looks for messages, if this is given. In the environment: SMPP_POLL_INTERVAL.
        smpp_poll_interval: u32 = 100, in 10..=60_000;
        /// Whether the certificate of the core is checked. In the environment: VERIFY_SSL_PEER.
        verify_ssl_peer: bool = false;
        /// The name of this gateway towards the core. In the environment: SMSC_NAME.
        smsc_name: String = "smpp_gateway".into(), in 1..=255;
        /// Where partners connect to; it is listened only if there are partners.
        listen: Listen = Listen::default();
        /// How the core is called.
        core: CoreCalls = CoreCalls::default();
        /// The dashboard.
        web: GatewayWeb = GatewayWeb::default();
        /// Metrics, for Prometheus and whoever reads its text.
        metrics: GatewayMetrics = GatewayMetrics::default();
        /// What is kept on disk; no message is.
        storage: GatewayStorage = GatewayStorage::default();
        /// What is logged.
        log: Log = Log::default();
        /// Carriers: the gateway connects to them.
        binds: Vec<ClientBind> = Vec::new(), in 0..=10_000;
        /// Partners: they connect to the gateway.
        server_binds: Vec<ServerBind> = Vec::new(), in 0..=10_000;
    }

    /// Where partners connect to.
    Listen {
        /// IP address to listen on; 0.0.0.0 is all of them, 127.0.0.1 this machine only.
        host: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        /// TCP port.
        port: u16 = 2775, in 1..=65_535;
        /// Connections of partners at one time.
        max_connections: u32 = 100, in 1..=10_000;
        /// Name the gateway gives itself in bind responses; smsc_name, as much of it as fits, if empty.
        system_id: String = String::new(), in 0..=15;
        /// Seconds a connection may take to bind; 0 waits for ever.
        session_init_seconds: u32 = 10, in 0..=3_600;
    }

    /// How the core is called.
    CoreCalls {
        /// The key sent as X-API-Key; none if empty.
        api_key: Secret = Secret::default(), in 0..=255;
        /// File with authorities trusted besides the usual ones, in PEM.
        ca_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// File with the certificate shown to the core, in PEM.
        cert_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// File with the key of that certificate, in PEM.
        key_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// Milliseconds a call may take.
        timeout_ms: u32 = 5_000, in 100..=120_000;
        /// How messages are exchanged: "forms" as the REST API has them, "bulk" as only this product's core can, or
        /// "auto": in bulk if the core can.
        protocol: Protocol = Protocol::Auto;
        /// Which call gives a bind its messages, if not in bulk: "message_queue", "messages_queue", "get_by_smsc" or "header".
        work_list: WorkList = WorkList::MessageQueue;
        /// Seconds from one heartbeat to the next; the core forgets a frontend after 90.
        heartbeat_seconds: u32 = 30, in 5..=60;
        /// Seconds from one question after the core's health to the next.
        health_seconds: u32 = 10, in 1..=300;
    }

    /// The dashboard.
    GatewayWeb {
        /// Where it is listened for, and with which certificate.
        port as "": HttpPort = HttpPort::at(8087, true);
        /// Name people reach it by; a certificate of its own is for this name.
        hostname: String = "localhost".into(), in 1..=255;
        /// Whether it shows no text of any message.
        hide_message_body_in_ui: bool = false;
        /// Proxies whose word about the address of a client is taken.
        trusted_proxies: Vec<IpNet> = Vec::new(), in 0..=10_000;
        /// Who may log in; without any, the first start makes a password for "admin".
        users: Vec<WebUser> = Vec::new(), in 0..=10_000;
    }

    /// Metrics, for Prometheus and whoever reads its text.
    GatewayMetrics {
        /// Where they are listened for, and with which certificate.
        port as "": HttpPort = HttpPort::at(4000, false);
    }

    /// What is kept on disk; no message is.
    GatewayStorage {
        /// Directory of peers and users that the dashboard changed, of a certificate of its own and of the control
        /// socket; made when missing; relative to where the program is started.
        directory: PathBuf = "gateway-data".into(), in 1..=4_096;
    }
}

//! Everything that is served over HTTP: API, dashboard and metrics.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use smpp_session::net::ipnet::IpNet;

use super::word::{LongText, Role, Text};
use crate::accounts::Secret;

settings! {
    /// A port that speaks HTTP; its keys stand in the section of what is served there.
    HttpPort {
        /// Whether it is served.
        enabled: bool = true;
        /// IP address and port to listen on; port 0 takes a free one.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        /// Whether it speaks TLS.
        enable_tls: bool = true;
        /// File with its certificate chain in PEM; empty makes a certificate of its own, in the directory of the messages.
        tls_cert_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// File with the key of the certificate in PEM.
        tls_key_path: PathBuf = PathBuf::new(), in 0..=4_096;
    }

    /// The REST API; without TLS, and if it is not told where to listen, its port is 8080.
    Api {
        /// Where it is listened for, and with which certificate.
        port as "": HttpPort = HttpPort::at(8443, true);
        /// File with the authorities that sign certificates of clients; if given, a client must have one.
        client_ca_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// What the centre calls itself in `/api/status`.
        application: Text = "smsc".into(), in 1..=255;
        /// Networks that may call; none lets everybody.
        allow: Vec<IpNet> = Vec::new(), in 0..=10_000;
        /// Proxies whose word about the address of a client is taken.
        trusted_proxies: Vec<IpNet> = Vec::new(), in 0..=10_000;
        /// Whether answers are wrapped in "data" unless the caller says otherwise.
        envelope: bool = true;
        /// Whether messages without a route stay out of the work lists of frontends.
        strict_get_by_smsc: bool = false;
        /// Whether asynchronous submissions are answered only when they are durable.
        async_durable: bool = false;
        /// Seconds a message on a work list is its taker's.
        lease_seconds: u32 = 60, in 1..=86_400;
        /// Octets a request may have.
        max_body_octets: u64 = 1_048_576, in 1_024..=268_435_456;
        /// Octets a document of routes may have that is imported.
        max_import_octets: u64 = 67_108_864, in 1_024..=1_073_741_824;
        /// What becomes of a text that needs several parts: "split" or "refuse".
        long_text: LongText = LongText::Split;
        /// Requests a second for each client address; 0 sets no limit.
        limits: ApiLimits = ApiLimits::default();
        /// Who may call; without any key, none is asked for.
        api_keys: Vec<ApiKey> = Vec::new(), in 0..=10_000;
    }

    /// Requests a second for each client address; 0 sets no limit.
    ApiLimits {
        /// For `POST /api/messages`.
        messages: u32 = 100, in 0..=1_000_000;
        /// For `POST /api/messages/create_async`.
        create_async: u32 = 1_000, in 0..=1_000_000;
        /// For `POST /api/messages_raw`.
        raw: u32 = 100, in 0..=1_000_000;
        /// For `POST /api/messages_raw/async`.
        raw_async: u32 = 1_000, in 0..=1_000_000;
        /// For everything that only reads.
        reads: u32 = 1_000, in 0..=1_000_000;
        /// For everything else.
        writes: u32 = 100, in 0..=1_000_000;
    }

    /// One client of the API.
    ApiKey {
        /// Its name, for the log.
        name: String, in 1..=255;
        /// Its key.
        key: Secret, in 16..=255;
        /// Whether it may see and change who may bind.
        admin: bool = false;
        /// Whether the limits are not for it, as for a gateway, which calls for every message.
        unlimited: bool = false;
    }

    /// The dashboard.
    Web {
        /// Where it is listened for, and with which certificate.
        port as "": HttpPort = HttpPort::at(8086, true);
        /// Name people reach it by; a certificate of its own is for this name.
        hostname: String = "localhost".into(), in 1..=255;
        /// Proxies whose word about the address of a client is taken.
        trusted_proxies: Vec<IpNet> = Vec::new(), in 0..=10_000;
        /// Who may log in.
        users: Vec<WebUser> = Vec::new(), in 0..=10_000;
    }

    /// Somebody who may log in.
    WebUser {
        /// The name to log in with.
        name: String, in 1..=255;
        /// The password; either this or its hash must be given.
        password: Secret = Secret::default(), in 0..=255;
        /// The Argon2 hash of the password: "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
        password_hash: Secret = Secret::default(), in 0..=255;
        /// What is allowed: "viewer", "operator" or "admin".
        role: Role = Role::Viewer;
    }

    /// Metrics, for Prometheus and whoever reads its text.
    Metrics {
        /// Where they are listened for, and with which certificate.
        port as "": HttpPort = HttpPort::at(9568, false);
    }
}

impl HttpPort {
    /// A port on this machine, with a certificate of its own if it speaks TLS.
    pub fn at(port: u16, enable_tls: bool) -> HttpPort {
        HttpPort { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), enable_tls, ..HttpPort::default() }
    }
}

//! The SMPP side, the store, the sandbox, the log and the name of a centre.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use smpp_pdu::Version;
use smpp_session::net::ipnet::IpNet;
use tracing::level_filters::LevelFilter;

use super::word::LogFormat;
use crate::accounts::Secret;
use crate::sandbox::Outcome;

settings! {
    /// This centre among others.
    Node {
        /// Its name in events and records; in a cluster each node has its own, such as "sms@10.0.0.1".
        smsc_node_name: String = "node1".into(), in 1..=255;
        /// All nodes of the cluster, this one too, each "sms@host" or "sms@host:port"; they share the database of storage.shared.
        cluster_nodes: Vec<String> = Vec::new(), in 0..=100;
        /// Instead of the list: a name whose SRV records _sms._tcp, or else whose addresses, are the nodes.
        dns_cluster_query: String = String::new(), in 0..=255;
        /// DNS servers to ask for it; none are those of the system.
        cluster_dns_servers: Vec<SocketAddr> = Vec::new(), in 0..=10;
        /// What all nodes of a cluster know and nobody else: at least 16 octets, by chance.
        cluster_secret: Secret = Secret::default(), in 0..=255;
        /// IP address and port where other nodes ask whether this one is there; only the internal network should reach it.
        cluster_listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 9100));
    }

    /// The SMPP listener and its sessions.
    Smpp {
        /// IP address and port to listen on; port 0 takes a free one.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 2775));
        /// Name the centre gives itself in bind responses.
        system_id: String = "smsc".into(), in 0..=15;
        /// Networks that may connect; none lets everybody.
        allow: Vec<IpNet> = Vec::new(), in 0..=10_000;
        /// Seconds of silence after which a peer is asked whether it is there; 0 never asks.
        enquire_link_seconds: u32 = 30, in 0..=86_400;
        /// Seconds a request of ours waits for its response.
        response_seconds: u32 = 30, in 1..=3_600;
        /// Seconds a connection may take to bind; 0 waits for ever.
        session_init_seconds: u32 = 10, in 0..=3_600;
        /// Seconds without messages after which a session is unbound; 0 never.
        inactivity_seconds: u32 = 0, in 0..=604_800;
        /// Requests of ours a session may have unanswered.
        window: u32 = 100, in 1..=65_535;
        /// Requests of a peer we may owe an answer; beyond it nothing more is read from that peer.
        max_unanswered: u32 = 10_000, in 1..=1_000_000;
        /// Connections at one time.
        max_connections: u32 = 1_000, in 1..=1_000_000;
        /// Largest PDU taken from a peer, in octets.
        max_pdu_octets: u32 = 131_072, in 1_024..=16_777_216;
        /// Highest version spoken: "3.3", "3.4" or "5.0".
        version: Version = Version::V3_4;
    }

    /// Where messages are kept.
    Storage {
        /// Directory of the journal and the tables, made when missing; relative to where the program is started.
        directory: PathBuf = "smsc-data".into(), in 1..=4_096;
        /// Messages that may wait at one time; more are refused with ESME_RMSGQFUL.
        max_queued: u64 = 5_000_000, in 1..=1_000_000_000;
        /// A PostgreSQL database in place of the journal and the tables in the directory; the nodes of a cluster share it.
        shared: SharedDatabase = SharedDatabase::default();
    }

    /// A PostgreSQL database in place of the journal and the tables in the directory.
    SharedDatabase {
        /// The server's name or address; empty for none, then everything is in the directory.
        db_hostname: String = String::new(), in 0..=255;
        /// Its port; 0 is the usual one, 5432.
        db_port: u16 = 0, in 0..=65_535;
        /// The database on the server.
        db_name: String = "sms_c".into(), in 1..=255;
        /// Who we are to the server.
        db_username: String = "sms_user".into(), in 1..=255;
        /// Our password.
        db_password: Secret = Secret::default(), in 0..=255;
        /// Connections to the server at one time.
        pool_size: u32 = 20, in 4..=1_000;
        /// Whether a server that speaks no TLS is refused.
        ssl: bool = false;
        /// File with the authorities that sign the server's certificate; if given, the certificate and its name are checked.
        tls_ca_path: PathBuf = PathBuf::new(), in 0..=4_096;
    }

    /// The built-in carrier that plays the mobile network; it reaches no phone.
    Sandbox {
        /// Whether it is there. If it is and there are no routes yet, one of lowest priority leads to it.
        enabled: bool = true;
        /// Milliseconds until a message reaches its end.
        delay_ms: u64 = 1_000, in 0..=86_400_000;
        /// Milliseconds the same takes for numbers that are slow.
        slow_ms: u64 = 10_000, in 0..=86_400_000;
        /// How a message ends: "delivered", "undeliverable", "expired", "rejected" or "unknown".
        outcome: Outcome = Outcome::Delivered;
        /// Whether the last three digits of the destination, read as a result code of the provider, choose the end; 999 is "unknown".
        by_number: bool = true;
        /// Whether a text that begins with "MO:" comes back as a message from its destination.
        mo_replies: bool = true;
    }

    /// What is logged, to standard error.
    Log {
        /// Least serious lines shown: "off", "error", "warn", "info", "debug" or "trace".
        level: LevelFilter = LevelFilter::INFO;
        /// What a line looks like: "text" or "json".
        format: LogFormat = LogFormat::Text;
        /// A file that gets all lines too, begun anew every day; empty for none.
        file: PathBuf = PathBuf::new(), in 0..=4_096;
        /// Old files that are kept.
        keep_files: u32 = 30, in 0..=10_000;
    }
}

impl Node {
    /// Whether this is to be a node among others.
    pub fn is_clustered(&self) -> bool {
        !self.cluster_nodes.is_empty() || !self.dns_cluster_query.is_empty()
    }
}

impl SharedDatabase {
    /// Whether there is one.
    pub fn is_given(&self) -> bool {
        !self.db_hostname.is_empty()
    }
}

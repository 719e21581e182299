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
        /// Its name in events and records.
        smsc_node_name: String = "node1".into(), in 1..=255;
        /// Other nodes of a cluster; this version runs single nodes and refuses to start with any.
        cluster_nodes: Vec<String> = Vec::new(), in 0..=1_000;
        /// The name that lists the nodes of a cluster in DNS; as above, none.
        dns_cluster_query: String = String::new(), in 0..=255;
        /// What all nodes of a cluster know and nobody else; unused, for there are no clusters.
        cluster_secret: Secret = Secret::default(), in 0..=255;
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

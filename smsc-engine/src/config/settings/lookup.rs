//! Others that are asked about a message: charging and ENUM.

use std::net::SocketAddr;

use crate::core::Uncharged;

settings! {
    /// Online charging.
    Charging {
        /// Whether there is a charging system; without one nothing is charged, whatever routes say.
        charging_enabled: bool = false;
        /// Whether messages are charged if their route does not say.
        default_charging_enabled: bool = true;
        /// What becomes of a message that is not charged because that failed or was refused: "allow" or "deny".
        charging_failure_action: Uncharged = Uncharged::Allow;
        /// Address of the charging system, which speaks JSON-RPC; http or https.
        ocs_url: String = "http://localhost:2080/jsonrpc".into(), in 1..=2_048;
        /// The tenant.
        ocs_tenant: String = "sms.example.com".into(), in 0..=255;
        /// Whose account it is; "{calling}" and "{called}" stand for the numbers of the message, here and below.
        ocs_account: String = "default_account".into(), in 0..=255;
        /// The destination.
        ocs_destination: String = "default".into(), in 0..=255;
        /// The source.
        ocs_source: String = "sms_platform".into(), in 0..=255;
        /// The subject.
        ocs_subject: String = "sms_user".into(), in 0..=255;
        /// Units asked for each message; 0 for the number of its parts.
        ocs_usage: u64 = 0, in 0..=1_000_000_000;
        /// Milliseconds an answer may take.
        ocs_timeout: u32 = 5_000, in 1..=60_000;
    }

    /// Who serves a number, asked of DNS.
    Enum {
        /// Whether it is asked.
        enum_enabled: bool = false;
        /// Suffixes, tried in order until one leads to a domain.
        enum_domains: Vec<String> = vec!["e164.arpa".into(), "e164.org".into()], in 1..=16;
        /// Servers, asked in this order, such as "192.0.2.1:53"; none asks those of the system.
        enum_dns_servers: Vec<SocketAddr> = Vec::new(), in 0..=16;
        /// Milliseconds a look-up may take.
        enum_timeout: u32 = 5_000, in 1..=60_000;
        /// Numbers that are remembered with their domain; 0 remembers none.
        enum_cache_size: u32 = 100_000, in 0..=10_000_000;
    }
}

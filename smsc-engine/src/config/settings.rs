//! The table of all keys: name, meaning, default and range of each, once.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use smpp_pdu::Version;
use smpp_session::BindKind;
use tracing::level_filters::LevelFilter;

use crate::frontend::Secret;
use crate::sandbox::Outcome;

settings! {
    /// All a centre can be told; ranges are about octets of texts and entries of lists.
    Settings {
        /// The SMPP listener and its sessions.
        smpp: Smpp = Smpp::default();
        /// Where messages are kept.
        storage: Storage = Storage::default();
        /// How long messages are tried.
        lifecycle: Lifecycle = Lifecycle::default();
        /// Who may bind; without any account there is one for trying things out, "test" with the password "test".
        accounts: Vec<Account> = vec![Account::test()], in 1..=100_000;
        /// The built-in carrier that plays the mobile network.
        sandbox: Sandbox = Sandbox::default();
        /// What is logged.
        log: Log = Log::default();
    }

    /// The SMPP listener and its sessions.
    Smpp {
        /// IP address and port to listen on; port 0 takes a free one.
        listen: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 2775));
        /// Name the centre gives itself in bind responses.
        system_id: String = "smsc".into(), in 0..=15;
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
        /// Directory of the journal, made when missing; relative to where the program is started.
        directory: PathBuf = "smsc-data".into(), in 1..=4_096;
        /// Messages that may wait at one time; more are refused with ESME_RMSGQFUL.
        max_queued: u64 = 5_000_000, in 1..=1_000_000_000;
        /// Hours a message can be asked for after its end.
        retention_hours: u32 = 24, in 0..=8_760;
    }

    /// How long messages are tried.
    Lifecycle {
        /// Minutes after which a message without a validity period expires.
        dead_letter_time_minutes: u32 = 1_440, in 1..=525_600;
        /// Attempts after which a message fails; 0 tries until it expires.
        max_delivery_attempts: u32 = 0, in 0..=1_000_000;
        /// Minutes a retry waits, doubled for each attempt made so far and at most 24 hours: 2, 4, 8 … for 1.
        retry_base_minutes: u32 = 1, in 1..=1_440;
    }

    /// One ESME that may bind.
    Account {
        /// Name the ESME binds with.
        system_id: String, in 1..=15;
        /// Its password; SMPP has room for eight octets.
        password: Secret, in 0..=8;
        /// Sessions it may have at one time; 0 sets no limit.
        max_sessions: u32 = 0, in 0..=1_000_000;
        /// Kinds of bind it may use: "transmitter", "receiver", "transceiver".
        bind: Vec<BindKind> = vec![BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver], in 1..=3;
    }

    /// The built-in carrier that plays the mobile network; it reaches no phone.
    Sandbox {
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
    }
}

impl Settings {
    /// Whether the account everybody knows, "test" with the password "test", may bind.
    pub fn has_test_account(&self) -> bool {
        self.accounts.contains(&Account::test())
    }
}

impl Account {
    /// The account of a centre that was given none.
    pub fn test() -> Self {
        Self { system_id: "test".into(), password: Secret::new("test"), ..Self::default() }
    }
}

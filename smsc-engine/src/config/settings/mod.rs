//! The table of all keys: name, meaning, default and range of each, once; a file for each part of a centre.

mod account;
mod bind;
mod http;
mod lifecycle;
mod lookup;
mod records;
mod routing;
mod smpp;
mod word;

pub use account::Account;
pub use bind::{BindTls, ClientBind, Habits, RewriteRule, ServerBind};
pub use http::{Api, ApiKey, ApiLimits, HttpPort, Metrics, Web, WebUser};
pub use lifecycle::{Batch, Lifecycle};
pub use lookup::{Charging, Enum};
pub use records::Records;
pub use routing::{Routing, SmsRoute, TranslationRule};
pub use smpp::{Log, Node, Sandbox, SharedDatabase, Smpp, Storage};
pub use word::{ClientMode, DbAdapter, LogFormat, LongText, ReceiptDialect, Role, Text};

settings! {
    /// All a centre can be told; ranges are about octets of texts and entries of lists.
    Settings {
        /// This centre among others.
        node: Node = Node::default();
        /// The SMPP listener and its sessions.
        smpp: Smpp = Smpp::default();
        /// The REST API; without TLS, and if it is not told where to listen, its port is 8080.
        api: Api = Api::default();
        /// The dashboard.
        web: Web = Web::default();
        /// Metrics, for Prometheus and whoever reads its text.
        metrics: Metrics = Metrics::default();
        /// Where messages are kept.
        storage: Storage = Storage::default();
        /// Records of messages that ended, for billing.
        records: Records = Records::default();
        /// Submissions that nobody waits for.
        batch: Batch = Batch::default();
        /// How long messages are tried, and how long things are remembered.
        lifecycle: Lifecycle = Lifecycle::default();
        /// How routes are chosen.
        routing: Routing = Routing::default();
        /// Online charging.
        charging: Charging = Charging::default();
        /// Who serves a number, asked of DNS.
        enum_lookup as "enum": Enum = Enum::default();
        /// Who may bind; without any account there is one for trying things out, "test" with the password "test".
        accounts: Vec<Account> = vec![Account::test()], in 1..=100_000;
        /// Changes numbers before routing, in the order of their priority.
        translation_rules: Vec<TranslationRule> = Vec::new(), in 0..=10_000;
        /// Routes of a centre that has none yet; later they are changed through the API or the dashboard.
        sms_routes: Vec<SmsRoute> = Vec::new(), in 0..=100_000;
        /// Carriers the centre itself binds to; a gateway beside it can have them instead.
        binds: Vec<ClientBind> = Vec::new(), in 0..=10_000;
        /// The built-in carrier that plays the mobile network.
        sandbox: Sandbox = Sandbox::default();
        /// What is logged.
        log: Log = Log::default();
    }
}

impl Settings {
    /// Whether the account everybody knows, "test" with the password "test", may bind.
    pub fn has_test_account(&self) -> bool {
        self.accounts.contains(&Account::test())
    }

    /// The keys in which `other` differs, such as `smpp.window`; a list such as `accounts` is one key.
    #[cfg(feature = "config")]
    pub fn differences(&self, other: &Settings) -> Vec<String> {
        let mut found = Vec::new();
        crate::config::rule::Setting::differences(self, other, "", &mut found);
        found
    }
}

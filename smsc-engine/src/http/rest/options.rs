//! How the API works.

use std::time::Duration;

use ipnet::IpNet;

use crate::accounts::Secret;

/// How the API works.
#[derive(Clone, Debug)]
pub struct RestOptions {
    /// Wraps answers in `{"data": ...}` unless the caller says `envelope=false`.
    pub envelope: bool,
    /// Keeps unrouted messages out of `get_by_smsc`.
    pub strict_get_by_smsc: bool,
    /// Answers asynchronous submissions only when they are durable.
    pub async_durable: bool,
    /// How long a message on a work list is its taker's.
    pub lease: Duration,
    /// What becomes of a text that needs several parts.
    pub long_text: LongText,
    /// Octets of a request body.
    pub max_body: usize,
    /// Octets of a request body of the bulk exchange with gateways.
    pub max_bulk: usize,
    /// Octets of a document of routes that is imported.
    pub max_import: usize,
    /// How long a request may take, its body included.
    pub timeout: Duration,
    /// How often a client may call.
    pub limits: Limits,
    /// Names and keys of clients; without any, no key is asked for.
    pub keys: Vec<(String, Secret)>,
    /// Those of them that may change who may bind, by their names.
    pub admins: Vec<String>,
    /// Those of them that the limits are not for, by their names: gateways, which call for every message.
    pub unlimited: Vec<String>,
    /// Networks that may call; without any, all may.
    pub allow: Vec<IpNet>,
    /// Proxies whose word about the client's address is taken.
    pub trusted_proxies: Vec<IpNet>,
}

/// Requests a second for each client address; `None` sets no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// `POST /api/messages`.
    pub messages: Option<u32>,
    /// `POST /api/messages/create_async`.
    pub create_async: Option<u32>,
    /// `POST /api/messages_raw`.
    pub raw: Option<u32>,
    /// `POST /api/messages_raw/async`.
    pub raw_async: Option<u32>,
    /// Everything that only reads.
    pub reads: Option<u32>,
    /// Everything else.
    pub writes: Option<u32>,
}

/// What becomes of a text that needs several parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongText {
    /// It is one message; whoever delivers it divides it.
    #[default]
    Split,
    /// It is refused.
    Refuse,
}

impl Limits {
    /// No limit at all, for measurements.
    pub const NONE: Limits = Limits { messages: None, create_async: None, raw: None, raw_async: None, reads: None, writes: None };
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            messages: Some(100),
            create_async: Some(1_000),
            raw: Some(100),
            raw_async: Some(1_000),
            reads: Some(1_000),
            writes: Some(100),
        }
    }
}

impl Default for RestOptions {
    fn default() -> Self {
        RestOptions {
            envelope: true,
            strict_get_by_smsc: false,
            async_durable: false,
            lease: Duration::from_secs(60),
            long_text: LongText::default(),
            max_body: 1 << 20,
            max_bulk: 16 << 20,
            max_import: 64 << 20,
            timeout: Duration::from_secs(30),
            limits: Limits::default(),
            keys: Vec::new(),
            admins: Vec::new(),
            unlimited: Vec::new(),
            allow: Vec::new(),
            trusted_proxies: Vec::new(),
        }
    }
}

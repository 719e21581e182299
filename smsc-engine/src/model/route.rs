//! What an operator writes to steer messages: routes, translation rules, locations of subscribers.

use super::Timestamp;

/// The kind of network a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub enum SourceType {
    /// An IMS core.
    #[cfg_attr(feature = "json", serde(rename = "IMS"))]
    Ims,
    /// A circuit-switched core.
    #[cfg_attr(feature = "json", serde(rename = "CS"))]
    Cs,
    /// An ESME or another SMPP peer.
    #[cfg_attr(feature = "json", serde(rename = "SMPP"))]
    Smpp,
}

impl SourceType {
    /// All three.
    pub const ALL: [SourceType; 3] = [SourceType::Ims, SourceType::Cs, SourceType::Smpp];

    /// Returns the word of the documents.
    pub const fn name(self) -> &'static str {
        match self {
            SourceType::Ims => "IMS",
            SourceType::Cs => "CS",
            SourceType::Smpp => "SMPP",
        }
    }

    /// Finds the kind with this word, in upper or lower case.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }
}

/// Whether messages of a route are charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub enum Charged {
    /// Always.
    Yes,
    /// Never.
    No,
    /// As the general switch says.
    #[default]
    Default,
}

impl Charged {
    /// All three.
    pub const ALL: [Charged; 3] = [Charged::Yes, Charged::No, Charged::Default];

    /// Returns the word of the documents.
    pub const fn name(self) -> &'static str {
        match self {
            Charged::Yes => "yes",
            Charged::No => "no",
            Charged::Default => "default",
        }
    }

    /// Finds the choice with this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }
}

/// One route: which messages it claims and what becomes of them. A criterion that is `None` matches every message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub struct Route {
    /// Its number; 0 until the table gives it one.
    #[cfg_attr(feature = "http", schema(maximum = 9007199254740991u64))]
    pub id: u64,
    /// How the sender's number begins; a leading `+` on either side does not count.
    pub calling_prefix: Option<String>,
    /// How the recipient's number begins; a leading `+` on either side does not count.
    pub called_prefix: Option<String>,
    /// Who submitted the message.
    pub source_smsc: Option<String>,
    /// What kind of network it came from.
    pub source_type: Option<SourceType>,
    /// What ENUM found for the recipient.
    #[cfg_attr(feature = "json", serde(alias = "enum_result_domain"))]
    pub enum_domain: Option<String>,
    /// Who delivers; may be missing only if the route replies or drops.
    pub dest_smsc: Option<String>,
    /// Answers the sender instead of delivering.
    pub auto_reply: bool,
    /// The text of the answer.
    pub auto_reply_message: Option<String>,
    /// Discards the message.
    pub drop: bool,
    /// Whether messages are charged.
    pub charged: Charged,
    /// The share among equal routes, 1 to 100.
    #[cfg_attr(feature = "http", schema(minimum = 1, maximum = 100))]
    pub weight: u8,
    /// 1 to 255; lower goes first.
    #[cfg_attr(feature = "http", schema(minimum = 1, maximum = 255))]
    pub priority: u8,
    /// For people.
    pub description: String,
    /// Off is ignored.
    pub enabled: bool,
}

impl Default for Route {
    fn default() -> Self {
        Route {
            id: 0,
            calling_prefix: None,
            called_prefix: None,
            source_smsc: None,
            source_type: None,
            enum_domain: None,
            dest_smsc: None,
            auto_reply: false,
            auto_reply_message: None,
            drop: false,
            charged: Charged::Default,
            weight: 100,
            priority: 100,
            description: String::new(),
            enabled: true,
        }
    }
}

/// One rule of number translation, applied before routing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Rule {
    /// How the sender's number begins; `None` and the empty text match every number.
    pub calling_prefix: Option<String>,
    /// How the recipient's number begins; `None` and the empty text match every number.
    pub called_prefix: Option<String>,
    /// Who submitted the message; `None` matches everybody.
    pub source_smsc: Option<String>,
    /// A regular expression on the sender's number; `None` leaves it alone.
    pub calling_match: Option<String>,
    /// What it becomes; `\1` to `\9` are the captured groups.
    pub calling_replace: Option<String>,
    /// A regular expression on the recipient's number; `None` leaves it alone.
    pub called_match: Option<String>,
    /// What it becomes; `\1` to `\9` are the captured groups.
    pub called_replace: Option<String>,
    /// Lower goes first.
    pub priority: u32,
    /// For people.
    pub description: String,
    /// Off is ignored.
    pub enabled: bool,
}

impl Default for Rule {
    fn default() -> Self {
        Rule {
            calling_prefix: None,
            called_prefix: None,
            source_smsc: None,
            calling_match: None,
            calling_replace: None,
            called_match: None,
            called_replace: None,
            priority: 100,
            description: String::new(),
            enabled: true,
        }
    }
}

/// Where a subscriber is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// Its number; 0 until the table gives it one.
    pub id: u64,
    /// The subscriber: the key.
    pub imsi: String,
    /// The subscriber's number.
    pub msisdn: String,
    /// The address of an MSC or VLR, or the name of the frontend that serves the subscriber.
    pub location: Option<String>,
    /// The cell or radio area.
    pub ran_location: Option<String>,
    /// The device.
    pub imei: Option<String>,
    /// Reachable over IMS.
    pub ims_capable: Option<bool>,
    /// Circuit-switched fallback.
    pub csfb: Option<bool>,
    /// Whether the subscriber is registered.
    pub registered: Option<bool>,
    /// The end of the registration; `None` is never.
    pub expires: Option<Timestamp>,
    /// The phone's model.
    pub user_agent: Option<String>,
    /// When the record was made.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

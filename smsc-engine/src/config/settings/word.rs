//! Values that only settings have.

/// A line of text for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text(text.into())
    }
}

/// Where records are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DbAdapter {
    /// A file of ours.
    Sqlite,
    /// A MySQL server.
    Mysql,
    /// A MariaDB server.
    Mariadb,
    /// A PostgreSQL server.
    Postgresql,
}

/// What a line of the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// What becomes of a text that needs several parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LongText {
    /// It is divided.
    Split,
    /// It is refused.
    Refuse,
}

/// What a user of the dashboard may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Look.
    Viewer,
    /// Send, retry and delete messages, and change routes, too.
    Operator,
    /// Everything.
    Admin,
}

/// How receipts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptDialect {
    /// As SMPP has it.
    Standard,
    /// As the wholesale provider has it.
    Provider,
}

/// Who connects to whom, in the list of those that are connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientMode {
    /// We to a carrier.
    Client,
}

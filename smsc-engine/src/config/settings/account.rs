//! Who may bind.

use smpp_session::BindKind;
use smpp_session::net::ipnet::IpNet;
use sms_codec::charset::Charset;

use super::word::ReceiptDialect;
use crate::accounts::{MessageIdForm, Secret};

settings! {
    /// One ESME that may bind.
    Account {
        /// Name the ESME binds with.
        system_id: String, in 1..=15;
        /// Its password; SMPP has room for eight octets. Either this or its hash must be given.
        password: Secret = Secret::default(), in 0..=8;
        /// The Argon2 hash of its password: "$argon2id$v=19$m=…,t=…,p=…$salt$hash".
        password_hash: Secret = Secret::default(), in 0..=255;
        /// Whether it is let in.
        enabled: bool = true;
        /// Sessions it may have at one time; 0 sets no limit.
        max_sessions: u32 = 0, in 0..=1_000_000;
        /// Kinds of bind it may use: "transmitter", "receiver", "transceiver".
        bind: Vec<BindKind> = vec![BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver], in 1..=3;
        /// Messages in a second, over all its sessions; 0 sets no limit.
        messages_per_second: u32 = 0, in 0..=1_000_000;
        /// Messages in a day of UTC; 0 sets no limit.
        messages_per_day: u64 = 0, in 0..=1_000_000_000_000;
        /// Messages in a month of UTC; 0 sets no limit.
        messages_per_month: u64 = 0, in 0..=1_000_000_000_000;
        /// Senders it may use, with "*" at the end for all that begin so; none lets it use any.
        sources: Vec<String> = Vec::new(), in 0..=100_000;
        /// How the numbers begin that it may send to; none lets it send to any.
        destinations: Vec<String> = Vec::new(), in 0..=100_000;
        /// Networks it may connect from; none lets it come from anywhere.
        peers: Vec<IpNet> = Vec::new(), in 0..=10_000;
        /// The alphabet of data_coding 0, such as "GSM-7" or "ISO-8859-1".
        charset: Charset = Charset::Gsm7;
        /// How receipts are written: "standard" or "provider".
        receipts: ReceiptDialect = ReceiptDialect::Standard;
        /// How message ids are written: "by_version", "decimal" or "hexadecimal".
        message_ids: MessageIdForm = MessageIdForm::ByVersion;
        /// Type of number of a source that comes with 0 for it and for the plan.
        source_ton: u8 = 0, in 0..=255;
        /// Numbering plan of such a source.
        source_npi: u8 = 0, in 0..=255;
        /// Type of number of a destination that comes with 0 for it and for the plan.
        destination_ton: u8 = 0, in 0..=255;
        /// Numbering plan of such a destination.
        destination_npi: u8 = 0, in 0..=255;
        /// Minutes its messages without a validity period are tried; 0 leaves that to the centre.
        validity_minutes: u32 = 0, in 0..=525_600;
    }
}

impl Account {
    /// The account of a centre that was given none.
    pub fn test() -> Self {
        Self { system_id: "test".into(), password: Secret::new("test"), ..Self::default() }
    }
}

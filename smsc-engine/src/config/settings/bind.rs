//! Carriers and partners, as a file writes them.

use std::path::PathBuf;

use smpp_pdu::{CommandStatus, Version};
use smpp_session::BindKind;
use smpp_session::net::ipnet::IpNet;
use sms_codec::charset::Charset;
use sms_codec::receipt::IdNotation;

use super::word::{ClientMode, ReceiptDialect};
use crate::accounts::{MessageIdForm, Secret};
use crate::frontend::{AskReceipts, LongText};

settings! {
    /// A carrier: the gateway connects to it and binds.
    ClientBind {
        /// Its name, unique among carriers and partners; messages whose dest_smsc it is go there.
        name: String, in 1..=255;
        /// Who connects to whom; only "client".
        mode: ClientMode = ClientMode::Client;
        /// Which way messages go: "transmitter", "receiver" or "transceiver"; must be given.
        bind_type: BindKind = BindKind::Transceiver;
        /// Host name or IP address.
        host: String, in 1..=255;
        /// Its TCP port.
        port: u16 = 2775, in 1..=65_535;
        /// Further "host:port", tried in turn when the first cannot be bound.
        more_hosts: Vec<String> = Vec::new(), in 0..=16;
        /// The user name it gave; upper and lower case differ.
        system_id: String, in 1..=15;
        /// The password it gave; SMPP has room for eight octets.
        password: Secret, in 1..=8;
        /// The system_type it wants, if it does.
        system_type: String = String::new(), in 0..=12;
        /// Messages in a second sent there; 70 to 80 % of what it allows leave room for receipts.
        tps_limit: u32 = 100, in 1..=10_000;
        /// Milliseconds from one look for its messages to the next.
        queue_check_frequency: u32 = 1_000, in 100..=10_000;
        /// Whether receipts are asked of it: "wanted" where the sender wants one, "always" or "never".
        receipts: AskReceipts = AskReceipts::Wanted;
        /// How its receipts name what its responses named: "guess", "same", "receipt_decimal" or "receipt_hex".
        receipt_ids: IdNotation = IdNotation::Guess;
        /// How its receipts are meant: "standard", or "provider", for whom UNKNOWN is not yet the end of a message.
        receipt_habits: ReceiptDialect = ReceiptDialect::Standard;
        /// Names of further binds to the same carrier whose messages its receipts may be about, as when one bind only
        /// sends and another only receives.
        receipts_for: Vec<String> = Vec::new(), in 0..=16;
        /// How a text that needs several parts is sent: "udh", "sar" or "payload".
        long_text: LongText = LongText::Udh;
        /// How TLS is spoken with it.
        tls: BindTls = BindTls::default();
        /// Where its habits differ from the standard's.
        profile: Habits = Habits::default();
    }

    /// A partner: it connects to the gateway and binds.
    ServerBind {
        /// Its name, unique among carriers and partners; messages whose dest_smsc it is go there.
        name: String, in 1..=255;
        /// The user name it must present, unique among partners.
        system_id: String, in 1..=15;
        /// The password it must present; SMPP has room for eight octets.
        password: Secret, in 1..=8;
        /// How it may bind: "transmitter", "receiver", "transceiver"; must be given.
        allowed_bind_types: Vec<BindKind> = vec![BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver], in 1..=3;
        /// Addresses and networks it may connect from; none lets it come from anywhere.
        ip_whitelist: Vec<IpNet> = Vec::new(), in 0..=10_000;
        /// Messages in a second delivered to it.
        tps_limit: u32 = 100, in 1..=10_000;
        /// Milliseconds from one look for its messages to the next.
        queue_check_frequency: u32 = 1_000, in 100..=10_000;
        /// Sessions it may have at one time; 0 sets no limit.
        max_sessions: u32 = 0, in 0..=10_000;
        /// How receipts are written to it: "standard" or "provider".
        receipts: ReceiptDialect = ReceiptDialect::Standard;
        /// How message ids are written to it: "by_version", "decimal" or "hexadecimal".
        message_ids: MessageIdForm = MessageIdForm::ByVersion;
        /// Where its habits differ from the standard's.
        profile: Habits = Habits::default();
    }

    /// How TLS is spoken with a carrier.
    BindTls {
        /// Whether it is spoken.
        enabled: bool = false;
        /// Whether any certificate is taken; only for tests, for it keeps nobody from listening in between.
        accept_any: bool = false;
        /// The name its certificate must have; its host if empty.
        server_name: String = String::new(), in 0..=255;
        /// File with the authorities trusted, in PEM; those of the system if empty.
        ca_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// File with the certificate shown to it, in PEM.
        cert_path: PathBuf = PathBuf::new(), in 0..=4_096;
        /// File with the key of that certificate, in PEM.
        key_path: PathBuf = PathBuf::new(), in 0..=4_096;
    }

    /// Where the habits of a peer differ from the standard's.
    Habits {
        /// Highest version spoken: "3.3", "3.4" or "5.0".
        version: Version = Version::V3_4;
        /// Requests that may be unanswered.
        window: u32 = 100, in 1..=65_535;
        /// Seconds of silence after which it is asked whether it is there; 0 never asks.
        enquire_link_seconds: u32 = 30, in 0..=86_400;
        /// Seconds a request waits for its response, enquire_link too.
        response_seconds: u32 = 30, in 1..=3_600;
        /// The alphabet of data_coding 0, such as "GSM-7" or "ISO-8859-1".
        charset: Charset = Charset::Gsm7;
        /// Statuses after which a message is tried again, besides those the standard calls temporary: "ESME_RTHROTTLED" or 0x58.
        temporary_statuses: Vec<CommandStatus> = Vec::new(), in 0..=1_000;
        /// Statuses that end a message, whatever the standard calls them.
        permanent_statuses: Vec<CommandStatus> = Vec::new(), in 0..=1_000;
        /// What becomes of the sender of a message that goes to it.
        source: RewriteRule = RewriteRule::default();
        /// What becomes of the recipient.
        destination: RewriteRule = RewriteRule::default();
    }

    /// What becomes of a number on its way to a peer.
    RewriteRule {
        /// Another type of number; as it is if not given.
        ton: Option<u8> = None, in 0..=7;
        /// Another numbering plan; as it is if not given.
        npi: Option<u8> = None, in 0..=31;
        /// What is taken from the front, if it is there.
        strip: String = String::new(), in 0..=20;
        /// What is put in front, after that.
        prepend: String = String::new(), in 0..=20;
    }
}

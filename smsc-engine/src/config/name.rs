//! The words that stand for the values of enums.

use smpp_pdu::Version;
use smpp_session::BindKind;
use sms_codec::charset::Charset;
use sms_codec::receipt::IdNotation;
use tracing::level_filters::LevelFilter;

use super::settings::{ClientMode, DbAdapter, LogFormat, LongText, ReceiptDialect, Role};
use super::value::Named;
use crate::accounts::MessageIdForm;
use crate::core::translate::Mode;
use crate::core::{Uncharged, Unrouted};
use crate::frontend::{self, AskReceipts};
use crate::model::{Charged, SourceType};
#[cfg(feature = "gateway")]
use crate::remote::{Protocol, WorkList};
use crate::sandbox::Outcome;

/// The words of a type, in the order in which messages name them.
macro_rules! names {
    ($($type:ty { $($name:expr => $value:expr),+ $(,)? })+) => { $(
        impl Named for $type {
            const NAMES: &'static [(&'static str, Self)] = &[$(($name, $value)),+];
        }
    )+ };
}

names! {
    Version { "3.3" => Version::V3_3, "3.4" => Version::V3_4, "5.0" => Version::V5_0 }
    LevelFilter {
        "off" => LevelFilter::OFF,
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
    }
    BindKind {
        "transmitter" => BindKind::Transmitter,
        "receiver" => BindKind::Receiver,
        "transceiver" => BindKind::Transceiver,
    }
    Outcome {
        "delivered" => Outcome::Delivered,
        "undeliverable" => Outcome::Undeliverable,
        "expired" => Outcome::Expired,
        "rejected" => Outcome::Rejected,
        "unknown" => Outcome::Unknown,
    }
    DbAdapter {
        "sqlite" => DbAdapter::Sqlite,
        "mysql" => DbAdapter::Mysql,
        "mariadb" => DbAdapter::Mariadb,
        "postgresql" => DbAdapter::Postgresql,
    }
    LogFormat { "text" => LogFormat::Text, "json" => LogFormat::Json }
    LongText { "split" => LongText::Split, "refuse" => LongText::Refuse }
    Role { "viewer" => Role::Viewer, "operator" => Role::Operator, "admin" => Role::Admin }
    ReceiptDialect { "standard" => ReceiptDialect::Standard, "provider" => ReceiptDialect::Provider }
    Unrouted { "keep" => Unrouted::Keep, "reject" => Unrouted::Reject }
    Uncharged { "allow" => Uncharged::Allow, "deny" => Uncharged::Deny }
    Mode { "first" => Mode::First, "all" => Mode::All }
    Option<SourceType> {
        "" => None,
        "IMS" => Some(SourceType::Ims),
        "CS" => Some(SourceType::Cs),
        "SMPP" => Some(SourceType::Smpp),
    }
    Charged { "yes" => Charged::Yes, "no" => Charged::No, "default" => Charged::Default }
    MessageIdForm {
        "by_version" => MessageIdForm::ByVersion,
        "decimal" => MessageIdForm::Decimal,
        "hexadecimal" => MessageIdForm::Hexadecimal,
    }
    Charset {
        Charset::Gsm7.name() => Charset::Gsm7,
        Charset::Gsm7Packed.name() => Charset::Gsm7Packed,
        Charset::Ascii.name() => Charset::Ascii,
        Charset::Latin1.name() => Charset::Latin1,
        Charset::Octets.name() => Charset::Octets,
        Charset::Ucs2.name() => Charset::Ucs2,
        Charset::Iso8859_5.name() => Charset::Iso8859_5,
        Charset::Iso8859_8.name() => Charset::Iso8859_8,
        Charset::ShiftJis.name() => Charset::ShiftJis,
        Charset::EucJp.name() => Charset::EucJp,
        Charset::Iso2022Jp.name() => Charset::Iso2022Jp,
        Charset::JisX0212.name() => Charset::JisX0212,
        Charset::KsC5601.name() => Charset::KsC5601,
        Charset::Pictogram.name() => Charset::Pictogram,
    }
    ClientMode { "client" => ClientMode::Client }
    AskReceipts { "wanted" => AskReceipts::Wanted, "always" => AskReceipts::Always, "never" => AskReceipts::Never }
    IdNotation {
        "guess" => IdNotation::Guess,
        "same" => IdNotation::Same,
        "receipt_decimal" => IdNotation::ReceiptDecimal,
        "receipt_hex" => IdNotation::ReceiptHex,
    }
    frontend::LongText {
        "udh" => frontend::LongText::Udh,
        "sar" => frontend::LongText::Sar,
        "payload" => frontend::LongText::Payload,
    }
}

#[cfg(feature = "gateway")]
names! {
    Protocol { "auto" => Protocol::Auto, "forms" => Protocol::Forms, "bulk" => Protocol::Bulk }
    WorkList {
        "message_queue" => WorkList::MessageQueue,
        "messages_queue" => WorkList::MessagesQueue,
        "get_by_smsc" => WorkList::GetBySmsc,
        "header" => WorkList::Header,
    }
}

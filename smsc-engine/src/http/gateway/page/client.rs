//! Carriers, in a list and in a form.

use sms_codec::receipt::{Habits, IdNotation};

use super::peer::{Cell, KindPage, Peer, password, required};
use super::profile::{self, TPS};
use super::word::{Words, listed};
use crate::frontend::{AskReceipts, ClientPeer, LongText, PeerTls};
use crate::gateway::GatewayControl;
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::show::{count, visible};
use crate::overlay::Book;

impl Peer for ClientPeer {
    const KIND_PAGE: KindPage = KindPage {
        path: "/client_peers",
        new_path: "/new_client_peer",
        title: "Client Peers",
        one: "client peer",
        about: "Carriers the gateway connects to. Changes hold at once and stay over the file.",
        headings: &["Address", "System ID", "Bind type", "TPS limit", "Queue check"],
        warning: "Its connection is unbound, and it is gone from Live Status. What waits for it stays in the core.",
    };

    fn book(control: &GatewayControl) -> &Book<Self> {
        &control.clients
    }

    fn validate(&self) -> Result<(), String> {
        self.validate()
    }

    fn is_taken(control: &GatewayControl, name: &str) -> bool {
        control.servers.get(name).is_some()
    }

    fn usual(name: &str) -> Self {
        ClientPeer::new(name, "")
    }

    fn cells(&self) -> Vec<Cell> {
        vec![
            Cell::Text(visible(&self.address())),
            Cell::Text(visible(&self.system_id)),
            Cell::Text(profile::KINDS.word(self.bind_type).to_owned()),
            Cell::Number(count(self.tps_limit.into())),
            Cell::Number(format!("{} ms", count(profile::millis(self.queue_check_frequency)))),
        ]
    }

    fn ask(&self, form: Form) -> Form {
        let form = form
            .ask(Field::text("host", "Host", &self.host).help("Host name or IP address of the carrier."))
            .ask(Field::number("port", "Port", self.port).help("1 to 65535."))
            .ask(Field::text("system_id", "System ID", &self.system_id).help("The user name the carrier gave, as it is written."))
            .ask(Field::secret("password", "Password").help("Empty: a password that is kept already stays."))
            .ask(profile::KINDS.ask("bind_type", "Bind type", self.bind_type))
            .ask(profile::tps(self.tps_limit).help("1 to 10000; 70 to 80 % of what the carrier allows."))
            .ask(profile::frequency(self.queue_check_frequency))
            .fold("Failover and TLS", connection(self))
            .fold("Receipts and long texts", messages(self));
        profile::ask(form, &self.profile)
    }

    fn read(name: &str, fields: &Fields, old: Option<&Self>, faults: &mut Faults) -> Self {
        let usual = ClientPeer::new(name, required(fields, "host", faults));
        ClientPeer {
            port: faults.number(fields, "port", 1..=u16::MAX).unwrap_or(usual.port),
            system_id: required(fields, "system_id", faults),
            password: password(fields, old.map(|old| &old.password), faults),
            bind_type: profile::KINDS.read((fields, "bind_type"), usual.bind_type, faults),
            tps_limit: faults.number(fields, "tps_limit", TPS).unwrap_or(usual.tps_limit),
            queue_check_frequency: profile::read_frequency(fields, faults).unwrap_or(usual.queue_check_frequency),
            more_hosts: listed((fields, "more_hosts"), "a host and a port, such as smsc2.example:2775", address, faults),
            system_type: fields.word("system_type").unwrap_or_default(),
            tls: tls(fields, faults),
            receipts: RECEIPTS.read((fields, "receipts"), usual.receipts, faults),
            receipt_ids: NOTATIONS.read((fields, "receipt_ids"), usual.receipt_ids, faults),
            receipt_habits: HABITS.read((fields, "receipt_habits"), usual.receipt_habits, faults),
            receipts_for: named(fields.text("receipts_for")),
            long_text: LONG_TEXTS.read((fields, "long_text"), usual.long_text, faults),
            profile: profile::read(fields, faults),
            ..usual
        }
    }
}

fn connection(peer: &ClientPeer) -> Vec<Field> {
    let none = PeerTls::default();
    let tls = peer.tls.as_ref().unwrap_or(&none);
    let trust = match &peer.tls {
        None => Trust::Off,
        Some(tls) if tls.accept_any => Trust::Anybody,
        Some(_) => Trust::Checked,
    };
    vec![
        Field::text("more_hosts", "Further hosts", peer.more_hosts.join(", "))
            .help("smsc2.example:2775, smsc3.example:2775; tried in turn when the first cannot be bound."),
        Field::text("system_type", "System type", &peer.system_type).help("At most 12 characters; seldom asked for."),
        TRUSTS.ask("tls", "TLS", trust),
        Field::text("tls_server_name", "Name in its certificate", &tls.server_name).help("Empty for its host."),
        Field::text("tls_ca_path", "File with trusted authorities", &tls.ca_path).help("Empty for those of the system."),
        Field::text("tls_cert_path", "File with our certificate", &tls.cert_path).help("Empty for none."),
        Field::text("tls_key_path", "File with its key", &tls.key_path),
    ]
}

fn messages(peer: &ClientPeer) -> Vec<Field> {
    vec![
        RECEIPTS.ask("receipts", "Receipts are asked for", peer.receipts),
        NOTATIONS.ask("receipt_ids", "Its ids in receipts", peer.receipt_ids),
        HABITS.ask("receipt_habits", "What it means by UNKNOWN", peer.receipt_habits),
        Field::text("receipts_for", "Receipts also of what went through", peer.receipts_for.join(", "))
            .help("Names of binds between commas, as when one bind sends and another receives."),
        LONG_TEXTS.ask("long_text", "Long texts go", peer.long_text),
    ]
}

/// Names between commas; they may have blanks in them.
fn named(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A host and a port; an IPv6 address stands in brackets.
fn address(word: &str) -> Option<String> {
    let (host, port) = word.rsplit_once(':')?;
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    (!host.is_empty() && is_port).then(|| word.to_owned())
}

fn tls(fields: &Fields, faults: &mut Faults) -> Option<PeerTls> {
    let trust = TRUSTS.read((fields, "tls"), Trust::Off, faults);
    let text = |name| fields.word(name).unwrap_or_default();
    let tls = PeerTls {
        accept_any: trust == Trust::Anybody,
        server_name: text("tls_server_name"),
        ca_path: text("tls_ca_path"),
        cert_path: text("tls_cert_path"),
        key_path: text("tls_key_path"),
    };
    (trust != Trust::Off).then_some(tls)
}

/// How TLS is spoken, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Off,
    Checked,
    Anybody,
}

const TRUSTS: Words<Trust> = Words(&[
    ("off", Trust::Off, "off: anybody in between can read along"),
    ("on", Trust::Checked, "on, its certificate is checked"),
    ("any", Trust::Anybody, "on, any certificate will do: for tests only"),
]);
const RECEIPTS: Words<AskReceipts> = Words(&[
    ("wanted", AskReceipts::Wanted, "where the sender wants one"),
    ("always", AskReceipts::Always, "for every message"),
    ("never", AskReceipts::Never, "never"),
]);
const NOTATIONS: Words<IdNotation> = Words(&[
    ("guess", IdNotation::Guess, "unknown: found out each time"),
    ("same", IdNotation::Same, "as in its responses"),
    ("receipt_decimal", IdNotation::ReceiptDecimal, "decimal, in responses hexadecimal"),
    ("receipt_hex", IdNotation::ReceiptHex, "hexadecimal, in responses decimal"),
]);
const HABITS: Words<Habits<'static>> = Words(&[
    ("standard", Habits::STANDARD, "the end of a message, as the standard has it"),
    ("provider", Habits::PROVIDER, "not yet: a receipt is still to come"),
]);
const LONG_TEXTS: Words<LongText> = Words(&[
    ("udh", LongText::Udh, "in parts, with a user data header"),
    ("sar", LongText::Sar, "in parts, with the SAR TLVs"),
    ("payload", LongText::Payload, "whole, in message_payload"),
]);

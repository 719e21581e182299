//! Partners, in a list and in a form.

use std::net::IpAddr;

use smpp_session::net::ipnet::IpNet;
use sms_codec::receipt::Dialect;

use super::peer::{Cell, KindPage, Peer, password, required};
use super::profile::{self, TPS};
use super::word::{Words, listed};
use crate::accounts::MessageIdForm;
use crate::frontend::ServerPeer;
use crate::gateway::GatewayControl;
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::show::{Badge, Tone, count, visible};
use crate::overlay::Book;

impl Peer for ServerPeer {
    const KIND_PAGE: KindPage = KindPage {
        path: "/server_peers",
        new_path: "/new_server_peer",
        title: "Server Peers",
        one: "server peer",
        about: "Partners that may bind to the gateway. Changes hold at once and stay over the file.",
        headings: &["System ID", "May bind as", "May come from", "TPS limit", "Queue check"],
        warning: "Its sessions are unbound, and it may not bind again. What waits for it stays in the core.",
    };

    fn book(control: &GatewayControl) -> &Book<Self> {
        &control.servers
    }

    fn validate(&self) -> Result<(), String> {
        self.validate()
    }

    fn is_taken(control: &GatewayControl, name: &str) -> bool {
        control.clients.get(name).is_some()
    }

    fn usual(name: &str) -> Self {
        ServerPeer::new(name, "", "")
    }

    fn cells(&self) -> Vec<Cell> {
        let kinds: Vec<&str> = self.allowed_bind_types.iter().map(|kind| profile::KINDS.word(*kind)).collect();
        let from = match self.ip_whitelist.is_empty() {
            true => Cell::State(Badge::new("anywhere", Tone::Warn)),
            false => Cell::Text(networks(&self.ip_whitelist)),
        };
        vec![
            Cell::Text(visible(&self.system_id)),
            Cell::Text(kinds.join(", ")),
            from,
            Cell::Number(count(self.tps_limit.into())),
            Cell::Number(format!("{} ms", count(profile::millis(self.queue_check_frequency)))),
        ]
    }

    fn ask(&self, form: Form) -> Form {
        let may = |kind| self.allowed_bind_types.contains(&kind);
        let mut form = form
            .ask(Field::text("system_id", "System ID", &self.system_id).help("The user name it presents, 1 to 15 characters."))
            .ask(
                Field::secret("password", "Password")
                    .help("Its own, of no other partner. Empty: one that is kept already stays."),
            );
        for ((name, kind, _), label) in profile::KINDS.0.iter().zip(["May bind as transmitter", "as receiver", "as transceiver"])
        {
            form = form.ask(Field::tick(name, label, may(*kind)));
        }
        let form = form
            .ask(
                Field::text("ip_whitelist", "IP whitelist", networks(&self.ip_whitelist))
                    .help("Between commas: 192.0.2.7, 198.51.100.0/24. Empty lets it come from anywhere: never in production."),
            )
            .ask(profile::tps(self.tps_limit).help("1 to 10000, for what is delivered to it."))
            .ask(profile::frequency(self.queue_check_frequency))
            .fold(
                "Sessions and receipts",
                vec![
                    Field::number("max_sessions", "Sessions at a time", self.max_sessions).help("0 for any number."),
                    DIALECTS.ask("dialect", "Receipts are written", self.dialect),
                    MESSAGE_IDS.ask("message_ids", "Message ids are written", self.message_ids),
                ],
            );
        profile::ask(form, &self.profile)
    }

    fn read(name: &str, fields: &Fields, old: Option<&Self>, faults: &mut Faults) -> Self {
        let usual = ServerPeer::new(name, required(fields, "system_id", faults), "");
        let kinds = profile::KINDS.0.iter().filter(|(word, ..)| fields.ticked(word)).map(|(_, kind, _)| *kind).collect();
        let peer = ServerPeer {
            password: password(fields, old.map(|old| &old.password), faults),
            allowed_bind_types: kinds,
            ip_whitelist: listed((fields, "ip_whitelist"), "an address or a network such as 192.0.2.0/24", network, faults),
            tps_limit: faults.number(fields, "tps_limit", TPS).unwrap_or(usual.tps_limit),
            queue_check_frequency: profile::read_frequency(fields, faults).unwrap_or(usual.queue_check_frequency),
            max_sessions: faults.number(fields, "max_sessions", 0..=MOST_SESSIONS).unwrap_or(usual.max_sessions),
            dialect: DIALECTS.read((fields, "dialect"), usual.dialect, faults),
            message_ids: MESSAGE_IDS.read((fields, "message_ids"), usual.message_ids, faults),
            profile: profile::read(fields, faults),
            ..usual
        };
        if peer.allowed_bind_types.is_empty() {
            faults.add("transmitter", "tick at least one of the three");
        }
        peer
    }

    fn compare(&self, control: &GatewayControl, faults: &mut Faults) {
        let same = |other: &ServerPeer| other.name != self.name && other.system_id == self.system_id;
        if let Some(other) = control.servers.entries().into_iter().find(same) {
            faults.add("system_id", format!("{:?} has the same", other.name));
        }
    }
}

/// An address stands for itself alone.
fn network(word: &str) -> Option<IpNet> {
    word.parse().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from))
}

/// As people write them: a single address without its length.
fn networks(list: &[IpNet]) -> String {
    let shown = list.iter().map(|network| match network.prefix_len() == network.max_prefix_len() {
        true => network.addr().to_string(),
        false => network.to_string(),
    });
    shown.collect::<Vec<_>>().join(", ")
}

const DIALECTS: Words<Dialect> = Words(&[
    ("standard", Dialect::STANDARD, "as the standard has it"),
    ("provider", Dialect::PROVIDER, "as a wholesale provider has it"),
]);
const MESSAGE_IDS: Words<MessageIdForm> = Words(&[
    ("by_version", MessageIdForm::ByVersion, "as the version has it"),
    ("decimal", MessageIdForm::Decimal, "decimal"),
    ("hexadecimal", MessageIdForm::Hexadecimal, "hexadecimal"),
]);
// A partner with more has lost count of them.
const MOST_SESSIONS: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_networks_are_mixed_and_read_back_as_written() {
        let written = "192.0.2.7, 198.51.100.0/24, 2001:db8::1, 2001:db8::/32";
        let list: Vec<IpNet> = written.split(", ").map(|word| network(word).unwrap()).collect();
        assert_eq!((list[0].prefix_len(), networks(&list).as_str()), (32, written));
        assert_eq!((network("192.0.2"), network("192.0.2.0/33"), network("host")), (None, None, None));
    }
}

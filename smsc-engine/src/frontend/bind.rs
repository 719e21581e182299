//! How the binds of a gateway stand: what its dashboard and its metrics show.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use smpp_session::BindKind;

/// One bind as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindStatus {
    /// Its name, which is the `dest_smsc` of its messages.
    pub name: String,
    /// Who connects to whom.
    pub mode: BindMode,
    /// The SMPP name that is bound with.
    pub system_id: String,
    /// The host and port of a carrier, and how it is bound; `None` for a partner.
    pub place: Option<BindPlace>,
    /// How it stands.
    pub state: BindState,
    /// The addresses of the sessions that are bound.
    pub peers: Vec<SocketAddr>,
    /// The age of the oldest bound session; zero without one.
    pub uptime: Duration,
    /// What was counted since the start.
    pub counts: BindCounts,
    /// Requests sent and not yet answered.
    pub unanswered: usize,
    /// True while messages wait because `tps_limit` lets no more through, or because the peer throttles.
    pub held_back: bool,
    /// True if it was dropped by hand and stays down until it is told to come back.
    pub dropped: bool,
    /// Why it is not bound, or was not the last time, in words for the operator.
    pub last_error: Option<String>,
}

/// Where a carrier is, and how it is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindPlace {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Which way messages go.
    pub kind: BindKind,
}

/// Who connects to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindMode {
    /// The gateway connects to a carrier.
    Client,
    /// A partner connects to the gateway.
    Server,
}

/// How a bind stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BindState {
    /// There is a bound session.
    Connected,
    /// There is none: it was dropped, or a partner has not come.
    Disconnected,
    /// There is none, and one is being made.
    Reconnecting,
}

/// The word for a kind of bind.
pub(crate) const fn kind_word(kind: BindKind) -> &'static str {
    match kind {
        BindKind::Transmitter => "transmitter",
        BindKind::Receiver => "receiver",
        BindKind::Transceiver => "transceiver",
    }
}

impl BindMode {
    /// Returns the word for it: `client` or `server`.
    pub const fn name(self) -> &'static str {
        match self {
            BindMode::Client => "client",
            BindMode::Server => "server",
        }
    }
}

impl BindState {
    /// Returns the word for it, as the dashboard shows it.
    pub const fn name(self) -> &'static str {
        match self {
            BindState::Connected => "Connected",
            BindState::Disconnected => "Disconnected",
            BindState::Reconnecting => "Reconnecting",
        }
    }
}

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// What was counted of one bind since the start.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct BindCounts {
            $($(#[$doc])* pub $name: u64,)*
        }

        /// Counts what happens on one bind.
        #[derive(Debug, Default)]
        pub(crate) struct BindMeter {
            $(pub(crate) $name: Count,)*
        }

        impl BindMeter {
            /// Reads all counts.
            pub(crate) fn read(&self) -> BindCounts {
                BindCounts { $($name: self.$name.read(),)* }
            }
        }
    };
}

counts! {
    /// Messages that were sent and accepted by the peer.
    sent
    /// Messages and receipts that came from the peer and were taken by the core.
    received
    /// Messages sent that the peer refused or did not answer.
    failures
    /// Receipts that came from the peer; they are among `received`.
    receipts
    /// Receipts about messages that the core does not know.
    unmatched_receipts
    /// Binds accepted.
    bind_success
    /// Binds refused.
    bind_failures
    /// Connections tried.
    attempts
    /// Sessions that ended, wanted or not.
    disconnections
}

/// A count that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_under_their_names() {
        let meter = BindMeter::default();
        meter.sent.add(2);
        meter.unmatched_receipts.add(1);
        assert_eq!(meter.read(), BindCounts { sent: 2, unmatched_receipts: 1, ..BindCounts::default() });
    }
}

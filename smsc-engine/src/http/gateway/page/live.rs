//! How all binds stand now, and what is done to one of them.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::super::desk::Desk;
use crate::frontend::{BindMode, BindState, BindStatus, ListenerStatus};
use crate::http::pages::bind::{self, BindPaths, BindTable};
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::link::encoded;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, Tone, count, visible};
use crate::http::pages::visit::{Order, Visit};
use crate::model::Timestamp;
use crate::remote::CoreStats;

#[derive(Template)]
#[template(path = "gateway/live.html")]
struct Live {
    layout: Layout,
    core: Core,
    totals: Totals,
    /// Host, port, and connections of how many.
    listener: Option<(String, u16, String)>,
    /// Binds of those who are no partner.
    strangers: u64,
    started: Moment,
    tables: [BindTable; 2],
}

/// Whether the core can be reached: without it nothing goes on.
#[derive(Debug, PartialEq)]
struct Core {
    address: String,
    state: Badge,
    away: bool,
    error: Option<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    clients: usize,
    connected: usize,
    servers: usize,
    active: usize,
}

pub(in super::super) async fn show(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    let layout = desk.layout(&visit, ("/", "Live Status")).live();
    let control = &desk.control;
    let client = control.core.client();
    let core = core(client.address(), &client.stats());
    page(&live((layout, core), (&control.binds.list(), control.binds.listener()), control.started))
}

fn live((layout, core): (Layout, Core), (binds, listener): (&[BindStatus], Option<ListenerStatus>), started: Timestamp) -> Live {
    let connections = |listener: &ListenerStatus| {
        let (open, most) = (count(listener.connections as u64), count(listener.max_connections as u64));
        format!("{open} of {most} connections")
    };
    Live {
        layout,
        core,
        totals: totals(binds),
        listener: listener.map(|listener| (listener.address.ip().to_string(), listener.address.port(), connections(&listener))),
        strangers: listener.map_or(0, |listener| listener.strangers.bind_failures),
        started: Moment::new(started, Timestamp::now()),
        tables: [
            BindTable::new(("Client binds", "to carriers"), BindMode::Client, (binds, PLACE)).with_new("/client_peers"),
            BindTable::new(("Server binds", "of partners"), BindMode::Server, (binds, PLACE)).with_new("/server_peers"),
        ],
    }
}

fn core(address: String, stats: &CoreStats) -> Core {
    let state = match (stats.is_up, &stats.last_error) {
        (true, _) => Badge::new("up", Tone::Good),
        (false, Some(_)) => Badge::new("away", Tone::Bad),
        (false, None) => Badge::new("not asked yet", Tone::Busy),
    };
    let error = stats.last_error.as_deref().map(visible);
    Core { address: visible(&address), state, away: !stats.is_up && error.is_some(), error }
}

fn totals(binds: &[BindStatus]) -> Totals {
    let of = |mode, state: Option<BindState>| {
        binds.iter().filter(|bind| bind.mode == mode && state.is_none_or(|state| bind.state == state)).count()
    };
    Totals {
        clients: of(BindMode::Client, None),
        connected: of(BindMode::Client, Some(BindState::Connected)),
        servers: of(BindMode::Server, None),
        active: of(BindMode::Server, Some(BindState::Connected)),
    }
}

/// Tries again at once.
pub(in super::super) async fn reconnect(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    bind::reconnect(&desk.control.binds, &name, (&order, "/"))
}

/// Unbinds; a carrier stays down until it is wanted again.
pub(in super::super) async fn drop_bind(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    bind::drop_bind(&desk.control.binds, &name, (&order, "/"))
}

/// Where one bind is told what to do, and where its peer is.
const PLACE: BindPaths = BindPaths { orders: "/binds", peer: Some(peer) };

fn peer(mode: BindMode, name: &str) -> String {
    format!("{}/{}", if mode == BindMode::Client { "/client_peers" } else { "/server_peers" }, encoded(name))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use smpp_session::BindKind;

    use super::*;
    use crate::frontend::{BindCounts, BindPlace};

    fn bind(mode: BindMode, state: BindState) -> BindStatus {
        let place = BindPlace { host: "smsc.example".into(), port: 2775, kind: BindKind::Transceiver };
        BindStatus {
            name: "north <b>".into(),
            mode,
            system_id: "gw".into(),
            place: (mode == BindMode::Client).then_some(place),
            state,
            peers: vec!["192.0.2.7:40000".parse().unwrap()],
            uptime: Duration::from_secs(3 * 3600 + 60),
            counts: BindCounts { sent: 1204, received: 7, failures: 3, receipts: 5, ..BindCounts::default() },
            unanswered: 2,
            held_back: false,
            dropped: false,
            last_error: None,
        }
    }

    fn rendered(binds: &[BindStatus], listener: Option<ListenerStatus>, stats: &CoreStats) -> String {
        let layout = Layout::for_tests();
        live((layout, core("https://core.example/".into(), stats)), (binds, listener), Timestamp::now()).render().unwrap()
    }

    fn up() -> CoreStats {
        CoreStats { is_up: true, ..CoreStats::default() }
    }

    #[test]
    fn binds_are_counted_by_kind_and_state() {
        use BindState::{Connected, Disconnected, Reconnecting};
        let client = |state| bind(BindMode::Client, state);
        let server = |state| bind(BindMode::Server, state);
        let binds = [client(Connected), client(Disconnected), client(Reconnecting), server(Connected), server(Disconnected)];
        assert_eq!(totals(&binds), Totals { clients: 3, connected: 1, servers: 2, active: 1 });
        let strangers = BindCounts { bind_failures: 9, ..BindCounts::default() };
        let listener =
            ListenerStatus { address: "0.0.0.0:2776".parse().unwrap(), max_connections: 100, connections: 3, strangers };
        let page = rendered(&binds, Some(listener), &up());
        for text in [
            "1 connected, 2 disconnected",
            "1 active, 1 waiting",
            "0.0.0.0",
            "2776",
            "3 of 100 connections",
            "9 binds of strangers refused",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
    }

    #[test]
    fn a_state_is_a_word_and_a_colour() {
        for (state, shown) in [
            (BindState::Connected, "class=\"state good\"><span aria-hidden=\"true\">●</span> Connected"),
            (BindState::Disconnected, "class=\"state bad\"><span aria-hidden=\"true\">✕</span> Disconnected"),
            (BindState::Reconnecting, "class=\"state warn\"><span aria-hidden=\"true\">▲</span> Reconnecting"),
        ] {
            assert!(rendered(&[bind(BindMode::Client, state)], None, &up()).contains(shown), "{shown}");
        }
    }

    #[test]
    fn counters_and_the_time_since_the_bind_are_shown() {
        let page = rendered(&[bind(BindMode::Client, BindState::Connected)], None, &up());
        for text in ["1\u{202F}204", "3 h 1 min", "192.0.2.7:40000", "smsc.example:2775", "transceiver", "north &#60;b&#62;"] {
            assert!(page.contains(text), "{text}: {page}");
        }
        let page = rendered(&[bind(BindMode::Server, BindState::Disconnected)], None, &up());
        assert!(page.contains("waiting for it") && !page.contains("3 h 1 min"), "{page}");
        assert!(!page.contains("/reconnect"), "only the partner can come back");
    }

    #[test]
    fn a_bind_that_is_held_back_or_dropped_says_so() {
        let held = BindStatus { held_back: true, ..bind(BindMode::Client, BindState::Connected) };
        assert!(rendered(&[held], None, &up()).contains("held back by the TPS limit"));
        let last_error = Some("bind failed: ESME_RINVPASWD".into());
        let dropped = BindStatus { dropped: true, last_error, ..bind(BindMode::Client, BindState::Disconnected) };
        let page = rendered(&[dropped], None, &up());
        assert!(page.contains("dropped by hand") && page.contains("ESME_RINVPASWD") && !page.contains("/drop\""), "{page}");
        assert!(page.contains("/binds/north%20%3Cb%3E/reconnect"));
    }

    #[test]
    fn a_core_that_is_away_is_told_first_of_all() {
        let stats = CoreStats { last_error: Some("health: connection refused".into()), ..CoreStats::default() };
        let page = rendered(&[], None, &stats);
        let notice = page.find("The core cannot be reached").unwrap();
        assert!(notice < page.find("Total binds").unwrap() && page.contains("health: connection refused"), "{page}");
        assert!(!rendered(&[], None, &up()).contains("The core cannot be reached"));
        let new = rendered(&[], None, &CoreStats::default());
        assert!(new.contains("not asked yet") && !new.contains("The core cannot be reached"));
    }
}

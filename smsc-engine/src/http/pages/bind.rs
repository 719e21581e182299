//! Binds in a table, as they stand, and what is done to one of them: the same for a gateway and for a core that binds to
//! carriers by itself.

use axum::response::Response;

use super::link::encoded;
use super::problem::Problem;
use super::show::{Badge, Tone, count, span, visible};
use super::visit::Order;
use crate::frontend::{BindMode, BindState, BindStatus, Binds, kind_word};

/// Carriers or partners.
pub(in crate::http) struct BindTable {
    pub(in crate::http) title: &'static str,
    pub(in crate::http) what: &'static str,
    /// The page where they are added, if there is one.
    pub(in crate::http) path: Option<&'static str>,
    pub(in crate::http) rows: Vec<BindRow>,
}

/// One bind.
pub(in crate::http) struct BindRow {
    pub(in crate::http) id: usize,
    pub(in crate::http) name: String,
    pub(in crate::http) path: String,
    /// The page of who is at the other end, if there is one.
    pub(in crate::http) peer: Option<String>,
    pub(in crate::http) state: Badge,
    pub(in crate::http) remark: &'static str,
    pub(in crate::http) place: String,
    pub(in crate::http) kind: &'static str,
    pub(in crate::http) system_id: String,
    pub(in crate::http) peers: String,
    pub(in crate::http) uptime: Option<String>,
    pub(in crate::http) sent: String,
    pub(in crate::http) failures: String,
    pub(in crate::http) received: String,
    pub(in crate::http) receipts: String,
    pub(in crate::http) unmatched: u64,
    pub(in crate::http) unanswered: usize,
    pub(in crate::http) held_back: bool,
    pub(in crate::http) binds: String,
    pub(in crate::http) error: String,
    pub(in crate::http) may_reconnect: bool,
    pub(in crate::http) may_drop: bool,
}

/// Where the pages of binds are.
#[derive(Clone, Copy)]
pub(in crate::http) struct BindPaths {
    /// Below it each bind is told to reconnect and to drop.
    pub(in crate::http) orders: &'static str,
    /// Makes the address of the page of who is at the other end.
    pub(in crate::http) peer: Option<fn(BindMode, &str) -> String>,
}

impl BindTable {
    /// The binds of one mode, under a title.
    pub(in crate::http) fn new(
        (title, what): (&'static str, &'static str),
        mode: BindMode,
        (binds, paths): (&[BindStatus], BindPaths),
    ) -> BindTable {
        let rows = binds.iter().enumerate().filter(|(_, bind)| bind.mode == mode).map(|bind| row(bind, paths)).collect();
        BindTable { title, what, path: None, rows }
    }

    /// With the page where further ones are added.
    #[cfg(feature = "gateway")]
    pub(in crate::http) fn with_new(self, path: &'static str) -> BindTable {
        BindTable { path: Some(path), ..self }
    }
}

/// Tries again at once, and goes back to a page.
pub(in crate::http) fn reconnect(binds: &Binds, name: &str, (order, back): (&Order, &str)) -> Result<Response, Problem> {
    if !binds.reconnect(name) {
        return Err(Problem::missing(format!("There is no client bind {}.", visible(name))));
    }
    Ok(order.done(("reconnect bind", name), back, &format!("{name} is being connected anew.")))
}

/// Unbinds, and goes back to a page; a carrier stays down until it is wanted again.
pub(in crate::http) fn drop_bind(binds: &Binds, name: &str, (order, back): (&Order, &str)) -> Result<Response, Problem> {
    if !binds.drop_bind(name) {
        return Err(Problem::missing(format!("There is no bind {}.", visible(name))));
    }
    Ok(order.done(("drop bind", name), back, &format!("{name} is dropped.")))
}

fn row((id, bind): (usize, &BindStatus), paths: BindPaths) -> BindRow {
    let (is_client, is_bound) = (bind.mode == BindMode::Client, bind.state == BindState::Connected);
    let peers: Vec<String> = bind.peers.iter().take(MOST_PEERS).map(ToString::to_string).collect();
    let more = bind.peers.len().saturating_sub(MOST_PEERS);
    let counts = &bind.counts;
    BindRow {
        id,
        name: visible(&bind.name),
        path: format!("{}/{}", paths.orders, encoded(&bind.name)),
        peer: paths.peer.map(|peer| peer(bind.mode, &bind.name)),
        state: Badge::new(bind.state.name(), tone(bind.state)),
        remark: match (bind.dropped, is_client, is_bound) {
            (true, ..) => "dropped by hand",
            (false, false, false) => "waiting for it",
            _ => "",
        },
        place: bind.place.as_ref().map(|place| format!("{}:{}", visible(&place.host), place.port)).unwrap_or_default(),
        kind: bind.place.as_ref().map_or("", |place| kind_word(place.kind)),
        system_id: visible(&bind.system_id),
        peers: if more > 0 { format!("{}, and {more} more", peers.join(", ")) } else { peers.join(", ") },
        uptime: is_bound.then(|| span(bind.uptime)),
        sent: count(counts.sent),
        failures: count(counts.failures),
        received: count(counts.received),
        receipts: count(counts.receipts),
        unmatched: counts.unmatched_receipts,
        unanswered: bind.unanswered,
        held_back: bind.held_back,
        binds: tries(bind),
        error: bind.last_error.as_deref().map(visible).unwrap_or_default(),
        may_reconnect: is_client,
        may_drop: is_bound || (is_client && !bind.dropped),
    }
}

/// How often it was tried and bound, refused, and ended.
fn tries(bind: &BindStatus) -> String {
    let counts = &bind.counts;
    format!(
        "{} tried, {} bound, {} refused, {} ended",
        count(counts.attempts),
        count(counts.bind_success),
        count(counts.bind_failures),
        count(counts.disconnections)
    )
}

const fn tone(state: BindState) -> Tone {
    match state {
        BindState::Connected => Tone::Good,
        BindState::Disconnected => Tone::Bad,
        BindState::Reconnecting => Tone::Warn,
    }
}

// Sessions of one partner; more addresses make the table unreadable.
const MOST_PEERS: usize = 8;

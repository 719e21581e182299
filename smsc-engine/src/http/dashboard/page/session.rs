//! SMPP sessions of this process, as they are now.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use smpp_session::net::Link;

use super::super::desk::Desk;
use super::super::rates::Rate;
use crate::frontend::{BindMode, Binds, kind_word};
use crate::http::pages::bind::{self, BindPaths, BindTable};
use crate::http::pages::layout::{Layout, page};
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Tone, count, octets, span, visible};
use crate::http::pages::visit::{Order, Visit};

#[derive(Template)]
#[template(path = "sessions.html")]
struct Sessions {
    layout: Layout,
    address: String,
    rows: Vec<Row>,
    more: usize,
    /// Carriers this process binds to, if it does.
    carriers: Option<BindTable>,
}

struct Row {
    id: u64,
    account: String,
    state: Badge,
    kind: &'static str,
    version: String,
    peer: String,
    waiting: usize,
    window: usize,
    unanswered: usize,
    rate: String,
    busy: String,
    pdus: String,
    traffic: String,
    bad: String,
    refused: String,
}

pub(in super::super) async fn list(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    let smpp = desk.smpp()?;
    let mut links = smpp.links();
    links.sort_by_key(Link::id);
    let layout = desk.layout(&visit, ("/smpp_sessions", "SMPP sessions")).live();
    let carriers = desk.control.carriers.as_ref().map(Binds::list).filter(|binds| !binds.is_empty());
    Ok(page(&Sessions {
        layout,
        carriers: carriers
            .map(|binds| BindTable::new(("Carriers", "this centre binds to"), BindMode::Client, (&binds, CARRIERS))),
        address: smpp.address().to_string(),
        more: links.len().saturating_sub(SHOWN),
        rows: links.iter().take(SHOWN).map(|link| row(link, desk.rates.of(link.id()))).collect(),
    }))
}

fn row(link: &Link, busy: Rate) -> Row {
    let (counters, throttle) = (link.counters(), link.throttle());
    let bound = link.state().is_bound();
    let rate = match (throttle.pause, throttle.rate) {
        (Some(pause), _) => format!("paused {}", span(pause)),
        (None, Some(rate)) => format!("{}/s", rate.messages()),
        (None, None) => "–".to_owned(),
    };
    Row {
        id: link.id(),
        account: visible(link.system_id()),
        state: if bound { Badge::new("bound", Tone::Good) } else { Badge::new("open", Tone::Busy) },
        kind: link.kind().map_or("–", kind_word),
        version: link.version().map(|version| version.to_string()).unwrap_or_default(),
        peer: link.peer().to_string(),
        waiting: link.waiting(),
        window: throttle.window,
        unanswered: link.unanswered(),
        rate,
        busy: format!("{} / {}", count(busy.into), count(busy.out)),
        pdus: format!("{} / {}", count(counters.pdus_in), count(counters.pdus_out)),
        traffic: format!("{} in, {} out", octets(counters.octets_in), octets(counters.octets_out)),
        bad: trouble(&[
            (counters.malformed, "malformed"),
            (counters.repaired, "repaired"),
            (counters.nacked, "refused as a whole"),
            (counters.expired, "without an answer in time"),
            (counters.throttled, "throttled"),
            (counters.strays, "stray answers"),
        ]),
        refused: statuses(link),
    }
}

fn trouble(counts: &[(u64, &str)]) -> String {
    let there: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(number, word)| format!("{} {word}", count(*number))).collect();
    there.join(", ")
}

/// The statuses other than `ESME_ROK` that went either way.
fn statuses(link: &Link) -> String {
    let shown = |way: &str, statuses: smpp_session::Statuses| {
        let bad: Vec<String> = statuses
            .iter()
            .filter(|(status, _)| *status != smpp_pdu::CommandStatus::ROK)
            .map(|(status, number)| format!("{status:?} {}×", count(number)))
            .collect();
        if bad.is_empty() { String::new() } else { format!("{way} {}", bad.join(", ")) }
    };
    [shown("we answered", link.statuses_out()), shown("it answered", link.statuses_in())].join(" ").trim().to_owned()
}

/// Ends a session in order: it is unbound, its messages go back on the list.
pub(in super::super) async fn drop_one(
    State(desk): State<Arc<Desk>>,
    Path(id): Path<u64>,
    order: Order,
) -> Result<Response, Problem> {
    let link = desk.smpp()?.links().into_iter().find(|link| link.id() == id);
    let link = link.ok_or_else(|| Problem::missing(format!("Session {id} is over.")))?;
    let who = visible(link.system_id());
    if link.state().is_bound() {
        link.unbind()
    } else {
        link.close()
    }
    let object = format!("session {id} of {who} from {}", link.peer());
    Ok(order.done(("drop", &object), "/smpp_sessions", &format!("Session {id} of {who} ends.")))
}

/// Connects to a carrier anew at once.
pub(in super::super) async fn reconnect(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    bind::reconnect(desk.carriers()?, &name, (&order, "/smpp_sessions"))
}

/// Unbinds from a carrier; it stays down until it is wanted again.
pub(in super::super) async fn drop_carrier(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    bind::drop_bind(desk.carriers()?, &name, (&order, "/smpp_sessions"))
}

const SHOWN: usize = 500;
/// They are described in the configuration alone.
const CARRIERS: BindPaths = BindPaths { orders: "/carriers", peer: None };

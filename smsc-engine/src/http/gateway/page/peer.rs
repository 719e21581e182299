//! Lists of peers and their forms: the same for carriers and for partners.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::super::desk::Desk;
use crate::accounts::Secret;
use crate::audit::Role;
use crate::gateway::GatewayControl;
use crate::http::pages::book::{EntryPage, book_problem, gone, note};
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::link::encoded;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, visible};
use crate::http::pages::visit::{Order, Visit};
use crate::model::Timestamp;
use crate::overlay::{Book, BookError, Entry, Listed, Origin};

/// One kind of peers: what differs from the other.
pub(super) trait Peer: Entry {
    const KIND_PAGE: KindPage;

    /// The list they are on.
    fn book(control: &GatewayControl) -> &Book<Self>;

    /// Checks it by itself.
    ///
    /// # Errors
    /// A field and what is wrong with it.
    fn validate(&self) -> Result<(), String>;

    /// Tells whether a peer of the other kind has this name.
    fn is_taken(control: &GatewayControl, name: &str) -> bool;

    /// One with the usual settings.
    fn usual(name: &str) -> Self;

    /// What the list shows of it, under the headings of its kind.
    fn cells(&self) -> Vec<Cell>;

    /// Asks for everything but its name: first what everybody has to say.
    fn ask(&self, form: Form) -> Form;

    /// Reads what was asked; without a password it has that of `old`.
    fn read(name: &str, fields: &Fields, old: Option<&Self>, faults: &mut Faults) -> Self;

    /// Notes what does not go together with other peers.
    fn compare(&self, _control: &GatewayControl, _faults: &mut Faults) {}
}

/// The words and addresses of one kind.
pub(super) struct KindPage {
    pub(super) path: &'static str,
    pub(super) new_path: &'static str,
    /// Of the page: "Client Peers".
    pub(super) title: &'static str,
    /// Of one: "client peer".
    pub(super) one: &'static str,
    pub(super) about: &'static str,
    pub(super) headings: &'static [&'static str],
    /// What happens when one is deleted.
    pub(super) warning: &'static str,
}

/// What stands in one cell.
pub(super) enum Cell {
    Text(String),
    Number(String),
    State(Badge),
}

#[derive(Template)]
#[template(path = "gateway/peers.html")]
struct List {
    layout: Layout,
    kind: KindPage,
    rows: Vec<Row>,
    deleted: Vec<(String, String)>,
}

struct Row {
    name: String,
    path: String,
    cells: Vec<(&'static str, Cell)>,
    origin: &'static str,
    change: Option<(Moment, String)>,
}

pub(super) async fn list<P: Peer>(State(desk): State<Arc<Desk>>, visit: Visit) -> Response {
    let (book, kind) = (P::book(&desk.control), P::KIND_PAGE);
    let layout = desk.layout(&visit, (kind.path, kind.title)).live();
    let rows = book.list().iter().map(row).collect();
    page(&List { layout, rows, deleted: gone(&book.deleted(), kind.path), kind })
}

fn row<P: Peer>(listed: &Listed<P>) -> Row {
    let (kind, name) = (P::KIND_PAGE, listed.entry.key());
    let now = Timestamp::now();
    Row {
        path: format!("{}/{}", kind.path, encoded(&name)),
        name: visible(&name),
        cells: kind.headings.iter().copied().zip(listed.entry.cells()).collect(),
        origin: origin(listed.origin),
        change: listed.change.as_ref().map(|change| (Moment::new(change.at, now), visible(&change.by))),
    }
}

const fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::File => "file",
        Origin::Changed => "dashboard over file",
        Origin::Added => "dashboard",
    }
}

pub(super) async fn blank<P: Peer>(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    Ok(page(&entry::<P>(&desk, &visit, None, |form| P::usual("").ask(form))))
}

pub(super) async fn show<P: Peer>(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let listed = known::<P>(&desk, &name)?;
    Ok(page(&entry::<P>(&desk, &visit, Some(&name), |form| listed.entry.ask(form))))
}

pub(super) async fn add<P: Peer>(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let name = required(&order.fields, "name", &mut faults);
    if P::is_taken(&desk.control, &name) {
        faults.add("name", taken(&name));
    }
    let peer = read::<P>(&desk, (&name, None), &order.fields, &mut faults);
    if faults.is_empty() {
        let by = order.visit.viewer.actor().to_string();
        match P::book(&desk.control).add(peer, &by).await {
            Ok(()) => return Ok(done::<P>(&order, ("add", &name), "is added and in force")),
            Err(error) => note_all(error, &name, &mut faults)?,
        }
    }
    Ok(again::<P>(&desk, &order, None, &faults))
}

pub(super) async fn save<P: Peer>(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    let old = known::<P>(&desk, &name)?.entry;
    let mut faults = Faults::default();
    let peer = read(&desk, (&name, Some(&old)), &order.fields, &mut faults);
    if faults.is_empty() {
        let by = order.visit.viewer.actor().to_string();
        let edit = move |known: &mut P| {
            *known = peer;
            Ok(())
        };
        match P::book(&desk.control).edit(&name, &by, edit).await {
            Ok(()) => return Ok(done::<P>(&order, ("change", &name), "is changed and in force")),
            Err(error) => note_all(error, &name, &mut faults)?,
        }
    }
    Ok(again::<P>(&desk, &order, Some(&name), &faults))
}

pub(super) async fn delete<P: Peer>(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    let by = order.visit.viewer.actor().to_string();
    P::book(&desk.control).delete(&name, &by).await.map_err(book_problem)?;
    Ok(done::<P>(&order, ("delete", &name), "is deleted and unbound"))
}

/// Goes back to what the file says, also of one that was deleted.
pub(super) async fn revert<P: Peer>(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    if P::is_taken(&desk.control, &name) {
        return Err(Problem::conflict(format!("{}: {}.", visible(&name), taken(&name))));
    }
    P::book(&desk.control).revert(&name).await.map_err(book_problem)?;
    Ok(done::<P>(&order, ("revert", &name), "is as the file says"))
}

/// Reads a peer and checks all that can be known before it is kept.
fn read<P: Peer>(desk: &Desk, (name, old): (&str, Option<&P>), fields: &Fields, faults: &mut Faults) -> P {
    let peer = P::read(name, fields, old, faults);
    peer.compare(&desk.control, faults);
    if let (true, Err(reason)) = (faults.is_empty(), peer.validate()) {
        note_reason(&reason, faults);
    }
    peer
}

fn known<P: Peer>(desk: &Desk, name: &str) -> Result<Listed<P>, Problem> {
    let missing = || Problem::missing(format!("There is no {} {}.", P::KIND_PAGE.one, visible(name)));
    P::book(&desk.control).get(name).ok_or_else(missing)
}

fn done<P: Peer>(order: &Order, (deed, name): (&str, &str), outcome: &str) -> Response {
    let KindPage { one, path, .. } = P::KIND_PAGE;
    order.done((&format!("{deed} {one}"), name), path, &format!("{name} {outcome}."))
}

/// The form once more, with what was typed and what is wrong with it.
fn again<P: Peer>(desk: &Desk, order: &Order, name: Option<&str>, faults: &Faults) -> Response {
    let form = |form: Form| P::usual("").ask(form).typed(&order.fields).with(faults);
    refused(&entry::<P>(desk, &order.visit, name, form))
}

/// A form for one peer: `None` of a name is a new one.
fn entry<P: Peer>(desk: &Desk, visit: &Visit, name: Option<&str>, fill: impl FnOnce(Form) -> Form) -> EntryPage {
    let kind = P::KIND_PAGE;
    let path = name.map(|name| format!("{}/{}", kind.path, encoded(name)));
    let title = name.map_or_else(|| format!("New {}", kind.one), visible);
    let form = Form::new(path.as_deref().unwrap_or(kind.path), "Save", kind.path).ask(match name {
        None => Field::text("name", "Name", "").help("The dest_smsc of the messages that go there, such as carrier_region."),
        Some(name) => Field::fixed("name", "Name", name).help("The dest_smsc of the messages that go there; it stays."),
    });
    let listed = name.and_then(|name| P::book(&desk.control).get(name));
    EntryPage {
        layout: desk.layout(visit, (kind.path, &title)),
        title,
        form: fill(form),
        path,
        name: name.map(visible).unwrap_or_default(),
        changed: listed.is_some_and(|listed| listed.origin == Origin::Changed),
        warning: kind.warning,
    }
}

/// Puts what is wrong with the peer `name` at the fields that ask for it.
fn note_all(error: BookError, name: &str, faults: &mut Faults) -> Result<(), Problem> {
    match &error {
        BookError::Entry { reason, .. } => reason.split("; ").for_each(|reason| note_reason(reason, faults)),
        BookError::Refused(reason) => {
            // The binds name the peer first; here everybody knows which one it is.
            let own = format!("{name:?}: ");
            note_reason(reason.split_once(&own).map_or(reason, |(_, reason)| reason), faults);
        }
        _ => note(error, "name", faults)?,
    }
    Ok(())
}

/// Puts one reason at its field: `host: …`, or `profile.window must be …`, as the configuration says it.
fn note_reason(reason: &str, faults: &mut Faults) {
    let is_key = |word: &str| word.bytes().all(|octet| octet.is_ascii_lowercase() || matches!(octet, b'_' | b'.'));
    let configured = || reason.split_once(' ').filter(|(key, rest)| is_key(key) && rest.starts_with("must be"));
    match reason.split_once(": ").filter(|(key, _)| is_key(key)).or_else(configured) {
        Some((key, fault)) => faults.add(&field_of(key), fault),
        None => faults.add("name", reason),
    }
}

/// The field of the form that asks for a key.
fn field_of(key: &str) -> String {
    match key.trim_start_matches("profile.") {
        "source" => "source_strip".to_owned(),
        "destination" => "destination_strip".to_owned(),
        "allowed_bind_types" => "transmitter".to_owned(),
        key => key.replace('.', "_"),
    }
}

fn taken(name: &str) -> String {
    format!("there is a peer {name:?} of the other kind, and a name stands for one bind only")
}

/// Reads a word that must be there.
pub(super) fn required(fields: &Fields, name: &str, faults: &mut Faults) -> String {
    let word = fields.word(name);
    if word.is_none() {
        faults.add(name, "is required");
    }
    word.unwrap_or_default()
}

/// Reads a password; an empty one is that of `old`.
pub(super) fn password(fields: &Fields, old: Option<&Secret>, faults: &mut Faults) -> Secret {
    match (fields.text("password"), old) {
        ("", Some(old)) => old.clone(),
        ("", None) => {
            faults.add("password", "is required");
            Secret::default()
        }
        (typed, _) => Secret::new(typed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(error: BookError) -> Faults {
        let mut faults = Faults::default();
        note_all(error, "north", &mut faults).unwrap();
        faults
    }

    #[test]
    fn what_is_wrong_with_a_peer_stands_at_its_field() {
        let reason =
            "system_id must be 1 to 15 characters; profile.source.ton must be 0 to 255; tls.ca_path must be a file; it is odd";
        let faults = noted(BookError::Entry { kind: "peer", key: "north".into(), reason: reason.into() });
        assert_eq!(
            (faults.of("system_id"), faults.of("source_ton")),
            (Some("must be 1 to 15 characters"), Some("must be 0 to 255"))
        );
        assert_eq!((faults.of("tls_ca_path"), faults.of("name")), (Some("must be a file"), Some("it is odd")));
        let faults = noted(BookError::Refused("bind \"north\": host: no such host".into()));
        assert_eq!(faults.of("host"), Some("no such host"));
        let faults = noted(BookError::Refused("bind \"south\": host: no such host".into()));
        assert_eq!(faults.of("name"), Some("bind \"south\": host: no such host"), "it is not this one");
    }
}

//! Accounts of ESMEs: who may bind and send, and what they have used.

use std::collections::HashMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::super::curl;
use super::super::desk::Desk;
use crate::accounts::{AccountForm, AccountRecord, Secret};
use crate::audit::Role;
use crate::http::pages::book::{EntryPage, book_problem, gone, note};
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::link::encoded;
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{Badge, Moment, Tone, count, visible};
use crate::http::pages::visit::{Order, Visit};
use crate::overlay::{AccountBook, Listed};

/// Sessions by account.
type Bound = HashMap<String, usize>;
/// Messages of the day and of the month by account.
type Used = HashMap<String, (u64, u64)>;

#[derive(Template)]
#[template(path = "accounts.html")]
struct List {
    layout: Layout,
    rows: Vec<Row>,
    deleted: Vec<(String, String)>,
}

struct Row {
    name: String,
    path: String,
    state: Badge,
    sessions: String,
    binds: String,
    rate: String,
    day: String,
    month: String,
    origin: &'static str,
    change: Option<(Moment, String)>,
}

fn book(desk: &Desk) -> Result<&AccountBook, Problem> {
    desk.options.accounts.as_ref().ok_or_else(|| desk.shell.absent("accounts that can be changed"))
}

pub(in super::super) async fn list(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    let layout = desk.layout(&visit, ("/accounts", "Accounts")).live();
    let listed = desk.options.accounts.as_ref().map(AccountBook::list).unwrap_or_default();
    let deleted = desk.options.accounts.as_ref().map(AccountBook::deleted).unwrap_or_default();
    let bound = bound(&desk);
    let used = desk.control.smpp.as_ref().map(|smpp| smpp.accounts().usage()).unwrap_or_default();
    let used: Used =
        used.into_iter().map(|usage| (usage.account.to_string(), (usage.day_messages, usage.month_messages))).collect();
    let rows = listed.iter().map(|listed| row(listed, &desk, (&bound, &used))).collect();
    Ok(page(&List { layout, rows, deleted: gone(&deleted, "/accounts") }))
}

/// How many sessions of each account are bound here.
fn bound(desk: &Desk) -> Bound {
    let mut bound = HashMap::new();
    for link in desk.control.smpp.iter().flat_map(|smpp| smpp.links()).filter(|link| link.state().is_bound()) {
        *bound.entry(link.system_id().to_owned()).or_default() += 1;
    }
    bound
}

fn row(listed: &Listed<AccountRecord>, desk: &Desk, (bound, used): (&Bound, &Used)) -> Row {
    let record = &listed.entry;
    let form = AccountForm::from(record);
    let (day, month) = used.get(&record.system_id).copied().unwrap_or_default();
    let of = |used: u64, most: u64| if most == 0 { count(used) } else { format!("{} of {}", count(used), count(most)) };
    let sessions = bound.get(&record.system_id).copied().unwrap_or_default();
    Row {
        name: visible(&record.system_id),
        path: format!("/accounts/{}", encoded(&record.system_id)),
        state: if record.enabled { Badge::new("enabled", Tone::Good) } else { Badge::new("disabled", Tone::Off) },
        sessions: of(sessions as u64, form.max_sessions as u64),
        binds: form.bind.join(", "),
        rate: if form.messages_per_second == 0 { "–".into() } else { format!("{}/s", count(form.messages_per_second.into())) },
        day: of(day, form.messages_per_day),
        month: of(month, form.messages_per_month),
        origin: listed.origin.name(),
        change: listed.change.as_ref().map(|change| (Moment::new(change.at, desk.now()), visible(&change.by))),
    }
}

pub(in super::super) async fn blank(State(desk): State<Arc<Desk>>, visit: Visit) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    book(&desk)?;
    Ok(page(&one(&desk, &visit, (&AccountForm::default(), true), &Faults::default())))
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let listed = book(&desk)?.get(&name).ok_or_else(|| Problem::missing(format!("There is no account {}.", visible(&name))))?;
    Ok(page(&one(&desk, &visit, (&AccountForm::from(&listed.entry), false), &Faults::default())))
}

pub(in super::super) async fn add(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let name = order.fields.word("system_id").unwrap_or_default();
    write(&desk, &order, (name, true)).await
}

pub(in super::super) async fn save(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    write(&desk, &order, (name, false)).await
}

async fn write(desk: &Desk, order: &Order, (name, new): (String, bool)) -> Result<Response, Problem> {
    let (book, by) = (book(desk)?, order.visit.viewer.actor().to_string());
    let mut faults = Faults::default();
    let form = AccountForm { system_id: name.clone(), ..read(&order.fields, &mut faults) };
    if faults.is_empty() {
        let written = if new { book.add(form.clone(), &by).await } else { book.set(form.clone(), &by).await };
        match written {
            Ok(()) => {
                let (action, word) = if new { ("add account", "added") } else { ("change account", "changed") };
                return Ok(order.done((action, &name), "/accounts", &format!("Account {name} is {word} and in force.")));
            }
            Err(error) => note(error, "system_id", &mut faults)?,
        }
    }
    Ok(refused(&one(desk, &order.visit, (&form, new), &faults)))
}

pub(in super::super) async fn delete(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    let by = order.visit.viewer.actor().to_string();
    book(&desk)?.delete(&name, &by).await.map_err(book_problem)?;
    Ok(order.done(("delete account", &name), "/accounts", &format!("Account {name} is deleted; its sessions end.")))
}

pub(in super::super) async fn revert(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    order: Order,
) -> Result<Response, Problem> {
    book(&desk)?.revert(&name).await.map_err(book_problem)?;
    Ok(order.done(("revert account", &name), "/accounts", &format!("Account {name} is as the configuration says.")))
}

fn read(fields: &Fields, faults: &mut Faults) -> AccountForm {
    let list = |name| {
        fields.text(name).split([',', '\n', ' ']).map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let kinds = ["transmitter", "receiver", "transceiver"];
    let password = Some(fields.text("password")).filter(|text| !text.is_empty()).map(Secret::new);
    AccountForm {
        password,
        enabled: fields.ticked("enabled"),
        bind: kinds.iter().filter(|kind| fields.ticked(kind)).map(|kind| (*kind).to_owned()).collect(),
        max_sessions: faults.number(fields, "max_sessions", 0..=100_000).unwrap_or(0),
        messages_per_second: faults.number(fields, "messages_per_second", 0..=1_000_000).unwrap_or(0),
        burst: faults.number(fields, "burst", 0..=1_000_000).unwrap_or(0),
        messages_per_day: faults.number(fields, "messages_per_day", 0..=u64::MAX).unwrap_or(0),
        messages_per_month: faults.number(fields, "messages_per_month", 0..=u64::MAX).unwrap_or(0),
        sources: list("sources"),
        destinations: list("destinations"),
        peers: list("peers"),
        charset: fields.word("charset").unwrap_or_else(|| AccountForm::default().charset),
        receipts: fields.text("receipts").to_owned(),
        message_ids: fields.text("message_ids").to_owned(),
        source_ton: faults.number(fields, "source_ton", 0..=255).unwrap_or(0),
        source_npi: faults.number(fields, "source_npi", 0..=255).unwrap_or(0),
        destination_ton: faults.number(fields, "destination_ton", 0..=255).unwrap_or(0),
        destination_npi: faults.number(fields, "destination_npi", 0..=255).unwrap_or(0),
        validity_minutes: faults.number(fields, "validity_minutes", 0..=5_256_000).unwrap_or(0),
        ..AccountForm::default()
    }
}

fn one(desk: &Desk, visit: &Visit, (account, new): (&AccountForm, bool), faults: &Faults) -> EntryPage {
    let path = format!("/accounts/{}", encoded(&account.system_id));
    let title = if new { "New account".to_owned() } else { format!("Account {}", visible(&account.system_id)) };
    let mut form = Form::new(
        if new { "/accounts".to_owned() } else { path.clone() },
        if new { "Add account" } else { "Save account" },
        "/accounts",
    );
    if new {
        form = form.ask(Field::text("system_id", "Name (system_id)", &account.system_id).help("1 to 15 characters."));
    }
    let form = limits(rights(form, account, new), account).with(faults);
    let changed = desk.options.accounts.as_ref().and_then(|book| book.get(&account.system_id));
    EntryPage {
        layout: desk.layout(visit, ("/accounts", &title)),
        title,
        form: form.curl(call(desk, account, new)),
        path: (!new).then_some(path),
        name: visible(&account.system_id),
        changed: changed.is_some_and(|listed| listed.origin == crate::overlay::Origin::Changed),
        warning: "Its sessions end, and it may not bind again.",
    }
}

fn rights(form: Form, account: &AccountForm, new: bool) -> Form {
    let may = |kind: &str| account.bind.iter().any(|known| known == kind);
    let help = if new { "1 to 8 octets; it is kept as a hash." } else { "Empty: it stays as it is." };
    form.ask(Field::secret("password", "Password").help(help))
        .ask(Field::tick("enabled", "Enabled", account.enabled))
        .ask(Field::tick("transmitter", "May bind as transmitter", may("transmitter")))
        .ask(Field::tick("receiver", "as receiver", may("receiver")))
        .ask(Field::tick("transceiver", "as transceiver", may("transceiver")))
        .ask(Field::text("sources", "Senders it may use", account.sources.join(", ")).help("Shop, 4477*; empty for any."))
        .ask(Field::text("destinations", "Numbers it may send to begin", account.destinations.join(", ")).help("Empty for any."))
        .ask(
            Field::text("peers", "Networks it may come from", account.peers.join(", ")).help("192.0.2.0/24; empty for anywhere."),
        )
}

fn limits(form: Form, account: &AccountForm) -> Form {
    let dialects = [("standard", "standard"), ("provider", "provider")];
    let ids = [("by_version", "as the version has it"), ("decimal", "decimal"), ("hexadecimal", "hexadecimal")];
    form.ask(Field::number("max_sessions", "Sessions at a time", account.max_sessions).help("0 for any number."))
        .ask(Field::number("messages_per_second", "Messages in a second", account.messages_per_second).help("0 for any number."))
        .ask(Field::number("burst", "Messages at once", account.burst).help("0 for a tenth of a second's."))
        .ask(Field::number("messages_per_day", "Messages in a day", account.messages_per_day).help("0 for any number."))
        .ask(Field::number("messages_per_month", "Messages in a month", account.messages_per_month).help("0 for any number."))
        .ask(Field::text("charset", "Alphabet of data_coding 0", &account.charset))
        .ask(Field::choice("receipts", "Receipts", &account.receipts, &dialects))
        .ask(Field::choice("message_ids", "Message ids", &account.message_ids, &ids))
        .ask(Field::number("source_ton", "Source TON, if 0", account.source_ton))
        .ask(Field::number("source_npi", "Source NPI, if 0", account.source_npi))
        .ask(Field::number("destination_ton", "Destination TON, if 0", account.destination_ton))
        .ask(Field::number("destination_npi", "Destination NPI, if 0", account.destination_npi))
        .ask(
            Field::number("validity_minutes", "Minutes messages are tried", account.validity_minutes)
                .help("0 leaves it to the centre."),
        )
}

fn call(desk: &Desk, account: &AccountForm, new: bool) -> String {
    // The password is in no form of this.
    let body = serde_json::to_value(account).unwrap_or_default();
    let path = if new { "/api/accounts".to_owned() } else { format!("/api/accounts/{}", encoded(&account.system_id)) };
    curl::call(&desk.options.api, (if new { "POST" } else { "PATCH" }, &path), Some(&body))
}

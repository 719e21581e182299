//! Who may bind. Changes are kept over what the settings say.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Serialize;

use super::answer::{Answer, Body, By, Data, Fault};
use crate::accounts::{AccountForm, AccountRecord, Accounts};
use crate::frontend::Frontend;
use crate::model::Account;
use crate::ops::Operations;
use crate::overlay::{AccountBook, BookError};

/// An account, for people; without its password.
#[derive(Serialize)]
pub(super) struct Shown {
    system_id: String,
    enabled: bool,
    bind: Vec<String>,
    max_sessions: usize,
    sessions: usize,
    messages_today: u64,
    messages_this_month: u64,
}

pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Data<Vec<Shown>> {
    let Some(smpp) = operations.control.smpp.as_deref() else { return Data(Vec::new()) };
    let records = smpp.accounts().records();
    Data(records.iter().map(|record| shown(record, smpp)).collect())
}

pub(super) async fn add(State(operations): State<Arc<Operations>>, by: By, Body(form): Body<AccountForm>) -> Answer<String> {
    let name = form.system_id.clone();
    book(&operations)?.add(form, &by.0.to_string()).await?;
    Ok(changed(&by, "add account", name))
}

pub(super) async fn enable(State(operations): State<Arc<Operations>>, by: By, Path(name): Path<String>) -> Answer<String> {
    switch(&operations, &by, (name, true)).await
}

/// Its sessions end, too.
pub(super) async fn disable(State(operations): State<Arc<Operations>>, by: By, Path(name): Path<String>) -> Answer<String> {
    switch(&operations, &by, (name, false)).await
}

pub(super) async fn delete(State(operations): State<Arc<Operations>>, by: By, Path(name): Path<String>) -> Answer<String> {
    book(&operations)?.delete(&name, &by.0.to_string()).await?;
    Ok(changed(&by, "delete account", name))
}

async fn switch(operations: &Operations, by: &By, (name, enabled): (String, bool)) -> Answer<String> {
    let book = book(operations)?;
    let listed = book.get(&name).ok_or_else(|| Fault::unknown(format!("there is no account {name:?}")))?;
    // Without a password the account keeps the one it has.
    book.set(AccountForm { enabled, ..AccountForm::from(&listed.entry) }, &by.0.to_string()).await?;
    Ok(changed(by, if enabled { "enable account" } else { "disable account" }, name))
}

fn book(operations: &Operations) -> Result<&AccountBook, Fault> {
    operations.accounts.as_ref().ok_or_else(|| Fault::unknown("the accounts of this centre cannot be changed"))
}

fn changed(by: &By, action: &str, name: String) -> Data<String> {
    by.audit(action, &name);
    Data(name)
}

impl From<BookError> for Fault {
    fn from(error: BookError) -> Self {
        match error {
            BookError::Unknown { .. } => Fault::unknown(error),
            BookError::Database(_) => Fault::failed(error),
            other => Fault::wrong(other),
        }
    }
}

fn shown(record: &AccountRecord, smpp: &Frontend) -> Shown {
    let (today, month) = used(smpp.accounts(), &record.system_id);
    Shown {
        system_id: record.system_id.clone(),
        enabled: record.enabled,
        bind: record.kinds.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect(),
        max_sessions: record.max_sessions,
        sessions: smpp.links().iter().filter(|link| link.kind().is_some() && link.system_id() == record.system_id).count(),
        messages_today: today,
        messages_this_month: month,
    }
}

fn used(accounts: &Accounts, system_id: &str) -> (u64, u64) {
    let account = Account::from(system_id);
    let usage = accounts.usage().into_iter().find(|usage| usage.account == account);
    usage.map_or((0, 0), |usage| (usage.day_messages, usage.month_messages))
}

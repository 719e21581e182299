//! Who may bind. Changes hold until the settings are read again: accounts live there.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, Body, Data, Fault};
use crate::accounts::{AccountRecord, Accounts, Password, Secret};
use crate::frontend::Frontend;
use crate::model::Account;
use crate::ops::Operations;

/// An account to be; everything else of it is as usual.
#[derive(Deserialize)]
pub(super) struct Wanted {
    system_id: String,
    /// In PHC form.
    password_hash: String,
    #[serde(default)]
    max_sessions: usize,
}

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

pub(super) async fn add(State(operations): State<Arc<Operations>>, Body(wanted): Body<Wanted>) -> Answer<String> {
    let smpp = listener(&operations)?;
    let record = AccountRecord {
        password: Password::Hashed(Secret::new(wanted.password_hash)),
        max_sessions: wanted.max_sessions,
        ..AccountRecord::new(wanted.system_id.clone(), "")
    };
    let mut records: Vec<_> = smpp.accounts().records().iter().map(|record| AccountRecord::clone(record)).collect();
    records.push(record);
    replace(smpp, records, wanted.system_id)
}

pub(super) async fn enable(State(operations): State<Arc<Operations>>, Path(name): Path<String>) -> Answer<String> {
    change(&operations, name, |record| Some(AccountRecord { enabled: true, ..record }))
}

/// Its sessions end, too.
pub(super) async fn disable(State(operations): State<Arc<Operations>>, Path(name): Path<String>) -> Answer<String> {
    change(&operations, name, |record| Some(AccountRecord { enabled: false, ..record }))
}

pub(super) async fn delete(State(operations): State<Arc<Operations>>, Path(name): Path<String>) -> Answer<String> {
    change(&operations, name, |_| None)
}

fn change(operations: &Operations, name: String, make: impl Fn(AccountRecord) -> Option<AccountRecord>) -> Answer<String> {
    let smpp = listener(operations)?;
    let records = smpp.accounts().records();
    if !records.iter().any(|record| record.system_id == name) {
        return Err(Fault::unknown(format!("there is no account {name:?}")));
    }
    let changed = records.iter().filter_map(|record| {
        let record = AccountRecord::clone(record);
        if record.system_id == name { make(record) } else { Some(record) }
    });
    replace(smpp, changed.collect(), name)
}

fn listener(operations: &Operations) -> Result<&Frontend, Fault> {
    operations.control.smpp.as_deref().ok_or_else(|| Fault::unknown("there is no SMPP listener"))
}

fn replace(smpp: &Frontend, records: Vec<AccountRecord>, changed: String) -> Answer<String> {
    smpp.replace_accounts(records).map_err(Fault::wrong)?;
    tracing::info!(account = changed, "the operator changed an account");
    Ok(Data(changed))
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

//! Who may bind. Changes hold until the settings are read again: accounts live there.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde::Serialize;

use super::answer::{Answer, Data, Fault};
use crate::accounts::{AccountRecord, Accounts};
use crate::frontend::Frontend;
use crate::model::Account;
use crate::ops::Operations;

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
    let smpp = operations.control.smpp.as_deref().ok_or_else(|| Fault::unknown("there is no SMPP listener"))?;
    let records = smpp.accounts().records();
    if !records.iter().any(|record| record.system_id == name) {
        return Err(Fault::unknown(format!("there is no account {name:?}")));
    }
    let changed = records.iter().filter_map(|record| {
        let record = AccountRecord::clone(record);
        if record.system_id == name { make(record) } else { Some(record) }
    });
    smpp.replace_accounts(changed.collect()).map_err(Fault::wrong)?;
    tracing::info!(account = name, "the operator changed an account");
    Ok(Data(name))
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

//! Who may bind and what they may send: the answers of the accounts in the words of SMPP.

use std::sync::Arc;

use smpp_pdu::{CStr, CommandStatus};
use smpp_session::net::{AcceptError, IncomingBind, Limits, Roster};

use super::draft::Sender;
use crate::accounts::{AccountError, AccountRecord, Accounts, Defaults, Denial, Verdict};
use crate::api::Submission;
use crate::model;

/// Lets sessions in.
pub(super) struct Door {
    pub(super) accounts: Arc<Accounts>,
    pub(super) roster: Roster,
    /// The name this MC gives itself.
    pub(super) system_id: String,
}

/// What a bound session carries with it.
pub(super) struct Bound {
    pub(super) account: model::Account,
    /// As they were when it was bound.
    pub(super) defaults: Defaults,
}

impl Door {
    /// Answers a bind, at once unless a hash must be checked.
    pub(super) fn ask(self: &Arc<Self>, bind: IncomingBind) {
        let request = bind.request();
        let (system_id, password) = (request.system_id.as_bytes(), request.password.expose());
        if let Some(verdict) = self.accounts.verify_now(system_id, password) {
            return self.decide(bind, verdict);
        }
        let verdict = self.accounts.verify(system_id, password);
        let door = self.clone();
        tokio::spawn(async move {
            let verdict = verdict.await;
            door.decide(bind, verdict);
        });
    }

    /// Takes other records, and unbinds the sessions of accounts that are gone or disabled.
    pub(super) fn replace(&self, records: Vec<AccountRecord>) -> Result<(), AccountError> {
        self.accounts.replace(records)?;
        for account in self.roster.accounts() {
            if !self.accounts.record(account.name()).is_some_and(|record| record.enabled) {
                account.unbind();
            }
        }
        Ok(())
    }

    fn decide(&self, bind: IncomingBind, verdict: Verdict) {
        let request = bind.request();
        let record = match verdict {
            Verdict::Right(record) if record.may_bind(request.kind, request.peer.ip()) => record,
            refused => return refuse(bind, refusal(&refused)),
        };
        let mut limits = Limits::default();
        if record.max_sessions != 0 {
            limits.sessions = record.max_sessions;
        }
        let link = bind.link();
        link.attach(Arc::new(Bound { account: record.system_id.as_str().into(), defaults: record.defaults }));
        let account = self.roster.account(&record.system_id);
        let accepted = bind.accept_as(&account, &limits, CStr::new(&self.system_id).unwrap_or_default());
        // Any other error means that the session is over.
        if let Err(AcceptError::Full) = accepted {
            tracing::warn!(peer = %link.peer(), system_id = %record.system_id, "too many sessions");
        }
    }
}

/// Wrong credentials are answered later and later; the session sees to that by the status.
fn refuse(bind: IncomingBind, status: CommandStatus) {
    let link = bind.link();
    tracing::warn!(peer = %link.peer(), system_id = %link.system_id().escape_debug(), %status, "bind refused");
    bind.refuse(status);
}

fn refusal(verdict: &Verdict) -> CommandStatus {
    match verdict {
        Verdict::Unknown => CommandStatus::RINVSYSID,
        Verdict::WrongPassword => CommandStatus::RINVPASWD,
        // Not their fault: they shall come again.
        Verdict::Busy => CommandStatus::RTHROTTLED,
        // The account is disabled, or may not bind like this or from there.
        Verdict::Disabled | Verdict::Right(_) => CommandStatus::RBINDFAIL,
    }
}

/// Asks the account whether it may send this; the error is the status to answer.
pub(super) fn admit(accounts: &Accounts, sender: Sender<'_>, mut submission: Submission) -> Result<Submission, CommandStatus> {
    match accounts.admit(sender.account, &mut submission.message, sender.now) {
        Ok(()) => Ok(submission),
        Err(denial) => {
            tracing::debug!(account = %sender.account, %denial, "message refused");
            Err(denied(denial))
        }
    }
}

fn denied(denial: Denial) -> CommandStatus {
    match denial {
        Denial::Source => CommandStatus::RINVSRCADR,
        Denial::Destination => CommandStatus::RINVDSTADR,
        Denial::Rate => CommandStatus::RTHROTTLED,
        // A throttled ESME sends it again in a moment, all day long: this message is lost to it.
        Denial::Day | Denial::Month | Denial::Account => CommandStatus::RSUBMITFAIL,
    }
}

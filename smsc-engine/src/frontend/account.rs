//! The accounts of a centre as guests: their answers in the words of SMPP.

use smpp_pdu::CommandStatus;
use smpp_session::net::{BindRequest, Limits};
use tokio::time::Instant;

use super::guest::{Decision, Guest, Guests, Rebuff, Welcome};
use crate::accounts::{AccountRecord, Accounts, Denial, Verdict};
use crate::model::{Account, Message, Timestamp};

impl Guests for Accounts {
    fn ask(&self, request: &BindRequest<'_>) -> Decision {
        let (system_id, password) = (request.system_id.as_bytes(), request.password.expose());
        let (kind, place) = (request.kind, request.peer.ip());
        let admit = move |record: &AccountRecord| match record {
            record if !record.kinds.contains(&kind) => Err(Rebuff::Kind),
            record if !record.may_bind(kind, place) => Err(Rebuff::Place),
            record => Ok(welcome(record)),
        };
        match self.verify_now(system_id, password) {
            Some(verdict) => Decision::Now(judged(verdict, admit)),
            None => {
                let verdict = self.verify(system_id, password);
                Decision::Later(Box::pin(async move { judged(verdict.await, admit) }))
            }
        }
    }

    fn is_welcome(&self, guest: &Guest) -> bool {
        self.record(guest.account.as_str()).is_some_and(|record| record.enabled)
    }

    fn admit(&self, account: &Account, message: &mut Message, now: Timestamp) -> Result<(), CommandStatus> {
        Accounts::admit(self, account, message, now).map_err(|denial| {
            tracing::debug!(%account, %denial, "message refused");
            denied(denial)
        })
    }
}

fn judged(verdict: Verdict, admit: impl FnOnce(&AccountRecord) -> Result<Welcome, Rebuff>) -> Result<Welcome, Rebuff> {
    match verdict {
        Verdict::Right(record) => admit(&record),
        Verdict::Unknown => Err(Rebuff::Unknown),
        Verdict::WrongPassword => Err(Rebuff::WrongPassword),
        Verdict::Disabled => Err(Rebuff::Disabled),
        Verdict::Busy => Err(Rebuff::Busy),
    }
}

fn welcome(record: &AccountRecord) -> Welcome {
    let account = Account::from(record.system_id.as_str());
    let mut limits = Limits::default();
    if record.max_sessions != 0 {
        limits.sessions = record.max_sessions;
    }
    Welcome { guest: Guest { account, defaults: record.defaults, since: Instant::now(), partner: None }, limits }
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

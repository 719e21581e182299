//! Who may bind.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use smpp_pdu::CommandStatus;
use smpp_session::BindKind;
use subtle::ConstantTimeEq;

use crate::model;

/// A password that never shows itself.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a password.
    pub fn new(secret: impl Into<String>) -> Secret {
        Secret(secret.into())
    }

    /// The password itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Compares without telling by its time how much was right.
    fn is(&self, offered: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(offered).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// One account: a name, a password, and what it may do.
#[derive(Clone, Debug)]
pub struct Account {
    /// The `system_id` it binds with.
    pub system_id: String,
    /// Its password, at most 8 octets.
    pub password: Secret,
    /// How it may bind.
    pub kinds: Vec<BindKind>,
    /// Sessions at a time; 0 for any number.
    pub max_sessions: usize,
}

impl Account {
    /// An account that may bind in every way, any number of times.
    pub fn new(system_id: impl Into<String>, password: impl Into<String>) -> Account {
        let kinds = vec![BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver];
        Account { system_id: system_id.into(), password: Secret::new(password), kinds, max_sessions: 0 }
    }
}

/// All accounts, with the sessions each has.
#[derive(Debug)]
pub(super) struct Accounts {
    by_name: HashMap<String, Arc<Holder>>,
    /// Compared with when the name is unknown, so that an unknown name takes as long as a wrong password.
    nobody: Secret,
}

/// An account and its sessions.
#[derive(Debug)]
pub(super) struct Holder {
    account: Account,
    name: model::Account,
    sessions: AtomicUsize,
}

impl Accounts {
    pub(super) fn new(accounts: Vec<Account>) -> Accounts {
        let holders = accounts.into_iter().map(|account| {
            let name = model::Account::from(account.system_id.as_str());
            (account.system_id.clone(), Arc::new(Holder { account, name, sessions: AtomicUsize::new(0) }))
        });
        Accounts { by_name: holders.collect(), nobody: Secret::new("\0none") }
    }

    /// Lets a session in, or says why not.
    pub(super) fn admit(&self, system_id: &[u8], password: &[u8], kind: BindKind) -> Result<Seat, CommandStatus> {
        // SMPP 3.4 §4.1.1: the field is ASCII.
        if !system_id.is_ascii() {
            return Err(CommandStatus::RINVSYSID);
        }
        let holder = std::str::from_utf8(system_id).ok().and_then(|name| self.by_name.get(name));
        let secret = holder.map_or(&self.nobody, |holder| &holder.account.password);
        let right = secret.is(password);
        let Some(holder) = holder else { return Err(CommandStatus::RINVSYSID) };
        if !right {
            return Err(CommandStatus::RINVPASWD);
        }
        if !holder.account.kinds.contains(&kind) {
            return Err(CommandStatus::RBINDFAIL);
        }
        Seat::take(holder)
    }
}

/// The place of one bound session of an account; free again when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    holder: Arc<Holder>,
}

impl Seat {
    fn take(holder: &Arc<Holder>) -> Result<Seat, CommandStatus> {
        let most = holder.account.max_sessions;
        let taken = holder.sessions.fetch_add(1, Ordering::AcqRel);
        let seat = Seat { holder: holder.clone() };
        if most != 0 && taken >= most { Err(CommandStatus::RALYBND) } else { Ok(seat) }
    }

    /// The account's name.
    pub(super) fn name(&self) -> &model::Account {
        &self.holder.name
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.holder.sessions.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_in_the_right_way_gets_in() {
        let mut shop = Account::new("shop", "secret");
        shop.kinds = vec![BindKind::Transmitter];
        let accounts = Accounts::new(vec![shop]);
        let admit = |name: &[u8], password: &[u8], kind| accounts.admit(name, password, kind).map(|_| ());
        assert_eq!(admit(b"shop", b"secret", BindKind::Transmitter), Ok(()));
        assert_eq!(admit(b"shop", b"secreT", BindKind::Transmitter), Err(CommandStatus::RINVPASWD));
        assert_eq!(admit(b"shop", b"", BindKind::Transmitter), Err(CommandStatus::RINVPASWD));
        assert_eq!(admit(b"shop", b"secret", BindKind::Receiver), Err(CommandStatus::RBINDFAIL));
        assert_eq!(admit(b"shoq", b"\0none", BindKind::Transmitter), Err(CommandStatus::RINVSYSID));
        assert_eq!(admit(b"sh\xF6p", b"secret", BindKind::Transmitter), Err(CommandStatus::RINVSYSID));
    }

    #[test]
    fn a_seat_is_free_again_when_its_session_ends() {
        let mut shop = Account::new("shop", "");
        shop.max_sessions = 1;
        let accounts = Accounts::new(vec![shop]);
        let first = accounts.admit(b"shop", b"", BindKind::Transceiver).unwrap();
        assert_eq!(accounts.admit(b"shop", b"", BindKind::Transceiver).unwrap_err(), CommandStatus::RALYBND);
        drop(first);
        assert!(accounts.admit(b"shop", b"", BindKind::Transceiver).is_ok());
    }

    #[test]
    fn a_password_does_not_show_itself() {
        assert!(!format!("{:?}", Account::new("shop", "secret")).contains("secret"));
    }
}

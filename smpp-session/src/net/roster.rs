//! The sessions that are bound, by account.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::vec::Vec;

use smpp_pdu::{CStr, CommandStatus, Version};
use thiserror::Error;

use super::account::{Account, Party};
use super::bind::IncomingBind;
use crate::{RespondError, Session, Timeouts};

/// Knows the sessions of every account. Clones are handles of the same roster.
///
/// A service accepts binds with [`IncomingBind::accept_as`]; a session that ends leaves by itself.
/// What an [`Account`] does costs the same however many other accounts there are, and an account
/// without sessions and handles takes no memory.
///
/// ```
/// use smpp_pdu::{CStr, CommandStatus, DeliverSm, DeliverSmResp};
/// use smpp_session::net::{Incoming, IncomingBind, Limits, Roster, Service, Unavailable};
///
/// struct Mc {
///     roster: Roster,
/// }
///
/// impl Service for Mc {
///     fn bind(&self, bind: IncomingBind) {
///         if !bind.request().password_is("secret08") {
///             return bind.refuse(CommandStatus::RINVPASWD);
///         }
///         let account = self.roster.account(bind.link().system_id());
///         let mut limits = Limits::default();
///         limits.sessions = 4;
///         // One session too many has been answered ESME_RALYBND.
///         let _ = bind.accept_as(&account, &limits, CStr::default());
///     }
///
///     fn request(&self, request: Incoming) {
///         let _ = request.unsupported();
///     }
/// }
///
/// async fn deliver(roster: &Roster, message: &DeliverSm<'_>) -> Result<(), Box<dyn std::error::Error>> {
///     let permit = roster.account("shop").ready(None).await?;
///     permit.request(message)?.await?.read::<DeliverSmResp<'_>>()?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Roster {
    table: Arc<Table>,
}

/// Accounts by name.
pub(crate) struct Table {
    accounts: Mutex<HashMap<Arc<str>, Weak<Party>>>,
    pub(crate) max_waiting: usize,
}

impl Roster {
    /// An empty roster.
    pub fn new() -> Self {
        Roster::with_max_waiting(DEFAULT_MAX_WAITING)
    }

    /// An empty roster; so many deliveries of one account may wait for a session.
    pub fn with_max_waiting(max_waiting: usize) -> Self {
        Roster { table: Arc::new(Table { accounts: Mutex::default(), max_waiting }) }
    }

    /// The account of this name, which need not have a session.
    pub fn account(&self, name: &str) -> Account {
        let mut accounts = self.table.accounts();
        if let Some(party) = accounts.get(name).and_then(Weak::upgrade) {
            return Account { party };
        }
        let name: Arc<str> = name.into();
        let party = Arc::new(Party::new(name.clone(), self.table.clone()));
        accounts.insert(name, Arc::downgrade(&party));
        Account { party }
    }

    /// Every account that has a session, or that somebody holds a handle of, in no order.
    pub fn accounts(&self) -> Vec<Account> {
        self.table.accounts().values().filter_map(Weak::upgrade).map(|party| Account { party }).collect()
    }
}

impl Default for Roster {
    fn default() -> Self {
        Roster::new()
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster").field("accounts", &self.table.accounts().len()).finish()
    }
}

impl Table {
    /// The last handle and the last session of an account are gone.
    pub(crate) fn forget(&self, name: &str) {
        let mut accounts = self.accounts();
        // Somebody may have asked for the account anew meanwhile.
        if accounts.get(name).is_some_and(|party| party.strong_count() == 0) {
            accounts.remove(name);
        }
    }

    fn accounts(&self) -> MutexGuard<'_, HashMap<Arc<str>, Weak<Party>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an account may have and do at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bound sessions; one that is being unbound does not count any more.
    pub sessions: usize,
    /// Bound sessions from one address; an IPv6 address counts by its /64.
    pub sessions_per_address: usize,
    /// The largest PDU taken, in octets; `None` means the server's limit.
    pub max_pdu: Option<u32>,
    /// Requests of one session that may be without an answer; `None` means the server's limit.
    pub unanswered: Option<usize>,
    /// Requests of ours that one session may leave without an answer; `None` means the server's limit.
    pub window: Option<usize>,
    /// The highest version spoken with it; `None` means the server's.
    pub version: Option<Version>,
    /// How long things may take once it is bound; `None` means the server's times.
    pub timers: Option<Timeouts>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            sessions: usize::MAX,
            sessions_per_address: usize::MAX,
            max_pdu: None,
            unanswered: None,
            window: None,
            version: None,
            timers: None,
        }
    }
}

impl Limits {
    /// Before the bind is answered: the answer states the version.
    fn hold_for(&self, session: &mut Session<u32>) {
        self.max_pdu.into_iter().for_each(|octets| session.set_max_pdu(octets));
        self.unanswered.into_iter().for_each(|limit| session.set_unanswered(limit));
        self.window.into_iter().for_each(|requests| session.set_window(requests));
        self.version.into_iter().for_each(|version| session.set_version(version));
        self.timers.into_iter().for_each(|timers| session.set_timers(timers));
    }
}

impl IncomingBind {
    /// Accepts for an account, whose session this is until it ends.
    ///
    /// # Errors
    /// The account has as many sessions as it may have, and the peer was answered
    /// `ESME_RALYBND`; or the session is over.
    pub fn accept_as(mut self, account: &Account, limits: &Limits, system_id: CStr<'_, 16>) -> Result<(), AcceptError> {
        let link = self.link();
        if !account.party.seat(&link, limits) {
            self.refuse(CommandStatus::RALYBND);
            return Err(AcceptError::Full);
        }
        let accepted = self.conclude(|session, responder| {
            limits.hold_for(session);
            session.accept_bind(responder, system_id)
        });
        match accepted {
            Ok(()) => account.party.changed(),
            Err(_) => link.shared.leave(),
        }
        Ok(accepted?)
    }
}

/// Why a bind was not accepted for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The account has as many sessions as it may have.
    #[error("the account has as many sessions as it may have")]
    Full,
    /// The peer could not be answered.
    #[error(transparent)]
    Respond(#[from] RespondError),
}

// Each takes a few hundred octets.
const DEFAULT_MAX_WAITING: usize = 10_000;

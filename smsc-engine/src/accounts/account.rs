//! All accounts, asked by every frontend.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use smpp_session::net::same_secret;

use super::hash::Hash;
use super::meter::{Denial, Meter, Usage};
use super::record::{AccountRecord, Password};
use super::secret::Secret;
use super::verifier::{Check, Verifier, VerifyLimits};
use crate::BoxFuture;
use crate::model::{Account, Message, Timestamp};

/// All accounts.
#[derive(Debug)]
pub struct Accounts {
    table: ArcSwap<Table>,
    verifier: Arc<Verifier>,
    /// Of every account that ever sent: replaced records find theirs again.
    meters: Mutex<HashMap<Account, Arc<Mutex<Meter>>>>,
    /// Messages that were not admitted, in the order of [`Denial::ALL`].
    denied: [AtomicU64; Denial::ALL.len()],
}

/// The records of the moment.
#[derive(Debug)]
struct Table {
    by_name: HashMap<Account, Holder>,
    /// Checked when there is nothing to check, so that it takes as long.
    decoy: Option<(Secret, Hash)>,
}

#[derive(Debug)]
struct Holder {
    record: Arc<AccountRecord>,
    hash: Option<Hash>,
    meter: Arc<Mutex<Meter>>,
}

/// Whether somebody is who they say.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// They are.
    Right(Arc<AccountRecord>),
    /// They are, but the account is disabled.
    Disabled,
    /// The password is wrong.
    WrongPassword,
    /// There is no such account.
    Unknown,
    /// Too many ask; nobody has looked. They may come again.
    Busy,
}

/// What was checked since the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountStats {
    /// Hashes checked.
    pub hash_runs: u64,
    /// Those told to come again because too many waited.
    pub turned_away: u64,
}

/// Why records are not taken. They are taken all or not at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// Two have one name.
    #[error("account {0:?}: there are two of this name")]
    Twice(String),
    /// A name is empty, too long or not ASCII.
    #[error("account {0:?}: a name has 1 to 15 ASCII characters")]
    Name(String),
    /// A hash cannot be used.
    #[error("account {system_id:?}: its password hash cannot be used: {reason}")]
    Hash {
        /// Whose.
        system_id: String,
        /// What is wrong; the hash itself does not show.
        reason: String,
    },
}

/// An answer, or how to get it.
enum Plan {
    Known(Verdict),
    Check { check: Check, right: Verdict, wrong: Verdict },
}

impl Accounts {
    /// Takes records, with the usual limits.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn new(records: Vec<AccountRecord>) -> Result<Accounts, AccountError> {
        Accounts::with_limits(records, VerifyLimits::default())
    }

    /// Takes records.
    ///
    /// # Errors
    /// See [`AccountError`].
    pub fn with_limits(records: Vec<AccountRecord>, limits: VerifyLimits) -> Result<Accounts, AccountError> {
        let accounts = Accounts {
            table: ArcSwap::from_pointee(Table { by_name: HashMap::new(), decoy: None }),
            verifier: Arc::new(Verifier::new(limits)),
            meters: Mutex::default(),
            denied: Default::default(),
        };
        accounts.replace(records)?;
        Ok(accounts)
    }

    /// Replaces all records; what accounts have used of their quotas stays.
    ///
    /// # Errors
    /// See [`AccountError`]; then the old ones stay.
    pub fn replace(&self, records: Vec<AccountRecord>) -> Result<(), AccountError> {
        let mut table = Table { by_name: HashMap::with_capacity(records.len()), decoy: None };
        for record in records {
            if !(1..=LONGEST_NAME).contains(&record.system_id.len()) || !record.system_id.is_ascii() {
                return Err(AccountError::Name(record.system_id));
            }
            let hash = read_hash(&record)?;
            if let (None, Some(hash), Password::Hashed(text)) = (&table.decoy, &hash, &record.password) {
                table.decoy = Some((text.clone(), hash.clone()));
            }
            let name = Account::from(record.system_id.as_str());
            let meter = self.meters().entry(name.clone()).or_default().clone();
            let system_id = record.system_id.clone();
            if table.by_name.insert(name, Holder { record: Arc::new(record), hash, meter }).is_some() {
                return Err(AccountError::Twice(system_id));
            }
        }
        self.table.store(Arc::new(table));
        Ok(())
    }

    /// The record of an account.
    pub fn record(&self, system_id: &str) -> Option<Arc<AccountRecord>> {
        self.table.load().by_name.get(system_id).map(|holder| holder.record.clone())
    }

    /// All records, sorted by name.
    pub fn records(&self) -> Vec<Arc<AccountRecord>> {
        let mut records: Vec<_> = self.table.load().by_name.values().map(|holder| holder.record.clone()).collect();
        records.sort_by(|one, other| one.system_id.cmp(&other.system_id));
        records
    }

    /// Tells at once if that takes no check of a hash.
    pub fn verify_now(&self, system_id: &[u8], password: &[u8]) -> Option<Verdict> {
        match self.plan(system_id, password) {
            Plan::Known(verdict) => Some(verdict),
            Plan::Check { .. } => None,
        }
    }

    /// Tells whether somebody is who they say. An unknown name takes as long as a wrong password.
    pub fn verify(&self, system_id: &[u8], password: &[u8]) -> BoxFuture<'static, Verdict> {
        let (check, right, wrong) = match self.plan(system_id, password) {
            Plan::Known(verdict) => return Box::pin(std::future::ready(verdict)),
            Plan::Check { check, right, wrong } => (check, right, wrong),
        };
        let answer = self.verifier.ask(check);
        Box::pin(async move {
            match answer.await {
                Some(true) => right,
                Some(false) => wrong,
                None => Verdict::Busy,
            }
        })
    }

    /// Fills in what an account's message leaves open, checks it and counts it.
    ///
    /// # Errors
    /// The account may not send it; then it is not counted.
    pub fn admit(&self, account: &Account, message: &mut Message, now: Timestamp) -> Result<(), Denial> {
        let admitted = self.check(account, message, now);
        if let Err(denial) = admitted {
            let place = Denial::ALL.iter().position(|other| *other == denial);
            let count = place.and_then(|place| self.denied.get(place));
            count.map(|count| count.fetch_add(1, Ordering::Relaxed));
        }
        admitted
    }

    fn check(&self, account: &Account, message: &mut Message, now: Timestamp) -> Result<(), Denial> {
        let table = self.table.load();
        let holder = table.by_name.get(account).ok_or(Denial::Account)?;
        holder.record.defaults.complete(message, now);
        holder.record.check_addresses(message)?;
        if holder.record.is_limited() { lock(&holder.meter).take(&holder.record, now) } else { Ok(()) }
    }

    /// How many messages were denied for each reason since the start.
    pub fn denied(&self) -> impl Iterator<Item = (Denial, u64)> {
        Denial::ALL.into_iter().zip(&self.denied).map(|(denial, count)| (denial, count.load(Ordering::Relaxed)))
    }

    /// What accounts have used, in the order of their names.
    pub fn usage(&self) -> Vec<Usage> {
        let mut usage: Vec<Usage> = self.meters().iter().map(|(name, meter)| lock(meter).usage(name)).collect();
        usage.retain(|usage| usage.month_messages > 0);
        usage.sort_by(|one, other| one.account.cmp(&other.account));
        usage
    }

    /// Goes on with what accounts had used; to be called before they send.
    pub fn restore(&self, usage: &[Usage]) {
        for usage in usage {
            let meter = self.meters().entry(usage.account.clone()).or_default().clone();
            *lock(&meter) = Meter::restored(usage);
        }
    }

    /// Tells what was checked so far.
    pub fn stats(&self) -> AccountStats {
        AccountStats { hash_runs: self.verifier.runs(), turned_away: self.verifier.turned_away() }
    }

    fn plan(&self, system_id: &[u8], password: &[u8]) -> Plan {
        let table = self.table.load();
        let holder = std::str::from_utf8(system_id).ok().and_then(|name| table.by_name.get(name));
        let wrong = if holder.is_some() { Verdict::WrongPassword } else { Verdict::Unknown };
        if password.len() > LONGEST_PASSWORD {
            return Plan::Known(wrong);
        }
        let right = holder.map_or(Verdict::Unknown, |holder| {
            if holder.record.enabled { Verdict::Right(holder.record.clone()) } else { Verdict::Disabled }
        });
        let (text, hash, decoy) = match holder.map(|holder| (&holder.record.password, &holder.hash)) {
            Some((Password::Hashed(text), Some(hash))) => (text.expose(), hash, false),
            plain => {
                let secret = plain.map_or(NOBODY, |(password, _)| password.expose());
                let is_right = same_secret(password, secret.as_bytes());
                match &table.decoy {
                    _ if is_right && holder.is_some() => return Plan::Known(right),
                    None => return Plan::Known(wrong),
                    Some((text, hash)) => (text.expose(), hash, true),
                }
            }
        };
        let offer = self.verifier.offer(system_id, text, password);
        match self.verifier.known(offer) {
            Some(true) => Plan::Known(right),
            Some(false) => Plan::Known(wrong),
            None => Plan::Check { check: Check { offer, hash: hash.clone(), password: password.into(), decoy }, right, wrong },
        }
    }

    fn meters(&self) -> MutexGuard<'_, HashMap<Account, Arc<Mutex<Meter>>>> {
        lock(&self.meters)
    }
}

fn read_hash(record: &AccountRecord) -> Result<Option<Hash>, AccountError> {
    match &record.password {
        Password::Plain(_) => Ok(None),
        Password::Hashed(text) => match Hash::read(text.expose()) {
            Ok(hash) => Ok(Some(hash)),
            Err(reason) => Err(AccountError::Hash { system_id: record.system_id.clone(), reason }),
        },
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing behind these is half done at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// SMPP 3.4 §5.2.1
const LONGEST_NAME: usize = 15;
// No protocol here carries more, and whoever offers more wants to keep us busy.
const LONGEST_PASSWORD: usize = 1024;
/// Compared with when the name is unknown, so that it takes as long.
const NOBODY: &str = "\0none";

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;

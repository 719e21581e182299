//! Accounts: who may come in, from where, and how much they may send.
//!
//! Every frontend asks the same [`Accounts`], whatever it speaks. The operator's records can be replaced while
//! sessions are bound. Passwords are plain or hashed; checking a hash takes a tenth of a second of one processor, so
//! those checks are bounded, and an answer that is known is not worked out again.
//!
//! An SMPP password has at most 8 octets: a hash of so few protects against a look at the file, not against somebody
//! who tries them all. Limit where accounts may come from, too.

mod account;
#[cfg(feature = "json")]
mod form;
mod hash;
mod meter;
mod pattern;
mod record;
mod secret;
mod store;
mod verifier;

pub use account::{AccountError, AccountStats, Accounts, Verdict};
#[cfg(feature = "json")]
pub use form::{AccountForm, AccountFormError};
#[cfg(feature = "passwords")]
pub use hash::{HashCost, hash_password};
pub use meter::{Denial, Meter, Usage};
pub use pattern::AddressPattern;
pub(crate) use record::is_within;
pub use record::{AccountRecord, Defaults, MessageIdForm, Password, Quota};
pub use secret::Secret;
pub use store::{AccountStore, AccountStoreError, MemoryAccountStore, keep_usage};
pub use verifier::VerifyLimits;
#[cfg(feature = "dashboard")]
pub(crate) use {
    hash::Hash,
    verifier::{Check, Verifier},
};

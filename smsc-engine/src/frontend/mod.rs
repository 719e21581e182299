//! The SMPP side: binds from ESMEs, their requests, and what is delivered to them.
//!
//! It turns PDUs into messages and back and keeps no message itself; everything durable is asked of a
//! [`CoreApi`](crate::api::CoreApi).

mod account;
mod bind;
mod binds;
mod carrier;
mod centre;
mod check;
mod courier;
mod door;
mod draft;
mod guest;
mod intake;
mod listener;
mod operate;
mod partner;
mod peer;
mod service;
mod text;

pub use crate::accounts::{AccountRecord as Account, Password, Secret};
#[cfg(feature = "http")]
pub(crate) use bind::kind_word;
pub use bind::{BindCounts, BindMode, BindPlace, BindState, BindStatus};
pub use binds::{Binds, BindsOptions, ListenerStatus, STRANGERS};
pub use carrier::Carrier;
pub use centre::{Frontend, FrontendConfig, FrontendError};
pub use peer::{AskReceipts, ClientPeer, LongText, PeerProfile, PeerTls, Rewrite, ServerPeer};

//! The SMPP side: binds from ESMEs, their requests, and what is delivered to them.
//!
//! It turns PDUs into messages and back and keeps no message itself; everything durable is asked of a
//! [`CoreApi`](crate::api::CoreApi).

mod account;
mod courier;
mod draft;
mod intake;
mod operate;
mod service;
mod text;

pub use crate::accounts::{AccountRecord as Account, Password, Secret};
pub use service::{Frontend, FrontendConfig, FrontendError};

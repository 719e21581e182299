//! A core elsewhere, reached over HTTP.
//!
//! [`CoreClient`] makes the calls, tells apart what can go wrong with them, counts and times them, and logs them in
//! the words operators search for. What is asked and answered is the business of whoever uses it.

mod bulk;
mod client;
mod core;
mod desk;
mod fault;
mod forms;
mod journal;
mod pick;
mod stats;

pub use self::core::{Protocol, RemoteCore, RemoteOptions, WorkList};
pub use bulk::BulkCore;
pub use client::{CoreClient, CoreClientConfig};
pub use desk::{Heartbeat, MessageView, PendingFilter, PendingPage, TestMessage};
pub use fault::{BuildError, CoreFault};
pub use forms::FormsCore;
pub use stats::{CallCount, CoreStats};

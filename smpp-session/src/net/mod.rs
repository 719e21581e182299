//! The tokio shell: sockets, clocks and tasks around [`Session`](crate::Session).
//!
//! One task per connection reads, lets the session work through everything that was read, and
//! writes everything that came of it at once. Callers encode straight into the write buffer from
//! any thread; nobody holds a lock across an `.await`, and nothing is queued without a bound.
//!
//! * [`Client`] connects and binds, [`Server`] listens; both hand what the peer asks to a
//!   [`Service`].
//! * A [`Link`] is one session: ask the peer, unbind, close.
//! * A [`Batch`] asks or answers many times and wakes each session once.

mod batch;
mod client;
mod connect;
mod driver;
mod hub;
mod link;
mod pace;
mod patience;
mod pending;
mod responder;
mod room;
mod server;
mod service;
mod shared;

pub use batch::Batch;
pub use client::{BindError, Client, Mc};
pub use connect::{ConnectError, Endpoint};
pub use link::{CallError, Link, Permit, Ready};
pub use pending::{Pending, Response, ResponseError, Unanswered};
pub use responder::{BindRequest, Incoming, IncomingBind};
pub use server::{Server, ServerConfig};
pub use service::Service;

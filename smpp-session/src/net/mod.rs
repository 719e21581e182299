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
//! * [`Stats`] are many sessions in numbers; a [`Tracer`] shows the PDUs of some of them.

mod batch;
mod client;
mod connect;
mod driver;
mod hub;
mod link;
mod pending;
mod responder;
mod room;
mod server;
mod service;
mod shared;
mod stats;
mod trace;

pub use batch::Batch;
pub use client::{BindError, Client, Mc};
pub use connect::{ConnectError, Endpoint};
pub use link::{CallError, Link, Permit, Ready};
pub use pending::{Pending, Response, ResponseError, Unanswered};
pub use responder::{BindRequest, Incoming, IncomingBind};
pub use server::{Server, ServerConfig};
pub use service::Service;
pub use stats::{Gauges, Operation, Snapshot, Stats};
pub use trace::{Connection, Direction, Filter, Pcap, PcapLimits, Record, Ring, TextLines, Trace, Tracer};

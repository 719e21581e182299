//! The tokio shell: sockets, clocks and tasks around [`Session`](crate::Session).
//!
//! One task per connection reads, lets the session work through everything that was read, and
//! writes everything that came of it at once. Callers encode straight into the write buffer from
//! any thread; nobody holds a lock across an `.await`, and nothing is queued without a bound.
//!
//! * [`Client`] connects and binds, [`Server`] listens; both hand what the peer asks to a
//!   [`Service`]. An [`Endpoint`] knows how to connect, plain or by TLS; an [`OutbindListener`] is
//!   an ESME that lets the MC connect.
//! * A [`Link`] is one session: ask the peer, unbind, close.
//! * A [`Roster`] knows the sessions of each account, and which of them the next delivery goes to.
//! * A [`Batch`] asks or answers many times and wakes each session once.
//! * [`Stats`] are many sessions in numbers; a [`Tracer`] shows the PDUs of some of them.

mod acceptor;
mod account;
mod admission;
mod alarm;
mod batch;
mod bind;
mod client;
mod collector;
mod connect;
mod driver;
mod gate;
mod gathering;
mod hub;
mod keeper;
mod link;
mod outbind;
mod outbind_listener;
mod pace;
mod patience;
mod penalty;
mod pending;
mod pool;
mod responder;
mod room;
mod roster;
mod server;
mod service;
mod shared;
mod stats;
mod stream;
#[cfg(feature = "text")]
mod text;
#[cfg(feature = "tls")]
mod tls;
mod trace;
mod vigil;

pub use account::{Account, SessionSnapshot, Unavailable};
pub use admission::{Refusal, Refused};
pub use batch::Batch;
pub use bind::{BindRequest, IncomingBind, same_secret};
pub use client::{BindError, Client, Mc};
pub use collector::{Collected, Collector, Outcomes, collector};
pub use connect::{ConnectError, Endpoint};
/// Address ranges, for [`ServerConfig::allow`].
pub use ipnet;
pub use keeper::{Keeper, KeeperConfig, KeeperError, KeeperState, Setback, Witness};
pub use link::{CallError, Link, NotBound, Permit, Ready};
pub use outbind::OutbindError;
pub use outbind_listener::{IncomingOutbind, OutbindListener};
pub use penalty::Penalty;
pub use pending::{Pending, Response, ResponseError, Unanswered};
pub use pool::{Member, MemberId, Pool};
pub use responder::Incoming;
pub use roster::{AcceptError, Limits, Roster};
pub use server::{Server, ServerConfig};
pub use service::Service;
pub use stats::{Gauges, Operation, Snapshot, Stats};
#[cfg(feature = "text")]
pub use text::{PartError, SendTextError, Sent, TextError, TextPart, Texts, Tracker};
#[cfg(feature = "tls")]
pub use tls::{CertificateFault, ClientTls};
/// The TLS this crate speaks; which cryptography it uses is the caller's choice.
#[cfg(feature = "tls")]
pub use tokio_rustls::rustls;
pub use trace::{Connection, Direction, Filter, Pcap, PcapLimits, Record, Ring, TextLines, Trace, Tracer};

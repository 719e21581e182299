//! What the message centre itself does, apart from any protocol: it knows no PDU session and no connection.

mod alerts;
mod batch;
mod cdr;
mod centre;
pub mod charging;
mod clock;
pub(crate) mod content;
mod dedup;
mod delivery;
pub mod enum_lookup;
pub mod events;
mod fleeting;
mod handle;
mod hook;
mod inner;
mod intake;
mod ledger;
pub mod lifecycle;
mod locating;
pub mod location;
mod meters;
mod orders;
mod policy;
mod prints;
pub mod queue;
mod receipt;
pub mod records;
mod refusal;
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
pub mod registry;
pub mod route;
mod setup;
mod snapshot;
mod store;
mod sweeper;
#[cfg(feature = "sql")]
pub mod tables;
pub mod translate;

pub use batch::{Batch, BatchFull, BatchOptions};
pub use centre::Core;
pub use clock::Clock;
pub use handle::{Handle, HandleError, NetworkStatus, Order, Update};
pub use hook::Hook;
pub use locating::Follower;
pub use meters::{Counter, MOST_NAMES, Meters, Named, OTHER, STEPS, Steps};
pub use policy::{Policy, Uncharged, Unrouted};
pub use prints::{FingerprintStore, Known, Print};
pub use setup::{Records, Setup};
#[cfg(feature = "sql")]
pub(crate) use snapshot::{blocking, finish};
pub use store::{News, Save, StoreError, Turn};
pub use sweeper::{Retention, sweep, sweep_until};

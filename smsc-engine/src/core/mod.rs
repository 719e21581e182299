//! What the message centre itself does, apart from any protocol: it knows no PDU session and no connection.

mod centre;
pub mod charging;
pub mod enum_lookup;
pub mod events;
pub mod lifecycle;
pub mod location;
pub mod queue;
mod receipt;
pub mod records;
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
pub mod registry;
pub mod route;
mod snapshot;
mod store;
mod sweeper;
#[cfg(feature = "sql")]
pub mod tables;
pub mod translate;

pub use centre::Core;
pub use store::StoreError;
pub use sweeper::sweep;

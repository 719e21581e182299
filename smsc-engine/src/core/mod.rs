//! What the message centre itself does, apart from any protocol: it knows no PDU session and no connection.

mod centre;
pub mod charging;
pub mod enum_lookup;
pub mod lifecycle;
pub mod queue;
mod receipt;
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
pub mod registry;
pub mod route;
mod sweeper;

pub use centre::Core;
pub use sweeper::sweep;

//! What the programs around a centre and a gateway share: signals, words on the console, and what they tell inwards.

#[cfg(feature = "commands")]
mod arguments;
mod console;
mod host;
mod parts;
mod signals;
pub mod table;

#[cfg(feature = "commands")]
pub use arguments::{Instead, arguments};
pub use console::{Console, FAILED, INTERRUPTED, WRONG_SETTINGS, runtime};
pub(crate) use host::Hosted;
pub use host::{Host, HostOrder};
pub use signals::{Signal, Signals};

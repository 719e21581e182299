//! What a program can be told, in one table, and how it is read from a file and from the environment.
//!
//! [`Settings`] of a centre, and `GatewaySettings` of a gateway, are plain data with a default for almost everything.
//! With the feature `config`, `load` fills them from a TOML file and from variables such as `SMSC_SMPP__LISTEN`, which
//! win over the file; it finds all mistakes at once and says where each one is. Nothing here opens a port or a store, and
//! settings made in code are not checked for range.

mod assembly;
#[cfg(feature = "config")]
mod check;
#[cfg(feature = "config")]
mod error;
#[cfg(feature = "config")]
mod legacy;
#[cfg(feature = "config")]
mod list;
#[cfg(feature = "config")]
mod load;
#[macro_use]
mod macros;
#[cfg(feature = "gateway")]
mod gateway;
#[cfg(feature = "config")]
mod member;
#[cfg(feature = "config")]
mod name;
#[cfg(feature = "config")]
mod node;
#[cfg(feature = "config")]
mod page;
mod peer;
#[cfg(feature = "config")]
mod peers;
#[cfg(feature = "config")]
mod root;
#[cfg(feature = "config")]
mod rule;
mod settings;
#[cfg(feature = "config")]
mod source;
#[cfg(feature = "config")]
mod status;
#[cfg(feature = "config")]
mod suggestion;
#[cfg(test)]
mod tests;
#[cfg(feature = "config")]
mod value;

#[cfg(feature = "config")]
pub use self::error::{ConfigError, ConfigErrors, Fault, Place};
#[cfg(feature = "gateway")]
pub(crate) use self::gateway::PeerText;
#[cfg(feature = "gateway")]
pub use self::gateway::{
    CoreCalls, GatewayMetrics, GatewaySettings, GatewayStorage, GatewayWeb, Listen, PeerFile, file_warning, gateway_environment,
    load_gateway,
};
#[cfg(feature = "config")]
pub use self::load::{environment, load};
#[cfg(feature = "config")]
pub use self::member::MemberAddress;
pub use self::settings::*;

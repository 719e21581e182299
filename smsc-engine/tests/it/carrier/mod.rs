//! A carrier that a core in memory is bound to, over real sockets: what goes there, what comes from there, and how
//! the bind lives.

mod bind;
mod pace;
mod receipt;
mod relay;
mod result;
mod submit;
#[cfg(all(feature = "http", feature = "charging-tls"))]
mod tls;
mod world;

//! A whole gateway in one process: the SMPP frontend of a core elsewhere, put together from one set of settings.
//!
//! It keeps no message: what a peer hands in is answered when the core has taken it, and what waits waits in the core.

mod control;

pub use control::GatewayControl;

//! What the benches share: the PDUs, the application data behind them, the yardstick, the clock and the verdicts.
//!
//! Nothing here knows our codec or a peer; the contestants live beside the benches, so that the
//! peers stay development dependencies.

pub mod allocation;
pub mod application;
pub mod arguments;
pub mod bare_log;
pub mod case;
pub mod clock;
pub mod contest;
pub mod cpu;
pub mod memory;
pub mod report;
pub mod workers;
pub mod yardstick;

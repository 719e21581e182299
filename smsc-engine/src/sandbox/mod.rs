//! A carrier that plays the mobile network, as providers' test servers do.
//!
//! It "delivers" after a settable delay, with an outcome that the destination number or the settings choose, and lets
//! the core write the receipts. Nothing leaves the machine and nothing is charged.
//!
//! By number: the last three digits are taken as a result code of
//! [`sms_codec::receipt::RESULT_CODES`], so `…050` is undeliverable, `…053` expires, `…054` is rejected, `…120` fails
//! once and is delivered at the next attempt, `…002` is slow, and `…999` ends in the state UNKNOWN. A text that begins
//! with `MO:` is answered: the rest comes back as a message from the destination to the source.

mod network;
mod outcome;

pub use network::{Sandbox, SandboxConfig};
pub use outcome::{Fate, Outcome};

//! What implementers of the engine's traits need to prove theirs: batteries and faulty machinery.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "these are tests that other crates run; they fail by panicking"
)]

mod battery;
mod faulty_io;

pub use battery::{QueueMaker, queue_battery};
pub use faulty_io::{Dice, FaultyIo};

//! Where subscribers are: who serves a number that no route claims.

mod state;
mod store;
mod table;

pub use store::{LocationChange, LocationStore, MemoryLocationStore};
pub use table::{LocationError, LocationOptions, Locations, Reach};

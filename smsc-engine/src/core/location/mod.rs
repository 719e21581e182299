//! stub
use crate::model::Timestamp;
use std::sync::Arc;
#[derive(Default)]
pub struct Locations;
impl Locations {
    pub fn serving(&self, _: &str, _: Timestamp) -> Option<Arc<str>> {
        None
    }
}
//! Where subscribers are: who serves a number that no route claims.

mod state;
mod store;
mod table;

pub use store::{LocationChange, LocationStore, MemoryLocationStore};
pub use table::{LocationError, LocationOptions, Locations, Reach};

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

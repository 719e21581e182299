//! Ids in every form a peer may write them, and what they stand for.

use std::collections::HashMap;
use std::string::String;
use std::vec::Vec;

use sms_codec::receipt::{IdNotation, decimal_to_hex, hex_to_decimal, plain_id};

/// What ids stand for. Letter case and leading zeros make no difference.
#[derive(Debug)]
pub(super) struct Index<T> {
    map: HashMap<String, Vec<T>>,
}

impl<T> Default for Index<T> {
    fn default() -> Self {
        Index { map: HashMap::new() }
    }
}

impl<T: Copy + PartialEq> Index<T> {
    pub(super) fn insert(&mut self, id: &str, value: T) {
        self.map.entry(plain_id(id)).or_default().push(value);
    }

    pub(super) fn remove(&mut self, id: &str, value: T) {
        let id = plain_id(id);
        if let Some(values) = self.map.get_mut(&id) {
            values.retain(|known| *known != value);
            if values.is_empty() {
                self.map.remove(&id);
            }
        }
    }

    /// Everything an id may stand for; who matches how well is not decided here.
    pub(super) fn find(&self, id: &str, notation: IdNotation) -> impl Iterator<Item = T> {
        let plain = plain_id(id);
        let crosses = notation != IdNotation::Same;
        let other = [decimal_to_hex(&plain).filter(|_| crosses), hex_to_decimal(&plain).filter(|_| crosses)];
        // A single digit below ten is the same in all forms: it must not come twice.
        let other = other.map(|form| form.filter(|form| *form != plain));
        let forms = [Some(plain)].into_iter().chain(other).flatten();
        let values: Vec<T> = forms.filter_map(|form| self.map.get(&form)).flatten().copied().collect();
        values.into_iter()
    }
}

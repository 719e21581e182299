//! What records do not tell.

use crate::model::{Cdr, Status};

/// What records and exports do not tell; by default they tell everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// Records of delivered messages have no text.
    pub delete_message_body_after_delivery: bool,
    /// Exports have no text.
    pub hide_message_body_in_export: bool,
}

impl Privacy {
    /// Takes the text out of a record that must not have it.
    #[must_use]
    pub fn apply(self, cdr: Cdr) -> Cdr {
        let secret = self.delete_message_body_after_delivery && cdr.status == Status::Delivered;
        Cdr { message_body: cdr.message_body.filter(|_| !secret), ..cdr }
    }
}

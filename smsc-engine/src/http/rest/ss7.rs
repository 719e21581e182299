//! Signalling events, kept for analysis.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use super::Rest;
use super::forms::forms;
use super::table::{Kept, collection};
use crate::model::{Ss7Event, Timestamp};

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    events::routes()
}

forms! {
    Ss7Event;
    /// An event of the signalling network.
    show Ss7Form;
    /// A new event of the signalling network.
    make NewSs7;
    /// What is to be changed of an event of the signalling network.
    change Ss7Change;
    shown {
        /// Its number.
        id: [u64],
        /// When the record was made.
        inserted_at: [Timestamp],
        /// When it was last changed.
        updated_at: [Timestamp],
    }
    required {
        /// What happened.
        #[schema(example = "MAP_UPDATE_LOCATION")]
        event_type: [String] max 255,
    }
    optional {
        /// The subscriber.
        #[schema(example = "001010000000001")]
        imsi: [Option<String>] max 64,
        /// The subscriber's number.
        #[schema(example = "+447700900000")]
        msisdn: [Option<String>] max 64,
        /// When it happened; the time of the call if a new one leaves it out.
        timestamp: [Timestamp],
    }
}

impl Kept for Ss7Event {
    type Form = Ss7Form;

    fn blank(now: Timestamp) -> Self {
        Ss7Event { timestamp: now, ..Ss7Event::default() }
    }
}

collection!(events at "/api/ss7_events" and "/api/ss7_events/{id}", tag "ss7", ss7 of Ss7Form, NewSs7, Ss7Change);

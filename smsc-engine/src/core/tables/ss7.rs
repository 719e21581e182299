//! The table of signalling events.

use super::stored::stored;
use crate::model::Ss7Event;
use crate::sql::{Migration, Step};

stored! {
    Ss7Event in "ss7_events", MIGRATIONS, updated_at {
        event_type = "event_type",
        imsi = "imsi",
        msisdn = "msisdn",
        // `timestamp` is a word of SQL.
        timestamp = "event_time",
        inserted_at = "inserted_at",
        updated_at = "updated_at",
    }
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "signalling events",
    steps: &[Step::All(
        "CREATE TABLE ss7_events (id {key}, event_type TEXT NOT NULL, imsi TEXT, msisdn TEXT, event_time {time} NOT NULL,
         inserted_at {time} NOT NULL, updated_at {time} NOT NULL) {table}",
    )],
}];

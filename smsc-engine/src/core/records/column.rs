//! The columns of a record, once for tables, CSV and JSON.

use crate::model::{Cdr, Timestamp};

/// The columns of a record as operators know them, in their order; tables have a key before and two times behind them.
pub const COLUMNS: [&str; 15] = [
    "message_id",
    "calling_number",
    "called_number",
    "source_smsc",
    "dest_smsc",
    "origin_node",
    "destination_node",
    "submission_time",
    "delivery_time",
    "expiry_time",
    "status",
    "delivery_attempts",
    "message_parts",
    "deadletter",
    "message_body",
];

/// The value of a column; where it can be missing, its type is known all the same.
pub(super) enum Field<'a> {
    Number(Option<u64>),
    Flag(bool),
    Text(Option<&'a str>),
    Time(Option<Timestamp>),
}

/// The values of a record in the order of [`COLUMNS`].
pub(super) fn fields(cdr: &Cdr) -> [Field<'_>; COLUMNS.len()] {
    [
        Field::Number(Some(cdr.message_id.0)),
        Field::Text(Some(&cdr.calling_number)),
        Field::Text(Some(&cdr.called_number)),
        Field::Text(cdr.source_smsc.as_deref()),
        Field::Text(cdr.dest_smsc.as_deref()),
        Field::Text(cdr.origin_node.as_deref()),
        Field::Text(cdr.destination_node.as_deref()),
        Field::Time(Some(cdr.submission_time)),
        Field::Time(cdr.delivery_time),
        Field::Time(cdr.expiry_time),
        Field::Text(Some(cdr.status.name())),
        Field::Number(Some(cdr.delivery_attempts.into())),
        Field::Number(cdr.message_parts.map(Into::into)),
        Field::Flag(cdr.deadletter),
        Field::Text(cdr.message_body.as_deref()),
    ]
}

//! The tables of records, as operators know them.

use crate::sql::{Dialect, Migration, Step};

/// The columns that the records and their archive have in common.
macro_rules! columns {
    () => {
        "message_id BIGINT NOT NULL,
         calling_number VARCHAR(255) NOT NULL,
         called_number VARCHAR(255) NOT NULL,
         source_smsc VARCHAR(255),
         dest_smsc VARCHAR(255),
         origin_node VARCHAR(255),
         destination_node VARCHAR(255),
         submission_time {time} NOT NULL,
         delivery_time {time},
         expiry_time {time},
         status VARCHAR(50) NOT NULL,
         delivery_attempts {int} DEFAULT 0,
         message_parts {int},
         deadletter BOOLEAN DEFAULT FALSE,
         message_body TEXT,
         inserted_at {time} NOT NULL,
         updated_at {time} NOT NULL"
    };
}

pub(super) const TABLES: &[Migration] = &[
    Migration {
        version: 1,
        name: "records",
        steps: &[
            Step::All(concat!("CREATE TABLE cdrs (id {key}, ", columns!(), ") {table}")),
            Step::All("CREATE INDEX idx_cdrs_message_id ON cdrs (message_id)"),
            Step::All("CREATE INDEX idx_cdrs_calling_number ON cdrs (calling_number)"),
            Step::All("CREATE INDEX idx_cdrs_called_number ON cdrs (called_number)"),
            Step::All("CREATE INDEX idx_cdrs_status ON cdrs (status)"),
            Step::All("CREATE INDEX idx_cdrs_submission_time ON cdrs (submission_time)"),
            Step::All("CREATE INDEX idx_cdrs_dest_smsc ON cdrs (dest_smsc)"),
            // Whoever writes records of a node holds its row: see `write`.
            Step::All("CREATE TABLE cdr_writers (node VARCHAR(255) NOT NULL PRIMARY KEY) {table}"),
        ],
    },
    Migration {
        version: 2,
        name: "archive",
        steps: &[
            Step::All(concat!("CREATE TABLE cdrs_archive (id BIGINT NOT NULL PRIMARY KEY, ", columns!(), ") {table}")),
            Step::All("CREATE INDEX idx_cdrs_archive_submission_time ON cdrs_archive (submission_time)"),
        ],
    },
    Migration {
        version: 3,
        name: "rates",
        steps: &[
            Step::All(
                "CREATE TABLE billing_rates (
                    id {short_key},
                    destination_prefix VARCHAR(20) NOT NULL,
                    description VARCHAR(255),
                    rate_per_message DECIMAL(10,6) NOT NULL,
                    rate_per_segment DECIMAL(10,6) NOT NULL,
                    currency VARCHAR(3) DEFAULT 'USD',
                    effective_date DATE NOT NULL,
                    expiry_date DATE
                ) {table}",
            ),
            Step::All("CREATE INDEX idx_prefix ON billing_rates (destination_prefix)"),
            Step::All("CREATE INDEX idx_dates ON billing_rates (effective_date, expiry_date)"),
        ],
    },
];

pub(super) const LARGE: &[Migration] = &[Migration {
    version: 1,
    name: "indexes for large tables",
    steps: &[
        Step::All("CREATE INDEX idx_cdrs_billing ON cdrs (calling_number, submission_time, status)"),
        Step::All("CREATE INDEX idx_cdrs_route_perf ON cdrs (dest_smsc, submission_time, status)"),
        Step::All("CREATE INDEX idx_cdrs_party_time ON cdrs (calling_number, called_number, submission_time)"),
        Step::Only(Dialect::MySql, "CREATE FULLTEXT INDEX idx_cdrs_message_body_ft ON cdrs (message_body)"),
    ],
}];

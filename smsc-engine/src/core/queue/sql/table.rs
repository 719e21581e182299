//! The tables of a queue.

use crate::sql::{Migration, Step};

pub(super) const MESSAGES: &str = "queue_messages";
pub(super) const OUTCOMES: &str = "queue_outcomes";
pub(super) const HANDINGS: &str = "queue_handings";
pub(super) const STATE: &str = "queue_state";

/// The row of `queue_state` with the first id that was never handed out.
pub(super) const NEXT_ID: &str = "next_id";

pub(super) const MESSAGE_COLUMNS: [&str; 11] =
    ["id", "version", "lane", "attempts", "due", "expires", "priority", "alike", "billed", "erased", "body"];
pub(super) const OUTCOME_COLUMNS: [&str; 7] = ["id", "state", "error", "attempts", "done", "lane", "recorded"];
pub(super) const HANDING_COLUMNS: [&str; 5] = ["id", "lane", "remote", "turn", "until"];

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "a queue",
    steps: &[
        // `version` tells bodies of one message apart; `alike` and `billed` repeat what the body says, so that a start
        // need not read it.
        Step::All(
            "CREATE TABLE queue_messages (id {id}, version BIGINT NOT NULL, lane TEXT NOT NULL, attempts BIGINT NOT NULL,
             due BIGINT NOT NULL, expires BIGINT NOT NULL, priority {int} NOT NULL, alike BIGINT NOT NULL,
             billed BOOLEAN NOT NULL, erased BOOLEAN NOT NULL, body {blob} NOT NULL) {table}",
        ),
        // `lane` is that of whoever delivered, or nothing.
        Step::All(
            "CREATE TABLE queue_outcomes (id {id}, state {int} NOT NULL, error BIGINT NOT NULL, attempts BIGINT NOT NULL,
             done BIGINT NOT NULL, lane TEXT, recorded BOOLEAN NOT NULL) {table}",
        ),
        Step::All(
            "CREATE TABLE queue_handings (id {id}, lane TEXT NOT NULL, remote {blob} NOT NULL, turn BIGINT NOT NULL,
             until BIGINT NOT NULL) {table}",
        ),
        Step::All("CREATE TABLE queue_state (name VARCHAR(32) PRIMARY KEY, value BIGINT NOT NULL) {table}"),
    ],
}];

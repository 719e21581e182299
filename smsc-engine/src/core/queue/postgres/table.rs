//! The tables of a shared queue.

use crate::sql::{Dialect, Migration, Step};

pub(super) const MESSAGES: &str = "shared_messages";
pub(super) const WORK: &str = "shared_work";
pub(super) const OUTCOMES: &str = "shared_outcomes";
pub(super) const HANDINGS: &str = "shared_handings";
pub(super) const COUNTS: &str = "shared_counts";
pub(super) const IDS: &str = "shared_ids";
pub(super) const NODES: &str = "shared_queue_nodes";
pub(super) const WRITERS: &str = "shared_queue_writers";

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "a shared queue",
    steps: &[
        // Bodies are written once; what changes all the time is in narrow rows elsewhere. `version` tells bodies of one
        // message apart.
        only("CREATE TABLE shared_messages (id BIGINT PRIMARY KEY, version INTEGER NOT NULL, body BYTEA NOT NULL)"),
        // A lease changes no indexed column, so with room on the page it writes no index: hence the fill factor.
        only(
            "CREATE TABLE shared_work (id BIGINT PRIMARY KEY, attempts BIGINT NOT NULL, due BIGINT NOT NULL,
             expires BIGINT NOT NULL, alike BIGINT NOT NULL, held_until BIGINT, version INTEGER NOT NULL, holder INTEGER,
             priority SMALLINT NOT NULL, billed BOOLEAN NOT NULL, lane TEXT COLLATE \"C\" NOT NULL) WITH (fillfactor = 60,
             autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0)",
        ),
        only("CREATE INDEX shared_work_due ON shared_work (lane, priority DESC, due, id)"),
        only("CREATE INDEX shared_work_expires ON shared_work (expires, id)"),
        only("CREATE INDEX shared_work_alike ON shared_work (alike, id)"),
        only(
            "CREATE TABLE shared_outcomes (id BIGINT PRIMARY KEY, attempts BIGINT NOT NULL, due BIGINT NOT NULL,
             expires BIGINT NOT NULL, alike BIGINT NOT NULL, error BIGINT NOT NULL, tries BIGINT NOT NULL,
             done BIGINT NOT NULL, version INTEGER NOT NULL, node INTEGER NOT NULL, state SMALLINT NOT NULL,
             priority SMALLINT NOT NULL, billed BOOLEAN NOT NULL, owed BOOLEAN NOT NULL, lane TEXT COLLATE \"C\" NOT NULL)",
        ),
        only("CREATE INDEX shared_outcomes_done ON shared_outcomes (done, id) WHERE NOT owed"),
        only("CREATE INDEX shared_outcomes_owed ON shared_outcomes (node, done, id) WHERE owed"),
        only(
            "CREATE TABLE shared_handings (id BIGINT PRIMARY KEY, turn BIGINT NOT NULL, lane TEXT COLLATE \"C\" NOT NULL,
             remote BYTEA NOT NULL)",
        ),
        only("CREATE INDEX shared_handings_remote ON shared_handings (remote, lane, turn)"),
        // The sum over all rows counts; every transaction adds rows of its own, and now and then they become one.
        only(
            "CREATE TABLE shared_counts (id BIGSERIAL PRIMARY KEY, pending BIGINT NOT NULL, leased BIGINT NOT NULL,
             delivered BIGINT NOT NULL, failed BIGINT NOT NULL, expired BIGINT NOT NULL, rejected BIGINT NOT NULL,
             owed BIGINT NOT NULL, lane TEXT COLLATE \"C\" NOT NULL)
             WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)",
        ),
        only("CREATE TABLE shared_ids (name VARCHAR(32) PRIMARY KEY, value BIGINT NOT NULL)"),
        only("INSERT INTO shared_ids (name, value) VALUES ('message', 1)"),
        // `session` counts the starts of a node, `seen` is when it was last alive by the database's clock.
        only(
            "CREATE TABLE shared_queue_nodes (number SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE,
             session BIGINT NOT NULL, seen BIGINT NOT NULL)",
        ),
        // The last transaction of each writing task: whoever lost the answer to a commit looks here.
        only(
            "CREATE TABLE shared_queue_writers (node INTEGER NOT NULL, writer INTEGER NOT NULL, last BIGINT NOT NULL,
             PRIMARY KEY (node, writer)) WITH (fillfactor = 10)",
        ),
    ],
}];

const fn only(definition: &'static str) -> Step {
    Step::Only(Dialect::Postgres, definition)
}

/// The database's clock in milliseconds.
pub(super) const CLOCK: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

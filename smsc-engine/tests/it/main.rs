//! Behaviour of the engine: queues, and a whole centre over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole crate is a test, its helpers too"
)]

#[cfg(feature = "centre")]
mod accounts;
#[cfg(feature = "dashboard")]
mod browser;
#[cfg(all(feature = "http", feature = "remote"))]
mod bulk;
mod carrier;
#[cfg(feature = "centre")]
mod centre;
#[cfg(feature = "charging")]
mod charging;
#[cfg(feature = "centre")]
mod cluster;
#[cfg(feature = "http")]
mod control;
mod core;
#[cfg(feature = "dashboard")]
mod dashboard;
#[cfg(feature = "http")]
mod day;
#[cfg(feature = "enum")]
mod dns_server;
#[cfg(feature = "enum")]
mod enum_lookup;
#[cfg(all(feature = "http", feature = "remote"))]
mod forms;
#[cfg(all(feature = "gateway", feature = "centre", unix))]
mod gateway;
#[cfg(feature = "gateway")]
mod gateway_dashboard;
mod journal_disk;
mod journal_format;
mod life;
mod location;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "http")]
mod metrics;
#[cfg(all(feature = "http", unix))]
mod ops;
#[cfg(feature = "sql")]
mod overlay;
mod partner;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod postgresql;
mod queue;
mod record_files;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod record_partitions;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod record_tables;
mod recorder;
mod records;
#[cfg(feature = "centre")]
mod refusals;
/// One rule for what is not installed, wherever it is tested with.
#[cfg(any(feature = "charging", feature = "enum", feature = "http", all(feature = "postgres", feature = "mysql")))]
#[path = "../../../smpp-session/tests/interop/require.rs"]
mod require;
#[cfg(feature = "http")]
mod rest;
#[cfg(feature = "http")]
mod rest_resources;
mod route;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod servers;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod shared_queue;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod sql;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod sql_events;
#[cfg(feature = "sql")]
mod sql_queue;
#[cfg(feature = "centre")]
mod support;
#[cfg(all(feature = "postgres", feature = "mysql"))]
mod tables;
#[cfg(feature = "dashboard")]
mod users;
#[cfg(feature = "centre")]
mod whole;

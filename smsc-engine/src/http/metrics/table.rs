//! Every family of figures, once.

/// Figures of one name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Family {
    /// What it is called.
    pub name: &'static str,
    /// What its numbers are.
    pub kind: Kind,
    /// The labels of its samples.
    pub labels: &'static [&'static str],
    /// What it means, for people.
    pub help: &'static str,
}

/// What numbers are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// They only grow.
    Counter,
    /// They are what they are at the moment.
    Gauge,
    /// They tell how many were at most each of these.
    Histogram(&'static [f64]),
}

impl Family {
    /// Returns the bounds of its buckets; none unless it is a histogram.
    pub(super) fn bounds(&self) -> &'static [f64] {
        match self.kind {
            Kind::Histogram(bounds) => bounds,
            Kind::Counter | Kind::Gauge => &[],
        }
    }

    /// Returns the names its samples have.
    pub fn series(&self) -> Vec<String> {
        match self.kind {
            Kind::Histogram(_) => ["_bucket", "_sum", "_count"].iter().map(|end| format!("{}{end}", self.name)).collect(),
            Kind::Counter | Kind::Gauge => vec![self.name.to_owned()],
        }
    }
}

impl Kind {
    /// Returns the word of the text format.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        }
    }
}

use Kind::{Counter, Gauge, Histogram};

/// Milliseconds of what ought to take a fraction of a second.
const SHORT: &[f64] =
    &[0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 5000.0, 10_000.0, 30_000.0, 60_000.0];
/// Milliseconds of what happens in memory.
const INSTANT: &[f64] = &[0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 10.0, 100.0, 1000.0];
/// Milliseconds of what may take a day.
const LONG: &[f64] = &[
    10.0,
    50.0,
    100.0,
    500.0,
    1000.0,
    5000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    900_000.0,
    3_600_000.0,
    14_400_000.0,
    86_400_000.0,
];
/// Those of `sql::BOUNDS`.
const DATABASE: &[f64] = &[0.1, 0.5, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 5000.0];
/// Those of `core::STEPS`.
const ATTEMPTS: &[f64] = &[1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0];

/// A list of families, and each of them under a name of its own.
macro_rules! families {
    ($(#[$doc:meta])* pub const $all:ident; $($id:ident = $name:literal $kind:expr, [$($label:literal),*], $help:literal;)*) => {
        $(pub(super) const $id: Family = Family { name: $name, kind: $kind, labels: &[$($label),*], help: $help };)*

        $(#[$doc])*
        pub const $all: &[Family] = &[$($id),*];
    };
}
/// Puts the families of binds behind the others of a list.
macro_rules! with_binds {
    ($($list:tt)*) => {
        families! {
            $($list)*
            STATUS = "smpp_connection_status" Gauge, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "1 while the bind is connected, 0 while it is not.";
            SENT = "smpp_messages_sent_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Messages sent on the bind and accepted by the peer.";
            MESSAGES_RECEIVED = "smpp_messages_received_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Messages and receipts received on the bind and taken by the core.";
            FAILURES = "smpp_delivery_failures_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Messages sent on the bind that the peer refused or did not answer.";
            BOUND = "smpp_bind_success_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Binds accepted.";
            BIND_REFUSED = "smpp_bind_failures_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Binds refused.";
            ATTEMPTED = "smpp_connection_attempts_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Connections tried.";
            DISCONNECTIONS = "smpp_disconnection_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Sessions that ended, wanted or not.";
            UPTIME = "smpp_uptime_seconds" Gauge, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Age of the connection; 0 without one.";
        }
    };
}
#[cfg(feature = "gateway")]
pub(super) use {families, with_binds};

with_binds! {
    /// Every family of a core.
    pub const FAMILIES;
    RECEIVED = "sms_c_message_received_count" Counter, ["source_smsc", "source_type"], "Messages accepted for processing.";
    PROCESSING = "sms_c_message_processing_stop_duration" Histogram(SHORT), [], "Milliseconds a submission took to be accepted, translated, routed and stored.";
    DUPLICATE = "sms_c_duplicate_count" Counter, [], "Repeats answered with the id of the first.";
    MATCHED = "sms_c_routing_route_matched_count" Counter, ["route_id", "dest_smsc", "priority"], "Messages claimed by each route; those of routes beyond the first thousand have the route_id other.";
    ROUTING_FAILED = "sms_c_routing_failed_count" Counter, [], "Messages that no route claims and whose recipient is served by nobody.";
    ROUTING = "sms_c_routing_stop_duration" Histogram(INSTANT), [], "Milliseconds the search for a route took.";
    ROUTES = "sms_c_routing_routes_size" Gauge, [], "Routes in the table, those that are switched off too.";
    DELIVERY_QUEUED = "sms_c_delivery_queued_count" Counter, ["dest_smsc"], "Messages put in the queue.";
    DELIVERY_ATTEMPTED = "sms_c_delivery_attempted_count" Counter, ["dest_smsc"], "Attempts reported by frontends.";
    DELIVERY_SUCCEEDED = "sms_c_delivery_succeeded_count" Counter, ["dest_smsc"], "Messages delivered.";
    DELIVERY_ATTEMPTS = "sms_c_delivery_succeeded_attempt_count" Histogram(ATTEMPTS), [], "Attempts each delivered message needed.";
    DELIVERY_TIME = "sms_c_delivery_succeeded_duration" Histogram(LONG), [], "Milliseconds from acceptance to delivery.";
    DELIVERY_FAILED = "sms_c_delivery_failed_count" Counter, [], "Messages that failed for good, were rejected or deleted.";
    DEAD_LETTER = "sms_c_delivery_dead_letter_count" Counter, [], "Messages whose deadline passed.";
    RECEIPT_DELIVERED = "sms_c_receipt_delivered_count" Counter, [], "Receipts delivered to their senders.";
    RECEIPT_FAILED = "sms_c_receipt_failed_count" Counter, [], "Receipts that came to another end.";
    SIZE = "sms_c_queue_size_size" Gauge, [], "Messages in the queue, those that ended and are not forgotten too.";
    PENDING = "sms_c_queue_size_pending" Gauge, [], "Messages in the queue that have no end yet.";
    LEASED = "sms_c_queue_size_leased" Gauge, [], "Pending messages that a frontend holds for delivery.";
    OLDEST = "sms_c_queue_oldest_message_age_seconds" Gauge, [], "Age of the pending message that was accepted first; 0 when there is none.";
    STORE_UP = "sms_c_store_up" Gauge, [], "1 while the queue takes messages.";
    CLUSTER = "sms_c_cluster_members" Gauge, ["state"], "Nodes of the cluster as this one sees them; nothing for a node that shares no database.";
    CLUSTER_WORKS = "sms_c_cluster_works" Gauge, [], "0 while this node accepts and hands out nothing because of its cluster.";
    FRONTENDS = "sms_c_frontend_status_count" Gauge, ["status"], "Frontends that are there and that were there.";
    FRONTENDS_LOST = "sms_c_frontend_lost_count" Gauge, [], "Frontends that went away within the last hour and are not back.";
    ENUM_TIME = "sms_c_enum_lookup_stop_duration" Histogram(SHORT), ["success"], "Milliseconds an ENUM look-up took.";
    ENUM_HIT = "sms_c_enum_cache_hit_count" Counter, [], "ENUM answers out of the cache.";
    ENUM_MISS = "sms_c_enum_cache_miss_count" Counter, [], "ENUM questions that had to be asked.";
    ENUM_SIZE = "sms_c_enum_cache_size_size" Gauge, [], "Numbers in the ENUM cache.";
    CHARGING_ATTEMPTED = "sms_c_charging_attempted_count" Counter, [], "Times charging was asked.";
    CHARGING_SUCCEEDED = "sms_c_charging_succeeded_duration" Histogram(SHORT), [], "Milliseconds a grant of charging took.";
    CHARGING_FAILED = "sms_c_charging_failed_count" Counter, [], "Times charging did not grant.";
    CHARGING_UP = "sms_c_charging_up" Gauge, [], "0 while charging is not asked because it failed too often.";
    POOL_QUEUE = "ecto_pools_queue_time" Histogram(DATABASE), ["database"], "Milliseconds waited for a database connection.";
    POOL_QUERY = "ecto_pools_query_time" Histogram(DATABASE), ["database"], "Milliseconds a database statement took.";
    POOL_CONNECTED = "ecto_pools_connected_count" Gauge, ["database"], "Open database connections.";
    UNRECORDED = "sms_c_records_unwritten_size" Gauge, [], "Ended messages whose record is not written.";
    RECORDS_UP = "sms_c_records_up" Gauge, [], "0 while records cannot be written.";
    BATCH_ENQUEUED = "sms_c_batch_enqueued_count" Counter, ["worker"], "What a batch worker took: messages or records.";
    BATCH_FLUSHED = "sms_c_batch_flushed_count" Counter, ["worker"], "What a batch worker has written.";
    BATCH_BATCHES = "sms_c_batch_flush_count" Counter, ["worker"], "Batches written.";
    BATCH_ERRORS = "sms_c_batch_flush_error_count" Counter, ["worker"], "Attempts to write a batch that failed.";
    BATCH_SIZE = "sms_c_batch_queue_size" Gauge, ["worker"], "What waits for its batch.";
    BATCH_LAST_COUNT = "sms_c_batch_last_flush_size" Gauge, ["worker"], "The size of the last batch.";
    BATCH_LAST_TIME = "sms_c_batch_last_flush_duration" Gauge, ["worker"], "Milliseconds the last batch took.";
    BATCH_LAST_AT = "sms_c_batch_last_flush_timestamp_seconds" Gauge, ["worker"], "When the last batch was written; 0 when there was none.";
    THROTTLED = "sms_c_account_denied_count" Counter, ["reason"], "Messages an account was not allowed to send: rate, day, month, source, destination, account.";
    API_REQUESTS = "sms_c_api_request_count" Counter, ["resource", "status"], "Requests to the API by resource and class of status.";
    API_TIME = "sms_c_api_request_stop_duration" Histogram(SHORT), ["resource"], "Milliseconds a request to the API took.";
    SMPP_SESSIONS = "sms_c_smpp_session_count" Gauge, ["system_id", "bind_type"], "SMPP sessions by account and bind; none for those not bound.";
    CERTIFICATE = "sms_c_certificate_expiry_seconds" Gauge, ["certificate"], "Seconds until a certificate in use expires; negative afterwards.";
    DISK_FREE = "sms_c_disk_free_bytes" Gauge, [], "Octets free on the disk of the queue.";
    DISK_SIZE = "sms_c_disk_size_bytes" Gauge, [], "Octets of the disk of the queue.";
    BUILD = "sms_c_build_info" Gauge, ["version"], "Always 1; the version of the program.";
    RESIDENT = "process_resident_memory_bytes" Gauge, [], "Octets of memory the process occupies.";
    OPEN_FILES = "process_open_fds" Gauge, [], "Open files and sockets.";
    MAX_FILES = "process_max_fds" Gauge, [], "Files and sockets that may be open.";
    CPU = "process_cpu_seconds_total" Counter, [], "Seconds of processor time used.";
    STARTED = "process_start_time_seconds" Gauge, [], "When the process started, in seconds since 1970.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_listed_once_with_a_sentence_of_help() {
        for (place, family) in FAMILIES.iter().enumerate() {
            assert!(FAMILIES.iter().skip(place + 1).all(|other| other.name != family.name), "{} twice", family.name);
            assert!(family.help.ends_with('.') && family.help.len() > 10, "{}", family.name);
            assert!(family.bounds().is_sorted(), "{}", family.name);
        }
    }

    #[test]
    fn bounds_are_those_of_whoever_counts() {
        let sql = crate::sql::BOUNDS.map(|bound| bound.as_micros() as f64 / 1000.0);
        assert_eq!(DATABASE, sql);
        assert_eq!(ATTEMPTS, crate::core::STEPS.map(f64::from));
    }
}

//! How messages are tried, and how long things are remembered.

use crate::core::Unrouted;

settings! {
    /// How long messages are tried, and how long things are remembered.
    Lifecycle {
        /// Minutes after which a message without a validity period expires.
        dead_letter_time_minutes: u32 = 1_440, in 1..=525_600;
        /// Attempts after which a message fails; 0 tries until it expires.
        max_delivery_attempts: u32 = 0, in 0..=1_000_000;
        /// Minutes a retry waits, doubled for each attempt made so far and at most 24 hours: 2, 4, 8 … for 1.
        retry_base_minutes: u32 = 1, in 1..=1_440;
        /// Seconds an answer in transaction mode may take.
        transaction_seconds: u32 = 10, in 1..=3_600;
        /// What becomes of a message that no route claims: "keep" or "reject".
        unrouted_policy: Unrouted = Unrouted::Keep;
        /// Minutes a message is remembered so that a repeat is known; 0 knows no repeats.
        fingerprint_ttl_minutes: u32 = 5, in 0..=1_440;
        /// Submitters whose messages may repeat; at first the account for trying things out.
        may_repeat: Vec<String> = vec!["test".into()], in 0..=100_000;
        /// Minutes between looks at events and registrations that can be forgotten.
        cleanup_interval_minutes: u32 = 10, in 1..=1_440;
        /// Minutes between looks at messages that ended long ago.
        retention_check_interval_minutes: u32 = 60, in 1..=10_080;
        /// Hours a message can be asked for after its end.
        message_retention_hours: u32 = 24, in 0..=8_760;
        /// Days the history of a message is kept.
        event_ttl_days: u32 = 7, in 1..=3_650;
        /// Whether the text of a message is forgotten when it is delivered.
        delete_message_body_after_delivery: bool = false;
        /// Whether the dashboard shows no texts.
        hide_message_body_in_ui: bool = false;
        /// Whether exports have no texts.
        hide_message_body_in_export: bool = false;
    }

    /// Submissions that nobody waits for.
    Batch {
        /// Messages that are handed on without waiting for more.
        batch_insert_batch_size: u32 = 100, in 1..=4_000;
        /// Milliseconds a message waits for others.
        batch_insert_flush_interval_ms: u32 = 100, in 1..=60_000;
        /// Messages that may wait; more are refused.
        capacity: u32 = 20_000, in 1..=10_000_000;
        /// Octets of text that may wait.
        capacity_octets: u64 = 33_554_432, in 1_024..=17_179_869_184;
    }
}

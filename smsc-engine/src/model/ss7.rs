//! What signalling told, kept for analysis.

use super::Timestamp;

/// One event of the signalling network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ss7Event {
    /// Its number; 0 until the table gives it one.
    pub id: u64,
    /// What happened, such as `MAP_UPDATE_LOCATION`.
    pub event_type: String,
    /// The subscriber.
    pub imsi: Option<String>,
    /// The subscriber's number.
    pub msisdn: Option<String>,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When the record was made.
    pub inserted_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

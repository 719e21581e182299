//! How a message stands and how it can end.

use super::Timestamp;

/// The five words of the product for the state of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "json", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub enum Status {
    /// Accepted and waiting, or waiting for its next attempt.
    Pending,
    /// Delivered to its destination.
    Delivered,
    /// Given up for good, or taken back by its sender.
    Failed,
    /// Its deadline passed.
    Expired,
    /// Refused by a rule, by validation or by charging.
    Rejected,
}

impl Status {
    /// All five, in the order of the documents.
    pub const ALL: [Status; 5] = [Status::Pending, Status::Delivered, Status::Failed, Status::Expired, Status::Rejected];

    /// Returns the word used in the API and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Delivered => "delivered",
            Status::Failed => "failed",
            Status::Expired => "expired",
            Status::Rejected => "rejected",
        }
    }

    /// Finds the status with this word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The end of a message, finer than [`Status`]: SMPP tells a deleted message from a failed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FinalState {
    /// Delivered to its destination.
    Delivered,
    /// Its deadline passed.
    Expired,
    /// Cancelled by its sender or deleted by the operator.
    Deleted,
    /// Given up for good.
    Undeliverable,
    /// Refused by a rule, by validation or by charging.
    Rejected,
    /// Nobody knows, and nothing more will be heard.
    Unknown,
}

impl FinalState {
    /// Every end there is.
    pub const ALL: [FinalState; 6] = [
        FinalState::Delivered,
        FinalState::Expired,
        FinalState::Deleted,
        FinalState::Undeliverable,
        FinalState::Rejected,
        FinalState::Unknown,
    ];

    /// Returns the product's word for it; a deleted message counts as failed.
    pub const fn status(self) -> Status {
        match self {
            FinalState::Delivered => Status::Delivered,
            FinalState::Expired => Status::Expired,
            FinalState::Deleted | FinalState::Undeliverable | FinalState::Unknown => Status::Failed,
            FinalState::Rejected => Status::Rejected,
        }
    }

    /// Tells whether the recipient was not there, and was not refused either: then a sender may wait for an alert.
    pub const fn is_out_of_reach(self) -> bool {
        matches!(self, FinalState::Expired | FinalState::Undeliverable)
    }

    /// Returns the value of SMPP's `message_state`.
    pub const fn message_state(self) -> u8 {
        match self {
            FinalState::Delivered => 2,
            FinalState::Expired => 3,
            FinalState::Deleted => 4,
            FinalState::Undeliverable => 5,
            FinalState::Unknown => 7,
            FinalState::Rejected => 8,
        }
    }

    /// Finds the end with this `message_state`; `None` for states that are not final.
    pub fn from_message_state(value: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.message_state() == value)
    }
}

/// How a message ended, when and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What became of it.
    pub state: FinalState,
    /// Why: the last error reported by whoever tried to deliver it, 0 for none.
    pub error: u32,
    /// How many attempts were made, the last one included.
    pub attempts: u32,
    /// When it ended.
    pub done: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read_back() {
        for (place, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, place, "tables go by it");
            assert_eq!(Status::from_name(status.name()), Some(status));
        }
        for state in FinalState::ALL {
            assert_eq!(FinalState::from_message_state(state.message_state()), Some(state));
            assert_ne!(state.status(), Status::Pending);
        }
        assert_eq!(Status::from_name("deleted"), None);
        // ENROUTE and ACCEPTED are no ends.
        for value in [0, 1, 6, 9, 255] {
            assert_eq!(FinalState::from_message_state(value), None);
        }
    }
}

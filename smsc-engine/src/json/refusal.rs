//! Why a core refuses, in words that programs read.

use serde::{Deserialize, Serialize};

use crate::api::Refusal;
use crate::model::FinalState;

/// Why a message was refused, for programs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
pub(crate) struct RefusalForm {
    /// The reason: `queue_full`, `no_route`, `too_large`, `expired`, `unknown`, `too_late`, `denied`, `not_charged`,
    /// `undelivered`, `duplicate`, `busy` or `broken`.
    #[cfg_attr(feature = "http", schema(example = "no_route"))]
    reason: String,
    /// The SMPP `command_status` of what a rule denies, or the network's error of what could not be delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    /// How what could not be delivered ended, as SMPP `message_state`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_state: Option<u8>,
}

impl RefusalForm {
    /// Finds the refusal; `None` if it is one that only later cores know.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        match self.reason.as_str() {
            DENIED => self.code.map(Refusal::Denied),
            UNDELIVERED => {
                let state = FinalState::from_message_state(self.message_state?)?;
                Some(Refusal::Undelivered(state, self.code.unwrap_or_default()))
            }
            reason => PLAIN.iter().find(|(word, _)| *word == reason).map(|(_, refusal)| *refusal),
        }
    }
}

impl From<Refusal> for RefusalForm {
    fn from(refusal: Refusal) -> Self {
        let (reason, code, message_state) = match refusal {
            Refusal::Denied(status) => (DENIED, Some(status), None),
            Refusal::Undelivered(state, error) => (UNDELIVERED, Some(error), Some(state.message_state())),
            plain => (PLAIN.iter().find(|(_, known)| *known == plain).map_or("broken", |(word, _)| word), None, None),
        };
        RefusalForm { reason: reason.to_owned(), code, message_state }
    }
}

const DENIED: &str = "denied";
const UNDELIVERED: &str = "undelivered";
/// Those that say all there is to say.
const PLAIN: [(&str, Refusal); 10] = [
    ("queue_full", Refusal::QueueFull),
    ("no_route", Refusal::NoRoute),
    ("too_large", Refusal::TooLarge),
    ("expired", Refusal::Expired),
    ("unknown", Refusal::Unknown),
    ("too_late", Refusal::TooLate),
    ("not_charged", Refusal::NotCharged),
    ("duplicate", Refusal::Duplicate),
    ("busy", Refusal::Busy),
    ("broken", Refusal::Broken),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_read_back_from_its_json() {
        let special = [Refusal::Denied(0x58), Refusal::Undelivered(FinalState::Rejected, 7)];
        for refusal in PLAIN.into_iter().map(|(_, refusal)| refusal).chain(special) {
            let json = serde_json::to_string(&RefusalForm::from(refusal)).unwrap();
            let read: RefusalForm = serde_json::from_str(&json).unwrap();
            assert_eq!(read.refusal(), Some(refusal), "{json}");
        }
        assert_eq!(RefusalForm { reason: "weather".into(), ..RefusalForm::default() }.refusal(), None);
    }
}

//! What is handed in, and what is said to it.

use super::error::WireError;
use super::value::{Wire, codes, fields};
use crate::api::{Accepted, Mode, Refusal, Submission};
use crate::model::{FormFault, SourceType};

/// What became of a submission that was not decided at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Late {
    /// Its place in the request.
    pub(crate) place: usize,
    /// What the core decided.
    pub(crate) decided: Result<Accepted, Refusal>,
}

fields! {
    Submission { message more replace_if_present mode source_type }
    Accepted { id duplicate refused }
    Late { place decided }
}

codes! {
    Mode { StoreAndForward = 0 Datagram = 1 Transaction = 2 }
    SourceType { Ims = 0 Cs = 1 Smpp = 2 }
}

impl Wire for Refusal {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(match self {
            Refusal::QueueFull => 1,
            Refusal::NoRoute => 2,
            Refusal::TooLarge => 3,
            Refusal::Expired => 4,
            Refusal::Unknown => 5,
            Refusal::TooLate => 6,
            Refusal::Denied(_) => 7,
            Refusal::NotCharged => 8,
            Refusal::Undelivered(..) => 9,
            Refusal::Duplicate => 10,
            Refusal::Busy => 11,
            Refusal::Broken => 12,
            Refusal::Away => 13,
        });
        match self {
            Refusal::Denied(status) => status.put(out),
            Refusal::Undelivered(state, error) => {
                state.put(out);
                error.put(out);
            }
            _ => {}
        }
    }

    fn take(rest: &mut &[u8]) -> Result<Self, WireError> {
        Ok(match u8::take(rest)? {
            1 => Refusal::QueueFull,
            2 => Refusal::NoRoute,
            3 => Refusal::TooLarge,
            4 => Refusal::Expired,
            5 => Refusal::Unknown,
            6 => Refusal::TooLate,
            7 => Refusal::Denied(Wire::take(rest)?),
            8 => Refusal::NotCharged,
            9 => Refusal::Undelivered(Wire::take(rest)?, Wire::take(rest)?),
            10 => Refusal::Duplicate,
            11 => Refusal::Busy,
            12 => Refusal::Broken,
            13 => Refusal::Away,
            _ => return Err(WireError::from(FormFault::Value).named("refusal")),
        })
    }
}

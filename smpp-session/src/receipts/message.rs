//! One message that waits for receipts, and what is told about it.

use std::borrow::ToOwned;
use std::string::String;
use std::vec::Vec;

use sms_codec::receipt::{MessageState, NetworkError, Report};

use crate::Time;

/// What a receipt says about one part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Fate {
    /// The state; none is unknown and never means delivered.
    pub state: Option<MessageState>,
    /// True if no further receipt is to be expected.
    pub is_final: bool,
    /// The error of a network.
    pub network_error: Option<NetworkError>,
    /// The error in the text, as sent, if it is no longer than 32 octets.
    pub err: Option<String>,
}

impl Fate {
    pub(super) fn of(report: &Report<'_>, is_final: bool) -> Self {
        let err = report.receipt.err.filter(|err| err.len() <= LONGEST_ERR).map(ToOwned::to_owned);
        Fate { state: report.state, is_final, network_error: report.network_error, err }
    }
}

/// Something new about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Update<K> {
    /// The caller's name for the message.
    pub key: K,
    /// Which part the news is about, from 0; none if the wait is over.
    pub part: Option<usize>,
    /// The news.
    pub fate: Fate,
    /// How the whole message stands.
    pub whole: Whole,
}

/// How a message of several parts stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Whole {
    /// Some part has no last word yet.
    Waiting,
    /// All parts were delivered.
    Delivered,
    /// All parts have their last word, and at least one was not delivered.
    Failed,
    /// The wait is over, and some part never got its last word.
    Expired,
}

/// What a receipt changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Settled {
    Nothing,
    Part,
    Whole,
}

#[derive(Debug)]
pub(super) struct Message<K> {
    key: K,
    parts: Vec<Part>,
    /// When it is given up or forgotten.
    pub(super) deadline: Time,
    whole: Whole,
}

#[derive(Debug)]
struct Part {
    id: String,
    fate: Fate,
}

impl<K: Clone> Message<K> {
    pub(super) fn new(key: K, ids: Vec<String>, deadline: Time) -> Self {
        let parts = ids.into_iter().map(|id| Part { id, fate: Fate::default() }).collect();
        Message { key, parts, deadline, whole: Whole::Waiting }
    }

    /// A receipt for one part. After the last word there is no other.
    pub(super) fn settle(&mut self, part: usize, fate: &Fate) -> Settled {
        let Some(part) = self.parts.get_mut(part).filter(|part| !part.fate.is_final) else { return Settled::Nothing };
        if !fate.is_final && part.fate == *fate {
            return Settled::Nothing;
        }
        part.fate = fate.clone();
        if self.parts.iter().any(|part| !part.fate.is_final) {
            return Settled::Part;
        }
        let delivered = |part: &Part| part.fate.state == Some(MessageState::Delivered);
        self.whole = if self.parts.iter().all(delivered) { Whole::Delivered } else { Whole::Failed };
        Settled::Whole
    }

    /// The wait is over; true if there was still something to wait for.
    pub(super) fn give_up(&mut self) -> bool {
        let waits = self.whole == Whole::Waiting;
        if waits {
            self.whole = Whole::Expired;
        }
        waits
    }

    pub(super) fn update(&self, part: Option<usize>, fate: Fate) -> Update<K> {
        Update { key: self.key.clone(), part, fate, whole: self.whole }
    }

    pub(super) fn is_over(&self) -> bool {
        self.whole != Whole::Waiting
    }

    pub(super) fn is_final(&self, part: usize) -> bool {
        self.parts.get(part).is_some_and(|part| part.fate.is_final)
    }

    pub(super) fn id(&self, part: usize) -> Option<&str> {
        self.parts.get(part).map(|part| part.id.as_str())
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|part| part.id.as_str())
    }
}

// Enough for every code seen; what is longer is text.
const LONGEST_ERR: usize = 32;

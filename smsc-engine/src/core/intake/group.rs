//! Several destinations of one text, answered as one.

use super::begin::Begun;
use crate::api::{Accepted, Refusal};
use crate::model::MessageId;

/// One of several destinations.
pub(super) enum Member {
    Begun(Begun),
    /// It needs no further look.
    Decided(Result<MessageId, Refusal>),
}

/// What waits and what was decided.
pub(super) struct Group {
    waiting: std::vec::IntoIter<Member>,
    named: Option<MessageId>,
    refused: Vec<(usize, Refusal)>,
    decided: usize,
}

impl Group {
    pub(super) fn of(members: Vec<Member>) -> Group {
        Group { waiting: members.into_iter(), named: None, refused: Vec::new(), decided: 0 }
    }

    /// What has not been decided.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Begun> {
        self.waiting.as_slice().iter().filter_map(|member| match member {
            Member::Begun(begun) => Some(begun),
            Member::Decided(_) => None,
        })
    }

    /// Takes the next one out; it bears the name of the first that was accepted.
    pub(super) fn next(&mut self) -> Option<Member> {
        let mut next = self.waiting.next()?;
        if let Member::Begun(begun) = &mut next {
            begun.message.about = self.named;
        }
        Some(next)
    }

    /// Notes what became of it.
    pub(super) fn take(&mut self, placed: Result<MessageId, Refusal>) {
        match placed {
            Ok(id) => self.named = self.named.or(Some(id)),
            Err(refusal) => self.refused.push((self.decided, refusal)),
        }
        self.decided += 1;
    }

    /// Accepted if one of them was.
    pub(super) fn answer(self) -> Result<Accepted, Refusal> {
        match (self.named, self.refused.first()) {
            (Some(id), _) => Ok(Accepted { id, duplicate: false, refused: self.refused }),
            (None, Some((_, refusal))) => Err(*refusal),
            (None, None) => Err(Refusal::Broken),
        }
    }
}

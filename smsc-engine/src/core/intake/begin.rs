//! The first steps of a message, which need nobody outside.

use std::sync::Arc;

use super::super::dedup::{Claim, Fingerprint, Meeting};
use super::super::inner::Inner;
use super::super::lifecycle;
use crate::api::{Accepted, Answer, Refusal};
use crate::model::{EventName, Kind, Message, MessageId, SourceType, Timestamp};

/// A message that is complete and whose numbers are translated.
pub(in super::super) struct Begun {
    pub(super) message: Message,
    pub(super) source_type: Option<SourceType>,
    /// Remembers it as accepted, once it is.
    pub(super) claim: Option<Claim>,
    /// What translation did, for people.
    pub(super) translated: Option<String>,
}

/// Why a message goes no further.
pub(super) enum Known {
    Refused(Refusal),
    /// It was accepted before.
    Again(MessageId),
    /// The same message is being accepted right now.
    Soon(Fingerprint),
}

impl Known {
    /// For one of several destinations: a repeat among them is no message of its own.
    pub(super) fn decided(self) -> Result<MessageId, Refusal> {
        match self {
            Known::Refused(refusal) => Err(refusal),
            Known::Again(id) => Ok(id),
            Known::Soon(_) => Err(Refusal::Duplicate),
        }
    }
}

impl Inner {
    /// Completes a message, shows it to the hooks, translates its numbers and asks whether it is a repeat.
    pub(super) fn begin(&self, message: Message, source_type: Option<SourceType>, now: Timestamp) -> Result<Begun, Known> {
        let mut begun = self.complete(message, source_type, now).map_err(Known::Refused)?;
        begun.claim = self.meet(&begun.message, now)?;
        Ok(begun)
    }

    /// The same for a message that may repeat.
    pub(super) fn complete(
        &self,
        mut message: Message,
        source_type: Option<SourceType>,
        now: Timestamp,
    ) -> Result<Begun, Refusal> {
        message.id = self.queue.next_id();
        self.mark_origin(&mut message);
        lifecycle::accept(&mut message, now, &self.policy())?;
        for hook in &self.hooks {
            hook.incoming(&mut message)?;
        }
        let translated = self.translate(&mut message);
        self.meters.note_received(&message, source_type);
        Ok(Begun { message, source_type, claim: None, translated })
    }

    /// Where several nodes deliver, a message says which one accepted it.
    pub(super) fn mark_origin(&self, message: &mut Message) {
        if let Some(origin) = &self.origin {
            message.extra_mut().origin = origin.clone();
        }
    }

    /// Asks whether the message came before.
    fn meet(&self, message: &Message, now: Timestamp) -> Result<Option<Claim>, Known> {
        let Some(fingerprints) = &self.fingerprints else { return Ok(None) };
        if message.kind != Kind::Mt || self.may_repeat.contains(message.account.as_str()) {
            return Ok(None);
        }
        match fingerprints.meet(message, now) {
            Meeting::New(claim) => Ok(Some(claim)),
            Meeting::Again(id) => Err(Known::Again(id)),
            Meeting::Soon(print) => Err(Known::Soon(print)),
        }
    }

    /// Answers a message that goes no further.
    pub(super) fn answer_known(self: &Arc<Self>, known: Known) -> Answer {
        match known {
            Known::Refused(refusal) => Answer::Now(Err(refusal)),
            Known::Again(id) => Answer::Now(Ok(self.repeated(id))),
            Known::Soon(print) => {
                let inner = Arc::clone(self);
                Answer::Later(Box::pin(async move {
                    let fingerprints = inner.fingerprints.as_ref().ok_or(Refusal::Broken)?;
                    // If the first was not accepted, this one may come again.
                    let id = fingerprints.decided(print).await.ok_or(Refusal::Busy)?;
                    Ok(inner.repeated(id))
                }))
            }
        }
    }

    pub(super) fn repeated(&self, id: MessageId) -> Accepted {
        self.meters.duplicates.add(1);
        self.note(id, EventName::DuplicateDetected, "the same message came again");
        Accepted { duplicate: true, ..Accepted::from(id) }
    }
}

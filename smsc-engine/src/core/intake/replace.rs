//! Submissions that take the place of a waiting message.

use std::sync::Arc;

use super::super::inner::Inner;
use super::super::queue::{Change, Like};
use super::super::refusal::refusal;
use super::begin::Known;
use super::group::{Group, Member};
use super::run::Run;
use super::way::End;
use crate::api::{Accepted, Answer, Refusal, Submission};
use crate::model::{Message, MessageId, Timestamp};

impl Inner {
    /// Replaces the newest waiting message that stands for the same, or accepts this one like any other.
    pub(super) async fn accept_or_replace(self: &Arc<Self>, submission: Submission) -> Result<Accepted, Refusal> {
        let now = self.now();
        let begun = match self.begin(submission.message, submission.source_type, now) {
            Ok(begun) => begun,
            Err(Known::Refused(refusal)) => return Err(refusal),
            Err(known) => return self.answer_known(known).wait().await,
        };
        let found = self.find(&begun, None);
        if let Some(replaced) = self.replace_present(&begun.message, found.end, now).await {
            self.count_match(found.route);
            // It is not remembered: the next repeat of it is another replacement.
            return replaced.map(Accepted::from);
        }
        let mut run = Run::new(1, self.now());
        let answer = match self.way_at_once(&begun) {
            Some(way) => Answer::Now(self.place(&mut run, begun, way).map(Accepted::from)),
            None => self.later(Group::of(vec![Member::Begun(begun)])),
        };
        run.answer(answer);
        self.finish(&mut run).await;
        match run.into_answers().pop() {
            Some(answer) => answer.wait().await,
            None => Err(Refusal::Broken),
        }
    }

    /// `None` if there is nothing left to replace.
    async fn replace_present(&self, message: &Message, end: End, now: Timestamp) -> Option<Result<MessageId, Refusal>> {
        let like = Like {
            account: message.account.clone(),
            source: message.source.clone(),
            destination: message.destination.clone(),
            service_type: Some(message.service_type.clone()),
        };
        let found = match self.queue.find(&like, 1).await {
            Ok(found) => found.into_iter().next()?,
            Err(error) => return Some(Err(refusal(&error))),
        };
        let id = found.message.id;
        let lane = match end {
            End::Deliver(lane) | End::Wait(lane) => lane,
            // What would not be delivered does not take the place of what would.
            End::Drop | End::Reply { .. } | End::Refuse(_) => return None,
        };
        let message = Box::new(Message { id, lane, ..message.clone() });
        match self.change(Change::Replace { message, now }).await {
            Ok(()) => Some(Ok(id)),
            // It went out meanwhile: the new one is a message of its own.
            Err(Refusal::TooLate) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

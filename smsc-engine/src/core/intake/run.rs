//! What one write to the queue carries, and the answers that depend on it.

use std::sync::atomic::Ordering;

use super::super::dedup::Claim;
use super::super::inner::Inner;
use super::super::lifecycle;
use super::super::meters::by_lane;
use super::super::queue::QueueError;
use super::super::refusal::refusal;
use crate::api::{Accepted, Answer, Refusal};
use crate::model::{Event, FinalState, Message, MessageId, Timestamp};

/// Messages that are about to be written together.
pub(super) struct Run {
    /// The present of the whole batch.
    pub(super) now: Timestamp,
    pub(super) messages: Vec<Message>,
    /// Messages that end as soon as they are accepted.
    pub(super) endings: Vec<(Message, FinalState)>,
    /// Remember them as accepted, once they are.
    pub(super) claims: Vec<Claim>,
    pub(super) events: Vec<Event>,
    /// Messages nobody can deliver at the moment.
    pub(super) unrouted: Vec<Message>,
    answers: Vec<Answer>,
    /// Answers from here on depend on the next write.
    open: usize,
}

impl Run {
    pub(super) fn new(submissions: usize, now: Timestamp) -> Run {
        Run {
            now,
            messages: Vec::with_capacity(submissions),
            endings: Vec::new(),
            claims: Vec::new(),
            events: Vec::new(),
            unrouted: Vec::new(),
            answers: Vec::with_capacity(submissions),
            open: 0,
        }
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        self.answers.push(answer);
    }

    pub(super) fn into_answers(self) -> Vec<Answer> {
        self.answers
    }

    /// Answers otherwise whoever was to hear that this message is accepted.
    pub(super) fn replace_answer(&mut self, id: MessageId, other: Result<Accepted, Refusal>) {
        for answer in self.answers.iter_mut().skip(self.open) {
            if matches!(answer, Answer::Now(Ok(accepted)) if accepted.id == id) {
                *answer = Answer::Now(other);
                return;
            }
        }
    }

    fn fail(&mut self, refusal: Refusal) {
        for answer in self.answers.iter_mut().skip(self.open) {
            if let Answer::Now(Ok(_)) = answer {
                *answer = Answer::Now(Err(refusal));
            }
        }
    }
}

impl Inner {
    /// Writes what the run carries; its answers are true from then on.
    pub(super) async fn finish(&self, run: &mut Run) {
        let noted = self.meet_elsewhere(run).await;
        let messages = std::mem::take(&mut run.messages);
        let lanes = by_lane(messages.iter());
        let written = if messages.is_empty() { Ok(()) } else { self.queue.append(messages).await };
        match written {
            Ok(()) => {
                self.is_tight.store(false, Ordering::Relaxed);
                self.meters.note_queued(&lanes);
                self.accepted(run).await;
            }
            Err(error) => {
                self.is_tight.fetch_or(error == QueueError::NoRoom, Ordering::Relaxed);
                run.fail(refusal(&error));
                run.endings.clear();
                run.unrouted.clear();
                run.events.clear();
                // Whoever was refused may come again.
                run.claims.clear();
                self.forget_elsewhere(noted, &error).await;
            }
        }
        run.open = run.answers.len();
    }

    async fn accepted(&self, run: &mut Run) {
        if let (Some(fingerprints), false) = (&self.fingerprints, run.claims.is_empty()) {
            fingerprints.keep(std::mem::take(&mut run.claims));
        }
        self.write_events(std::mem::take(&mut run.events));
        let endings = std::mem::take(&mut run.endings);
        if !endings.is_empty() {
            let settle = |(message, state): &(Message, FinalState)| {
                lifecycle::settle(message, (*state, 0), run.now, || self.queue.next_id())
            };
            let changes = endings.iter().map(settle).collect();
            self.settle(changes, endings.into_iter().map(|(message, _)| message).collect()).await;
        }
        if !run.unrouted.is_empty() {
            self.await_location(std::mem::take(&mut run.unrouted)).await;
        }
    }
}

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
    answers: Vec<Taken>,
    /// Answers from here on depend on the next write.
    open: usize,
    /// Whether whoever asks wants to see what is kept.
    shows: bool,
    /// What was placed last.
    placed: Option<Box<Message>>,
}

/// What became of one submission.
pub(in super::super) struct Taken {
    pub(in super::super) answer: Answer,
    /// The message as it is kept; `None` if that takes a look.
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "only the REST API shows what it takes"))]
    pub(in super::super) message: Option<Box<Message>>,
}

impl From<Answer> for Taken {
    fn from(answer: Answer) -> Taken {
        Taken { answer, message: None }
    }
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
            shows: false,
            placed: None,
        }
    }

    /// Answers with what is kept, too.
    pub(super) fn showing(self) -> Run {
        Run { shows: true, ..self }
    }

    /// Adds a message that waits from now on.
    pub(super) fn keep(&mut self, message: Message) {
        self.placed = self.shows.then(|| Box::new(message.clone()));
        self.messages.push(message);
    }

    pub(super) fn answer(&mut self, answer: Answer) {
        let named = if let Answer::Now(Ok(accepted)) = &answer { Some(accepted.id) } else { None };
        let message = self.placed.take().filter(|message| Some(message.id) == named);
        self.answers.push(Taken { answer, message });
    }

    pub(super) fn into_answers(self) -> Vec<Answer> {
        self.answers.into_iter().map(|taken| taken.answer).collect()
    }

    pub(super) fn into_taken(self) -> Vec<Taken> {
        self.answers
    }

    /// How many submissions wait for nobody outside.
    pub(super) fn decided(&self) -> usize {
        self.answers.iter().filter(|taken| matches!(taken.answer, Answer::Now(_))).count()
    }

    /// Answers otherwise whoever was to hear that this message is accepted.
    pub(super) fn replace_answer(&mut self, id: MessageId, other: Result<Accepted, Refusal>) {
        for taken in self.answers.iter_mut().skip(self.open) {
            if matches!(&taken.answer, Answer::Now(Ok(accepted)) if accepted.id == id) {
                *taken = Answer::Now(other).into();
                return;
            }
        }
    }

    fn fail(&mut self, refusal: Refusal) {
        for taken in self.answers.iter_mut().skip(self.open) {
            if let Answer::Now(Ok(_)) = taken.answer {
                *taken = Answer::Now(Err(refusal)).into();
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

//! Messages that callers hand in one by one are accepted together.
//!
//! Whoever finds nobody waiting starts a task, which looks once at what has come when all who can run now have run.
//! So the busier the callers are, the larger the batches, without a timer: one write, and one wake-up from it, for all.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::super::inner::Inner;
use super::super::intake::Taken;
use crate::api::{Answer, Refusal, Submission};

/// Submissions that the next batch takes, and who waits for their answers.
#[derive(Default)]
pub(crate) struct Gathering {
    waiting: Mutex<Vec<(Submission, oneshot::Sender<Taken>)>>,
}

impl Gathering {
    /// Adds one and tells whether it is the first.
    fn add(&self, submission: Submission, answer: oneshot::Sender<Taken>) -> bool {
        let mut waiting = self.lock();
        waiting.push((submission, answer));
        waiting.len() == 1
    }

    /// Takes a batch out, the oldest first.
    fn take(&self) -> (Vec<Submission>, Vec<oneshot::Sender<Taken>>) {
        let mut waiting = self.lock();
        let count = waiting.len().min(MOST_AT_ONCE);
        waiting.drain(..count).unzip()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Submission, oneshot::Sender<Taken>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Accepts one message along with those that come at the same time.
    pub(super) async fn accept_one(self: &Arc<Self>, submission: Submission) -> Taken {
        if octets(&submission) > MOST_OCTETS {
            // It alone decides whether it is too much.
            return self.accept_and_show(vec![submission]).await.pop().unwrap_or_else(|| BROKEN.into());
        }
        let (sender, answer) = oneshot::channel();
        if self.gathering.add(submission, sender) {
            // A task of its own: the caller may go away, the others may not.
            tokio::spawn(Arc::clone(self).accept_gathered());
        }
        answer.await.unwrap_or_else(|_| BROKEN.into())
    }

    async fn accept_gathered(self: Arc<Self>) {
        tokio::task::yield_now().await;
        // If there are more than one batch holds, nobody else looks after the rest.
        loop {
            let (submissions, waiting) = self.gathering.take();
            if submissions.is_empty() {
                return;
            }
            for (taken, waiting) in self.accept_and_show(submissions).await.into_iter().zip(waiting) {
                // Whoever waited may have gone.
                let _ = waiting.send(taken);
            }
        }
    }
}

/// What a submission brings; all that a batch holds must fit one write of the queue.
fn octets(submission: &Submission) -> usize {
    let messages = std::iter::once(&submission.message).chain(&submission.more);
    messages.map(|message| message.user_data.len() + message.tlvs.len() + message.extra().raw_pdu.len()).sum()
}

const MOST_AT_ONCE: usize = 1_000;
const MOST_OCTETS: usize = 16 << 10;
const BROKEN: Answer = Answer::Now(Err(Refusal::Broken));

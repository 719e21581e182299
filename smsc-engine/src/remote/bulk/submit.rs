//! Messages handed in.

use std::sync::Arc;

use tokio::sync::watch::Sender;

use super::call::{call, refusal};
use super::late::{Reading, read_late};
use super::{Shared, spawn};
use crate::api::{Accepted, Answer, Refusal, Submission};
use crate::remote::fault::CoreFault;
use crate::wire::{ListWriter, MOST_MESSAGES};

/// What the core says to each of a batch; nothing to those that it has not decided.
type Decided = Vec<Option<Result<Accepted, Refusal>>>;

impl Shared {
    pub(super) async fn submit(self: &Arc<Self>, batch: Vec<Submission>, alive: &Sender<()>) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(batch.len());
        let mut rest = batch.as_slice();
        // Mostly there is one part.
        while !rest.is_empty() {
            let (body, count) = part(rest);
            rest = rest.get(count..).unwrap_or_default();
            match self.hand_in(body, count).await {
                Ok((decided, reading)) => answers.extend(self.sort(decided, reading, alive)),
                Err(fault) => answers.extend((0..count).map(|_| Answer::Now(Err(refusal(&fault))))),
            }
        }
        answers
    }

    /// Makes the call and reads the first part of its answer.
    async fn hand_in(&self, body: Vec<u8>, count: usize) -> Result<(Decided, Reading), CoreFault> {
        let opened = self.client.open(call("submit", body)).await;
        self.note(opened.as_ref().err());
        let mut reading = Reading::of(opened?);
        let first = tokio::time::timeout(self.client.timeout(), reading.next::<Decided>());
        match first.await {
            Ok(Ok(Some(decided))) if decided.len() == count => Ok((decided, reading)),
            Ok(Ok(Some(decided))) => {
                let what = format!("{} answers to {count} messages", decided.len());
                Err(self.client.unreadable("submit", what))
            }
            Ok(Ok(None)) => Err(CoreFault::Reset),
            Ok(Err(what)) => Err(self.client.unreadable("submit", what)),
            Err(_) => Err(CoreFault::Timeout),
        }
    }

    /// Answers that are there, and promises of the others.
    fn sort(&self, decided: Decided, mut reading: Reading, alive: &Sender<()>) -> Vec<Answer> {
        let (mut answers, mut promised) = (Vec::with_capacity(decided.len()), Vec::new());
        for (place, decided) in decided.into_iter().enumerate() {
            answers.push(match decided {
                Some(decided) => Answer::Now(decided),
                None => {
                    let (promise, later) = tokio::sync::oneshot::channel();
                    promised.push((place, promise));
                    // Nobody knows what became of it when the answer ends before.
                    Answer::Later(Box::pin(async move { later.await.unwrap_or(Err(Refusal::Away)) }))
                }
            });
        }
        match promised.is_empty() {
            // Read to its end, the connection serves again.
            true => spawn(alive.subscribe(), async move { reading.end().await }),
            false => spawn(alive.subscribe(), read_late(reading, promised.into_iter().collect())),
        }
        answers
    }
}

/// As many of the first as one call may have, and how many these are.
fn part(batch: &[Submission]) -> (Vec<u8>, usize) {
    let (mut list, mut messages) = (ListWriter::after(&()), 0);
    for submission in batch {
        let more = 1 + submission.more.len();
        let is_full = messages + more > MOST_MESSAGES || list.octets() >= MOST_OCTETS;
        if is_full && list.count() > 0 {
            break;
        }
        messages += more;
        list.push(submission);
    }
    let count = list.count();
    (list.finish(), count)
}

/// The core lets four times as much into a call.
const MOST_OCTETS: usize = 4 << 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Message, MessageId};
    use crate::wire;

    #[test]
    fn a_batch_that_is_too_much_for_a_call_goes_in_parts() {
        let one = |octets: usize, more: usize| {
            let mut message = Message::new(MessageId(0), "shop".into(), "uk".into());
            message.user_data = vec![0; octets].into();
            Submission { more: vec![message.clone(); more], ..Submission::new(message) }
        };
        let parts = |batch: &[Submission]| {
            let (mut rest, mut counts) = (batch, Vec::new());
            while !rest.is_empty() {
                let (body, count) = part(rest);
                assert_eq!(wire::read::<Vec<Submission>>(&body).unwrap().len(), count);
                counts.push(count);
                rest = &rest[count..];
            }
            counts
        };
        assert_eq!(parts(&vec![one(100, 0); 10_001]), [10_000, 1]);
        assert_eq!(parts(&vec![one(10, 5_000); 3]), [1, 1, 1]);
        assert_eq!(parts(&vec![one(1 << 20, 0); 9]), [4, 4, 1]);
        assert_eq!(parts(&[one(10, 20_000 - 1), one(10, 0)]), [1, 1], "one too large is the core's to refuse");
    }
}

//! The way of a message into the queue: complete it, translate its numbers, find its route, charge it, keep it.
//!
//! What needs nobody outside is done for a whole batch at once and written in one go. A message that must wait for
//! ENUM or charging leaves the batch and is answered by itself; nobody waits for it.

mod begin;
mod elsewhere;
mod group;
mod place;
mod replace;
mod run;
mod slow;
mod way;

use std::sync::Arc;
use std::time::Instant;

use super::inner::Inner;
use crate::api::{Accepted, Answer, Mode, Refusal, Submission};
use group::{Group, Member};
use run::Run;

pub(super) use place::{ANSWERED, REJECTED};
pub(super) use run::Taken;

impl Inner {
    /// Takes a batch; the answers are in its order.
    pub(super) async fn accept(self: &Arc<Self>, batch: Vec<Submission>) -> Vec<Answer> {
        let run = Run::new(batch.len(), self.now());
        self.carry(run, batch).await.into_answers()
    }

    /// The same, and what is kept of each.
    pub(super) async fn accept_and_show(self: &Arc<Self>, batch: Vec<Submission>) -> Vec<Taken> {
        let run = Run::new(batch.len(), self.now()).showing();
        self.carry(run, batch).await.into_taken()
    }

    async fn carry(self: &Arc<Self>, mut run: Run, batch: Vec<Submission>) -> Run {
        let began = Instant::now();
        for submission in batch {
            if submission.mode != Mode::StoreAndForward {
                let answer = self.accept_fleeting(submission);
                run.answer(answer);
            } else if submission.replace_if_present {
                // What came before must be there to be replaced.
                self.finish(&mut run).await;
                let answer = self.accept_or_replace(submission).await;
                run.answer(Answer::Now(answer));
            } else {
                let answer = self.accept_plain(&mut run, submission);
                run.answer(answer);
            }
        }
        self.finish(&mut run).await;
        let took = began.elapsed();
        // Those that wait for somebody outside are measured by themselves.
        for _ in 0..run.decided() {
            self.meters.processing.record(took);
        }
        run
    }

    fn accept_plain(self: &Arc<Self>, run: &mut Run, submission: Submission) -> Answer {
        let Submission { message, more, source_type, .. } = submission;
        if !more.is_empty() {
            let all = std::iter::once(message).chain(more);
            let members = all.map(|message| match self.begin(message, source_type, run.now) {
                Ok(begun) => Member::Begun(begun),
                Err(known) => Member::Decided(known.decided()),
            });
            return self.accept_group(run, Group::of(members.collect()));
        }
        let begun = match self.begin(message, source_type, run.now) {
            Ok(begun) => begun,
            Err(known) => return self.answer_known(known),
        };
        match self.way_at_once(&begun) {
            Some(way) => Answer::Now(self.place(run, begun, way).map(Accepted::from)),
            None => self.later(Group::of(vec![Member::Begun(begun)])),
        }
    }

    /// One text to several destinations: one answer for all.
    fn accept_group(self: &Arc<Self>, run: &mut Run, mut group: Group) -> Answer {
        let needs_time = group.waiting().any(|begun| self.way_at_once(begun).is_none());
        if needs_time {
            return self.later(group);
        }
        while let Some(member) = group.next() {
            group.take(match member {
                Member::Decided(decided) => decided,
                Member::Begun(begun) => match self.way_at_once(&begun) {
                    Some(way) => self.place(run, begun, way),
                    // A route changed between the two looks; its sender can try again.
                    None => Err(Refusal::Busy),
                },
            });
        }
        Answer::Now(group.answer())
    }
}

//! Messages that wait for ENUM or charging.

use std::sync::Arc;
use std::time::Instant;

use super::super::charging::ChargeEvent;
use super::super::content;
use super::super::inner::Inner;
use super::begin::Begun;
use super::group::{Group, Member};
use super::run::Run;
use super::way::{Charge, End, Way, needs_route};
use crate::api::{Accepted, Answer, Refusal, Submission};
use crate::model::{FinalState, Message, Timestamp};

impl Inner {
    /// Goes on with messages that need time; others do not wait for them. Too many are refused.
    pub(super) fn later(self: &Arc<Self>, group: Group) -> Answer {
        let Ok(permit) = Arc::clone(&self.slow).try_acquire_owned() else {
            return Answer::Now(Err(Refusal::Busy));
        };
        let inner = Arc::clone(self);
        // On a task of its own: whoever asked may go away, and what was charged must still be kept.
        let task = tokio::spawn(async move {
            let _permit = permit;
            inner.accept_slowly(group).await
        });
        Answer::Later(Box::pin(async move { task.await.unwrap_or(Err(Refusal::Broken)) }))
    }

    async fn accept_slowly(self: Arc<Self>, mut group: Group) -> Result<Accepted, Refusal> {
        let began = Instant::now();
        let mut run = Run::new(1, self.now());
        while let Some(member) = group.next() {
            group.take(match member {
                Member::Begun(begun) => {
                    let way = self.way(&begun).await;
                    self.place(&mut run, begun, way)
                }
                Member::Decided(decided) => decided,
            });
        }
        run.answer(Answer::Now(group.answer()));
        self.finish(&mut run).await;
        self.meters.processing.record(began.elapsed());
        match run.into_answers().pop() {
            Some(Answer::Now(answer)) => answer,
            _ => Err(Refusal::Broken),
        }
    }

    /// Finds the lane of a message that is tried once.
    pub(in super::super) async fn way_once(&self, submission: Submission, now: Timestamp) -> Result<Message, Refusal> {
        let begun = self.complete(submission.message, submission.source_type, now)?;
        let Way { route, end, charge } = self.way(&begun).await;
        self.count_match(route);
        let mut message = begun.message;
        if let Charge::Failed(_) = charge {
            message.extra_mut().charge_failed = true;
        }
        message.lane = match end {
            End::Deliver(lane) => lane,
            End::Wait(_) => self.serving(&message, now).ok_or(Refusal::NoRoute)?,
            End::Refuse(refusal) => return Err(refusal),
            End::Drop | End::Reply { .. } => return Err(Refusal::Undelivered(FinalState::Rejected, 0)),
        };
        Ok(message)
    }

    async fn way(&self, begun: &Begun) -> Way {
        let domain = match &self.enum_lookup {
            Some(lookup) if needs_route(&begun.message) => lookup.domain(&begun.message.destination.number()).await,
            _ => None,
        };
        let found = self.find(begun, domain.as_deref());
        if !found.is_charged {
            return found.free();
        }
        let charge = self.charge(begun, found.route).await;
        found.paid(charge, &self.policy())
    }

    async fn charge(&self, begun: &Begun, route_id: u64) -> Charge {
        let Some(charging) = &self.charging else { return Charge::None };
        let message = &begun.message;
        let (calling, called) = (message.source.number().into_owned(), message.destination.number().into_owned());
        let event = ChargeEvent { calling, called, usage: u64::from(content::segments(message)) };
        self.meters.charging_attempted.add(1);
        let began = Instant::now();
        match charging.authorize(&event).await {
            Ok(_) => {
                self.meters.charging_succeeded.record(began.elapsed());
                Charge::Granted
            }
            Err(error) => {
                self.meters.charging_failed.add(1);
                tracing::warn!(message_id = %message.id, route_id, %error, "charging failed");
                Charge::Failed(error.to_string())
            }
        }
    }
}

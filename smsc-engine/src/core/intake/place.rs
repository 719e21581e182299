//! Puts a message on its way: into the queue, or to its end.

use std::sync::Arc;

use sms_codec::charset::Coding;

use super::super::inner::Inner;
use super::super::route::AfterReply;
use super::begin::Begun;
use super::run::Run;
use super::way::{Charge, End, Way};
use crate::api::Refusal;
use crate::model::{EventName, FinalState, Kind, Lane, Message, MessageId, SourceType};

impl Inner {
    /// Adds the message to the run; it is accepted when the run is written.
    ///
    /// # Errors
    /// What its sender is told if it goes nowhere; it is recorded as rejected then.
    pub(super) fn place(&self, run: &mut Run, begun: Begun, way: Way) -> Result<MessageId, Refusal> {
        self.count_match(way.route);
        self.note_way(run, &begun, &way);
        let Begun { mut message, claim, source_type, .. } = begun;
        if let Charge::Failed(_) = way.charge {
            message.extra_mut().charge_failed = true;
        }
        let id = message.id;
        if let End::Refuse(refusal) = way.end {
            self.refuse(run, message);
            return Err(refusal);
        }
        run.claims.extend(claim);
        match way.end {
            End::Deliver(lane) => {
                message.lane = lane;
                run.keep(message);
            }
            End::Wait(lane) => {
                message.lane = lane;
                run.unrouted.push(message.clone());
                run.keep(message);
            }
            End::Drop => end_at_once(run, message, FinalState::Rejected),
            End::Reply { text, then } => {
                self.reply(run, &message, (source_type, &text));
                end_at_once(
                    run,
                    message,
                    match then {
                        AfterReply::Delivered => FinalState::Delivered,
                        AfterReply::Dropped => FinalState::Rejected,
                    },
                );
            }
            End::Refuse(_) => {}
        }
        Ok(id)
    }

    /// A message that is refused leaves a record; without records, only its events.
    fn refuse(&self, run: &mut Run, mut message: Message) {
        if self.recorder.is_some() {
            // Its sender is told at once.
            message.registered_delivery = 0;
            end_at_once(run, message, FinalState::Rejected);
        }
    }

    /// Writes the automatic answer to the sender of `message`, unless there is no way back.
    fn reply(&self, run: &mut Run, message: &Message, (source_type, text): (Option<SourceType>, &Arc<str>)) {
        let (data_coding, octets) = Coding::DEFAULT.encode(text);
        let mut reply = Message::new(self.queue.next_id(), message.account.clone(), Lane::default());
        reply.source = message.destination.clone();
        reply.destination = message.source.clone();
        reply.data_coding = data_coding;
        reply.user_data = octets.into();
        reply.submitted = message.submitted;
        reply.deliver_after = message.submitted;
        reply.expires = message.submitted.after(self.policy().dead_letter);
        reply.extra_mut().auto_reply = true;
        self.mark_origin(&mut reply);
        let begun = Begun { message: reply, source_type, claim: None, translated: None };
        let found = self.find(&begun, None);
        self.count_match(found.route);
        let mut reply = begun.message;
        reply.lane = match found.end {
            End::Deliver(lane) => lane,
            // Whoever bound as an ESME can be reached there.
            End::Wait(_) if source_type == Some(SourceType::Smpp) => {
                reply.kind = Kind::Mo;
                Lane::esme(&message.account)
            }
            End::Wait(lane) => lane,
            End::Drop | End::Reply { .. } | End::Refuse(_) => {
                tracing::warn!(message_id = %message.id, "an automatic answer has no way to the sender");
                return;
            }
        };
        self.add(run, message.id, EventName::AutoReplySent, || format!("to {} as message {}", message.source, reply.id));
        self.add(run, reply.id, EventName::MessageInserted, || format!("answers message {}", message.id));
        if !reply.lane.is_public() {
            run.unrouted.push(reply.clone());
        }
        run.messages.push(reply);
    }

    /// Tells the history of the message up to here.
    fn note_way(&self, run: &mut Run, begun: &Begun, way: &Way) {
        if way.route == 0 && matches!(way.end, End::Refuse(Refusal::NoRoute)) || is_lost(&way.end) {
            self.meters.routing_failed.add(1);
            tracing::warn!(message_id = %begun.message.id, "routing failed: no route and no location");
        }
        if self.events.is_none() {
            return;
        }
        let id = begun.message.id;
        self.add(run, id, EventName::MessageInserted, || format!("from {}", begun.message.account));
        if let Some(translated) = &begun.translated {
            self.add(run, id, EventName::NumberTranslated, || translated.clone());
        }
        let (name, text) = match &way.end {
            End::Deliver(lane) => (EventName::MessageRouted, format!("dest_smsc={lane} route_id={}", way.route)),
            End::Wait(lane) if *lane == Lane::default() => (EventName::RoutingFailed, "no route and no location".into()),
            End::Wait(lane) => (EventName::MessageRouted, format!("by location, {lane}")),
            End::Drop => (EventName::MessageDropped, format!("route_id={}", way.route)),
            End::Reply { .. } => (EventName::MessageRouted, format!("answered by route_id={}", way.route)),
            End::Refuse(Refusal::NoRoute) => (EventName::RoutingFailed, "no route and no location".into()),
            End::Refuse(_) => (EventName::MessageRouted, format!("route_id={}", way.route)),
        };
        self.add(run, id, name, || text);
        if let End::Reply { then: AfterReply::Dropped, .. } = &way.end {
            self.add(run, id, EventName::MessageDropped, || format!("route_id={}", way.route));
        }
        match &way.charge {
            Charge::None => {}
            Charge::Granted => self.add(run, id, EventName::ChargingAttempted, || "granted".into()),
            Charge::Failed(why) => {
                self.add(run, id, EventName::ChargingAttempted, || "failed".into());
                self.add(run, id, EventName::ChargingFailed, || why.clone());
            }
        }
        if let End::Refuse(refusal) = &way.end {
            self.add(run, id, EventName::MessageFailed, || refusal.to_string());
        }
    }

    fn add(&self, run: &mut Run, id: MessageId, name: EventName, text: impl FnOnce() -> String) {
        if self.events.is_some() {
            run.events.push(self.event(id, (name, run.now), text().into()));
        }
    }
}

fn is_lost(end: &End) -> bool {
    matches!(end, End::Wait(lane) if *lane == Lane::default())
}

/// It is kept like every other message until it has ended and is recorded; a crash in between finds it on its lane.
fn end_at_once(run: &mut Run, mut message: Message, state: FinalState) {
    message.lane = Lane::from(if state == FinalState::Delivered { ANSWERED } else { REJECTED });
    run.endings.push((message.clone(), state));
    run.messages.push(message);
}

/// The lanes of messages that end as soon as they are accepted.
pub(in super::super) const ANSWERED: &str = "!answered";
pub(in super::super) const REJECTED: &str = "!rejected";

//! An ESME: it submits, repeats, replaces, cancels and asks.

use std::time::Duration;

use bytes::Bytes;
use smsc_engine::api::{Accepted, Cancel, CoreApi, Question, Refusal, Replacement, Submission};
use smsc_engine::model::{Account, Address, FinalState, Kind, Lane, Message, MessageId, SourceType, Timestamp, Word};

use super::call::{Birth, Call, Told, end, replaced, tag};
use super::world::{TTL, World};

type Answers = Vec<Result<Accepted, Refusal>>;

/// Routed twice as often as dropped, answered or not routed.
const PREFIXES: [&str; 9] = ["44", "44", "49", "44", "49", "1", "7", "8", "99"];

impl World {
    /// Submits one to three new texts in one call, some of them to several destinations.
    pub(super) async fn submit(&mut self) {
        let now = self.now();
        let mut births = Vec::new();
        let mut batch = Vec::new();
        for _ in 0..=self.dice.throw(3) {
            let message = self.draft();
            let mut more = Vec::new();
            if self.dice.throw(5) == 0 {
                more = (0..=self.dice.throw(2)).map(|_| self.draft()).map(|other| like(&message, other)).collect();
            }
            let mut first = None;
            for message in std::iter::once(&message).chain(&more) {
                self.drafts.insert(tag(message), message.clone());
                let born = self.births(message, (now, first));
                first = first.or((!born.is_empty()).then(|| tag(message)));
                births.extend(born);
            }
            batch.push((first, Submission { more, source_type: Some(SourceType::Smpp), ..Submission::new(message) }));
        }
        let (firsts, batch): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
        let answers = self.ask(batch).await;
        let wanted = firsts.iter().zip(&answers).filter(|(first, _)| first.is_some());
        let mut told: Vec<Told> = wanted.map(|(_, answer)| told(answer)).collect();
        told.dedup();
        assert!(told.len() < 2, "what is written together is answered alike: {answers:?}");
        let told = told.pop().unwrap_or(Told::Done);
        self.note(vec![Call::births(births)], told).await;
        for (first, answer) in firsts.iter().zip(&answers) {
            match (first, answer) {
                (Some(first), Ok(accepted)) => self.is_accepted(*first, accepted),
                (None, answer) => assert!(matches!(answer, Err(Refusal::Expired | Refusal::Broken)), "{answer:?}"),
                (Some(_), Err(refusal)) => self.must_suffer(*refusal),
            }
        }
    }

    /// Submits what was submitted before.
    pub(super) async fn repeat(&mut self) {
        let tags: Vec<u64> = self.drafts.keys().rev().take(12).copied().collect();
        let Some(tag) = self.pick(&tags) else { return };
        let now = self.now();
        let draft = self.drafts[&tag].clone();
        let message = Message { deliver_after: Timestamp(0), expires: Timestamp::MAX, ..draft };
        let births = self.births(&message, (now, None));
        let answer = self.ask(vec![submission(message)]).await.remove(0);
        let recent = |at: Timestamp| now.since(at) < TTL;
        let known = self.model.accepted.get(&tag).cloned().unwrap_or_default();
        let must = self.model.certain.get(&tag).copied().is_some_and(recent);
        match answer {
            Ok(accepted) if accepted.duplicate => {
                let named = known.iter().any(|(id, at)| *id == accepted.id && recent(*at));
                assert!(named, "a duplicate of what was not accepted of late: {accepted:?} {known:?}");
                self.note(Vec::new(), Told::Done).await;
            }
            Ok(accepted) => {
                assert!(!must, "{accepted:?} is a repeat of {known:?}");
                self.note(vec![Call::births(births)], Told::Done).await;
                self.is_accepted(tag, &accepted);
            }
            Err(refusal) => {
                self.must_suffer(refusal);
                self.note(vec![Call::births(births)], Told::Refused).await;
            }
        }
    }

    /// Submits the same twice at once: the second waits for the first.
    pub(super) async fn repeat_at_once(&mut self) {
        let message = Message { deliver_after: Timestamp(0), expires: Timestamp::MAX, ..self.draft() };
        self.drafts.insert(tag(&message), message.clone());
        let births = self.births(&message, (self.now(), None));
        let answers = self.ask(vec![submission(message.clone()), submission(message.clone())]).await;
        if let [Ok(first), Ok(second)] = &answers[..] {
            assert_eq!((first.id, first.duplicate, second.duplicate), (second.id, false, true));
        } else {
            assert!(answers.iter().all(Result::is_err), "one of two: {answers:?}");
        }
        self.note(vec![Call::births(births)], told(&answers[0])).await;
        if let Ok(accepted) = &answers[0] {
            self.is_accepted(tag(&message), accepted);
        }
    }

    /// Submits in place of what waits.
    pub(super) async fn submit_in_place(&mut self) {
        let now = self.now();
        let Some(old) = self.pick(&self.own(|_| true)) else { return };
        let old = self.model.record(old).message.clone();
        let message = Message { source: old.source.clone(), destination: old.destination.clone(), ..self.draft() };
        self.drafts.insert(tag(&message), message.clone());
        let newest = self.alike(&old).into_iter().next_back();
        let births = self.births(&message, (now, None));
        let free = newest.filter(|id| !self.model.is_held(*id, now));
        let delivers = births.iter().all(|birth| birth.ends.is_none());
        let call = match (free, births.first()) {
            (Some(id), Some(birth)) if delivers => Call::of(id, replaced(Message { id, ..birth.message.clone() })),
            _ => Call::births(births.clone()),
        };
        let answer = self.ask(vec![Submission { replace_if_present: true, ..submission(message.clone()) }]).await.remove(0);
        // A frontend that outlived its lease would report on the text before.
        self.held.retain(|held| Some(held.id) != free);
        match &answer {
            Ok(accepted) => {
                let is_new = !call.births.is_empty();
                self.note(vec![call], Told::Done).await;
                if is_new {
                    self.is_accepted(tag(&message), accepted);
                } else {
                    assert_eq!(Some(accepted.id), free);
                    self.model.accepted.entry(tag(&message)).or_default().push((accepted.id, now));
                }
            }
            Err(Refusal::Expired) => {
                assert!(births.is_empty());
                self.note(Vec::new(), Told::Refused).await;
            }
            Err(refusal) => {
                self.must_suffer(*refusal);
                // Should it survive, a repeat of it is known.
                self.note(vec![call], Told::Refused).await;
                self.model.accepted.entry(tag(&message)).or_default().extend(free.map(|id| (id, now)));
            }
        }
    }

    pub(super) async fn cancel(&mut self) {
        let now = self.now();
        let Some(id) = self.pick(&self.own(|_| true)) else { return };
        let message = self.model.record(id).message.clone();
        let by_id = self.dice.throw(3) > 0;
        let cancelled = if by_id { vec![id] } else { self.alike(&message) };
        let waits = |id: &MessageId| self.model.record(*id).outcome.is_none() && !self.model.is_held(*id, now);
        let cancelled: Vec<MessageId> = cancelled.into_iter().filter(waits).collect();
        let wish = |id: &MessageId| {
            let attempts = self.model.record(*id).message.attempts;
            (*id, end(FinalState::Deleted, (0, attempts), now, &self.policy))
        };
        let call = Call { wishes: cancelled.iter().map(wish).collect(), ..Call::default() };
        let cancel = Cancel {
            account: message.account,
            id: by_id.then_some(id),
            source: message.source,
            destination: message.destination,
            service_type: Word::default(),
        };
        let answer = self.living().core.cancel(cancel).await;
        self.is_ordered(&answer, !cancelled.is_empty());
        self.note(vec![call], told(&answer)).await;
    }

    pub(super) async fn replace(&mut self) {
        let now = self.now();
        let Some(id) = self.pick(&self.own(|_| true)) else { return };
        let record = self.model.record(id).clone();
        let draft = self.draft();
        let replacement = Replacement {
            account: record.message.account.clone(),
            id,
            source: record.message.source.clone(),
            deliver_after: (self.dice.throw(3) == 0).then_some(draft.deliver_after),
            // Open is open: only a message that comes in gets a deadline then.
            expires: (self.dice.throw(3) == 0).then_some(draft.expires).filter(|expires| *expires != Timestamp::MAX),
            registered_delivery: draft.registered_delivery,
            sm_default_msg_id: 0,
            user_data: draft.user_data,
        };
        let mut message = record.message;
        message.deliver_after = replacement.deliver_after.unwrap_or(message.deliver_after).max(now);
        message.expires = replacement.expires.unwrap_or(message.expires);
        message.registered_delivery = replacement.registered_delivery;
        message.user_data = replacement.user_data.clone();
        let waits = record.outcome.is_none() && !self.model.is_held(id, now);
        let expected = waits && message.deliver_after < message.expires;
        let answer = self.living().core.replace(replacement).await;
        self.is_ordered(&answer, expected);
        if !expected && answer.is_err() {
            // Whoever holds it goes on.
            return self.note(Vec::new(), Told::Refused).await;
        }
        // A frontend that outlived its lease would report on the text before.
        self.held.retain(|held| held.id != id);
        self.note(vec![Call::of(id, replaced(message))], told(&answer)).await;
    }

    pub(super) async fn query(&mut self) {
        let Some(id) = self.pick(&self.own(|_| true)) else { return };
        let record = self.model.record(id).clone();
        let Message { account, source, .. } = record.message.clone();
        let answer = self.living().core.query(Question { account, id, source }).await;
        let Ok(standing) = answer else { return assert!(self.is_broken().await, "{answer:?}") };
        match record.outcome {
            Some(outcome) => assert_eq!((standing.state, standing.done), (outcome.state.message_state(), Some(outcome.done))),
            None => assert!(standing.state == 1 || record.message.expires <= self.now(), "{standing:?} {record:?}"),
        }
    }

    /// Its messages.
    fn own(&self, fits: impl Fn(&Message) -> bool) -> Vec<MessageId> {
        let mut own = self.model.living(|known| known.record.message.kind == Kind::Mt && fits(&known.record.message));
        // The latest are the most interesting.
        own.split_off(own.len().saturating_sub(10))
    }

    /// Waiting messages that stand for the same.
    fn alike(&self, message: &Message) -> Vec<MessageId> {
        self.model.living(|known| {
            let Message { source, destination, .. } = &known.record.message;
            known.record.outcome.is_none() && (source, destination) == (&message.source, &message.destination)
        })
    }

    async fn ask(&self, batch: Vec<Submission>) -> Answers {
        let mut answers = Vec::new();
        for answer in self.living().core.submit(batch).await {
            answers.push(answer.wait().await);
        }
        answers
    }

    /// The answer names the message that came to be, and a repeat will be known.
    fn is_accepted(&mut self, tag: u64, accepted: &Accepted) {
        let now = self.now();
        self.model.certain.insert(tag, now);
        assert!(!accepted.duplicate, "{accepted:?} is new");
        // When the queue broke meanwhile, the restart shows whether it is there.
        let named = self.model.accepted.get(&tag).is_none_or(|known| known.last() == Some(&(accepted.id, now)));
        assert!(named || !self.model.unsure.is_empty(), "{accepted:?} names another message");
    }

    /// Only a full disk or a broken one is a reason.
    fn must_suffer(&self, refusal: Refusal) {
        assert!(refusal == Refusal::Broken || refusal == Refusal::Busy || self.is_full, "refused: {refusal:?}");
    }

    /// An order is obeyed if it can be, and only then.
    fn is_ordered(&self, answer: &Result<(), Refusal>, expected: bool) {
        match answer {
            Ok(()) => assert!(expected || self.is_unsure(), "this order cannot be obeyed"),
            // What found no room on the disk is held back for a while.
            Err(Refusal::TooLate) if self.is_full => {}
            Err(refusal) if expected => self.must_suffer(*refusal),
            Err(_) => {}
        }
    }

    /// A new message as its sender hands it in.
    fn draft(&mut self) -> Message {
        self.tags += 1;
        let tag = self.tags;
        let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
        let prefix = self.pick(&PREFIXES).unwrap();
        message.destination = Address::from_number(&format!("+{prefix}{tag:06}"));
        message.source = Address::from_number("Shop");
        if prefix == "7" || prefix == "8" {
            // The automatic reply is told by its recipient.
            let reachable = self.dice.throw(2) == 0;
            message.source = Address::from_number(&if reachable { format!("+33{tag:06}") } else { format!("S{tag}") });
        }
        message.registered_delivery = [0, 1, 2, 3, 1, 0x11, 0x10][self.dice.throw(7) as usize];
        message.priority = self.dice.throw(3) as u8;
        message.extra_mut().source_imsi = Word::new(tag.to_string());
        let octets = if self.dice.throw(12) == 0 { 3000 } else { self.dice.throw(100) as usize };
        message.user_data = Bytes::from(format!("{tag} {:x<octets$}", "text"));
        let now = self.now();
        if self.dice.throw(5) == 0 {
            message.deliver_after = now.after(Duration::from_secs(1 + self.dice.throw(7200)));
        }
        match self.dice.throw(4) {
            0 => message.expires = now.after(Duration::from_secs(1 + self.dice.throw(600))),
            1 => message.expires = now.after(Duration::from_secs(3600 * (1 + self.dice.throw(100)))),
            _ => {}
        }
        message
    }

    /// What a message brings into the queue: nothing, itself, or itself and an automatic reply.
    fn births(&self, message: &Message, (now, follows): (Timestamp, Option<u64>)) -> Vec<Birth> {
        let mut message = message.clone();
        message.submitted = now;
        message.deliver_after = message.deliver_after.max(now);
        if message.expires == Timestamp::MAX {
            message.expires = message.deliver_after.after(self.policy.dead_letter);
        }
        if message.expires <= message.deliver_after {
            return Vec::new();
        }
        let digits = message.destination.digits.text();
        let (lane, ends) = match digits.as_bytes() {
            [b'4', b'4', ..] | [b'3', b'3', ..] => ("a", None),
            [b'4', b'9', ..] => ("b", None),
            [b'1', ..] | [b'8', ..] => ("!rejected", Some(FinalState::Rejected)),
            [b'7', ..] => ("!answered", Some(FinalState::Delivered)),
            _ => ("", None),
        };
        let reply = matches!(digits.as_bytes(), [b'7' | b'8', ..]).then(|| self.reply(&message));
        message.lane = Lane::from(lane);
        let birth = Birth { message, ends, may_wait: self.is_full, follows };
        std::iter::once(birth).chain(reply).collect()
    }

    fn reply(&self, message: &Message) -> Birth {
        let mut reply = Message::new(MessageId(0), message.account.clone(), Lane::from("a"));
        if !message.source.digits.text().starts_with("33") {
            // Nobody routes to a name, but the ESME can be reached.
            (reply.kind, reply.lane) = (Kind::Mo, Lane::esme(&message.account));
        }
        (reply.source, reply.destination) = (message.destination.clone(), message.source.clone());
        reply.user_data = Bytes::from_static(b"closed");
        (reply.submitted, reply.deliver_after) = (message.submitted, message.submitted);
        reply.expires = message.submitted.after(self.policy.dead_letter);
        reply.extra_mut().auto_reply = true;
        Birth { message: reply, ends: None, may_wait: false, follows: None }
    }
}

fn submission(message: Message) -> Submission {
    Submission { source_type: Some(SourceType::Smpp), ..Submission::new(message) }
}

/// From the same sender, with the same times.
fn like(message: &Message, other: Message) -> Message {
    let (source, deliver_after, expires) = (message.source.clone(), message.deliver_after, message.expires);
    Message { source, deliver_after, expires, ..other }
}

fn told<T>(answer: &Result<T, Refusal>) -> Told {
    if answer.is_ok() { Told::Done } else { Told::Refused }
}

//! The operator, whoever writes records, and retention.

use std::time::Duration;

use bytes::Bytes;
use smsc_engine::core::queue::{Queue, Record};
use smsc_engine::core::{HandleError, Update};
use smsc_engine::model::{FinalState, Lane, Message, MessageId, Status};

use super::call::{Call, Told, delay, deleted, end, reopened, replaced, retry};
use super::world::World;

impl World {
    /// Moves a waiting message, in time or to another lane.
    pub(super) async fn move_message(&mut self) {
        let Some(id) = self.any(|record| record.outcome.is_none()) else { return };
        let message = self.model.record(id).message.clone();
        let lane = self.pick(&["a", "b"]).map(Lane::from).filter(|_| self.dice.throw(3) > 0);
        let later = self.now().after(Duration::from_secs(self.dice.throw(3600)));
        let deliver_after = (lane.is_none() || self.dice.throw(2) == 0).then_some(later);
        let expected = deliver_after.unwrap_or(message.deliver_after);
        let wish = retry(message.attempts, expected, lane.clone());
        let result = self.living().handle.update(id, Update { dest_smsc: lane, deliver_after, ..Update::default() }).await;
        self.is_done(&result, expected < message.expires);
        self.note(vec![Call::of(id, wish)], told(&result)).await;
    }

    /// Gives a waiting message another text and deadline.
    pub(super) async fn rewrite(&mut self) {
        let Some(id) = self.any(|record| record.outcome.is_none()) else { return };
        let mut message = self.model.record(id).message.clone();
        let text = Bytes::from(format!("mended {id}"));
        let expires = self.now().after(Duration::from_secs(1 + self.dice.throw(90_000)));
        let fits = message.deliver_after < expires && !self.model.is_held(id, self.now());
        message.user_data = text.clone();
        message.expires = expires;
        let update = Update { text: Some((message.data_coding, text)), expires: Some(expires), ..Update::default() };
        let result = self.living().handle.update(id, update).await;
        self.is_done(&result, fits);
        self.held.retain(|held| held.id != id);
        self.note(vec![Call::of(id, replaced(message))], told(&result)).await;
    }

    /// Gives a message that ended another chance, perhaps elsewhere.
    pub(super) async fn reopen(&mut self) {
        let Some(id) = self.any(|record| record.outcome.is_some()) else { return };
        let record = self.model.record(id).clone();
        let now = self.now();
        let over = record.message.expires <= now;
        let expires = if over { now.after(self.policy.dead_letter) } else { record.message.expires };
        let lane = (self.dice.throw(3) == 0).then(|| Lane::from("b"));
        let mut call = Call::of(id, reopened(now, expires));
        let elsewhere = lane.clone().or((record.message.lane.as_str() == "!rejected").then(Lane::default));
        call.wishes.extend(elsewhere.map(|lane| (id, retry(0, now, Some(lane)))));
        let update = Update { attempts: Some(0), dest_smsc: lane, ..Update::default() };
        let result = self.living().handle.update(id, update).await;
        self.is_done(&result, record.status() != Status::Delivered);
        self.note(vec![call], told(&result)).await;
    }

    pub(super) async fn mark_delivered(&mut self) {
        let Some(id) = self.any(|_| true) else { return };
        let record = self.model.record(id).clone();
        let by = Lane::from("b");
        let done = end(FinalState::Delivered, (0, record.message.attempts), self.now(), &self.policy);
        let moved = by.clone();
        let wish = move |record: &Record| {
            let lane = if record.outcome.is_none() { moved.clone() } else { record.message.lane.clone() };
            let mut record = done(record)?;
            record.message.lane = lane;
            Some(record)
        };
        let result = self.living().handle.mark_delivered(id, by).await;
        self.is_done(&result, matches!(record.status(), Status::Pending | Status::Delivered));
        self.note(vec![Call::of(id, Box::new(wish))], told(&result)).await;
    }

    pub(super) async fn count_attempt(&mut self) {
        let Some(id) = self.any(|record| record.outcome.is_none()) else { return };
        let Message { attempts, expires, .. } = self.model.record(id).message;
        let now = self.now();
        let wish = match self.policy.max_attempts {
            Some(most) if attempts + 1 >= most => end(FinalState::Undeliverable, (0, attempts), now, &self.policy),
            _ => retry(attempts + 1, now.after(delay(attempts + 1, &self.policy)), None),
        };
        let result = self.living().handle.count_attempt(id).await;
        self.is_done(&result, expires > now);
        // Where it ends the message nobody says whether that found room.
        let told = if result.is_ok() && self.is_full { Told::Silent } else { told(&result) };
        self.note(vec![Call::of(id, wish)], told).await;
    }

    pub(super) async fn delete(&mut self) {
        let Some(id) = self.any(|_| true) else { return };
        let result = self.living().handle.delete(id).await;
        self.is_done(&result, true);
        self.note(vec![Call::of(id, deleted())], told(&result)).await;
    }

    /// Writes records, and tells the queue unless it dies before that.
    pub(super) async fn record(&mut self, max: usize, tells: bool) {
        let queue = self.living().queue;
        let ids = self.sink.write(&self.model, &queue, max).await;
        if tells {
            self.sink.tell(&self.model, &queue, ids).await;
        }
    }

    /// Forgets what ended long ago and is recorded.
    pub(super) async fn forget(&mut self) {
        let before = self.now().before(Duration::from_secs(self.dice.throw(20_000)));
        for known in self.model.known.values_mut().filter(|known| !known.gone) {
            let ended = known.record.outcome.is_some_and(|outcome| outcome.done < before);
            known.forgotten |= ended && self.sink.is_settled(&known.record);
        }
        self.living().queue.forget(before).await.unwrap();
        self.note(Vec::new(), Told::Done).await;
    }

    fn any(&mut self, fits: impl Fn(&Record) -> bool) -> Option<MessageId> {
        let fitting = self.model.living(|known| fits(&known.record));
        self.pick(&fitting)
    }

    /// What can be done is done, and nothing else.
    fn is_done<T>(&self, result: &Result<T, HandleError>, expected: bool) {
        match result {
            // What was given up may have been done a moment ago.
            _ if self.is_unsure() => {}
            Ok(_) => assert!(expected, "this cannot be done"),
            Err(HandleError::Queue(_)) => {}
            // What found no room on the disk is held back for a while.
            Err(HandleError::Leased) if self.is_full => {}
            Err(error) => assert!(!expected, "this can be done: {error}"),
        }
    }
}

fn told<T>(result: &Result<T, HandleError>) -> Told {
    if result.is_ok() { Told::Done } else { Told::Refused }
}

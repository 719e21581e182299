//! Frontends, and the ESME where it takes receipts: they hold messages and tell what became of them, or never do.

use std::time::Duration;

use smsc_engine::api::{Attempt, CoreApi, NetworkReport, Report};
use smsc_engine::core::Order;
use smsc_engine::core::queue::Record;
use smsc_engine::model::{FinalState, Kind, Lane, Message, MessageId, Timestamp, Word};

use super::call::{Call, Told, Wish, delay, end, handed, retry};
use super::world::{LANES, World};

impl World {
    pub(super) async fn lease(&mut self) {
        let lane = Lane::from(LANES[self.dice.throw(LANES.len() as u64) as usize]);
        let max = 1 + self.dice.throw(5) as usize;
        let hold = Duration::from_secs(5 + self.dice.throw(120));
        let leased = self.take(&lane, max, hold).await;
        self.held.extend(leased);
    }

    /// Takes work: nothing that somebody else holds, that has ended, is not due or too late; and all there is.
    pub(super) async fn take(&mut self, lane: &Lane, max: usize, hold: Duration) -> Vec<Message> {
        let now = self.now();
        let living = self.living();
        let leased = match lane.is_public() {
            true => living.core.lease(lane, max, hold).await,
            // Whoever asks for more than its own, from a lane of its own that has nothing.
            false => living.handle.work(&Lane::from("nobody"), Order { max, hold, unrouted: true }).await,
        };
        let due = |record: &Record| {
            let Message { deliver_after, expires, .. } = record.message;
            record.message.lane == *lane && record.outcome.is_none() && deliver_after <= now && expires > now
        };
        for message in &leased {
            let id = message.id;
            let known = self.model.known.get(&id).unwrap_or_else(|| panic!("{id} was handed out and is unknown"));
            assert!(!known.gone && due(&known.record), "{id} was handed out from {lane}: {:?}", known.record);
            assert_eq!(*message, known.record.message);
            assert!(!self.model.is_held(id, now), "{id} was handed out twice");
            self.model.known.get_mut(&id).unwrap().holder = Some(now.after(hold));
        }
        assert!(leased.is_sorted_by_key(|message| std::cmp::Reverse(message.priority)), "out of order: {leased:?}");
        if leased.len() < max && !self.is_full && !self.is_broken().await {
            let waiting = self.model.living(|known| due(&known.record) && known.holder.is_none_or(|until| until <= now));
            assert!(waiting.is_empty(), "nobody gets {waiting:?} from {lane}");
        }
        leased
    }

    /// Gives some back untouched.
    pub(super) fn release(&mut self) {
        let Some(message) = self.draw() else { return };
        self.living().core.release(&[message.id]);
        self.model.known.get_mut(&message.id).unwrap().holder = None;
    }

    /// Tells what became of a few, in one call.
    pub(super) async fn report(&mut self) {
        let mut reports: Vec<Report> = Vec::new();
        for _ in 0..=self.dice.throw(4) {
            let Some(message) = self.draw() else { break };
            if reports.iter().all(|report| report.message.id != message.id) {
                let attempt = self.attempt(&message);
                reports.push(Report { message, attempt });
            }
        }
        let mut call = Call::default();
        for report in &reports {
            self.expect(report, &mut call);
        }
        let ids: Vec<MessageId> = reports.iter().map(|report| report.message.id).collect();
        self.patiently(self.living().core.report(reports), &ids).await;
        self.note(vec![call], Told::Silent).await;
    }

    /// Waits for an answer; without room on the disk it may not come, and the frontend gives up and gives back.
    async fn patiently<T>(&self, answer: impl Future<Output = T>, ids: &[MessageId]) {
        if self.is_full {
            if tokio::time::timeout(Duration::from_millis(20), answer).await.is_err() {
                self.living().core.release(ids);
            }
        } else {
            answer.await;
        }
    }

    /// Two frontends report on the same message at once.
    pub(super) async fn report_twice(&mut self) {
        let Some(message) = self.draw() else { return };
        let [one, other] = [self.attempt(&message), self.attempt(&message)];
        let [one, other] = [one, other].map(|attempt| Report { message: message.clone(), attempt });
        let calls = [&one, &other].map(|report| {
            let mut call = Call::default();
            self.expect(report, &mut call);
            call
        });
        let core = self.living().core;
        let both = async { tokio::join!(core.report(vec![one]), core.report(vec![other])) };
        self.patiently(both, &[message.id]).await;
        self.note(calls.into(), Told::Silent).await;
    }

    /// The network tells of a message that it took, perhaps long ago.
    pub(super) async fn hear(&mut self) {
        if self.handed.is_empty() {
            return;
        }
        let at = self.dice.throw(self.handed.len() as u64) as usize;
        let (lane, remote, id) = self.handed[at].clone();
        let state = [1, 2, 2, 3, 5, 8][self.dice.throw(6) as usize];
        let known = &self.model.known[&id];
        let expected = !known.gone && known.record.remote.as_ref() == Some(&remote);
        let may_be_forgotten = known.forgotten;
        let attempts = known.record.message.attempts;
        let mut call = Call::default();
        if let (Some(state), true) = (FinalState::from_message_state(state), expected) {
            call.wishes.push((id, end(state, (9, attempts), self.now(), &self.policy)));
        }
        let report = NetworkReport { lane, remote, state, error: 9, done: None };
        let heard = self.living().core.hear(vec![report]).await;
        if !self.is_broken().await && !may_be_forgotten {
            assert_eq!(heard, [expected], "{id} {:?}", self.model.record(id));
        }
        self.note(vec![call], Told::Silent).await;
    }

    /// One of the held ones, most often for the last time.
    fn draw(&mut self) -> Option<Message> {
        if self.held.is_empty() {
            return None;
        }
        let at = self.dice.throw(self.held.len() as u64) as usize;
        if self.dice.throw(8) == 0 { Some(self.held[at].clone()) } else { Some(self.held.swap_remove(at)) }
    }

    fn attempt(&mut self, message: &Message) -> Attempt {
        match self.dice.throw(10) {
            0 if message.kind == Kind::Mt => {
                let remote = Word::new(format!("r{}", self.handed.len()));
                self.handed.push((message.lane.clone(), remote.clone(), message.id));
                Attempt::Handed(remote)
            }
            0..5 => Attempt::Delivered,
            5 => Attempt::Failed(FinalState::Undeliverable, 7),
            6 => Attempt::Failed(FinalState::Rejected, 8),
            7 => Attempt::Unknown,
            _ => Attempt::TryAgain(6),
        }
    }

    fn expect(&mut self, report: &Report, call: &mut Call) {
        let Report { message, attempt } = report;
        let (now, attempts) = (self.now(), message.attempts);
        let over = self.policy.max_attempts.is_some_and(|most| attempts + 1 >= most);
        let ends = |state, error| end(state, (error, attempts), now, &self.policy);
        let wish: Wish = match attempt {
            Attempt::Delivered => ends(FinalState::Delivered, 0),
            Attempt::Failed(state, error) => ends(*state, *error),
            Attempt::TryAgain(error) if over => ends(FinalState::Undeliverable, *error),
            Attempt::TryAgain(_) => {
                if message.kind == Kind::Mt && message.registered_delivery & 0x10 != 0 {
                    call.notices.push(message.id);
                }
                retry(attempts + 1, now.after(delay(attempts + 1, &self.policy)), None)
            }
            Attempt::Handed(remote) => {
                self.is_handed_on(message.id, remote);
                handed(remote.clone())
            }
            _ => retry(attempts, now.after(Duration::from_secs(1)), None),
        };
        call.wishes.push((message.id, wish));
    }

    /// The network's name counts for the lane where the message is by now.
    fn is_handed_on(&mut self, id: MessageId, remote: &Word) {
        let lane = self.model.record(id).message.lane.clone();
        self.handed.iter_mut().filter(|handed| handed.1 == *remote).for_each(|handed| handed.0 = lane.clone());
    }

    /// Everything that can be delivered is, day after day, until nothing waits.
    pub(super) async fn drain(&mut self) {
        for _ in 0..60 {
            self.clock.forward(self.now().after(Duration::from_secs(40 * 3600)));
            self.expire().await;
            for lane in LANES.map(Lane::from) {
                let messages = self.take(&lane, usize::MAX, Duration::from_secs(60)).await;
                let reports = messages.into_iter().map(|message| Report { message, attempt: Attempt::Delivered });
                let reports: Vec<Report> = reports.collect();
                let mut call = Call::default();
                for report in &reports {
                    self.expect(report, &mut call);
                }
                self.living().core.report(reports).await;
                self.note(vec![call], Told::Silent).await;
            }
            self.record(usize::MAX, true).await;
            if self.model.living(|known| known.record.outcome.is_none()).is_empty() {
                return;
            }
        }
        let waiting = self.model.living(|known| known.record.outcome.is_none());
        panic!("{:?} never end", waiting.iter().map(|id| self.model.record(*id)).collect::<Vec<_>>());
    }

    /// The moment after which nothing is delivered any more has come for some.
    pub(super) async fn expire(&mut self) {
        let now = self.now();
        let overdue = |record: &Record| record.outcome.is_none() && record.message.expires <= now;
        let ids = self.model.living(|known| overdue(&known.record) && known.holder.is_none_or(|until| until <= now));
        let wish = |id: &MessageId| {
            let attempts = self.model.record(*id).message.attempts;
            (*id, end(FinalState::Expired, (0, attempts), now, &self.policy))
        };
        let call = Call { wishes: ids.iter().map(wish).collect(), ..Call::default() };
        // Its answer counts what was tried.
        let _ = self.living().core.expire().await;
        self.note(vec![call], Told::Silent).await;
    }

    /// Time goes on: a few seconds, minutes, hours or days.
    pub(super) fn wait(&mut self) {
        let longest = [10, 300, 7200, 3 * 86_400][self.dice.throw(4) as usize];
        let to: Timestamp = self.now().after(Duration::from_secs(self.dice.throw(longest)));
        self.clock.forward(to);
    }
}

//! Handing messages out, and what comes back.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::inner::Inner;
use super::intake::REJECTED;
use super::lifecycle::{self, Made};
use super::queue::{Change, ChangeError, Lease, QueueError};
use super::receipt;
use crate::api::{Attempt, NetworkReport, Report};
use crate::model::{EventName, FinalState, Kind, Lane, Message, MessageId, Outcome, Status};

impl Inner {
    /// Takes due messages of a lane: those kept in memory only, those routed there, those for the ESMEs of this name,
    /// those whose recipient is served there.
    pub(super) async fn lease(&self, lane: &Lane, max: usize, hold: Duration) -> Vec<Message> {
        let now = self.now();
        let want = |max| Lease { max, now, until: now.after(hold) };
        let mut messages = Vec::new();
        for lane in std::iter::once(lane).chain(&lane.esmes()) {
            messages.extend(self.fleeting.lease(lane, want(max - messages.len())).await);
            messages.extend(self.take(lane, want(max - messages.len())).await);
        }
        if messages.len() < max && self.may_wait() {
            messages.extend(self.take_located(lane, want(max - messages.len())).await);
        }
        messages
    }

    pub(super) async fn take(&self, lane: &Lane, want: Lease) -> Vec<Message> {
        if want.max == 0 {
            return Vec::new();
        }
        self.queue.lease(lane, want).await.unwrap_or_else(|error| {
            tracing::error!(%lane, %error, "no work can be handed out");
            Vec::new()
        })
    }

    /// Records what became of attempts; false if the queue refuses.
    pub(super) async fn report(&self, mut reports: Vec<Report>) -> bool {
        let (now, policy) = (self.now(), self.policy());
        self.meters.note_attempts(reports.iter().map(|report| &report.message));
        let fleeting = self.fleeting.report(&mut reports, now).await;
        for (message, outcome) in &fleeting {
            self.ended(message, outcome);
        }
        self.alert_recipients(fleeting.iter().map(|(message, outcome)| (message, outcome))).await;
        let (mut changes, mut messages, mut failures) =
            (Vec::with_capacity(reports.len()), Vec::with_capacity(reports.len()), Vec::new());
        for (at, Report { message, attempt }) in reports.into_iter().enumerate() {
            let made = Made { attempt: &attempt, now };
            changes.push(lifecycle::after_attempt(&message, made, &policy, || self.queue.next_id()));
            if let (Attempt::TryAgain(error), Some(Change::Retry { attempts, .. })) = (&attempt, changes.last()) {
                let notice = receipt::notice(&message, *error, now, || self.queue.next_id());
                failures.push((at, (message.id, *attempts, *error), notice));
            }
            messages.push(message);
        }
        let wanted = changes.len();
        let made = self.settle_with(changes, messages, Room::Awaited).await;
        let mut notices = Vec::new();
        // Nobody hears of an attempt at a message that has ended meanwhile.
        for (_, (id, attempts, error), notice) in failures.into_iter().filter(|(at, ..)| made.get(*at) == Some(&true)) {
            self.note(id, EventName::DeliveryAttempt(attempts), format!("failed with error {error}"));
            notices.extend(notice);
        }
        if let (false, Err(error)) = (notices.is_empty(), self.queue.append(notices).await) {
            // They only tell of what goes on; the receipt follows.
            tracing::warn!(%error, "intermediate notifications were not kept");
        }
        made.len() == wanted
    }

    /// Makes changes of these messages, in the same order, and tells everybody who ended; returns which were made, none
    /// at all if the queue refuses.
    pub(super) async fn settle(&self, changes: Vec<Change>, messages: Vec<Message>) -> Vec<bool> {
        self.settle_with(changes, messages, Room::Wanted).await
    }

    async fn settle_with(&self, changes: Vec<Change>, messages: Vec<Message>, room: Room) -> Vec<bool> {
        let delete_body = self.policy().delete_body_after_delivery;
        let outcomes: Vec<Option<Outcome>> = changes.iter().map(lifecycle::outcome).collect();
        let erased = |change| if delete_body { lifecycle::erase_if_delivered(change) } else { change };
        let changes: Vec<Change> = changes.into_iter().map(erased).collect();
        let applied = match room {
            Room::Awaited => self.apply_when_there_is_room(changes).await,
            Room::Wanted => self.queue.apply(changes).await,
        };
        let results = match applied {
            Ok(results) => results,
            Err(error) => {
                tracing::error!(%error, reports = messages.len(), "reports could not be recorded");
                return Vec::new();
            }
        };
        let made = results.iter().map(Result::is_ok).collect();
        let ends = messages.iter().zip(&outcomes).filter_map(|(message, outcome)| Some((message, outcome.as_ref()?)));
        self.alert_recipients(ends).await;
        for ((message, outcome), result) in messages.iter().zip(outcomes).zip(results) {
            match (result, outcome) {
                (Ok(()), Some(outcome)) => self.ended(message, &outcome),
                (Ok(()), None) => {}
                (Err(error), _) => tracing::warn!(message_id = %message.id, %error, "a report came too late"),
            }
        }
        made
    }

    /// While the disk is full, waits: whoever reports must not deliver again what was delivered.
    async fn apply_when_there_is_room(&self, mut changes: Vec<Change>) -> Result<Vec<Result<(), ChangeError>>, QueueError> {
        loop {
            // Copies are made only once somebody found the disk full: until then nothing has to be tried again. If the
            // first to find it are reports, their messages are handed out again.
            let spare = self.is_tight.load(Ordering::Relaxed).then(|| changes.clone());
            match (self.queue.apply(changes).await, spare) {
                (Err(QueueError::NoRoom), Some(spare)) => changes = spare,
                (Err(QueueError::NoRoom), None) => {
                    self.is_tight.store(true, Ordering::Relaxed);
                    return Err(QueueError::NoRoom);
                }
                (result, _) => return result,
            }
            tokio::time::sleep(PAUSE_WITHOUT_ROOM).await;
        }
    }

    /// Tells everybody how a message ended.
    pub(super) fn ended(&self, message: &Message, outcome: &Outcome) {
        if message.kind == Kind::Alert {
            return;
        }
        self.waiting.remove(message);
        self.meters.note_end(message, outcome);
        // Why it goes nowhere was told when it came in.
        let is_told = message.lane == Lane::from(REJECTED);
        let name = match outcome.state.status() {
            Status::Delivered => EventName::MessageDelivered,
            Status::Expired => EventName::MessageDeadLetter,
            _ if outcome.state == FinalState::Deleted => EventName::MessageDeleted,
            _ => EventName::MessageFailed,
        };
        if self.events.is_some() && !is_told {
            self.note(
                message.id,
                name,
                format!("{} error {} attempts {}", outcome.state.status().name(), outcome.error, outcome.attempts),
            );
        }
        for hook in &self.hooks {
            hook.ended(message, outcome);
        }
        self.record(message, outcome);
    }

    /// Offers the record of a message that has ended.
    fn record(&self, message: &Message, outcome: &Outcome) {
        let Some(recorder) = &self.recorder else { return };
        let without_body = self.policy().delete_body_after_delivery;
        let Some(record) = self.recording.record(message, outcome, without_body) else { return };
        // What finds no room is read from the queue later.
        recorder.offer(record);
    }

    /// What networks say of messages that were handed over.
    pub(super) async fn hear(&self, reports: Vec<NetworkReport>) -> Heard {
        let mut heard = Heard { known: Vec::with_capacity(reports.len()), is_kept: true };
        let (mut changes, mut messages, mut ending) = (Vec::new(), Vec::new(), HashSet::new());
        for report in reports {
            let found = self.queue.handed(&report.lane, report.remote.octets()).await.unwrap_or_else(|error| {
                tracing::error!(lane = %report.lane, %error, "a report of the network cannot be looked up");
                heard.is_kept = false;
                None
            });
            heard.known.push(found.is_some());
            let Some(found) = found else { continue };
            let id = found.message.id;
            self.note(id, EventName::DeliveryReport, format!("state {} error {}", report.state, report.error));
            let (Some(state), None) = (FinalState::from_message_state(report.state), found.outcome) else { continue };
            // The first end counts.
            if ending.insert(id) {
                changes.push(lifecycle::settle(&found.message, (state, report.error), self.now(), || self.queue.next_id()));
                messages.push(found.message);
            }
        }
        let wanted = changes.len();
        heard.is_kept &= wanted == 0 || self.settle(changes, messages).await.len() == wanted;
        heard
    }

    pub(super) fn release(&self, ids: &[MessageId]) {
        self.fleeting.release(ids);
        self.queue.release(ids);
    }
}

/// What became of what networks said.
pub(super) struct Heard {
    /// For each: whether it was about a message of this core.
    pub(super) known: Vec<bool>,
    /// Everything of it is durable.
    pub(super) is_kept: bool,
}

/// What a change does without room on the disk.
#[derive(Clone, Copy)]
enum Room {
    /// It waits for room.
    Awaited,
    /// It is refused; somebody will make it again.
    Wanted,
}

/// Somebody must make room first; looking more often would only fill the log.
const PAUSE_WITHOUT_ROOM: Duration = Duration::from_secs(1);

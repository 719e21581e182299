//! What the core counts.

mod named;
mod steps;

use std::sync::atomic::{AtomicU64, Ordering};

use smpp_session::Histogram;

use crate::model::{FinalState, Kind, Lane, Message, Outcome, SourceType, Status};

pub use named::{MOST_NAMES, Named, OTHER};
pub use steps::{STEPS, Steps};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Returns how many there were since the start.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts of one core since its start.
///
/// Those about delivery count messages; what becomes of receipts has counters of its own, or one message that fails
/// would look like two that succeed.
#[derive(Debug, Default)]
pub struct Meters {
    /// Messages taken for processing, by submitter and [kind of network](SourceType): none named, IMS, CS, SMPP.
    pub received: Named<4>,
    /// Repeats that were answered with the id of the first.
    pub duplicates: Counter,
    /// How long submissions took until they were durable, or refused.
    pub processing: Histogram,
    /// How long the search for a route took.
    pub routing: Histogram,
    /// Messages put in the queue, by destination.
    pub queued: Named,
    /// Messages that no route claims and whose recipient is served by nobody.
    pub routing_failed: Counter,
    /// Attempts reported by frontends, by destination.
    pub attempted: Named,
    /// Messages delivered, by destination.
    pub delivered: Named,
    /// How many attempts delivered messages needed.
    pub attempts: Steps,
    /// Messages that failed for good, were rejected or deleted.
    pub failed: Counter,
    /// Messages whose deadline passed.
    pub dead_letter: Counter,
    /// Receipts delivered.
    pub receipts_delivered: Counter,
    /// Receipts that came to another end.
    pub receipts_failed: Counter,
    /// Times charging was asked.
    pub charging_attempted: Counter,
    /// Times it did not grant.
    pub charging_failed: Counter,
    /// How long a grant took.
    pub charging_succeeded: Histogram,
    /// How long delivered messages were on their way.
    pub delivery: Histogram,
}

impl Meters {
    pub(super) fn note_received(&self, message: &Message, source_type: Option<SourceType>) {
        let place = source_type.and_then(|wanted| SourceType::ALL.iter().position(|kind| *kind == wanted));
        self.received.add(message.account.as_str(), place.map_or(0, |place| place + 1), 1);
    }

    /// Counts attempts; neighbours of one destination cost one look-up.
    pub(super) fn note_attempts<'a>(&self, messages: impl Iterator<Item = &'a Message>) {
        for (lane, count) in by_lane(messages.filter(|message| message.kind.is_message())) {
            self.attempted.add(name(&lane), 0, count);
        }
    }

    pub(super) fn note_queued(&self, lanes: &[(Lane, u64)]) {
        // What ends as soon as it is accepted has no destination.
        for (lane, count) in lanes.iter().filter(|(lane, _)| !lane.is_ending()) {
            self.queued.add(name(lane), 0, *count);
        }
    }

    /// Counts the end of a message.
    pub(super) fn note_end(&self, message: &Message, outcome: &Outcome) {
        let is_delivered = outcome.state == FinalState::Delivered;
        if message.kind == Kind::Receipt {
            return if is_delivered { self.receipts_delivered.add(1) } else { self.receipts_failed.add(1) };
        }
        match outcome.state.status() {
            // Answered by a route: nobody delivered it.
            Status::Delivered if message.lane.is_ending() => {}
            Status::Delivered => {
                self.delivered.add(name(&message.lane), 0, 1);
                self.attempts.record(outcome.attempts);
                self.delivery.record(outcome.done.since(message.submitted));
            }
            Status::Expired => self.dead_letter.add(1),
            _ => self.failed.add(1),
        }
    }
}

/// Counts runs of neighbours that go the same way.
pub(super) fn by_lane<'a>(messages: impl Iterator<Item = &'a Message>) -> Vec<(Lane, u64)> {
    let mut lanes: Vec<(Lane, u64)> = Vec::new();
    for message in messages {
        match lanes.last_mut() {
            Some((lane, count)) if *lane == message.lane => *count += 1,
            _ => lanes.push((message.lane.clone(), 1)),
        }
    }
    lanes
}

/// The destination as operators know it: whoever serves a recipient by its location delivers like any other.
fn name(lane: &Lane) -> &str {
    lane.located_at().unwrap_or(lane.as_str())
}

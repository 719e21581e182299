//! The times of one session, on their way into the histograms of those who share them.
//!
//! PDUs come and go in batches, and those of a batch mostly take equally long: only a change
//! touches memory that other threads use, and answers are timed when their batch is fetched, with
//! one look at the clock.

use std::sync::Arc;
use std::vec::Vec;

use smpp_pdu::CommandId;

use super::{Operation, Stats};
use crate::histogram::{bucket, micros};
use crate::{Outcome, Time};

/// Measures one session.
#[derive(Default)]
pub(crate) struct Meter {
    stats: Vec<Arc<Stats>>,
    /// Response times that fell into one bucket, one after the other.
    run: Option<Run>,
    /// Answers written since the last fetch.
    owed: Vec<Owed>,
}

#[derive(PartialEq, Eq, Clone, Copy)]
struct Key {
    operation: Operation,
    bucket: usize,
}

struct Run {
    key: Key,
    count: u64,
    sum: u64,
}

/// Answers to requests that came together.
struct Owed {
    operation: Operation,
    since: Time,
    count: u64,
}

impl Meter {
    /// Measures for one more; false if it does so already.
    pub(crate) fn share(&mut self, stats: &Arc<Stats>) -> bool {
        let new = !self.stats.iter().any(|known| Arc::ptr_eq(known, stats));
        if new {
            self.stats.push(stats.clone());
        }
        new
    }

    /// A request of ours has ended after so many microseconds.
    pub(crate) fn ended(&mut self, outcome: &Outcome, took: u64) {
        let Outcome::Answered(frame) = outcome else { return };
        let key = Key { operation: Operation::of(frame.command_id()), bucket: bucket(took) };
        match &mut self.run {
            Some(run) if run.key == key => {
                run.count += 1;
                run.sum += took;
            }
            _ => {
                self.flush();
                self.run = Some(Run { key, count: 1, sum: took });
            }
        }
    }

    /// The end of a batch of responses.
    pub(crate) fn flush(&mut self) {
        let Some(Run { key, count, sum }) = self.run.take() else { return };
        for histogram in self.stats.iter().filter_map(|stats| stats.response_times.of(key.operation)) {
            histogram.add(key.bucket, count, sum);
        }
    }

    /// An answer was written to a request that came then.
    pub(crate) fn answered(&mut self, command_id: CommandId, since: Time, clock: impl FnOnce() -> Time) {
        let operation = Operation::of(command_id);
        match self.owed.last_mut() {
            Some(last) if last.operation == operation && last.since == since => last.count += 1,
            _ => {
                if self.owed.len() >= MAX_OWED {
                    self.fetched(clock());
                }
                self.owed.push(Owed { operation, since, count: 1 });
            }
        }
    }

    /// True if there are answers to be timed.
    pub(crate) fn is_owing(&self) -> bool {
        !self.owed.is_empty()
    }

    /// The answers written so far go out.
    pub(crate) fn fetched(&mut self, now: Time) {
        for Owed { operation, since, count } in self.owed.drain(..) {
            let took = micros(now.since(since));
            for histogram in self.stats.iter().filter_map(|stats| stats.answer_times.of(operation)) {
                histogram.add(bucket(took), count, took.saturating_mul(count));
            }
        }
    }

    /// The session is over: who is to be told.
    pub(crate) fn end(mut self, now: Time) -> Vec<Arc<Stats>> {
        self.fetched(now);
        self.stats
    }
}

// Requests of so many reads answered in one batch; more, and the clock is looked at in between.
const MAX_OWED: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    #[test]
    fn answers_in_any_order_take_bounded_memory_and_all_are_timed() {
        let (mut meter, stats) = (Meter::default(), Stats::new());
        assert!(meter.share(&stats) && !meter.share(&stats));
        for millis in 0..1000 {
            meter.answered(CommandId::SUBMIT_SM, at(millis % 7), || at(10));
            assert!(meter.owed.len() <= MAX_OWED);
        }
        meter.fetched(at(10));
        let times = stats.snapshot().answer_times.remove(&Operation::SubmitSm).unwrap();
        assert_eq!((times.count(), times.at_most(Duration::from_millis(3))), (1000, 0));
    }

    #[test]
    fn answers_to_one_read_are_one_entry() {
        let mut meter = Meter::default();
        (0..1000).for_each(|_| meter.answered(CommandId::SUBMIT_SM, at(1), || at(10)));
        assert_eq!(meter.owed.len(), 1);
        meter.answered(CommandId::DATA_SM, at(1), || at(10));
        assert_eq!(meter.owed.len(), 2);
    }
}

//! A log of events that is gone with the process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::EventLog;
use crate::BoxFuture;
use crate::model::{Event, MessageId, Timestamp};

/// The newest events, up to a number.
#[derive(Debug)]
pub struct MemoryEvents {
    limit: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    events: BTreeMap<(MessageId, u64), Event>,
    /// In the order they came.
    keys: VecDeque<(MessageId, u64)>,
    next: u64,
    lost: u64,
}

impl MemoryEvents {
    /// Keeps at most `limit` events, each about 150 octets.
    pub fn new(limit: usize) -> MemoryEvents {
        MemoryEvents { limit, kept: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget_first(&mut self) {
        if let Some(key) = self.keys.pop_front() {
            self.events.remove(&key);
        }
    }
}

impl EventLog for MemoryEvents {
    fn write(&self, events: Vec<Event>) {
        let mut kept = self.lock();
        for event in events {
            let key = (event.message_id, kept.next);
            kept.next += 1;
            kept.keys.push_back(key);
            kept.events.insert(key, event);
            if kept.keys.len() > self.limit {
                kept.forget_first();
                kept.lost += 1;
            }
        }
    }

    fn of(&self, message_id: MessageId) -> BoxFuture<'_, Result<Vec<Event>, String>> {
        let mut events: Vec<Event> = {
            let kept = self.lock();
            kept.events.range((message_id, 0)..=(message_id, u64::MAX)).map(|(_, event)| event.clone()).collect()
        };
        // Events from outside may come late; what happened at the same time stays in the order it came.
        events.sort_by_key(|event| event.time);
        Box::pin(std::future::ready(Ok(events)))
    }

    fn forget(&self, before: Timestamp) -> BoxFuture<'_, ()> {
        let mut kept = self.lock();
        while kept.keys.front().is_some_and(|key| kept.events.get(key).is_none_or(|event| event.time < before)) {
            kept.forget_first();
        }
        Box::pin(std::future::ready(()))
    }

    fn lost(&self) -> u64 {
        self.lock().lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::EventName;

    fn event(message: u64, time: u64, name: EventName) -> Event {
        Event { message_id: MessageId(message), time: Timestamp(time), name, description: "".into(), source: "smsc@here".into() }
    }

    #[tokio::test]
    async fn a_message_has_its_own_events_in_the_order_of_time() {
        let log = MemoryEvents::new(100);
        log.write(vec![event(1, 20, EventName::MessageDelivered), event(2, 5, EventName::MessageInserted)]);
        log.write(vec![event(1, 10, EventName::MessageInserted)]);
        let names: Vec<_> = log.of(MessageId(1)).await.unwrap().into_iter().map(|event| event.name).collect();
        assert_eq!(names, [EventName::MessageInserted, EventName::MessageDelivered]);
        assert!(log.of(MessageId(3)).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn old_events_are_forgotten_and_lost_ones_counted() {
        let log = MemoryEvents::new(3);
        for time in 1..=5 {
            log.write(vec![event(1, time, EventName::MessageRouted)]);
        }
        assert_eq!((log.of(MessageId(1)).await.unwrap().len(), log.lost()), (3, 2));
        log.forget(Timestamp(5)).await;
        assert_eq!(log.of(MessageId(1)).await.unwrap().len(), 1);
    }
}

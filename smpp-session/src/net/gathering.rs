//! What a session owes to collectors.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::vec::Vec;

use super::collector::{Collected, Shared};

/// The collectors a session works for.
///
/// A session works through many answers under one lock; a collector is told of all of them at once.
#[derive(Default)]
pub(crate) struct Gatherings {
    list: Vec<Option<Gathering>>,
    /// Places in the list that are empty.
    free: Vec<u32>,
    /// Those with something to tell.
    fresh: Vec<u32>,
}

/// Requests whose outcomes one collector gathers.
struct Gathering {
    collector: Arc<Shared>,
    under_way: usize,
    /// Not told yet.
    outcomes: VecDeque<Collected>,
}

impl Gatherings {
    /// A request is sent for a collector; returns the number of its gathering.
    pub(crate) fn enter(&mut self, collector: &Arc<Shared>) -> u32 {
        let is_it = |place: &Option<Gathering>| place.as_ref().is_some_and(|one| Arc::ptr_eq(&one.collector, collector));
        // Where there are many a collector may have several gatherings, rather than a long search each time.
        let known = self.list.iter().take(FEW).position(is_it);
        let at = known.map_or_else(|| self.add(collector), |at| at as u32);
        if let Some(Some(gathering)) = self.list.get_mut(at as usize) {
            gathering.under_way += 1;
        }
        at
    }

    /// A request has ended.
    pub(crate) fn end(&mut self, at: u32, outcome: Collected) {
        let Some(Some(gathering)) = self.list.get_mut(at as usize) else { return };
        if gathering.outcomes.is_empty() {
            self.fresh.push(at);
        }
        gathering.under_way = gathering.under_way.saturating_sub(1);
        gathering.outcomes.push_back(outcome);
    }

    /// Tells the collectors what has ended; appends whom to wake.
    pub(crate) fn hand_over(&mut self, wakers: &mut Vec<Waker>) {
        for at in self.fresh.drain(..) {
            let Some(place) = self.list.get_mut(at as usize) else { continue };
            let Some(gathering) = place else { continue };
            wakers.extend(gathering.collector.take_in(&mut gathering.outcomes));
            if gathering.under_way == 0 {
                *place = None;
                self.free.push(at);
            }
        }
    }

    fn add(&mut self, collector: &Arc<Shared>) -> u32 {
        let new = Some(Gathering { collector: collector.clone(), under_way: 0, outcomes: VecDeque::new() });
        if let Some(at) = self.free.pop() {
            if let Some(place) = self.list.get_mut(at as usize) {
                *place = new;
            }
            return at;
        }
        self.list.push(new);
        self.list.len() as u32 - 1 // no more than there are requests in a window
    }
}

/// A session that is gone ends nothing any more.
impl Drop for Gathering {
    fn drop(&mut self) {
        self.collector.give_back(self.under_way);
    }
}

const FEW: usize = 4;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::collector::collector;
    use super::super::{Collector, Unanswered};
    use super::*;

    fn enter(gatherings: &mut Gatherings, collector: &Collector) -> u32 {
        gatherings.enter(collector.claim(1).unwrap().spend())
    }

    fn ended(tag: u64) -> Collected {
        Collected { tag, result: Err(Unanswered::Expired) }
    }

    #[tokio::test]
    async fn each_collector_is_told_of_its_own_however_many_there_are() {
        let mut gatherings = Gatherings::default();
        let mut ends: Vec<_> = (0..10).map(|_| collector(2)).collect();
        for round in 0..3 {
            let places: Vec<_> = ends.iter().map(|(one, _)| [enter(&mut gatherings, one), enter(&mut gatherings, one)]).collect();
            for (tag, at) in (0..).zip(places.iter().flatten()) {
                gatherings.end(*at, ended(tag));
            }
            gatherings.hand_over(&mut Vec::new());
            for (tag, (_, outcomes)) in (0..).zip(&mut ends) {
                let mut fetched = Vec::new();
                assert_eq!(outcomes.next_many(&mut fetched).await, 2, "round {round}");
                assert_eq!([fetched[0].tag, fetched[1].tag], [tag * 2, tag * 2 + 1]);
            }
            assert!(gatherings.list.iter().all(Option::is_none), "it keeps nothing of those it owes nothing");
        }
        assert!(gatherings.list.len() <= 20, "places are used again");
    }

    #[tokio::test]
    async fn what_a_session_owes_when_it_goes_is_given_back() {
        let mut gatherings = Gatherings::default();
        let (collector, mut outcomes) = collector(2);
        let at = enter(&mut gatherings, &collector);
        enter(&mut gatherings, &collector);
        gatherings.end(at, ended(7));
        gatherings.hand_over(&mut Vec::new());
        drop((gatherings, collector));
        let next = async { [outcomes.next().await.map(|one| one.tag), outcomes.next().await.map(|one| one.tag)] };
        assert_eq!(tokio::time::timeout(Duration::from_secs(10), next).await, Ok([Some(7), None]));
    }
}

//! The timer of a connection's task.

use std::boxed::Box;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Waker};

use tokio::time::{Instant, Sleep, sleep_until};

use super::shared::Shared;
use crate::Time;

/// Wakes a task when the earliest of its deadlines comes.
///
/// Deadlines move away with every PDU; an alarm that was set stays, and rings in vain now and then.
pub(crate) struct Alarm {
    sleep: Pin<Box<Sleep>>,
    /// When it rings.
    due: Option<Time>,
    /// Whom it wakes.
    waker: Option<Waker>,
    /// It was set since it was asked last.
    has_slept: bool,
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Alarm { sleep: Box::pin(sleep_until(Instant::now())), due: None, waker: None, has_slept: false }
    }

    /// False if no deadline can have come that was known when the task went to sleep; always true for a task that
    /// has worked since and not slept.
    pub(crate) fn may_have_rung(&mut self, now: Time) -> bool {
        let has_slept = std::mem::take(&mut self.has_slept);
        !has_slept || self.due.is_none_or(|due| due <= now)
    }

    /// Sees to it that the task wakes by `due`; false if that is now.
    pub(crate) fn set(&mut self, due: Option<Time>, clock: (&Shared, Time), cx: &mut Context<'_>) -> bool {
        self.has_slept = self.wait_for(due, clock, cx);
        self.has_slept
    }

    fn wait_for(&mut self, due: Option<Time>, (shared, now): (&Shared, Time), cx: &mut Context<'_>) -> bool {
        let Some(due) = due else { return true };
        if due <= now {
            self.due = None;
            return false;
        }
        if self.due.is_some_and(|set| now < set && set <= due)
            && self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()))
        {
            return true;
        }
        if self.due.is_none_or(|set| due < set) {
            let Some(instant) = shared.instant(due) else { return true };
            self.sleep.as_mut().reset(instant);
            self.due = Some(due);
        }
        let rings = self.sleep.as_mut().poll(cx).is_ready();
        if rings {
            self.due = None;
        } else {
            self.waker = Some(cx.waker().clone());
        }
        !rings
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;
    use std::time::Duration;

    use smpp_pdu::Side;

    use super::*;
    use crate::Config;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn at(seconds: u64) -> Time {
        Time::ZERO + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn an_alarm_rings_once_at_the_earliest_deadline_it_was_set_to() {
        let shared = Shared::new(Side::Esme, Config::default(), SocketAddr::from(([127, 0, 0, 1], 2775)));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let (mut alarm, mut cx) = (Alarm::new(), Context::from_waker(&waker));
        for due in [30, 10, 40] {
            assert!(alarm.set(Some(at(due)), (&shared, Time::ZERO), &mut cx));
        }
        tokio::time::sleep(Duration::from_secs(9)).await;
        assert!(woken.0.load(Ordering::Relaxed) == 0 && !alarm.may_have_rung(shared.now()));
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert!(woken.0.load(Ordering::Relaxed) == 1 && alarm.may_have_rung(shared.now()));
        assert!(!alarm.set(Some(at(40)), (&shared, shared.now()), &mut cx), "it is told that it rang");
        assert!(alarm.set(Some(at(40)), (&shared, shared.now()), &mut cx));
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(woken.0.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_deadline_that_has_come_is_told_at_once_and_looked_at() {
        let shared = Shared::new(Side::Esme, Config::default(), SocketAddr::from(([127, 0, 0, 1], 2775)));
        let (mut alarm, mut cx) = (Alarm::new(), Context::from_waker(Waker::noop()));
        assert!(alarm.set(Some(at(30)), (&shared, at(1)), &mut cx) && !alarm.may_have_rung(at(1)));
        assert!(alarm.may_have_rung(at(1)), "whoever never sleeps looks every time");
        assert!(!alarm.set(Some(Time::ZERO), (&shared, at(1)), &mut cx));
        assert!(alarm.may_have_rung(at(1)));
    }
}

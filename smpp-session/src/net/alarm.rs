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
}

impl Alarm {
    pub(crate) fn new() -> Self {
        Alarm { sleep: Box::pin(sleep_until(Instant::now())), due: None, waker: None }
    }

    /// False if no deadline can have come that was known when the task went to sleep.
    pub(crate) fn may_have_rung(&self, now: Time) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Sees to it that the task wakes by `due`; false if that is now.
    pub(crate) fn set(&mut self, due: Option<Time>, (shared, now): (&Shared, Time), cx: &mut Context<'_>) -> bool {
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

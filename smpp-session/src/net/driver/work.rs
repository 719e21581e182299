//! What the task does with what was read: the session works through it, everybody concerned is told.

use std::task::Waker;

use smpp_pdu::Frame;

use super::super::bind::IncomingBind;
use super::super::responder::Incoming;
use super::super::shared::{Bound, Inner};
use super::Driver;
use crate::histogram::micros;
use crate::{Event, Outcome, Time};

impl<S> Driver<S> {
    /// Lets the session work through what was read, then tells everybody concerned.
    pub(super) fn work(&mut self) {
        let shared = self.link.shared.clone();
        let now = shared.now();
        self.now = now;
        let traced = shared.is_traced();
        {
            let mut inner = shared.lock();
            inner.tick(now);
            self.patience.regain(now);
            self.more = self.feed(&mut inner, now, traced);
            self.patience.hear(inner.session.counters().nuisance(), now);
            if self.alarm.may_have_rung(now) && inner.poll_timeout().is_some_and(|due| due <= now) {
                inner.handle_timeout(now);
            }
            self.collect(&mut inner, now);
            self.paused = !inner.session.wants_input();
        }
        self.stirred |= self.wakers.len() + self.inbox.len() > 1 || (self.more && !self.wakers.is_empty());
        self.wake_some();
        self.link.trace_in(&mut self.seen);
        self.dispatch(now);
    }

    /// There is nothing to do, and perhaps the peer is waited for by one who is awake.
    ///
    /// Two who only wait for each other would take turns. The next time as much comes at once, the peer has half of
    /// its answers while we are at work on the other half.
    pub(super) fn divide(&mut self, awake: bool) {
        if !awake {
            self.portion = usize::MAX;
        } else if self.fed > 0 {
            self.portion = (self.fed / 2).max(SMALLEST_PORTION);
        }
        self.fed = 0;
    }

    /// Works through the next portion; true if there may be more.
    fn feed(&mut self, inner: &mut Inner, now: Time, traced: bool) -> bool {
        while inner.session.wants_input() {
            if self.fed == self.portion {
                self.portion = usize::MAX;
                return true;
            }
            match Frame::split(&mut self.input, inner.session.max_pdu()) {
                Ok(Some(frame)) => {
                    self.fed += 1;
                    if traced {
                        self.seen.push(frame.clone());
                    }
                    match inner.session.take_answer(&frame, now) {
                        Some((tag, sent)) => self.conclude(inner, (tag, sent), Outcome::Answered(frame), now),
                        None => inner.session.handle_frame(frame, now),
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    inner.session.handle_bad_framing(error);
                    return false;
                }
            }
        }
        if self.ended || self.broken {
            inner.session.handle_disconnect();
        }
        false
    }

    /// Ends what has ended; keeps the rest for the service.
    fn collect(&mut self, inner: &mut Inner, now: Time) {
        // Most batches are messages and nothing else, and none of them has to be moved.
        if self.inbox.is_empty() && inner.session.events.iter().all(|event| matches!(event, Event::Request { .. })) {
            std::mem::swap(&mut self.inbox, &mut inner.session.events);
        }
        while let Some(event) = inner.session.poll_event() {
            match event {
                Event::Ended { tag, sent, outcome } => self.conclude(inner, (tag, sent), outcome, now),
                Event::Bound { kind, version } => {
                    let profile = *inner.session.profile();
                    self.link.shared.bind(Bound { kind, version, profile });
                    self.inbox.push_back(Event::Bound { kind, version });
                }
                event => self.inbox.push_back(event),
            }
        }
        if let Some(meter) = &mut inner.meter {
            meter.flush();
        }
        inner.places.hand_over(&mut self.wakers);
        inner.grant(&self.link.shared, &mut self.wakers);
    }

    /// One of our requests has ended.
    fn conclude(&mut self, inner: &mut Inner, (tag, sent): (u32, Time), outcome: Outcome, now: Time) {
        let took = now.since(sent);
        if let Some(meter) = &mut inner.meter {
            meter.ended(&outcome, micros(took));
        }
        if let Some(waker) = inner.places.end(tag, outcome, took, inner.session.profile()) {
            self.wakers.push(waker);
        }
    }

    fn dispatch(&mut self, now: Time) {
        let service = &self.service;
        let mut asked = false;
        for event in self.inbox.drain(..) {
            match event {
                Event::Request { frame, responder } => {
                    asked = true;
                    service.request(Incoming::new(self.link.shared.clone(), frame, responder, now));
                }
                Event::Bind { frame, responder } => {
                    IncomingBind::new(self.link.shared.clone(), frame, responder, now).offer(service.as_ref());
                }
                Event::Bound { .. } => service.bound(&self.link),
                Event::Notification(frame) => service.notification(&self.link, frame),
                Event::Stray { frame, why } => service.stray(&self.link, frame, why),
                Event::Ended { .. } => {}
                Event::Closed(reason) => {
                    self.over = Some(reason);
                    self.link.shared.leave();
                    service.closed(&self.link, reason);
                }
            }
        }
        if asked {
            service.batch_end();
        }
    }

    /// Wakes a handful of those who have been answered: while the first requests of theirs are on their way, the
    /// peer is at work, and so are the others.
    pub(super) fn wake_some(&mut self) {
        let some = self.wakers.len().min(HANDFUL);
        self.wakers.drain(..some).for_each(Waker::wake);
    }

    pub(super) fn wake_all(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }
}

// Some fifty kilobytes of submit_sm: worth a write, and still in the caches when it is written. The
// workers of tokio's larger runtime have queues of as many tasks.
const HANDFUL: usize = 256;
// What less comes to is not worth two writes.
const SMALLEST_PORTION: usize = 16;

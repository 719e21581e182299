//! Takes messages from the core and sends them: one courier for each session that messages go out on.
//!
//! It is the same loop in both directions: to an ESME of the centre, to a partner, to a carrier. Couriers of one peer
//! take from the same lane, so what one session cannot take the next one does.

mod deliver;
mod flight;
mod line;
mod pace;
mod settling;
mod trip;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use smpp_session::net::Link;
use tokio::task::{JoinError, JoinHandle};

pub(in crate::frontend) use deliver::addr;
pub(in crate::frontend) use flight::{SendError, Unfit, Way, Writer};
pub(in crate::frontend) use line::Line;
pub(in crate::frontend) use settling::Settling;

use super::guest::Guest;
use deliver::Wishes;
use flight::Flight;
use line::Held;

use crate::model::Timestamp;

/// Delivers to an ESME until the session is over.
pub(super) async fn deliver(link: Link, line: Arc<Line>, guest: Arc<Guest>) {
    let wishes = Wishes::of(guest, link.version().unwrap_or_default());
    carry(link, line, (wishes, Arc::new(Settling::new()))).await;
}

/// Sends what `writer` makes of messages until the session is over; a courier that dies is replaced.
pub(super) async fn carry<W: Writer>(link: Link, line: Arc<Line>, (writer, settling): (W, Arc<Settling>)) {
    loop {
        let courier = Courier::new(link.clone(), line.clone(), (writer.clone(), settling.clone()));
        match tokio::spawn(courier.run()).await {
            Err(error) if error.is_panic() => {}
            _ => return,
        }
        tracing::error!(lane = %line.lane, peer = %link.peer(), "the worker of this bind died; it is started again");
        tokio::time::sleep(AFTER_DEATH).await;
        if link.close_reason().is_some() {
            return;
        }
    }
}

/// One session and what is on its way there.
struct Courier<W: Writer> {
    link: Link,
    line: Arc<Line>,
    flight: Flight<W>,
    settling: Arc<Settling>,
    telling: Option<Telling>,
    held: Held,
    /// True if the core may have more.
    hungry: bool,
}

/// The core is being told what became of messages; others go out meanwhile.
struct Telling {
    task: JoinHandle<()>,
    /// What is reached when it has been told.
    asked: u64,
    /// How many more may go out: a core that cannot take reports, for its disk is full, gets no more to report.
    room: usize,
}

/// Whoever waits must not wait for one that is gone.
impl<W: Writer> Drop for Courier<W> {
    fn drop(&mut self) {
        self.settling.reach(self.settling.asked());
    }
}

impl<W: Writer> Courier<W> {
    fn new(link: Link, line: Arc<Line>, (writer, settling): (W, Arc<Settling>)) -> Courier<W> {
        let held = Held::new(line.clone());
        Courier { link, line, flight: Flight::new(writer), settling, telling: None, held, hungry: true }
    }

    async fn run(mut self) {
        let (line, settling, link) = (self.line.clone(), self.settling.clone(), self.link.clone());
        let (mut work, mut wanted) = (line.core.watch(&line.lane), settling.watch());
        loop {
            self.tell();
            if self.hungry {
                work.seen();
            }
            if self.send().await {
                continue;
            }
            let pause = tokio::time::sleep(self.pause());
            let (is_idle, has_sent) = (self.telling.is_none(), !self.flight.is_empty());
            tokio::select! {
                // What has landed is told before anything else.
                biased;
                result = task_of(&mut self.telling) => self.told(result),
                () = self.flight.landed(), if is_idle && has_sent => {}
                _ = link.closed() => break,
                _ = wanted.changed() => {}
                more = work.changed(), if !self.hungry => if more { self.hungry = true } else { break },
                () = pause => self.hungry = true,
            }
        }
        self.end().await;
    }

    /// Begins to tell the core what was answered, unless it is still being told.
    fn tell(&mut self) {
        if let Some(telling) = &mut self.telling {
            let Some(result) = (&mut telling.task).now_or_never() else { return };
            self.told(result);
        }
        // What was answered before somebody asked is among what has landed.
        let asked = self.settling.asked();
        let reports = self.flight.reports(&self.line.meter);
        if reports.is_empty() {
            return self.settling.reach(asked);
        }
        let line = self.line.clone();
        let task = tokio::spawn(async move { line.core.report(reports).await });
        self.telling = Some(Telling { task, asked, room: MOST_AT_ONCE });
    }

    /// The core has been told; it breaks down as this would.
    fn told(&mut self, result: Result<(), JoinError>) {
        if let Some(telling) = self.telling.take() {
            self.settling.reach(telling.asked);
        }
        if let Err(Ok(panic)) = result.map_err(JoinError::try_into_panic) {
            std::panic::resume_unwind(panic);
        }
    }

    /// Sends what there is; true if there is more to send at once.
    async fn send(&mut self) -> bool {
        let line = self.line.clone();
        let mut allowance = line.pace.reserve(0);
        if self.flight.has_rest() {
            self.flight.go_on(&self.link, &mut allowance);
        }
        let room = if self.hungry && !self.flight.has_rest() { self.link.free().min(self.room()) } else { 0 };
        drop(allowance);
        let mut allowance = line.pace.reserve(room);
        let wanted = allowance.left();
        let mut has_more = false;
        if wanted > 0 {
            let messages = line.core.lease(&line.lane, wanted, HOLD).await;
            if let Some(telling) = &mut self.telling {
                telling.room -= messages.len().min(telling.room);
            }
            self.hungry = messages.len() >= wanted;
            let unsent = self.flight.send(&self.link, &mut allowance, messages);
            if !unsent.is_empty() {
                line.core.release(&unsent);
                // They are due: the next look is after the shortest pause.
                self.hungry = false;
            }
            has_more = self.hungry;
        }
        has_more
    }

    /// How many messages may go out at once.
    fn room(&self) -> usize {
        self.telling.as_ref().map_or(MOST_AT_ONCE, |telling| telling.room)
    }

    /// How long nothing can be done unless something happens.
    fn pause(&mut self) -> Duration {
        let is_waiting = self.hungry || self.flight.has_rest();
        let blocked = if is_waiting { self.link.throttle().held.max(self.line.pace.wait()) } else { Duration::ZERO };
        self.held.set(!blocked.is_zero());
        if !blocked.is_zero() {
            return blocked.clamp(TICK, LONGEST_PAUSE);
        }
        let check = self.line.check();
        if is_waiting {
            // The window is full: an answer ends this.
            return check;
        }
        let due = self.line.core.next_due(&self.line.lane).unwrap_or(Timestamp::MAX);
        due.since(Timestamp::now()).max(SHORTEST_PAUSE).min(check)
    }

    /// Every request of a closed session has ended.
    async fn end(mut self) {
        self.held.set(false);
        self.flight.abandon();
        while self.telling.is_some() || !self.flight.is_empty() {
            if self.telling.is_some() {
                let result = task_of(&mut self.telling).await;
                self.told(result);
            } else {
                self.flight.landed().await;
            }
            self.tell();
        }
    }
}

/// Waits until the core has been told, for ever if it is not being told anything.
async fn task_of(telling: &mut Option<Telling>) -> Result<(), JoinError> {
    match telling {
        Some(telling) => (&mut telling.task).await,
        None => std::future::pending().await,
    }
}

// One lease and one write; large enough for any usual window.
const MOST_AT_ONCE: usize = 1000;
// Longer than any response timer: a lease must not end while the answer is awaited.
const HOLD: Duration = Duration::from_secs(15 * 60);
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_millis(1);
// Whatever it died of may still be there.
const AFTER_DEATH: Duration = Duration::from_secs(1);

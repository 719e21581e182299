//! The task of one connection: read a batch, work through it, write what came of it.
//!
//! Reading, working and writing take turns in one task, so a connection stays on one thread and
//! a batch of input costs two system calls. Whoever adds work while the task sleeps takes its
//! waker from under the lock; while it is awake nobody has to wake it.

mod work;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;
use std::vec::Vec;

use bytes::BytesMut;
use smpp_pdu::Frame;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::task::yield_now;
use tokio::time::timeout;

use super::alarm::Alarm;
use super::link::Link;
use super::patience::Patience;
use super::service::Service;
use super::shared::Shared;
use super::vigil::Vigil;
use crate::{CloseReason, Event, Time};

/// One connection at work.
pub(crate) struct Driver<S> {
    stream: S,
    link: Link,
    service: Arc<dyn Service>,
    linger: Duration,
    vigil: Vigil,
    /// Read, not yet split into PDUs.
    input: BytesMut,
    /// Being written, up to `written`.
    output: BytesMut,
    written: usize,
    /// The stream may still hold some of what was written: TLS keeps what the socket did not take.
    unflushed: bool,
    /// PDUs to work through before what came of them is written.
    portion: usize,
    /// PDUs since there was nothing to do.
    fed: usize,
    /// Perhaps a whole PDU was read and not worked through yet.
    more: bool,
    /// Octets the next read asks for; grows and shrinks with what arrives.
    read_size: usize,
    /// The peer must wait: nothing is read.
    paused: bool,
    patience: Patience,
    /// Octets read since others were let in, or since there was nothing to do.
    heard: usize,
    /// Nothing more will be read.
    ended: bool,
    /// Nothing more can be written.
    broken: bool,
    alarm: Alarm,
    /// When the clock was looked at last.
    now: Time,
    /// What one batch of input came to.
    inbox: VecDeque<Event<u32>>,
    wakers: Vec<Waker>,
    /// What one batch of input was, while it is traced.
    seen: Vec<Frame>,
    /// Several others have something to do because of us, and will have work for us.
    stirred: bool,
    over: Option<CloseReason>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    pub(crate) fn new(stream: S, shared: Arc<Shared>, service: Arc<dyn Service>) -> Self {
        let (linger, busy_poll) = {
            let inner = shared.lock();
            (inner.session.config.timers.linger, inner.session.config.busy_poll)
        };
        Driver {
            stream,
            link: Link { shared },
            service,
            linger,
            vigil: Vigil::new(busy_poll),
            input: BytesMut::new(),
            output: BytesMut::new(),
            written: 0,
            unflushed: false,
            portion: usize::MAX,
            fed: 0,
            more: false,
            read_size: SMALL_READ,
            paused: false,
            patience: Patience::default(),
            heard: 0,
            ended: false,
            broken: false,
            alarm: Alarm::new(),
            now: Time::ZERO,
            inbox: VecDeque::new(),
            wakers: Vec::new(),
            seen: Vec::new(),
            stirred: false,
            over: None,
        }
    }

    /// Serves the connection until it is closed.
    pub(crate) async fn run(mut self) {
        let reason = poll_fn(|cx| self.poll(cx)).await;
        self.wake_all();
        self.link.trace_rest(&self.input);
        // A peer that does not read is not waited for.
        let _ = timeout(self.linger, self.flush()).await;
        self.link.trace_end(reason);
        self.link.shared.end(reason);
        let _ = timeout(self.linger, self.wait_for_peer()).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<CloseReason> {
        if self.more || !self.wakers.is_empty() {
            // What those have asked who were woken goes out before the others ask.
            let _ = self.poll_write(cx);
        }
        if !self.wakers.is_empty() {
            self.wake_some();
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Whoever woke us may have left something to do.
        let mut unseen = true;
        for _ in 0..ROUNDS {
            let heard = self.more || self.poll_read(cx).is_ready();
            if heard || unseen {
                unseen = self.attend(cx);
                if let Some(reason) = self.over {
                    return Poll::Ready(reason);
                }
                // Let them all run before reading more, and before writing what the first of them has to say.
                if std::mem::take(&mut self.stirred) || self.heard > SHARE {
                    break;
                }
            }
            if heard || unseen {
                continue;
            }
            let looks = self.vigil.keep(cx);
            self.divide(looks);
            if looks || self.park(cx) {
                self.heard = 0;
                return Poll::Pending;
            }
            unseen = true;
        }
        self.yield_now(cx);
        Poll::Pending
    }

    /// Works on what there is, and writes what came of it. True if there is something to do after that.
    fn attend(&mut self, cx: &mut Context<'_>) -> bool {
        let was_deaf = self.is_deaf();
        self.work();
        // The stream was not even asked: nobody would wake us when it has something.
        let resumed = was_deaf && !self.is_deaf();
        let written = self.over.is_none() && self.poll_write(cx).is_ready();
        resumed || (written && self.broken)
    }

    /// Lets others in.
    fn yield_now(&mut self, cx: &mut Context<'_>) {
        if self.heard <= SHARE {
            cx.waker().wake_by_ref();
        } else {
            self.heard = 0;
            // Woken after sockets and timers have been looked at: a peer that never stops sending
            // must not keep the others from being heard.
            let _ = pin!(yield_now()).poll(cx);
        }
    }

    /// True while nothing is read although there may be something.
    fn is_deaf(&self) -> bool {
        self.paused || self.patience.is_lost()
    }

    /// Reads once. Ready if there is something new to work on.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.is_deaf() || self.ended {
            return Poll::Pending;
        }
        // PDUs that are kept keep their buffer: it is used up before there is another.
        if self.input.capacity() - self.input.len() < self.read_size / 4 {
            self.input.reserve(self.read_size);
        }
        let room = self.input.capacity() - self.input.len();
        let result = ready!(pin!(self.stream.read_buf(&mut self.input)).poll(cx));
        self.heard += result.as_ref().copied().unwrap_or_default();
        self.vigil.stir();
        match result {
            Ok(octets @ 1..) if octets == room => self.read_size = LARGE_READ,
            Ok(1..) => {}
            Ok(0) => self.ended = true,
            Err(_) => (self.ended, self.broken) = (true, true),
        }
        Poll::Ready(())
    }

    /// Writes what there is. Ready if all of it was written.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.broken {
            return Poll::Pending;
        }
        if self.is_written() && !self.fetch_output() {
            return Poll::Pending;
        }
        self.broken = ready!(self.poll_put(cx)).is_err();
        Poll::Ready(())
    }

    /// Gives the stream what there is to write, and sees it off.
    fn poll_put(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while let Some(rest) = self.output.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                octets => self.written += octets,
            }
            self.unflushed = true;
        }
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.unflushed = false;
        Poll::Ready(Ok(()))
    }

    /// True if the stream can be given something new.
    fn is_written(&self) -> bool {
        self.written == self.output.len() && !self.unflushed
    }

    /// Swaps the buffer callers fill with the one that has been written; false if it is empty.
    fn fetch_output(&mut self) -> bool {
        self.output.clear();
        self.written = 0;
        {
            let mut inner = self.link.shared.lock();
            let Some(out) = inner.session.poll_transmit() else { return false };
            std::mem::swap(out, &mut self.output);
            self.vigil.stir();
            inner.fetched();
            if let Some(meter) = inner.meter.as_mut().filter(|meter| meter.is_owing()) {
                meter.fetched(self.link.shared.now());
            }
        }
        if self.link.shared.is_traced() {
            self.link.trace_out(&self.output);
        }
        true
    }

    /// Goes to sleep, unless there is more to do.
    fn park(&mut self, cx: &mut Context<'_>) -> bool {
        let shared = &*self.link.shared;
        let mut inner = shared.lock();
        inner.grant(shared, &mut self.wakers);
        let unsent = self.output.len() - self.written;
        let idle_writer = unsent == 0 && !self.unflushed;
        let resumed = self.paused && inner.session.wants_input();
        let more = resumed || inner.session.has_event() || (idle_writer && inner.session.poll_transmit().is_some());
        if !self.wakers.is_empty() || more {
            return false;
        }
        let due = self.patience.due().into_iter().chain(inner.due(shared)).min();
        if !self.alarm.set(due, (shared, self.now), cx) {
            drop(inner);
            self.slim();
            return false;
        }
        inner.unsent = unsent;
        inner.parked = Some(cx.waker().clone());
        true
    }

    /// Gives memory back: whoever waited for an alarm may wait for many more.
    fn slim(&mut self) {
        self.read_size = SMALL_READ;
        if self.input.is_empty() {
            self.input = BytesMut::new();
        }
        if self.written == self.output.len() {
            (self.output, self.written) = (BytesMut::new(), 0);
        }
    }

    /// Writes what was encoded before the end, and says that nothing follows.
    async fn flush(&mut self) -> std::io::Result<()> {
        if self.broken {
            return Ok(());
        }
        loop {
            let rest = self.output.get(self.written..).unwrap_or_default();
            self.stream.write_all(rest).await?;
            self.written = self.output.len();
            if !self.fetch_output() {
                return self.stream.shutdown().await;
            }
        }
    }

    /// Closing with unread input would make the kernel drop what the peer has not read yet.
    async fn wait_for_peer(&mut self) {
        while !self.ended && !self.broken {
            self.input.clear();
            self.input.reserve(SMALL_READ);
            self.ended = !matches!(self.stream.read_buf(&mut self.input).await, Ok(1..));
        }
    }
}

/// A task that is dropped, perhaps with its runtime, still ends everything that waits for it.
impl<S> Drop for Driver<S> {
    fn drop(&mut self) {
        self.wake_all();
        give_up(&self.link, self.service.as_ref(), self.over);
    }
}

/// Ends a session whose connection nobody serves; `told` is what the service knows already.
pub(crate) fn give_up(link: &Link, service: &dyn Service, told: Option<CloseReason>) {
    let shared = &link.shared;
    if shared.over().is_some() {
        return;
    }
    let mut wakers = Vec::new();
    let mut reason = told;
    {
        let mut inner = shared.lock();
        inner.session.handle_disconnect();
        while let Some(event) = inner.session.poll_event() {
            match event {
                Event::Ended { tag, outcome, .. } => {
                    let inner = &mut *inner;
                    wakers.extend(inner.places.end(tag, outcome, Default::default(), inner.session.profile()));
                }
                Event::Closed(closed) => reason = Some(closed),
                _ => {}
            }
        }
        inner.places.hand_over(&mut wakers);
        inner.grant(shared, &mut wakers);
    }
    wakers.into_iter().for_each(Waker::wake);
    let reason = reason.unwrap_or(CloseReason::Disconnected);
    if told.is_none() {
        shared.leave();
        service.closed(link, reason);
    }
    link.trace_end(reason);
    shared.end(reason);
}

// Gives other tasks a turn when a peer never stops sending.
const ROUNDS: usize = 16;
// Runtimes look at their sockets only now and then while tasks are ready; looking more often costs
// an honest peer its batches. Above a thousand submit_sm the look costs nothing in comparison.
const SHARE: usize = 256 * 1024;
// An idle session holds no more than this; it takes a few PDUs.
const SMALL_READ: usize = 2 * 1024;
// About four hundred submit_sm; larger reads measured no faster.
const LARGE_READ: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;
    use crate::net::{Incoming, IncomingBind};
    use crate::{Config, Timeouts};
    use smpp_pdu::{BindTransmitter, CStr, Command, Side, Stamp, SubmitSm, SubmitSmResp};

    #[tokio::test]
    async fn the_task_does_not_sleep_over_what_was_asked_since_it_worked() {
        let timers = Timeouts { session_init: None, ..Timeouts::default() };
        let config = Config { timers, ..Config::default() };
        let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 2775));
        let shared = Arc::new(Shared::new(Side::Mc, config, peer));
        let (stream, _other_end) = tokio::io::duplex(64);
        let mut driver = Driver::new(stream, shared, Arc::new(drop::<Incoming>));
        let mut cx = Context::from_waker(Waker::noop());
        driver.work();
        assert!(driver.park(&mut cx));
        driver.work();
        driver.link.close();
        assert!(!driver.park(&mut cx));
    }
    /// Accepts everybody and keeps what is asked.
    #[derive(Default)]
    struct Kept(Mutex<Vec<Incoming>>);

    impl Service for Kept {
        fn bind(&self, bind: IncomingBind) {
            bind.accept(CStr::default()).unwrap();
        }

        fn request(&self, request: Incoming) {
            self.0.lock().unwrap().push(request);
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn octets<'a>(pdu: &impl Command<'a>, sequence_number: u32) -> Vec<u8> {
        Frame::new(pdu, Stamp::new(sequence_number)).unwrap().octets().to_vec()
    }

    #[tokio::test]
    async fn a_peer_that_had_to_wait_is_heard_again_however_late_its_answer_was_seen() {
        let config = Config { unanswered: 1, ..Config::default() };
        let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 2775));
        let shared = Arc::new(Shared::new(Side::Mc, config, peer));
        let (stream, mut other) = tokio::io::duplex(4096);
        let service = Arc::new(Kept::default());
        let mut driver = Driver::new(stream, shared, service.clone());
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut cx = Context::from_waker(&waker);
        other.write_all(&octets(&BindTransmitter { interface_version: 0x34, ..Default::default() }, 1)).await.unwrap();
        while driver.link.shared.lock().parked.is_none() {
            assert!(driver.poll(&mut cx).is_pending());
        }
        other.write_all(&octets(&SubmitSm::default(), 2)).await.unwrap();
        assert!(driver.poll_read(&mut cx).is_ready());
        driver.work();
        assert!(driver.paused, "one request is all it may have");
        // The answer comes after the work and before the write: it is written, and only then seen to make room.
        service.0.lock().unwrap().pop().unwrap().answer(&SubmitSmResp::default()).unwrap();
        assert!(driver.poll_write(&mut cx).is_ready());
        driver.link.shared.lock().parked = None;
        while driver.link.shared.lock().parked.is_none() {
            assert!(driver.poll(&mut cx).is_pending());
        }
        let before = woken.0.load(Ordering::Relaxed);
        other.write_all(&octets(&SubmitSm::default(), 3)).await.unwrap();
        assert!(woken.0.load(Ordering::Relaxed) > before, "it sleeps and does not listen");
    }
}

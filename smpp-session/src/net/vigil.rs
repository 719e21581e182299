//! Looking for more instead of sleeping.

use std::pin::pin;
use std::task::Context;
use std::time::{Duration, Instant};

use tokio::task::yield_now;

/// Whether the task of a connection stays awake a little longer; see [`busy_poll`](crate::Config::busy_poll).
#[derive(Debug)]
pub(crate) struct Vigil {
    length: Duration,
    /// Since when nothing was read or written, as far as that was looked at.
    silent: Option<Instant>,
}

impl Vigil {
    pub(crate) const fn new(length: Duration) -> Self {
        Vigil { length, silent: None }
    }

    /// Something was read or written.
    pub(crate) fn stir(&mut self) {
        self.silent = None;
    }

    /// True if the task is to return without going to sleep; it is woken when others have had their turn.
    pub(crate) fn keep(&mut self, cx: &mut Context<'_>) -> bool {
        // By a clock that no test can stop: with such a one this would go on for ever.
        let kept = !self.length.is_zero() && self.silent.get_or_insert_with(Instant::now).elapsed() < self.length;
        if kept {
            // The peer may need this very processor.
            std::thread::yield_now();
            let _ = pin!(yield_now()).poll(cx);
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::vec;
    use std::vec::Vec;

    use smpp_pdu::{EnquireLink, EnquireLinkResp, Frame, Side, Stamp};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    use super::super::Incoming;
    use super::super::driver::Driver;
    use super::super::link::Link;
    use super::super::shared::Shared;
    use super::*;
    use crate::Config;

    /// A connection at work, and its other end.
    fn connection(busy_poll: Duration) -> (Link, DuplexStream, JoinHandle<()>) {
        let config = Config { busy_poll, ..Config::default() };
        let shared = Arc::new(Shared::new(Side::Esme, config, SocketAddr::from(([127, 0, 0, 1], 2775))));
        let (near, far) = duplex(2048);
        let task = tokio::spawn(Driver::new(near, shared.clone(), Arc::new(drop::<Incoming>)).run());
        (Link { shared }, far, task)
    }

    /// Asks, and waits for the answer.
    async fn is_heard(far: &mut DuplexStream) {
        far.write_all(Frame::new(&EnquireLink::default(), Stamp::new(7)).unwrap().octets()).await.unwrap();
        let mut answer = [0; 16];
        far.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, Frame::new(&EnquireLinkResp::default(), Stamp::new(7)).unwrap().octets()[..]);
    }

    fn sleeps(link: &Link) -> bool {
        link.shared.lock().parked.is_some()
    }

    #[tokio::test]
    async fn what_comes_at_once_is_answered_in_portions_and_in_order() {
        let (_link, mut far, _task) = connection(Duration::from_secs(3600));
        is_heard(&mut far).await;
        let ask = |number| Frame::new(&EnquireLink::default(), Stamp::new(number)).unwrap();
        let all: Vec<u8> = (1..=200).flat_map(|number| ask(number).octets().to_vec()).collect();
        // The pipe is narrower than that: both ends are at work.
        let (mut reader, mut writer) = tokio::io::split(&mut far);
        let mut answers = vec![0; all.len()];
        let (written, read) = tokio::join!(writer.write_all(&all), reader.read_exact(&mut answers));
        assert!(written.is_ok() && read.is_ok());
        for (number, answer) in (1..).zip(answers.chunks(16)) {
            assert_eq!(*answer, Frame::new(&EnquireLinkResp::default(), Stamp::new(number)).unwrap().octets()[..], "{number}");
        }
    }

    #[tokio::test]
    async fn a_task_that_keeps_looking_leaves_everybody_their_turn() {
        let (link, mut far, task) = connection(Duration::from_secs(3600));
        for _ in 0..100 {
            is_heard(&mut far).await;
            yield_now().await;
            assert!(!sleeps(&link));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(!sleeps(&link), "timers ring meanwhile");
        link.close();
        drop(far);
        timeout(Duration::from_secs(10), task).await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_sleeps_once_it_was_silent_for_long_enough_even_if_time_stands_still() {
        for busy_poll in [Duration::ZERO, Duration::from_millis(1)] {
            let (link, mut far, _task) = connection(busy_poll);
            for _ in 0..3 {
                is_heard(&mut far).await;
                while !sleeps(&link) {
                    yield_now().await;
                }
            }
        }
    }
}

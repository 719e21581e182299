//! How fast connections are taken.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Takes connections in handfuls: a storm of them must not keep the sessions there are from working.
#[derive(Debug)]
pub(crate) struct Pace {
    /// When the current handful began.
    began: Instant,
    taken: u32,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Pace { began: Instant::now(), taken: 0 }
    }

    /// Waits until the next connection may be taken.
    pub(crate) async fn next(&mut self) {
        let next = self.began + SPAN;
        if Instant::now() >= next {
            *self = Pace::new();
        } else if self.taken >= HANDFUL {
            sleep_until(next).await;
            *self = Pace::new();
        }
        self.taken += 1;
    }
}

// Together 1000 a second: a large MC has all its ESMEs back within seconds, and a storm of
// connections, at up to a tenth of a millisecond each, leaves nine tenths of a processor to the rest.
const HANDFUL: u32 = 20;
const SPAN: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_few_connections_come_at_once_and_many_in_their_time() {
        let start = Instant::now();
        let mut pace = Pace::new();
        for _ in 0..HANDFUL {
            pace.next().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..10 * HANDFUL {
            pace.next().await;
        }
        assert!(start.elapsed() >= 10 * SPAN && start.elapsed() < 11 * SPAN, "{:?}", start.elapsed());
        tokio::time::advance(SPAN).await;
        let later = Instant::now();
        pace.next().await;
        assert_eq!(later.elapsed(), Duration::ZERO);
    }
}

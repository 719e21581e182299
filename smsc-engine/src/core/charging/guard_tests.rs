use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::advance;

use super::*;

/// Does what the calling number says.
#[derive(Debug, Default)]
struct Scripted {
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    calls: AtomicUsize,
}

impl Charging for Arc<Scripted> {
    fn authorize<'a>(&'a self, event: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::SeqCst);
            self.most_at_once.fetch_max(self.at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let _left = Left(&self.at_once);
            match event.calling.as_str() {
                "broken" => Err(ChargeError::Connection("reset".into())),
                "poor" => Err(ChargeError::NoCredit),
                "silent" => std::future::pending().await,
                "slow" => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    Ok(Granted { max_usage: 1 })
                }
                _ => Ok(Granted { max_usage: event.usage }),
            }
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(std::future::pending())
    }
}

struct Left<'a>(&'a AtomicUsize);

impl Drop for Left<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn from(calling: &str) -> ChargeEvent {
    ChargeEvent { calling: calling.into(), called: "2".into(), usage: 3 }
}

fn guarded(limits: GuardLimits) -> (Arc<Scripted>, Guarded<Arc<Scripted>>) {
    let inner = Arc::new(Scripted::default());
    (inner.clone(), Guarded::new(inner, limits))
}

const BREAKER: BreakerLimits = BreakerLimits { failures: 2, pause: Duration::from_secs(10) };

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_a_failure() {
    let (_, guarded) = guarded(GuardLimits { timeout: Duration::from_secs(2), ..GuardLimits::default() });
    let began = Instant::now();
    assert_eq!(guarded.authorize(&from("silent")).await, Err(ChargeError::TimedOut));
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    assert_eq!(guarded.ping().await, Err(ChargeError::TimedOut));
    assert_eq!(guarded.authorize(&from("slow")).await, Ok(Granted { max_usage: 1 }));
    let stats = guarded.stats();
    assert_eq!((stats.attempted, stats.succeeded.count(), stats.failed.count()), (2, 1, 1));
    assert!(stats.succeeded.sum() >= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_holds_up_no_other() {
    let (_, guarded) = guarded(GuardLimits::default());
    let event = from("silent");
    let mut silent = guarded.authorize(&event);
    assert!((&mut silent).now_or_never().is_none());
    assert!(guarded.authorize(&from("rich")).now_or_never().unwrap().is_ok());
}

#[tokio::test(start_paused = true)]
async fn calls_and_waiting_ones_are_bounded() {
    let limits = GuardLimits { most_under_way: 3, most_waiting: 10, timeout: Duration::from_secs(60), ..GuardLimits::default() };
    let (inner, guarded) = guarded(limits);
    let event = from("slow");
    let results = join_all((0..30).map(|_| guarded.authorize(&event))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    assert_eq!(results.iter().filter(|result| **result == Err(ChargeError::Busy)).count(), 20);
    assert_eq!((inner.most_at_once.load(Ordering::SeqCst), inner.calls.load(Ordering::SeqCst)), (3, 10));
    assert_eq!(guarded.circuit(), Circuit::Closed, "being busy ourselves is not the system's fault");
}

#[tokio::test(start_paused = true)]
async fn a_broken_system_is_left_alone_and_probed_once() {
    let (inner, guarded) = guarded(GuardLimits { breaker: BREAKER, ..GuardLimits::default() });
    for _ in 0..2 {
        assert_eq!(guarded.authorize(&from("broken")).await, Err(ChargeError::Connection("reset".into())));
    }
    assert_eq!(guarded.authorize(&from("rich")).now_or_never(), Some(Err(ChargeError::Open)));
    assert_eq!((inner.calls.load(Ordering::SeqCst), guarded.stats().circuit), (2, Circuit::Open));
    advance(BREAKER.pause).await;
    let event = from("slow");
    let mut probe = guarded.authorize(&event);
    assert!((&mut probe).now_or_never().is_none());
    assert_eq!(guarded.circuit(), Circuit::HalfOpen);
    assert_eq!(guarded.authorize(&from("rich")).await, Err(ChargeError::Open));
    // Nobody waits for the probe any longer: the next one takes its place.
    drop(probe);
    assert!(guarded.authorize(&from("rich")).await.is_ok());
    assert_eq!(guarded.circuit(), Circuit::Closed);
    assert_eq!(guarded.stats().attempted, 6);
}

#[tokio::test(start_paused = true)]
async fn a_system_that_says_no_works() {
    let (_, guarded) = guarded(GuardLimits { breaker: BREAKER, ..GuardLimits::default() });
    for _ in 0..10 {
        assert_eq!(guarded.authorize(&from("poor")).await, Err(ChargeError::NoCredit));
    }
    assert_eq!((guarded.circuit(), guarded.stats().failed.count()), (Circuit::Closed, 10));
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_when_the_circuit_opens_are_not_sent_any_more() {
    let limits = GuardLimits { most_under_way: 1, breaker: BREAKER, timeout: Duration::from_secs(60), ..GuardLimits::default() };
    let (inner, guarded) = guarded(limits);
    let event = from("broken");
    let results = join_all((0..10).map(|_| guarded.authorize(&event))).await;
    assert_eq!(inner.calls.load(Ordering::SeqCst), 2);
    assert_eq!(results.iter().filter(|result| **result == Err(ChargeError::Open)).count(), 8);
}

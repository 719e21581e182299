//! Submissions that nobody waits for: when they are handed over, what is counted, and that none is lost.

use smsc_engine::BoxFuture;
use smsc_engine::core::charging::{ChargeError, ChargeEvent, Charging, Granted};
use smsc_engine::core::records::Statistics;
use smsc_engine::core::{Batch, BatchFull, BatchOptions};
use smsc_engine::model::Charged;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::*;

const INTERVAL: Duration = Duration::from_millis(100);
const MOMENT: Duration = Duration::from_millis(1);

fn options(batch_size: usize) -> BatchOptions {
    BatchOptions { batch_size, flush_interval: INTERVAL, ..BatchOptions::default() }
}

fn start(bench: &Bench, options: BatchOptions) -> Batch {
    Batch::start(bench.core.clone(), options)
}

fn offer(batch: &Batch, count: usize) {
    for number in 0..count {
        batch.offer(Submission::new(message(&number.to_string()))).unwrap();
    }
}

/// Waits without letting time pass.
async fn until(batch: &Batch, what: impl Fn(&Statistics) -> bool) -> Statistics {
    loop {
        let statistics = batch.statistics();
        assert!(holds(&statistics), "{statistics:?}");
        if what(&statistics) {
            return statistics;
        }
        tokio::task::yield_now().await;
    }
}

/// R-LC-40: whatever was taken is somewhere.
fn holds(statistics: &Statistics) -> bool {
    let Statistics { total_enqueued, total_flushed, current_queue_size, being_written, .. } = *statistics;
    total_enqueued == total_flushed + current_queue_size + being_written
}

#[tokio::test(start_paused = true)]
async fn a_batch_goes_when_it_is_large_enough() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let (batch, start) = (start(&bench, options(3)), Instant::now());
    offer(&batch, 2);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!((batch.statistics().current_queue_size, bench.handle.counts().pending), (2, 0));
    offer(&batch, 1);
    let statistics = until(&batch, |statistics| statistics.total_flushed == 3).await;
    assert_eq!((start.elapsed(), statistics.total_batches), (Duration::ZERO, 1));
    assert_eq!(bench.handle.counts().pending, 3);
}

#[tokio::test(start_paused = true)]
async fn a_batch_goes_when_its_first_has_waited_long_enough() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let batch = start(&bench, options(100));
    offer(&batch, 1);
    sleep(INTERVAL - MOMENT * 2).await;
    // Whoever comes later does not put it off.
    offer(&batch, 1);
    assert_eq!(batch.statistics().current_queue_size, 2);
    sleep(MOMENT * 3).await;
    assert_eq!((batch.statistics().total_flushed, bench.handle.counts().pending), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn the_eight_figures_tell_what_happened() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let batch = start(&bench, options(4));
    assert_eq!(batch.statistics(), Statistics::default());
    offer(&batch, 4);
    until(&batch, |statistics| statistics.total_batches == 1).await;
    offer(&batch, 3);
    sleep(INTERVAL + MOMENT).await;
    offer(&batch, 2);
    let statistics = batch.statistics();
    let expected = Statistics {
        total_enqueued: 9,
        total_flushed: 7,
        total_batches: 2,
        current_queue_size: 2,
        flush_errors: 0,
        last_flush_at: statistics.last_flush_at,
        last_flush_count: 3,
        last_flush_duration_ms: 0,
        being_written: 0,
        is_failing: false,
    };
    assert_eq!(statistics, expected);
    assert!(statistics.last_flush_at.is_some_and(|at| Timestamp::now().since(at) < Duration::from_secs(60)));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_takes_nothing_raises_errors_and_loses_nothing() {
    let bench = Bench::with(vec![route("44", "uk")], |setup| setup.queue = Arc::new(MemoryQueue::new(2, 100))).await;
    bench.accepted(message("first")).await;
    bench.accepted(message("second")).await;
    let batch = start(&bench, options(2));
    offer(&batch, 2);
    until(&batch, |statistics| statistics.flush_errors == 1).await;
    sleep(Duration::from_secs(60)).await;
    let failing = batch.statistics();
    assert!(failing.flush_errors > 3 && failing.flush_errors < 20, "it is tried again, less and less often: {failing:?}");
    assert_eq!((failing.being_written, failing.total_flushed, failing.total_batches), (2, 0, 0));
    for message in bench.lease("uk").await {
        bench.report(&message, Attempt::Delivered).await;
    }
    sleep(Duration::from_secs(11)).await;
    let statistics = batch.statistics();
    assert_eq!((statistics.being_written, statistics.total_flushed, statistics.total_batches), (0, 2, 1));
    assert_eq!(statistics.last_flush_count, 2);
    assert!(statistics.last_flush_duration_ms >= 60_000, "{statistics:?}");
    assert_eq!(bench.lease("uk").await.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn there_is_room_for_so_many_and_so_much_text() {
    let bench = Bench::new(vec![route("44", "uk")]).await;
    let few = start(&bench, BatchOptions { capacity: 2, ..options(100) });
    offer(&few, 2);
    assert_eq!(few.offer(Submission::new(message("more"))), Err(BatchFull));
    assert_eq!(few.statistics().total_enqueued, 2, "who was refused is not counted");
    sleep(INTERVAL * 2).await;
    offer(&few, 2);
    let small = start(&bench, BatchOptions { capacity_octets: 8, ..options(100) });
    // The same text to another destination takes room as well.
    let both = Submission { more: vec![message("four")], ..Submission::new(message("four")) };
    small.offer(both).unwrap();
    assert_eq!(small.offer(Submission::new(message(""))), Err(BatchFull));
    sleep(INTERVAL * 2).await;
    small.offer(Submission::new(message("12345678"))).unwrap();
}

/// Charging that answers only when it is let.
struct Slow(Semaphore);

impl Charging for Slow {
    fn authorize<'a>(&'a self, event: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        Box::pin(async move {
            self.0.acquire().await.unwrap().forget();
            Ok(Granted { max_usage: event.usage })
        })
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

async fn with_slow_charging() -> (Bench, Arc<Slow>) {
    let slow = Arc::new(Slow(Semaphore::new(0)));
    let routes = vec![Route { charged: Charged::Yes, ..route("44", "uk") }, Route { charged: Charged::No, ..route("1", "us") }];
    (Bench::with(routes, |setup| setup.charging = Some(slow.clone())).await, slow)
}

fn free() -> Submission {
    Submission::new(Message { destination: Address::from_number("+15550100"), ..message("free") })
}

#[tokio::test(start_paused = true)]
async fn slow_charging_holds_up_nobody_else_and_keeps_its_place() {
    let (bench, slow) = with_slow_charging().await;
    let batch = start(&bench, BatchOptions { capacity: 3, ..options(2) });
    batch.offer(Submission::new(message("paid"))).unwrap();
    batch.offer(free()).unwrap();
    let statistics = until(&batch, |statistics| statistics.total_flushed == 1).await;
    assert_eq!((statistics.being_written, bench.lease("us").await.len()), (1, 1));
    batch.offer(free()).unwrap();
    batch.offer(free()).unwrap();
    assert_eq!(batch.offer(free()), Err(BatchFull), "what is being charged still takes room");
    until(&batch, |statistics| statistics.total_flushed == 3).await;
    slow.0.add_permits(1);
    until(&batch, |statistics| statistics.total_flushed == 4).await;
    assert_eq!(bench.lease("uk").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_core_that_is_busy_with_slow_ones_still_gets_the_others() {
    let (bench, slow) = with_slow_charging().await;
    let most = 10_000; // the core thinks about so many at a time
    let batch = start(&bench, options(1));
    for _ in 0..=most {
        batch.offer(Submission::new(message("paid"))).unwrap();
    }
    batch.offer(free()).unwrap();
    let statistics = until(&batch, |statistics| statistics.flush_errors > 0 && statistics.total_flushed == 1).await;
    assert_eq!((bench.lease("us").await.len(), statistics.being_written as usize), (1, most + 1));
    slow.0.add_permits(most + 1);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(batch.statistics().total_flushed as usize, most + 2);
}

#[tokio::test(start_paused = true)]
async fn closing_hands_over_the_rest_and_takes_no_more() {
    let (bench, slow) = with_slow_charging().await;
    let (batch, start) = (start(&bench, options(100)), Instant::now());
    batch.offer(free()).unwrap();
    batch.offer(Submission::new(message("paid"))).unwrap();
    let closing = tokio::spawn({
        let batch = batch.clone();
        async move { batch.close(Duration::from_secs(30)).await }
    });
    until(&batch, |statistics| statistics.total_flushed == 1).await;
    assert_eq!(batch.offer(free()), Err(BatchFull));
    assert!(!closing.is_finished(), "one is still being charged");
    slow.0.add_permits(1);
    closing.await.unwrap();
    assert_eq!((batch.statistics().total_flushed, start.elapsed()), (2, Duration::ZERO));
    assert_eq!((bench.lease("us").await.len(), bench.lease("uk").await.len()), (1, 1));
    batch.close(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_ever() {
    let (bench, _slow) = with_slow_charging().await;
    let (batch, start) = (start(&bench, options(1)), Instant::now());
    batch.offer(Submission::new(message("paid"))).unwrap();
    batch.close(Duration::from_secs(5)).await;
    assert_eq!((start.elapsed().as_secs(), batch.statistics().being_written), (5, 1));
}

#[tokio::test(start_paused = true)]
async fn what_the_core_refuses_is_counted_and_not_tried_again() {
    let bench = Bench::with(vec![route("44", "uk")], |setup| {
        setup.policy = Policy { unrouted: Unrouted::Reject, ..Policy::default() };
    })
    .await;
    let batch = start(&bench, options(2));
    batch.offer(free()).unwrap();
    offer(&batch, 1);
    let statistics = until(&batch, |statistics| statistics.total_batches == 1).await;
    assert_eq!((statistics.total_flushed, statistics.flush_errors, statistics.being_written), (2, 0, 0));
    assert_eq!((bench.handle.counts().pending, bench.handle.meters().routing_failed.get()), (1, 1));
}

//! What ended long ago is forgotten, as often as it is looked at, and nobody waits for that.

use smsc_engine::BoxFuture;
use smsc_engine::core::events::EventLog;
use smsc_engine::core::{Clock, Retention};
use smsc_engine::model::Event;
use tokio::sync::Semaphore;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn retention_looks_at_messages_and_events_each_in_its_time() {
    // R-LC-34.
    let clock = Clock::by_hand(Timestamp::now());
    let bench = Bench::with(vec![route("44", "uk")], |setup| setup.clock = clock.clone()).await;
    let retention = Retention { messages: MINUTE, events: MINUTE, interval: 60 * MINUTE, cleanup: 10 * MINUTE };
    let sweeping = tokio::spawn(sweep(bench.core.clone(), retention));
    // Longer than the sweeper ever sleeps.
    let passes = async |minutes: u32| {
        clock.forward(clock.now().after(minutes * MINUTE));
        tokio::time::sleep(Duration::from_secs(6)).await;
    };
    passes(0).await;
    let id = bench.accepted(message("hello")).await;
    bench.handle.mark_delivered(id, Lane::from("uk")).await.unwrap();
    passes(9).await;
    assert_eq!((bench.status(id).await, bench.names(id).await.len()), (Status::Delivered, 3));
    passes(1).await;
    assert_eq!((bench.status(id).await, bench.names(id).await.len()), (Status::Delivered, 0));
    passes(49).await;
    assert_eq!(bench.status(id).await, Status::Delivered, "one minute is left");
    passes(1).await;
    assert!(matches!(bench.handle.message(id).await, Err(HandleError::Unknown(_))));
    sweeping.abort();
}

/// A history that is being cleaned up until it is let go.
struct Slow {
    kept: MemoryEvents,
    begun: Semaphore,
    gate: Semaphore,
}

impl EventLog for Slow {
    fn write(&self, events: Vec<Event>) {
        self.kept.write(events);
    }

    fn of(&self, message_id: MessageId) -> BoxFuture<'_, Result<Vec<Event>, String>> {
        self.kept.of(message_id)
    }

    fn forget(&self, before: Timestamp) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.begun.add_permits(1);
            self.gate.acquire().await.unwrap().forget();
            self.kept.forget(before).await;
        })
    }

    fn lost(&self) -> u64 {
        self.kept.lost()
    }
}

#[tokio::test]
async fn messages_go_their_way_while_what_is_old_is_cleaned_up() {
    // R-LC-53.
    let slow = Arc::new(Slow { kept: MemoryEvents::new(1000), begun: Semaphore::new(0), gate: Semaphore::new(0) });
    let bench = Bench::with(vec![route("44", "uk")], |setup| setup.events = Some(slow.clone())).await;
    let sweeping = tokio::spawn(sweep(bench.core.clone(), Retention::default()));
    slow.begun.acquire().await.unwrap().forget();
    let a_way = async {
        let id = bench.accepted(message("hello")).await;
        let mut short = message("short");
        // Long enough to be accepted first on a busy machine.
        short.expires = Timestamp::now().after(Duration::from_secs(2));
        bench.accepted(short).await;
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        let leased = bench.lease("uk").await;
        assert_eq!(leased.iter().map(|message| message.id).collect::<Vec<_>>(), [id], "nothing too late is handed out");
        bench.report(&leased[0], Attempt::Delivered).await;
        assert_eq!(bench.status(id).await, Status::Delivered);
        assert_eq!(bench.names(id).await.last().unwrap(), "message_delivered");
    };
    tokio::time::timeout(MINUTE, a_way).await.expect("nobody waits for that");
    assert_eq!(slow.begun.available_permits() + slow.gate.available_permits(), 0, "it is still at it");
    assert!(!sweeping.is_finished());
    sweeping.abort();
}

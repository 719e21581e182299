//! The log of events in a database.

use smsc_engine::core::events::{EventLog, SqlEvents, SqlEventsOptions};
use smsc_engine::model::{Event, EventName, MessageId, Timestamp};
use smsc_engine::sql::{Database, Statement};

use crate::servers::sqlite;

fn event(message: u64, time: u64, name: EventName) -> Event {
    Event {
        message_id: MessageId(message),
        time: Timestamp(time),
        name,
        description: "why 'so'".into(),
        source: "smsc@here".into(),
    }
}

fn options() -> SqlEventsOptions {
    let mut options = SqlEventsOptions::default();
    options.gather = std::time::Duration::ZERO;
    options
}

async fn rows(database: &Database) -> usize {
    database.rows(Statement::new("SELECT id FROM message_events")).await.unwrap().len()
}

/// All that a log promises, on one database.
async fn battery(database: &Database) {
    let log = SqlEvents::open(database, options()).await.unwrap();
    let history = [
        event(u64::MAX, 10, EventName::MessageInserted),
        event(u64::MAX, 20, EventName::DeliveryAttempt(3)),
        event(u64::MAX, 20, EventName::Other("handset_beeped".into())),
        event(u64::MAX, 30, EventName::MessageDelivered),
    ];
    log.write(vec![history[3].clone(), event(2, 5, EventName::MessageInserted)]);
    // It does not matter whether it is in memory or on its way or there.
    assert_eq!(log.of(MessageId(2)).await.unwrap(), [event(2, 5, EventName::MessageInserted)]);
    log.write(history[..3].to_vec());
    assert_eq!(log.of(MessageId(u64::MAX)).await.unwrap(), history);
    log.close().await;
    assert_eq!(rows(database).await, 5);
    assert_eq!(log.of(MessageId(u64::MAX)).await.unwrap(), history);
    log.write(vec![event(3, 5, EventName::MessageInserted)]);
    assert_eq!(log.lost(), 1, "a closed log takes nothing");
    let log = SqlEvents::open(database, options()).await.unwrap();
    assert_eq!(log.of(MessageId(u64::MAX)).await.unwrap(), history);
    log.forget(Timestamp(20)).await;
    assert_eq!(log.of(MessageId(u64::MAX)).await.unwrap(), history[1..]);
    assert_eq!((log.of(MessageId(2)).await.unwrap(), rows(database).await), (vec![], 3));
    log.close().await;
}

#[tokio::test]
async fn a_log_in_sqlite_keeps_its_promises() {
    let directory = tempfile::tempdir().unwrap();
    battery(&sqlite(directory.path()).await).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_log_in_postgresql_keeps_its_promises() {
    use crate::servers::Server;
    use smsc_engine::sql::Dialect;

    let Some(server) = Server::start(Dialect::Postgres).await else { return };
    battery(&Database::open(&server.config()).await.unwrap()).await;
}

#[tokio::test]
async fn many_events_are_seen_once_while_they_are_written() {
    let directory = tempfile::tempdir().unwrap();
    let log = SqlEvents::open(&sqlite(directory.path()).await, options()).await.unwrap();
    for round in 1..=30_u64 {
        log.write((0..700).map(|time| event(time % 7, round * 1000 + time, EventName::MessageRouted)).collect());
        let seen = log.of(MessageId(3)).await.unwrap();
        assert_eq!(seen.len() as u64, 100 * round);
        assert!(seen.is_sorted_by_key(|event| event.time));
    }
    assert_eq!(log.lost(), 0);
    log.close().await;
}

#[tokio::test]
async fn what_finds_no_room_pushes_the_oldest_out_and_a_broken_table_loses_nothing_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let database = sqlite(directory.path()).await;
    let mut options = options();
    options.buffer = 3;
    options.retry = std::time::Duration::from_millis(1);
    let log = SqlEvents::open(&database, options).await.unwrap();
    database.execute(Statement::new("ALTER TABLE message_events RENAME TO elsewhere")).await.unwrap();
    log.write((1..=5).map(|time| event(1, time, EventName::MessageRouted)).collect());
    assert_eq!(log.lost(), 2);
    assert!(log.of(MessageId(1)).await.unwrap_err().contains("message_events"));
    database.execute(Statement::new("ALTER TABLE elsewhere RENAME TO message_events")).await.unwrap();
    let times: Vec<_> = log.of(MessageId(1)).await.unwrap().iter().map(|event| event.time.0).collect();
    assert_eq!(times, [3, 4, 5]);
    while rows(&database).await < 3 {
        tokio::task::yield_now().await;
    }
    log.close().await;
    assert_eq!(log.lost(), 2);
}

//! A server that dies, and connections that break just when it matters.

use std::sync::atomic::AtomicBool;

use smsc_engine::core::queue::QueueError;

use super::proxy::{Mood, Proxy};
use super::*;

/// What became of each call, with the ids of its messages.
type Told = Vec<(Vec<MessageId>, Result<(), QueueError>)>;

/// Appends three messages at a time until it is over.
async fn produce(queue: Arc<SharedQueue>, over: Arc<AtomicBool>, answered: Arc<AtomicU32>) -> Told {
    let mut told = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let messages: Vec<_> = (0..3).map(|_| message(&queue)).collect();
        let ids = ids(&messages);
        let result = queue.append(messages).await;
        answered.fetch_add(u32::from(result.is_ok()), Ordering::Relaxed);
        told.push((ids, result));
    }
    told
}

/// Looks whether what was told is true, and returns how many calls were refused and how many were not.
async fn compare(queue: &SharedQueue, told: Told) -> (u64, u64) {
    let (mut refused, mut kept) = (0, 0);
    for (ids, result) in told {
        let mut there = Vec::new();
        for id in ids {
            there.push(queue.get(id).await.unwrap().is_some());
        }
        match result {
            Ok(()) => assert_eq!(there, [true; 3]),
            Err(QueueError::Unreachable(_)) => assert_eq!(there, [false; 3]),
            Err(error) => panic!("the server was back in time: {error}"),
        }
        *(if result.is_ok() { &mut kept } else { &mut refused }) += 1;
    }
    (refused, kept)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_killed_server_loses_nothing_that_was_answered_and_work_goes_on_when_it_is_back() {
    let Some(mut server) = Server::start(Dialect::Postgres).await else { return };
    let queue = Arc::new(join(&server.config(), "a", options()).await);
    let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let produce = |_| tokio::spawn(produce(Arc::clone(&queue), Arc::clone(&over), Arc::clone(&answered)));
    let producers: Vec<_> = (0..16).map(produce).collect();
    let more = async |than: u32| until("messages are taken", async || answered.load(Ordering::Relaxed) > than).await;
    more(200).await;
    server.kill();
    until("the queue knows", async || queue.health().is_err()).await;
    let want = Lease { max: 1, now: Timestamp(100), until: Timestamp(160) };
    assert!(matches!(queue.lease(&Lane::from(LANE), want).await, Err(QueueError::Unreachable(_))));
    server.run(&[]).await;
    let before = answered.load(Ordering::Relaxed);
    more(before + 200).await;
    over.store(true, Ordering::Relaxed);
    assert_eq!(queue.health(), Ok(()));
    let mut told = Vec::new();
    for producer in producers {
        told.extend(producer.await.unwrap());
    }
    let (refused, kept) = compare(&queue, told).await;
    assert!(kept > 400 && refused > 0, "{kept} {refused}");
    until("the counts are right again", async || queue.counts().pending == 3 * kept).await;
}

/// Lets the server refuse new messages with this code, as long as `condition` holds.
async fn refuse(database: &Database, code: &str, condition: &str) {
    let function = format!(
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF {condition} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END IF; RETURN NEW; END $$"
    );
    database.execute(Statement::new(function)).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_refuses_and_a_conflict_is_tried_again() {
    let Some(server) = Server::start(Dialect::Postgres).await else { return };
    let queue = join(&server.config(), "a", options()).await;
    let kept = appended(&queue, 1).await[0];
    let database = Database::open(&server.config()).await.unwrap();
    refuse(&database, "53100", "TRUE").await;
    let trigger = "CREATE TRIGGER refuse BEFORE INSERT ON shared_messages FOR EACH ROW EXECUTE FUNCTION refuse()";
    database.execute(Statement::new(trigger)).await.unwrap();
    let refused = message(&queue);
    assert_eq!(queue.append(vec![refused.clone()]).await, Err(QueueError::NoRoom));
    assert_eq!(queue.health(), Err(QueueError::NoRoom));
    assert_eq!(queue.get(refused.id).await, Ok(None));
    assert_eq!(change(&queue, settle(kept)).await, Ok(()), "what needs no room goes on");
    assert_eq!(queue.health(), Ok(()));
    // A sequence is not undone with its transaction: the first three are refused.
    database.execute(Statement::new("CREATE SEQUENCE tries")).await.unwrap();
    refuse(&database, "40P01", "nextval('tries') < 4").await;
    assert_eq!(queue.append(vec![refused.clone()]).await, Ok(()));
    let tries = database.rows(Statement::new("SELECT nextval('tries') AS tries")).await.unwrap();
    assert_eq!(tries[0].get::<i64>("tries").unwrap(), 5);
    assert_eq!(queue.get(refused.id).await.unwrap().unwrap().message, refused);
}

#[tokio::test]
async fn what_the_server_never_takes_is_refused_alone() {
    let Some(server) = Server::start(Dialect::Postgres).await else { return };
    let queue = join(&server.config(), "a", options()).await;
    let good = appended(&queue, 1).await[0];
    // PostgreSQL has no text with such an octet.
    let nowhere = Lane::from("no\0lane");
    let bad = vec![Message { lane: nowhere.clone(), ..message(&queue) }];
    let moved = Change::Retry { id: good, attempts: 1, deliver_after: Timestamp(100), lane: Some(nowhere) };
    let other = vec![message(&queue)];
    let (bad, moved, other) = tokio::join!(queue.append(bad), queue.apply(vec![moved]), queue.append(other));
    assert!(bad.is_err() && moved.is_err());
    assert_eq!(other, Ok(()));
    assert_eq!(change(&queue, settle(good)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_became_of_a_message_waits_for_the_database_and_new_messages_do_not() {
    let Some(mut server) = Server::start(Dialect::Postgres).await else { return };
    let queue = Arc::new(join(&server.config(), "a", options()).await);
    let id = appended(&queue, 1).await[0];
    server.kill();
    until("the queue knows", async || queue.health().is_err()).await;
    let reporter = Arc::clone(&queue);
    let report = tokio::spawn(async move { change(&reporter, settle(id)).await });
    assert!(matches!(queue.append(vec![message(&queue)]).await, Err(QueueError::Unreachable(_))));
    server.run(&[]).await;
    assert_eq!(report.await.unwrap(), Ok(()));
    assert!(queue.get(id).await.unwrap().unwrap().outcome.is_some());
}

/// One node behind a proxy, and another way to look at what counts.
async fn behind_a_proxy(options: SharedQueueOptions) -> Option<(Server, Proxy, SharedQueue, SharedQueue)> {
    let server = Server::start(Dialect::Postgres).await?;
    let proxy = Proxy::start(server.config().effective_port()).await;
    let mut config = server.config();
    config.port = Some(proxy.port);
    let queue = join(&config, "a", options.clone()).await;
    let witness = join(&server.config(), "b", options).await;
    Some((server, proxy, queue, witness))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lost_answer_to_a_commit_is_looked_up() {
    let mut quiet = options();
    // The next commit is the one of this test.
    quiet.refresh_interval = Duration::from_secs(3600);
    let Some((_server, proxy, queue, witness)) = behind_a_proxy(quiet).await else { return };
    for mood in [Mood::LosesAnswer, Mood::LosesCommit, Mood::LosesAnswer] {
        let message = message(&queue);
        proxy.next_commit(mood);
        let result = queue.append(vec![message.clone()]).await;
        let there = witness.get(message.id).await.unwrap();
        if mood == Mood::LosesAnswer {
            assert_eq!((result, there.map(|record| record.message)), (Ok(()), Some(message.clone())));
            proxy.next_commit(mood);
            assert_eq!(change(&queue, settle(message.id)).await, Ok(()), "so are changes");
            assert!(witness.get(message.id).await.unwrap().unwrap().outcome.is_some());
        } else {
            assert!(matches!(result, Err(QueueError::Unreachable(_))), "{result:?}");
            assert_eq!(there, None);
        }
        assert!(!proxy.is_armed());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn when_nobody_can_be_asked_what_became_of_a_commit_the_caller_is_told_so() {
    let mut short = options();
    short.lookup_time = Duration::from_millis(300);
    short.refresh_interval = Duration::from_secs(3600);
    let Some((_server, proxy, queue, witness)) = behind_a_proxy(short).await else { return };
    let message = message(&queue);
    proxy.next_commit(Mood::LosesAnswerAndStays);
    let error = queue.append(vec![message.clone()]).await.unwrap_err();
    assert!(matches!(error, QueueError::Uncertain(_)), "{error}");
    assert!(queue.health().is_err());
    assert_eq!(witness.get(message.id).await.unwrap().unwrap().message, message, "here it was done");
    proxy.recover();
    assert_eq!(queue.append(vec![message.clone()]).await, Err(QueueError::Duplicate(message.id)), "asking again tells");
    appended(&queue, 1).await;
    assert_eq!(queue.health(), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_whose_answer_was_lost_is_nobodys_until_it_is_over() {
    let mut quiet = options();
    quiet.refresh_interval = Duration::from_secs(3600);
    quiet.clock_margin = Duration::from_millis(30);
    let Some((_server, proxy, queue, witness)) = behind_a_proxy(quiet).await else { return };
    let id = appended(&queue, 1).await[0];
    proxy.next_commit(Mood::LosesAnswer);
    let want = Lease { max: 1, now: Timestamp(100), until: Timestamp(160) };
    assert!(matches!(queue.lease(&Lane::from(LANE), want).await, Err(QueueError::Unreachable(_))));
    assert!(lease(&witness, 189, 9).await.is_empty());
    assert!(lease(&queue, 159, 9).await.is_empty());
    assert_eq!(ids(&lease(&queue, 160, 9).await), [id]);
}

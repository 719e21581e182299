//! What two nodes see of each other.

use smsc_engine::core::queue::SharedQueueError;

use super::*;

#[tokio::test]
async fn what_one_node_takes_the_other_hands_out_and_ends_and_it_ends_once() {
    let Some((_server, a, b)) = pair().await else { return };
    let ids = appended(&a, 3).await;
    let leased = lease(&b, 100, 2).await;
    assert_eq!(super::ids(&leased), ids[..2]);
    assert_eq!(leased[0].user_data, format!("text of {}", ids[0]));
    assert_eq!(super::ids(&lease(&a, 100, 9).await), ids[2..], "what one handed out the other does not");
    assert_eq!(a.get(ids[0]).await.unwrap().unwrap().leased, Some(Timestamp(160)));
    assert_eq!(change(&a, settle(ids[0])).await, Ok(()), "a report is taken on any node");
    assert_eq!(change(&b, settle(ids[0])).await, Err(ChangeError::Final(FinalState::Delivered)));
    assert_eq!(change(&b, settle(ids[1])).await, Ok(()));
    assert_eq!(change(&a, settle(ids[1])).await, Err(ChangeError::Final(FinalState::Delivered)));
    until("both count the same", async || {
        let counts = a.counts();
        counts == b.counts() && (counts.pending, counts.delivered, counts.lanes[0].leased) == (1, 2, 1)
    })
    .await;
}

#[tokio::test]
async fn a_watcher_hears_of_what_other_nodes_add_and_give_back() {
    let Some((_server, a, b)) = pair().await else { return };
    let lane = Lane::from(LANE);
    let mut watch = b.watch(&lane);
    let other = b.watch(&Lane::from("other"));
    let ids = appended(&a, 1).await;
    watch.changed().await.unwrap();
    assert_eq!(b.next_due(&lane), Some(Timestamp(100)));
    assert_eq!(lease(&a, 100, 1).await.len(), 1);
    assert!(lease(&b, 100, 1).await.is_empty());
    assert_eq!(b.next_due(&lane), Some(Timestamp(160)), "when the lease of the other is over");
    a.release(&ids);
    // A wake may also come from the end of the lease becoming known: then nothing is there yet.
    let mut back = Vec::new();
    while back.is_empty() {
        watch.changed().await.unwrap();
        back = lease(&b, 100, 1).await;
    }
    assert_eq!(super::ids(&back), ids);
    assert!(!other.has_changed().unwrap());
}

#[tokio::test]
async fn the_lease_of_a_dead_node_comes_back_when_it_is_over_by_anybodys_clock() {
    let Some(server) = Server::start(Dialect::Postgres).await else { return };
    let mut apart = options();
    apart.clock_margin = Duration::from_millis(30);
    let a = join(&server.config(), "a", apart.clone()).await;
    let b = join(&server.config(), "b", apart.clone()).await;
    let ids = appended(&a, 2).await;
    assert_eq!(lease(&a, 100, 1).await.len(), 1);
    assert_eq!(lease(&a, 105, 1).await.len(), 1);
    drop(a);
    assert!(lease(&b, 160, 9).await.is_empty(), "the clock of the other may be behind");
    assert!(lease(&b, 189, 9).await.is_empty());
    let cancel = |now| Change::Cancel(end(ids[0], FinalState::Deleted, now));
    assert_eq!(change(&b, cancel(189)).await, Err(ChangeError::Leased));
    assert_eq!(super::ids(&lease(&b, 190, 9).await), ids[..1]);
    let a = join(&server.config(), "a", apart).await;
    assert!(lease(&a, 164, 9).await.is_empty());
    assert_eq!(super::ids(&lease(&a, 165, 9).await), ids[1..], "a node knows its own clock");
}

#[tokio::test]
async fn records_are_owed_by_the_node_that_ended_a_message_until_it_is_silent_for_long() {
    let Some(server) = Server::start(Dialect::Postgres).await else { return };
    let mut keeping = options();
    keeping.keep_until_recorded = true;
    let a = join(&server.config(), "a", keeping.clone()).await;
    keeping.orphaned_after = Duration::from_secs(1);
    let b = join(&server.config(), "b", keeping).await;
    let ids = appended(&a, 2).await;
    change(&a, settle(ids[0])).await.unwrap();
    change(&b, settle(ids[1])).await.unwrap();
    let owed = async |queue: &SharedQueue| {
        let records = queue.unrecorded(None, 9).await.unwrap();
        records.into_iter().map(|record| record.message.id).collect::<Vec<_>>()
    };
    assert_eq!((owed(&a).await, owed(&b).await), (vec![ids[0]], vec![ids[1]]));
    a.close().await.unwrap();
    until("the other takes over", async || owed(&b).await == ids).await;
    b.recorded(ids).await.unwrap();
    assert_eq!(owed(&b).await, []);
    assert_eq!(b.forget(Timestamp::MAX).await, Ok(2));
}

#[tokio::test]
async fn it_opens_in_postgres_only_and_not_where_commits_may_be_lost() {
    let directory = tempfile::tempdir().unwrap();
    let file = crate::servers::sqlite(directory.path()).await;
    let error = SharedQueue::open(&file, "a", options()).await.err().unwrap();
    assert_eq!(error.to_string(), "a shared queue cannot be kept in sqlite, only in postgres");
    let Some(mut server) = Server::start(Dialect::Postgres).await else { return };
    server.kill();
    server.run(&["-c", "synchronous_commit=off"]).await;
    let database = Database::open(&server.config()).await.unwrap();
    let error = SharedQueue::open(&database, "a", options()).await.err().unwrap();
    assert!(matches!(&error, SharedQueueError::NotDurable(text) if text.contains("synchronous_commit")), "{error}");
    let mut weak = options();
    weak.accept_weak_commits = true;
    assert!(SharedQueue::open(&database, "a", weak).await.is_ok());
}

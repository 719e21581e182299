//! Messages without a route go to whoever serves their recipient at the moment.

use smsc_engine::core::Follower;
use smsc_engine::core::location::{LocationOptions, Locations, MemoryLocationStore};
use smsc_engine::model::Location;

use super::*;

async fn bench() -> (Bench, Locations) {
    let follower = Follower::new();
    let mut options = LocationOptions::default();
    options.listener = Some(follower.listener());
    let locations = Locations::open(Arc::new(MemoryLocationStore::default()), options).await.unwrap();
    let known = locations.clone();
    (Bench::with(vec![], move |setup| setup.locations = Some((known, follower))).await, locations)
}

fn at(frontend: &str, ends: Timestamp) -> Location {
    Location {
        imsi: "001010000000001".into(),
        msisdn: "+447700900123".into(),
        location: Some(frontend.into()),
        expires: Some(ends),
        ..Location::default()
    }
}

fn in_an_hour() -> Timestamp {
    Timestamp::now().after(Duration::from_secs(3600))
}

/// Waits until a frontend gets so many messages.
async fn leased(bench: &Bench, frontend: &str) -> Vec<Message> {
    let mut work = bench.core.watch(&Lane::from(frontend));
    loop {
        work.seen();
        let messages = bench.lease(frontend).await;
        if !messages.is_empty() {
            return messages;
        }
        assert!(tokio::time::timeout(Duration::from_secs(10), work.changed()).await.expect("work comes"));
    }
}

#[tokio::test]
async fn the_frontend_of_the_recipient_gets_it_and_no_other() {
    let (bench, locations) = bench().await;
    locations.upsert(at("ims", in_an_hour()), Timestamp::now()).await.unwrap();
    let id = bench.accepted(message("hello")).await;
    assert!(bench.names(id).await.contains(&"message_routed".to_owned()));
    assert!(bench.lease("uk").await.is_empty());
    let leased = leased(&bench, "ims").await;
    bench.report(&leased[0], Attempt::Delivered).await;
    assert_eq!(bench.status(id).await, Status::Delivered);
}

#[tokio::test]
async fn a_registration_after_the_submission_makes_it_available() {
    let (bench, locations) = bench().await;
    let id = bench.accepted(message("hello")).await;
    assert!(bench.lease("ims").await.is_empty());
    locations.upsert(at("ims", in_an_hour()), Timestamp::now()).await.unwrap();
    assert_eq!(leased(&bench, "ims").await[0].id, id);
}

#[tokio::test]
async fn an_expired_registration_counts_for_nothing() {
    let (bench, locations) = bench().await;
    let soon = Timestamp::now().after(Duration::from_millis(30));
    locations.upsert(at("ims", soon), Timestamp::now()).await.unwrap();
    bench.accepted(message("hello")).await;
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert!(bench.lease("ims").await.is_empty());
    // The next registration, elsewhere, gets it.
    locations.upsert(at("sgsn", in_an_hour()), Timestamp::now()).await.unwrap();
    assert_eq!(leased(&bench, "sgsn").await.len(), 1);
    assert!(bench.lease("ims").await.is_empty());
}

#[tokio::test]
async fn who_waits_is_found_again_after_a_restart() {
    let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::new(100, 100));
    let first = Bench::with(vec![], |setup| setup.queue = queue.clone()).await;
    let id = first.accepted(message("hello")).await;
    let follower = Follower::new();
    let mut options = LocationOptions::default();
    options.listener = Some(follower.listener());
    let locations = Locations::open(Arc::new(MemoryLocationStore::default()), options).await.unwrap();
    let known = (locations.clone(), follower);
    let second = Bench::with(vec![], |setup| {
        setup.queue = queue.clone();
        setup.locations = Some(known);
    })
    .await;
    locations.upsert(at("ims", in_an_hour()), Timestamp::now()).await.unwrap();
    assert_eq!(leased(&second, "ims").await[0].id, id);
}

#[tokio::test]
async fn a_registration_alerts_who_waits_for_the_subscriber() {
    let (bench, locations) = bench().await;
    locations.upsert(at("ims", in_an_hour()), Timestamp::now()).await.unwrap();
    let mut wanted = message("hello");
    // set_dpf, one octet, one.
    wanted.tlvs = vec![0x04, 0x21, 0, 1, 1].into();
    let submission = Submission { mode: Mode::Transaction, ..Submission::new(wanted.clone()) };
    let Answer::Later(answer) = bench.core.submit(vec![submission]).await.pop().unwrap() else { panic!("answered early") };
    let answer = tokio::spawn(answer);
    let sent = leased(&bench, "ims").await;
    bench.report(&sent[0], Attempt::TryAgain(8)).await;
    assert!(answer.await.unwrap().is_err());
    assert!(bench.lease(wanted.account.as_str()).await.is_empty());
    locations.upsert(at("uk", in_an_hour()), Timestamp::now()).await.unwrap();
    let alerts = leased(&bench, wanted.account.as_str()).await;
    assert_eq!(alerts.len(), 1);
    assert_eq!((alerts[0].kind, &alerts[0].source), (Kind::Alert, &wanted.destination));
    assert_eq!(alerts[0].destination, wanted.source);
    bench.report(&alerts[0], Attempt::Delivered).await;
    assert!(bench.lease(wanted.account.as_str()).await.is_empty());
}

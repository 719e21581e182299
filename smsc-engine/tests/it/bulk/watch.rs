//! Whoever serves a lane hears of its work at once.

use smsc_engine::model::Timestamp;

use super::*;

/// Watches a lane that nothing waits for, from the moment on when the core listens to it.
async fn quiet(gateway: &BulkCore, lane: &str) -> Work {
    let mut work = gateway.watch(&lane.into());
    assert!(within(work.changed()).await, "the stream is open");
    work.seen();
    work
}

#[tokio::test]
async fn a_lane_is_woken_when_work_comes_to_it_and_no_other_lane_is() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let mut us = quiet(&gateway, "us").await;
    let mut uk = quiet(&gateway, "uk").await;
    // The second lane was added later: then all are woken once more.
    assert!(within(us.changed()).await);
    site.queue(1).await;
    assert!(within(uk.changed()).await);
    let nothing = tokio::time::timeout(Duration::from_millis(50), us.changed()).await;
    assert!(nothing.is_err(), "nothing came to it");
    assert_eq!(gateway.lease(&"uk".into(), 10, HOLD).await.len(), 1);
}

#[tokio::test]
async fn a_frontend_hears_of_receipts_too() {
    let site = Site::new().await;
    let gateway = site.gateway();
    submit(&gateway, Message { registered_delivery: 1, ..message("hello") }).await.unwrap();
    let work = leased(&gateway, "uk").await;
    let mut shop = quiet(&gateway, "shop").await;
    gateway.report(vec![Report { message: work[0].clone(), attempt: Attempt::Delivered }]).await;
    assert!(within(shop.changed()).await);
    assert_eq!(gateway.lease(&"shop".into(), 10, HOLD).await.len(), 1);
}

#[tokio::test]
async fn a_lane_is_woken_when_a_message_becomes_due() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let mut work = quiet(&gateway, "uk").await;
    let due = Timestamp::now().after(Duration::from_millis(400));
    submit(&gateway, Message { deliver_after: due, ..message("later") }).await.unwrap();
    let messages = within(async {
        loop {
            assert!(work.changed().await);
            let messages = gateway.lease(&"uk".into(), 10, HOLD).await;
            if !messages.is_empty() {
                return messages;
            }
        }
    })
    .await;
    assert!(Timestamp::now() >= due && messages[0].deliver_after == due);
}

#[tokio::test]
async fn all_lanes_are_woken_when_a_core_is_back() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let (mut uk, mut us) = (quiet(&gateway, "uk").await, quiet(&gateway, "us").await);
    assert!(within(uk.changed()).await);
    let address = site.listener.address();
    drop(site);
    let site = Site::at(address, |_| {}, |router| router).await;
    assert!(within(uk.changed()).await && within(us.changed()).await);
    uk.seen();
    site.queue(1).await;
    assert!(within(uk.changed()).await);
}

#[tokio::test]
async fn many_lanes_are_watched_by_one_open_answer() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let mut all: Vec<Work> = (0..500).map(|n| gateway.watch(&Lane::new(format!("lane {n}")))).collect();
    for work in &mut all {
        assert!(within(work.changed()).await);
        work.seen();
    }
    for n in [0, 250, 499] {
        let lane = Lane::new(format!("lane {n}"));
        submit(&gateway, Message { lane, ..message("hello") }).await.unwrap();
        assert!(within(all[n].changed()).await, "{n}");
    }
    assert!(site.listener.connections() <= 4, "{}", site.listener.connections());
}

#[tokio::test]
async fn a_watch_does_not_keep_the_program_from_stopping() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let _work = quiet(&gateway, "uk").await;
    site.rest.end_streams();
    // Without that the grace would have to pass, which is longer than anybody waits here.
    within(site.listener.shutdown(PATIENCE * 10)).await;
}

#[tokio::test]
async fn everything_ends_with_the_gateway() {
    let site = Site::new().await;
    let gateway = site.gateway();
    let mut work = quiet(&gateway, "uk").await;
    drop(gateway);
    within(async { while work.changed().await {} }).await;
    within(async {
        while site.listener.connections() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

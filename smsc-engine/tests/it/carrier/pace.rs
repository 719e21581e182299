//! How fast messages go, and how often the core is asked.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use smsc_engine::frontend::{Carrier, ClientPeer};

use super::world::{Mc, Spy, World, accept, connected, eventually, peer, text, until};

#[tokio::test]
async fn no_second_has_more_than_the_limit_and_waiting_shows() {
    // R-GW-45; that the limit is exact is proven on a clock of its own in the courier.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    for number in 0..50 {
        world.submit(text(&format!("text {number}"))).await;
    }
    let carrier = world.carry(ClientPeer { tps_limit: 20, ..peer(&mc) });
    let (mut came, started) = (Vec::new(), Instant::now());
    for number in 0..50 {
        accept(mc.next().await, &number.to_string());
        came.push(started.elapsed());
        if number == 30 {
            assert!(carrier.status().held_back);
        }
    }
    // Twenty in each second: the last ten go out when the first two seconds are over.
    assert!(came[49] - came[0] >= Duration::from_millis(1900), "{came:?}");
    until(&carrier, "nothing waits", |status| !status.held_back && status.counts.sent == 50).await;
}

#[tokio::test]
async fn parts_of_a_text_count_as_messages() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    world.submit(text(&"x".repeat(153 * 4))).await;
    let _carrier = world.carry(ClientPeer { tps_limit: 2, ..peer(&mc) });
    let started = Instant::now();
    for number in 0..4 {
        accept(mc.next().await, &number.to_string());
    }
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_core_that_says_nothing_is_asked_at_the_pace_of_the_bind() {
    // R-GW-47.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let spy = Arc::new(Spy { is_mute: true, ..Spy::new(&world.core) });
    let check = Duration::from_millis(100);
    let carrier = Carrier::start(ClientPeer { queue_check_frequency: check, ..peer(&mc) }, spy.clone()).unwrap();
    connected(&carrier).await;
    eventually("it is asked", async || spy.leases.load(Ordering::SeqCst) >= 1).await;
    let (before, started) = (spy.leases.load(Ordering::SeqCst), Instant::now());
    eventually("it is asked again", async || spy.leases.load(Ordering::SeqCst) >= before + 3).await;
    assert!(started.elapsed() >= Duration::from_millis(190), "three more take two whole pauses at least");
    world.submit(text("found")).await;
    assert_eq!(mc.answer("1").await, b"found");
    carrier.drop_bind();
    until(&carrier, "it is down", |status| status.peers.is_empty()).await;
    eventually("the worker is gone", async || {
        let before = spy.leases.load(Ordering::SeqCst);
        tokio::time::sleep(3 * check).await;
        spy.leases.load(Ordering::SeqCst) == before
    })
    .await;
}

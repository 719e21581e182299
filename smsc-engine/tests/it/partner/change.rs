//! Partners that are changed, dropped and removed while they are bound, and the end of it all.

use std::time::Duration;

use smpp_pdu::EnquireLink;
use smpp_session::{BindKind, CloseReason, End};
use smsc_engine::frontend::{BindState, ClientPeer};

use super::slow::Slow;
use super::world::{World, bind, eventually, message, partner, soon, try_bind};

const UNBOUND: CloseReason = CloseReason::Unbound { by: End::Peer };

#[tokio::test]
async fn a_removed_partner_is_unbound_and_the_others_stay() {
    let world = World::new(&[], vec![partner("shop"), partner("bank")]).await;
    let (shop, bank) = (bind(&world, "shop").await, bind(&world, "bank").await);
    world.binds.set_servers(vec![partner("bank")]).unwrap();
    assert_eq!(soon(shop.client.closed()).await, UNBOUND);
    assert!(world.binds.get("shop").is_none() && world.binds.list().len() == 1);
    assert!(bank.client.close_reason().is_none() && world.counts("bank").disconnections == 0);
    bank.submit(&message("447700900123", "still here")).await.unwrap();
    assert!(try_bind(world.address(), BindKind::Transceiver, ("shop", "secret")).await.is_err());
}

#[tokio::test]
async fn a_changed_partner_is_unbound_and_comes_back_with_what_was_changed() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let before = bind(&world, "shop").await;
    let mut changed = partner("shop");
    changed.password = smsc_engine::frontend::Secret::new("other");
    world.binds.set_servers(vec![changed.clone()]).unwrap();
    assert_eq!(soon(before.client.closed()).await, UNBOUND);
    assert!(try_bind(world.address(), BindKind::Transceiver, ("shop", "secret")).await.is_err());
    let after = try_bind(world.address(), BindKind::Transceiver, ("shop", "other")).await.unwrap();
    eventually("all is counted", || world.counts("shop").bind_success == 2 && world.counts("shop").disconnections == 1).await;
    world.binds.set_servers(vec![changed]).unwrap();
    after.submit(&message("447700900123", "the same again changes nothing")).await.unwrap();
    assert_eq!(world.counts("shop").disconnections, 1);
}

#[tokio::test]
async fn a_dropped_partner_is_unbound_and_may_come_again() {
    let world = World::new(&[], vec![partner("shop"), partner("bank")]).await;
    let (shop, bank) = (bind(&world, "shop").await, bind(&world, "bank").await);
    assert!(world.binds.drop_bind("shop") && !world.binds.drop_bind("nobody") && !world.binds.reconnect("shop"));
    assert_eq!(soon(shop.client.closed()).await, UNBOUND);
    assert!(bank.client.close_reason().is_none());
    let _again = bind(&world, "shop").await;
    assert!(!world.status("shop").dropped);
}

#[tokio::test]
async fn peers_that_cannot_be_used_change_nothing() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let bound = bind(&world, "shop").await;
    let mut other = partner("other");
    other.tps_limit = 0;
    let mut twin = partner("twin");
    twin.system_id = "shop".into();
    let cases = [
        (vec![partner("shop"), partner("shop")], "server bind \"shop\": there are two of this name"),
        (vec![partner("shop"), other], "server bind \"other\": tps_limit: 0 is not 1 to 10000 messages in a second"),
        (vec![partner("shop"), twin], "system_id \"shop\": there are two of this name"),
    ];
    for (peers, fault) in cases {
        assert_eq!(world.binds.set_servers(peers), Err(fault.to_owned()));
    }
    let fault = "bind \"shop\": there are two of this name".to_owned();
    assert_eq!(world.binds.set_clients(vec![ClientPeer::new("shop", "smsc.example")]), Err(fault));
    assert!(bound.client.close_reason().is_none() && world.status("shop").state == BindState::Connected);
}

#[tokio::test]
async fn nothing_is_left_of_partners_that_were_removed() {
    let world = World::new(&[], Vec::new()).await;
    for round in 0..20 {
        world.binds.set_servers(vec![partner("shop")]).unwrap();
        let bound = bind(&world, "shop").await;
        assert_eq!(world.counts("shop").attempts, 1, "round {round}: what was removed is forgotten");
        world.binds.set_servers(Vec::new()).unwrap();
        soon(bound.client.closed()).await;
    }
    eventually("no connection is left", || world.binds.listener().unwrap().connections == 0).await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    // Those of the core, the listener and its intake.
    eventually("no task is left", || tasks() <= 3).await;
}

#[tokio::test]
async fn a_shutdown_answers_what_was_taken_and_unbinds() {
    let (world, slow) = Slow::world(false).await;
    let bound = bind(&world, "shop").await;
    let pending = bound.client.request(&message("447700900123", "hello")).unwrap();
    bound.client.call(&EnquireLink::default()).await.unwrap();
    let shutdown = world.binds.shutdown(Duration::from_secs(20));
    let answered = async {
        // It has been told by now that nothing new is taken.
        let late = bound.client.call(&message("447700900123", "late")).await;
        assert!(late.is_err() || !late.unwrap().status().is_ok());
        slow.open.add_permits(1);
        pending.await.unwrap().status()
    };
    let (_, status) = soon(async { tokio::join!(shutdown, answered) }).await;
    assert!(status.is_ok());
    assert_eq!(soon(bound.client.closed()).await, UNBOUND);
    assert!(tokio::net::TcpStream::connect(world.address()).await.is_err());
}

//! Who may bind, and what is told and counted of the others.

use smpp_pdu::{CommandStatus, Version};
use smpp_session::BindKind;
use smpp_session::net::BindError;
use smpp_session::net::Client;
use smpp_session::{Config, Credentials};
use smsc_engine::frontend::{BindCounts, BindMode, BindState};

use super::world::{World, bind, eventually, partner, soon, try_bind};

/// The status of a bind that must be refused.
async fn refused(world: &World, kind: BindKind, who: (&str, &str)) -> CommandStatus {
    match try_bind(world.address(), kind, who).await {
        Err(BindError::Refused(status)) => status,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("{who:?} was let in"),
    }
}

#[tokio::test]
async fn who_is_no_partner_or_has_a_wrong_password_is_refused_and_counted() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let kind = BindKind::Transceiver;
    assert_eq!(refused(&world, kind, ("nobody", "secret")).await, CommandStatus::RINVSYSID);
    assert_eq!(refused(&world, kind, ("nobody", "")).await, CommandStatus::RINVSYSID, "nothing is nobody's password");
    for password in ["", "wrong", "secretX", "secre"] {
        assert_eq!(refused(&world, kind, ("shop", password)).await, CommandStatus::RINVPASWD, "{password}");
    }
    let strangers = world.binds.listener().unwrap().strangers;
    assert_eq!(strangers, BindCounts { attempts: 2, bind_failures: 2, ..BindCounts::default() });
    let status = world.status("shop");
    assert_eq!(status.counts, BindCounts { attempts: 4, bind_failures: 4, ..BindCounts::default() });
    assert_eq!((status.mode, status.state), (BindMode::Server, BindState::Disconnected));
    let error = status.last_error.unwrap();
    assert!(error.starts_with("bind from 127.0.0.1:") && error.ends_with("authentication error: wrong password"), "{error}");
}

#[tokio::test]
async fn a_partner_may_bind_from_its_addresses_only() {
    let from = |ranges: &[&str]| {
        let mut shop = partner("shop");
        shop.ip_whitelist = ranges.iter().map(|range| range.parse().unwrap()).collect();
        vec![shop]
    };
    let world = World::new(&[], from(&["192.0.2.1/32", "198.51.100.0/24"])).await;
    assert_eq!(refused(&world, BindKind::Transmitter, ("shop", "secret")).await, CommandStatus::RBINDFAIL);
    assert_eq!(world.counts("shop").bind_failures, 1);
    assert!(world.status("shop").last_error.unwrap().ends_with("the address is not on the list of those allowed"));
    for ranges in [&["192.0.2.1/32", "127.0.0.1/32"][..], &["127.0.0.0/8", "192.0.2.1/32"], &[]] {
        world.binds.set_servers(from(ranges)).unwrap();
        bind(&world, "shop").await;
    }
    assert_eq!(world.counts("shop").attempts, 4, "counts outlive changes");
}

#[tokio::test]
async fn a_partner_may_bind_only_as_it_is_allowed_to() {
    let all = [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver];
    for allowed in all {
        let mut shop = partner("shop");
        shop.allowed_bind_types = vec![allowed];
        let world = World::new(&[], vec![shop]).await;
        for kind in all {
            let bound = try_bind(world.address(), kind, ("shop", "secret")).await;
            match bound {
                Ok(_) => assert_eq!(kind, allowed),
                Err(error) => assert_eq!((error, kind == allowed), (BindError::Refused(CommandStatus::RBINDFAIL), false)),
            }
        }
        eventually("its bind is counted", || world.counts("shop").bind_success == 1).await;
        assert_eq!((world.counts("shop").attempts, world.counts("shop").bind_failures), (3, 2));
    }
}

#[tokio::test]
async fn the_connection_above_the_limit_is_refused_and_counted() {
    let world = World::with(&[], vec![partner("shop")], |server| server.max_connections = 2).await;
    let _one = bind(&world, "shop").await;
    let _two = bind(&world, "shop").await;
    let listener = world.binds.listener().unwrap();
    assert_eq!((listener.max_connections, listener.connections), (2, 2));
    let three = Client::connect(world.address(), Config::default(), |_| {}).await.unwrap();
    soon(three.closed()).await;
    eventually("it is counted", || world.binds.listener().unwrap().strangers.bind_failures == 1).await;
    assert_eq!(world.counts("shop").bind_failures, 0);
}

#[tokio::test]
async fn a_partner_has_no_more_sessions_than_it_may_have() {
    let mut shop = partner("shop");
    shop.max_sessions = 2;
    let world = World::new(&[], vec![shop]).await;
    let one = bind(&world, "shop").await;
    let _two = bind(&world, "shop").await;
    assert_eq!(refused(&world, BindKind::Transceiver, ("shop", "secret")).await, CommandStatus::RALYBND);
    one.client.unbind().await;
    let _three = bind(&world, "shop").await;
    eventually("all is counted", || world.counts("shop").bind_success == 3 && world.counts("shop").disconnections == 1).await;
    let counts = BindCounts { attempts: 4, bind_success: 3, bind_failures: 1, disconnections: 1, ..BindCounts::default() };
    assert_eq!(world.counts("shop"), counts);
}

#[tokio::test]
async fn a_bound_partner_shows_its_address_and_a_time_that_ends_with_the_session() {
    let world = World::new(&[], vec![partner("shop")]).await;
    let before = world.status("shop");
    assert_eq!((before.state, before.uptime.as_nanos(), before.peers.len()), (BindState::Disconnected, 0, 0));
    let bound = bind(&world, "shop").await;
    let first = world.status("shop");
    assert_eq!((first.state, &first.peers[..]), (BindState::Connected, &[bound.client.local().unwrap()][..]));
    assert!(first.place.is_none() && !first.dropped && !first.held_back && first.unanswered == 0);
    eventually("it grows", || world.status("shop").uptime > first.uptime).await;
    bound.client.unbind().await;
    eventually("it is gone", || world.status("shop").state == BindState::Disconnected).await;
    let after = world.status("shop");
    assert_eq!((after.uptime.as_nanos(), after.peers.len()), (0, 0));
    eventually("it is counted", || world.counts("shop").disconnections == 1).await;
}

#[tokio::test]
async fn a_partner_is_spoken_to_as_its_profile_says() {
    let (mut old, mut new) = (partner("old"), partner("new"));
    old.profile.version = Version::V3_3;
    (new.profile.version, new.profile.window) = (Version::V5_0, 7);
    let world = World::new(&[], vec![old, new]).await;
    for (name, version) in [("old", Version::V3_3), ("new", Version::V5_0)] {
        let config = Config { version: Version::V5_0, ..Config::default() };
        let client = Client::connect(world.address(), config, |_| {}).await.unwrap();
        let mc = client.bind(BindKind::Transceiver, &Credentials::new(name, "secret")).await.unwrap();
        assert_eq!((mc.version, mc.system_id.as_str()), (version, "gateway"));
        // It is told nothing of the window; how many are delivered at once is.
        client.unbind().await;
    }
}

#[tokio::test]
async fn twenty_partners_bind_at_once() {
    let names: Vec<String> = (0..20).map(|number| format!("partner{number}")).collect();
    let world = World::new(&[], names.iter().map(|name| partner(name)).collect()).await;
    let binds = names.iter().map(|name| bind(&world, name));
    let bound = soon(futures_util::future::join_all(binds)).await;
    assert!(world.binds.list().iter().all(|bind| bind.state == BindState::Connected));
    assert_eq!(world.binds.list().iter().map(|bind| bind.name.clone()).collect::<Vec<_>>(), names);
    drop(bound);
}

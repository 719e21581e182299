//! How a bind lives: states, reconnecting, dropping, changing, counters and what is logged.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use smpp_pdu::{Addr, CommandStatus, DeliverSm, ShortMessage};
use smpp_session::BindKind;
use smsc_engine::frontend::{BindCounts, BindMode, BindState, Carrier, ClientPeer, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::world::{Lines, Mc, SOON, Spy, World, accept, connected, eventually, peer, peer_at, text, until, with_receipt};

#[tokio::test]
async fn a_carrier_is_bound_at_start_and_says_how_it_stands() {
    // R-GW-35, R-GW-37, R-GW-85.
    let (world, mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    let status = carrier.status();
    assert_eq!((status.name.as_str(), status.mode, status.system_id.as_str()), ("uk", BindMode::Client, "gateway"));
    assert_eq!(status.peers, [mc.address]);
    assert!(!status.dropped && !status.held_back && status.last_error.is_none());
    assert_eq!(status.counts, BindCounts { attempts: 1, bind_success: 1, ..BindCounts::default() });
    let bind = mc.script.binds.lock().unwrap()[0].clone();
    assert_eq!(bind, (BindKind::Transceiver, "gateway".to_owned(), "s3cret!".to_owned()));
    until(&carrier, "it grows older", |status| status.uptime >= Duration::from_millis(10)).await;
    carrier.stop().await;
    let status = carrier.status();
    assert_eq!((status.state, status.uptime), (BindState::Disconnected, Duration::ZERO));
    assert_eq!(status.counts, BindCounts { attempts: 1, bind_success: 1, disconnections: 1, ..BindCounts::default() });
    eventually("the carrier sees the end", async || mc.script.closed.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn a_lost_bind_comes_back_by_itself_and_each_event_is_counted_once() {
    // R-GW-36, R-GW-84, R-GW-85.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    let address = mc.address;
    mc.server.take().unwrap().shutdown(Duration::ZERO).await;
    drop(mc);
    until(&carrier, "it is gone and says why", |status| {
        status.state == BindState::Reconnecting && status.uptime.is_zero() && status.last_error.is_some()
    })
    .await;
    until(&carrier, "nobody is there", |status| status.counts.attempts >= 2).await;
    let mc = Mc::at(address, smpp_session::Config::default()).await;
    connected(&carrier).await;
    let counts = carrier.status().counts;
    assert_eq!((counts.bind_success, counts.disconnections, counts.bind_failures), (2, 1, 0), "a closed port refuses no bind");
    assert_eq!(mc.binds(), 1);
}

#[tokio::test]
async fn a_refused_bind_is_counted_said_and_logged_without_the_password() {
    // R-GW-84, R-GW-87.
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (world, mc) = (World::new().await, Mc::start().await);
    mc.script.refusals.lock().unwrap().extend([CommandStatus::RINVPASWD, CommandStatus::RINVSYSID]);
    let carrier = world.carry(peer(&mc));
    until(&carrier, "it is refused", |status| status.counts.bind_failures == 1 && status.last_error.is_some()).await;
    let status = carrier.status();
    assert_eq!(status.state, BindState::Reconnecting);
    assert_eq!(status.counts, BindCounts { attempts: 1, bind_failures: 1, ..BindCounts::default() });
    assert!(status.last_error.unwrap().contains("ESME_RINVPASWD"));
    carrier.reconnect();
    until(&carrier, "it is refused again", |status| status.counts.bind_failures == 2).await;
    carrier.reconnect();
    connected(&carrier).await;
    assert_eq!(carrier.status().counts, BindCounts { attempts: 3, bind_failures: 2, bind_success: 1, ..BindCounts::default() });
    let text = lines.text();
    assert!(text.contains("bind failed: authentication error") && text.contains("successful bind"), "{text}");
    assert_eq!(text.matches("bind failed").count(), 2, "{text}");
    assert!(!text.contains("s3cret!"), "{text}");
}

#[tokio::test]
async fn the_next_host_is_tried_at_once() {
    let (world, mc) = (World::new().await, Mc::start().await);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let carrier = world.carry(ClientPeer { more_hosts: vec![mc.address.to_string()], ..peer_at(closed) });
    connected(&carrier).await;
    let status = carrier.status();
    assert_eq!(status.counts, BindCounts { attempts: 2, bind_success: 1, ..BindCounts::default() });
    assert_eq!(status.peers, [mc.address]);
}

#[tokio::test]
async fn a_dropped_bind_stays_down_until_it_is_told_otherwise() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    carrier.drop_bind();
    until(&carrier, "it is down", |status| status.state == BindState::Disconnected && status.dropped && status.peers.is_empty())
        .await;
    until(&carrier, "that is counted", |status| status.counts.disconnections == 1).await;
    assert!(lines.text().contains("clean shutdown of the connection"));
    world.submit(text("waits in the core")).await;
    carrier.change(peer(&mc)).unwrap();
    assert!(mc.is_quiet(Duration::from_millis(100)).await && mc.binds() == 1, "nothing was changed");
    carrier.reconnect();
    connected(&carrier).await;
    assert_eq!(mc.answer("1").await, b"waits in the core");
    carrier.reconnect();
    until(&carrier, "it is bound anew", |status| status.counts.bind_success == 3 && status.counts.sent == 1).await;
    assert_eq!((carrier.status().counts.attempts, carrier.status().counts.disconnections), (3, 2));
}

#[tokio::test]
async fn a_change_takes_effect_at_once_and_counters_go_on() {
    let (world, first, mut second) = (World::new().await, Mc::start().await, Mc::start().await);
    let carrier = world.carry(peer(&first));
    connected(&carrier).await;
    let wrong = ClientPeer { password: Secret::new("much too long"), ..peer(&second) };
    let fault = carrier.change(wrong).unwrap_err();
    assert!(fault.contains("password") && !fault.contains("much"), "{fault}");
    assert_eq!(carrier.peer(), peer(&first), "the old values stay");
    carrier.drop_bind();
    let changed = ClientPeer { system_id: "other".into(), bind_type: BindKind::Transmitter, ..peer(&second) };
    carrier.change(changed.clone()).unwrap();
    until(&carrier, "it is bound there", |status| status.peers == [second.address]).await;
    assert_eq!((carrier.peer(), carrier.status().dropped), (changed, false));
    assert_eq!(carrier.status().counts.bind_success, 2);
    assert_eq!(second.script.binds.lock().unwrap()[0].0, BindKind::Transmitter);
    eventually("the first is left", async || first.script.closed.load(Ordering::SeqCst) == 1).await;
    world.submit(text("over there")).await;
    assert_eq!(second.answer("1").await, b"over there");
}

#[tokio::test]
async fn what_is_on_its_way_is_answered_before_a_stop_ends() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = Arc::new(world.carry(peer(&mc)));
    let id = world.submit(text("late")).await;
    let incoming = mc.next().await;
    let stopped = tokio::spawn({
        let carrier = carrier.clone();
        async move { carrier.stop().await }
    });
    until(&carrier, "it ends", |status| status.state == BindState::Disconnected).await;
    accept(incoming, "7");
    tokio::time::timeout(SOON, stopped).await.unwrap().unwrap();
    assert!(world.record(id).await.outcome.is_some(), "it is reported when the stop ends");
}

#[tokio::test]
async fn a_receiver_is_never_polled_and_a_transmitter_is_delivered_nothing() {
    // R-GW-38.
    let (world, mc) = (World::new().await, Mc::start().await);
    world.submit(text("for nobody")).await;
    let spy = Arc::new(Spy::new(&world.core));
    let receiver = Carrier::start(ClientPeer { bind_type: BindKind::Receiver, ..peer(&mc) }, spy.clone()).unwrap();
    connected(&receiver).await;
    let mo = DeliverSm {
        destination_addr: Addr::international("8001").unwrap(),
        short_message: ShortMessage::new("mo").unwrap(),
        ..Default::default()
    };
    let answer = mc.link().await.call(&mo).await.unwrap();
    assert_eq!((answer.status(), spy.leases.load(Ordering::SeqCst)), (CommandStatus::ROK, 0));
    receiver.stop().await;
    let mut mc = Mc::start().await;
    let transmitter = world.carry(ClientPeer { bind_type: BindKind::Transmitter, ..peer(&mc) });
    assert_eq!(mc.answer("1").await, b"for nobody");
    // The session of the carrier knows that it may not.
    assert!(mc.link().await.call(&mo).await.is_err());
    assert_eq!(transmitter.status().counts.received, 0);
}

#[tokio::test]
async fn two_binds_to_one_carrier_work_at_a_time() {
    // R-GW-96.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let uk = world.carry(peer(&mc));
    let de = world.carry(ClientPeer { name: "de".into(), ..peer(&mc) });
    connected(&uk).await;
    connected(&de).await;
    let mut german = with_receipt(text("hallo"));
    german.destination = smsc_engine::model::Address::from_number("+4915112345");
    let (one, other) = (world.submit(with_receipt(text("hello"))).await, world.submit(german).await);
    for _ in 0..2 {
        let incoming = mc.next().await;
        let id = if super::world::submit(&incoming).short_message.as_bytes() == b"hello" { "A" } else { "B" };
        accept(incoming, id);
    }
    world.handed(one, "A").await;
    world.handed(other, "B").await;
}

#[tokio::test]
async fn a_carrier_that_is_silent_is_dropped_and_bound_anew() {
    // R-GW-44.
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut peer = peer_at(listener.local_addr().unwrap());
    (peer.profile.enquire_link, peer.profile.response_timeout) = (Duration::from_millis(50), Duration::from_millis(100));
    let carrier = world.carry(peer);
    let mut stream = half_open(&listener).await;
    connected(&carrier).await;
    let mut header = [0; 16];
    stream.read_exact(&mut header).await.unwrap();
    assert_eq!(header[4..8], [0, 0, 0, 0x15], "it is asked whether it is there");
    until(&carrier, "it is dropped", |status| status.counts.disconnections == 1).await;
    assert!(lines.text().contains("enquire_link timeout"), "{}", lines.text());
    let _second = half_open(&listener).await;
    connected(&carrier).await;
    assert!(carrier.status().counts.bind_success >= 2);
}

/// Accepts a connection and its bind, and says nothing from then on.
async fn half_open(listener: &TcpListener) -> tokio::net::TcpStream {
    let (mut stream, _) = tokio::time::timeout(SOON, listener.accept()).await.unwrap().unwrap();
    let length = stream.read_u32().await.unwrap();
    let mut rest = vec![0; length as usize - 4];
    stream.read_exact(&mut rest).await.unwrap();
    // bind_transceiver_resp with the number of the request, from "mc".
    let answer = [&[0, 0, 0, 19, 0x80, 0, 0, 9, 0, 0, 0, 0], &rest[8..12], b"mc\0".as_slice()].concat();
    stream.write_all(&answer).await.unwrap();
    stream
}

#[tokio::test]
async fn a_worker_that_dies_is_started_again() {
    let lines = Lines::default();
    let _guard = tracing::subscriber::set_default(lines.clone());
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let spy = Arc::new(Spy::new(&world.core));
    spy.panics.store(true, Ordering::SeqCst);
    let carrier = Carrier::start(peer(&mc), spy.clone()).unwrap();
    world.submit(text("all the same")).await;
    assert_eq!(mc.answer("1").await, b"all the same");
    assert!(lines.text().contains("the worker of this bind died"), "{}", lines.text());
    assert_eq!(carrier.status().counts.bind_success, 1, "the session stays");
}

//! Binds that heal themselves, over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smpp_pdu::{
    BindTransceiverResp, CStr, CommandId, CommandStatus, DeliverSm, DeliverSmResp, EnquireLinkResp, SubmitSmResp, Unbind, Version,
};
use smpp_session::net::{CallError, Endpoint, Incoming, Keeper, KeeperConfig, KeeperState, Server, Setback, Unanswered};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, Credentials, End};
use tokio::net::TcpListener;

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

/// Hurries: these tests are in real time.
pub(super) fn hasty(addresses: &[SocketAddr], kind: BindKind) -> KeeperConfig {
    let endpoint = |address: &SocketAddr| {
        let mut endpoint = Endpoint::new(address.to_string());
        // Scripted MCs do not state their version.
        endpoint.config = Config { silent_version: Version::V3_4, ..calm() };
        endpoint
    };
    let mut endpoints: Vec<_> = addresses.iter().map(endpoint).collect();
    let mut config = KeeperConfig::new(endpoints.remove(0), kind, Credentials::new("me", "secret"));
    config.endpoints.extend(endpoints);
    config.backoff.first = Duration::from_millis(2);
    config.backoff.longest = Duration::from_millis(10);
    config.backoff.first_refused = Duration::from_millis(20);
    config
}

fn keep(addresses: &[SocketAddr]) -> Keeper {
    Keeper::start(hasty(addresses, BindKind::Transceiver), Arc::new(drop::<Incoming>)).unwrap()
}

async fn scripted() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// A new server where an old one was.
async fn revive(addr: SocketAddr) -> Server {
    let service = noted(accept);
    let config = smpp_session::net::ServerConfig { session: calm(), ..Default::default() };
    loop {
        match Server::bind(addr, config.clone(), service.clone()).await {
            Ok(server) => return server,
            // The old one is not gone yet.
            Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    }
}

#[tokio::test]
async fn a_bind_survives_its_mc() {
    let server = serve(calm(), noted(accept)).await;
    let addr = server.local_addr();
    let keeper = keep(&[addr]);
    soon(keeper.call(&submit())).await.unwrap();
    server.shutdown(Duration::from_secs(5)).await;
    eventually("the end is seen", || !keeper.state().is_bound()).await;
    let revived = soon(revive(addr)).await;
    let response = soon(keeper.call(&submit())).await.unwrap();
    assert_eq!(response.read::<SubmitSmResp<'_>>().unwrap().message_id.as_bytes(), b"42");
    assert_eq!(keeper.sessions(), 2);
    soon(keeper.stop()).await;
    eventually("nobody is bound", || revived.links().is_empty()).await;
}

#[tokio::test]
async fn requests_in_flight_are_lost_with_their_session_and_told_so() {
    let (listener, addr) = scripted().await;
    let keeper = keep(&[addr]);
    let mut peer = Peer::accept_bind(&listener).await;
    let link = soon(keeper.link()).await.unwrap();
    let pending: Vec<_> = (0..10).map(|_| link.request(&submit()).unwrap()).collect();
    let waiting = tokio::spawn({
        let keeper = keeper.clone();
        async move { keeper.call(&submit()).await }
    });
    let answered = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await.sequence_number();
    drop(peer);
    let mut peer = Peer::accept_bind(&listener).await;
    for one in pending {
        let error = CallError::from(soon(one).await.unwrap_err());
        assert_eq!(error, CallError::Unanswered(Unanswered::Lost(CloseReason::Disconnected)));
        assert!(error.was_sent());
    }
    // The one that waited for room was not sent, so it goes out now; nothing else does.
    let frame = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
    assert_eq!((answered, frame.sequence_number()), (2, 2));
    peer.put(&SubmitSmResp::default(), 2).await;
    soon(waiting).await.unwrap().unwrap();
    assert!(peer.until_silent().await.is_empty());
    assert!(matches!(*keeper.last_setback().unwrap(), Setback::Lost(CloseReason::Disconnected)));
}

#[tokio::test]
async fn an_mc_that_unbinds_is_bound_to_again() {
    let (listener, addr) = scripted().await;
    let keeper = keep(&[addr]);
    let mut peer = Peer::accept_bind(&listener).await;
    peer.put(&Unbind::default(), 1).await;
    peer.expect(CommandId::UNBIND_RESP, CommandStatus::ROK).await;
    peer.expect_close().await;
    let mut peer = Peer::accept_bind(&listener).await;
    soon(keeper.link()).await.unwrap();
    assert!(matches!(*keeper.last_setback().unwrap(), Setback::Lost(CloseReason::Unbound { by: End::Peer })));
    // Stopping unbinds, and the MC is waited for.
    let stopping = tokio::spawn({
        let keeper = keeper.clone();
        async move { keeper.stop().await }
    });
    let unbind = peer.expect(CommandId::UNBIND, CommandStatus::ROK).await;
    assert!(!stopping.is_finished());
    peer.put(&smpp_pdu::UnbindResp::default(), unbind.sequence_number()).await;
    soon(stopping).await.unwrap();
    peer.expect_close().await;
}

#[tokio::test]
async fn a_refusal_is_told_and_the_next_attempt_may_succeed() {
    let (listener, addr) = scripted().await;
    let keeper = keep(&[addr]);
    let mut peer = Peer::accept(&listener).await;
    let bind = peer.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await;
    peer.put_with(&BindTransceiverResp::default(), CommandStatus::RINVPASWD, bind.sequence_number()).await;
    peer.expect_close().await;
    let mut states = keeper.watch();
    let waits = |state: &KeeperState| matches!(state, KeeperState::Waiting { why, .. } if why.to_string().contains("RINVPASWD"));
    soon(states.wait_for(waits)).await.unwrap();
    let mut peer = Peer::accept(&listener).await;
    let bind = peer.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await;
    let system_id = CStr::new("scripted").unwrap();
    peer.put(&BindTransceiverResp { system_id, ..Default::default() }, bind.sequence_number()).await;
    soon(states.wait_for(KeeperState::is_bound)).await.unwrap();
    assert!(matches!(keeper.state(), KeeperState::Bound { mc, .. } if mc.system_id == "scripted"));
}

#[tokio::test]
async fn the_host_that_answers_is_found() {
    let (dead, closed) = scripted().await;
    drop(dead);
    let server = serve(calm(), noted(accept)).await;
    let keeper = keep(&[closed, server.local_addr()]);
    soon(keeper.call(&submit())).await.unwrap();
    let refused = keeper.last_setback().unwrap();
    assert!(matches!(&*refused, Setback::Connect(error) if error.to_string().contains("refused")), "{refused}");
}

#[tokio::test]
async fn every_session_has_the_same_service() {
    let (listener, addr) = scripted().await;
    let service = noted(|incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap());
    let keeper = Keeper::start(hasty(&[addr], BindKind::Transceiver), service.clone()).unwrap();
    for _ in 0..3 {
        let mut peer = Peer::accept_bind(&listener).await;
        peer.put(&DeliverSm::default(), 1).await;
        peer.expect(CommandId::DELIVER_SM_RESP, CommandStatus::ROK).await;
    }
    eventually("two sessions are over", || service.log().iter().filter(|line| line.starts_with("closed")).count() == 2).await;
    assert_eq!((service.count("bound me"), service.count("request")), (3, 3));
    soon(keeper.link()).await.unwrap();
}

#[tokio::test]
async fn an_mc_that_falls_silent_is_left() {
    let (listener, addr) = scripted().await;
    let mut config = hasty(&[addr], BindKind::Transceiver);
    let timers = &mut config.endpoints[0].config.timers;
    (timers.enquire_link, timers.response) = (Some(Duration::from_millis(50)), Duration::from_millis(50));
    let keeper = Keeper::start(config, Arc::new(drop::<Incoming>)).unwrap();
    let mut silent = Peer::accept_bind(&listener).await;
    silent.expect(CommandId::ENQUIRE_LINK, CommandStatus::ROK).await;
    let mut peer = Peer::accept_bind(&listener).await;
    let enquiry = peer.expect(CommandId::ENQUIRE_LINK, CommandStatus::ROK).await;
    peer.put(&EnquireLinkResp::default(), enquiry.sequence_number()).await;
    assert!(matches!(*keeper.last_setback().unwrap(), Setback::Lost(CloseReason::TimedOut(_))));
}

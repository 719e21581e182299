//! An MC that connects to its ESMEs: outbind from both ends.

use std::sync::Arc;
use std::time::Duration;

use smpp_pdu::{CStr, CommandId, CommandStatus, DeliverSm, DeliverSmResp, Outbind, Password};
use smpp_session::net::{ConnectError, Endpoint, Incoming, OutbindError, OutbindListener, Refusal, Server, ServerConfig};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, Credentials, RequestError, Timeouts};
use tokio::net::TcpListener;

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

async fn listen(session: Config) -> OutbindListener {
    let service = Arc::new(|incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap());
    let config = ServerConfig { session, ..ServerConfig::default() };
    OutbindListener::bind("127.0.0.1:0", config, service).await.unwrap()
}

fn to(address: impl ToString) -> Endpoint {
    let mut endpoint = Endpoint::new(address.to_string());
    endpoint.config = calm();
    endpoint
}

fn impatient() -> Config {
    let timers = Timeouts { session_init: Some(Duration::from_millis(100)), ..Timeouts::default() };
    Config { timers, ..Config::default() }
}

/// The ESME that takes one outbind and binds as its answer.
async fn answer(listener: &mut OutbindListener, password: &str) -> Option<smpp_session::net::Client> {
    let outbind = soon(listener.accept()).await;
    assert!(outbind.is_from("mc", "hello") && !outbind.is_from("mc", "hallo") && !outbind.is_from("mx", "hello"));
    assert!(!format!("{outbind:?}").contains("hello"));
    soon(outbind.bind(BindKind::Transceiver, &Credentials::new("me", password))).await.ok().map(|(client, _)| client)
}

#[tokio::test]
async fn a_server_invites_an_esme_and_serves_it_like_any_other() {
    let (service, mut listener) = (noted(accept), listen(calm()).await);
    let server = serve(calm(), service.clone()).await;
    // Somebody who connects and says nothing holds up nobody.
    let _silent = Peer::connect(listener.local_addr()).await;
    let endpoint = to(listener.local_addr());
    let (link, client) = tokio::join!(soon(server.outbind(&endpoint, "mc", "hello")), answer(&mut listener, "secret"));
    let (link, client) = (link.unwrap(), client.unwrap());
    assert_eq!((link.system_id(), server.links().len()), ("me", 1));
    assert!(soon(client.call(&submit())).await.unwrap().status().is_ok());
    assert!(soon(link.call(&DeliverSm::default())).await.unwrap().status().is_ok());
    eventually("the service knows it", || service.count("bound me") == 1).await;
    soon(server.shutdown(Duration::from_secs(10))).await;
    soon(client.closed()).await;
}

#[tokio::test]
async fn an_mc_needs_no_listener_to_invite() {
    let mut listener = listen(calm()).await;
    let endpoint = to(listener.local_addr());
    let asking = endpoint.outbind("mc", "hello", noted(accept));
    let (link, client) = tokio::join!(soon(asking), answer(&mut listener, "secret"));
    let (link, client) = (link.unwrap(), client.unwrap());
    assert!(soon(client.call(&submit())).await.unwrap().status().is_ok());
    soon(listener.shutdown(Duration::from_secs(10))).await;
    soon(link.closed()).await;
}

#[tokio::test]
async fn every_way_an_outbind_fails_is_told_apart() {
    let server = serve(calm(), noted(accept)).await;
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = soon(server.outbind(&to(closed), "mc", "hello")).await.unwrap_err();
    assert!(matches!(error, OutbindError::Connect(ConnectError::Refused { .. })), "{error:?}");

    let mut listener = listen(calm()).await;
    let endpoint = to(listener.local_addr());
    let error = soon(server.outbind(&endpoint, "mc", "longer than eight")).await.unwrap_err();
    assert!(matches!(error, OutbindError::NotSent(RequestError::Value { field: "password", .. })), "{error:?}");

    let (error, client) = tokio::join!(soon(server.outbind(&endpoint, "mc", "hello")), answer(&mut listener, "wrong"));
    assert!(matches!(error, Err(OutbindError::Refused(CommandStatus::RINVPASWD))), "{error:?}");
    assert!(client.is_none());

    // The ESME does not want to.
    let (error, ()) = tokio::join!(soon(server.outbind(&endpoint, "mc", "hello")), async { drop(listener.accept().await) });
    assert!(matches!(error, Err(OutbindError::Ended(CloseReason::Disconnected))), "{error:?}");

    let mut hurried = endpoint.clone();
    hurried.config = impatient();
    let error = soon(server.outbind(&hurried, "mc", "hello")).await.unwrap_err();
    assert!(matches!(error, OutbindError::TimedOut), "{error:?}");

    let config = ServerConfig { session: calm(), max_connections: 0, ..ServerConfig::default() };
    let full = Server::bind("127.0.0.1:0", config, noted(accept)).await.unwrap();
    let error = soon(full.outbind(&endpoint, "mc", "hello")).await.unwrap_err();
    assert!(matches!(error, OutbindError::TurnedAway(Refusal::TooMany)), "{error:?}");
}

#[tokio::test]
async fn an_mc_that_says_nothing_or_repeats_itself_is_left_in_time() {
    let mut listener = listen(impatient()).await;
    Peer::connect(listener.local_addr()).await.expect_close().await;
    let mut peer = Peer::connect(listener.local_addr()).await;
    let outbind =
        Outbind { system_id: CStr::new("mc").unwrap(), password: Password::new("hello").unwrap(), ..Default::default() };
    peer.put(&outbind, 1).await;
    peer.put(&outbind, 2).await;
    let first = soon(listener.accept()).await;
    assert_eq!(first.system_id(), "mc");
    peer.expect_close().await;
    assert!(tokio::time::timeout(Duration::from_millis(20), listener.accept()).await.is_err(), "it was the only one");
    drop(first);
}

#[tokio::test]
async fn an_mc_that_is_not_wanted_is_left_at_once() {
    let mut listener = listen(calm()).await;
    let mut peer = Peer::connect(listener.local_addr()).await;
    peer.put(&Outbind::default(), 1).await;
    drop(soon(listener.accept()).await);
    peer.expect_close().await;
    let mut peer = Peer::connect(listener.local_addr()).await;
    peer.put(&Outbind::default(), 1).await;
    let outbind = soon(listener.accept()).await;
    let me = Credentials::new("me", "secret");
    let refuse = async {
        let bind = peer.expect(CommandId::BIND_RECEIVER, CommandStatus::ROK).await;
        peer.put_with(&smpp_pdu::BindReceiverResp::default(), CommandStatus::RBINDFAIL, bind.sequence_number()).await;
        peer.expect_close().await;
    };
    let (bound, ()) = tokio::join!(outbind.bind(BindKind::Receiver, &me), refuse);
    assert!(bound.is_err());
}

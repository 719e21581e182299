//! Every way of not being connected, or not being bound, is told apart.

use std::sync::Arc;
use std::time::Duration;

use smpp_pdu::{BindTransceiverResp, CommandId, CommandStatus, SubmitSmResp};
use smpp_session::net::{BindError, Client, ConnectError, Endpoint, Incoming, Unanswered};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, Credentials, RequestError, Timeouts};
use tokio::io::BufStream;
use tokio::net::{TcpListener, TcpStream};

use super::{calm, soon};
use crate::submit;

async fn attempt(address: impl Into<String>) -> ConnectError {
    soon(Endpoint::new(address).connect(Arc::new(drop::<Incoming>))).await.unwrap_err()
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told() {
    for address in ["no-such-host.invalid:2775", "no port", ""] {
        let error = attempt(address).await;
        assert!(matches!(&error, ConnectError::Resolve { address: shown, .. } if shown == address), "{error:?}");
    }
}

#[tokio::test]
async fn a_port_nobody_listens_on_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = attempt(address.to_string()).await;
    assert!(matches!(error, ConnectError::Refused { peer } if peer == address), "{error:?}");
    let error = soon(Client::connect(address, Config::default(), drop::<Incoming>)).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{address}: connection refused"));
}

async fn connected() -> (Client, Peer) {
    let timers = Timeouts { response: Duration::from_millis(100), enquire_link: None, ..Timeouts::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let config = Config { timers, ..Config::default() };
    let client = Client::connect(listener.local_addr().unwrap(), config, drop::<Incoming>).await.unwrap();
    (client, Peer::accept(&listener).await)
}

#[tokio::test]
async fn every_way_of_not_being_bound_is_told_apart() {
    let me = Credentials::new("me", "secret");
    let (client, mut peer) = connected().await;
    let script = async {
        let bind = peer.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await;
        peer.put_with(&BindTransceiverResp::default(), CommandStatus::RALYBND, bind.sequence_number()).await;
    };
    let (bound, ()) = tokio::join!(client.bind(BindKind::Transceiver, &me), script);
    assert_eq!(bound, Err(BindError::Refused(CommandStatus::RALYBND)));

    let (client, _silent) = connected().await;
    assert_eq!(soon(client.bind(BindKind::Transceiver, &me)).await, Err(BindError::Unanswered(Unanswered::Expired)));

    let (client, mut peer) = connected().await;
    let script = async {
        peer.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await;
        drop(peer);
    };
    let (bound, ()) = tokio::join!(client.bind(BindKind::Transceiver, &me), script);
    assert_eq!(bound, Err(BindError::Unanswered(Unanswered::Lost(CloseReason::Disconnected))));
    let again = client.bind(BindKind::Transceiver, &me).await;
    assert_eq!(again, Err(BindError::NotSent(RequestError::Closed(CloseReason::Disconnected))));

    let (client, _peer) = connected().await;
    let unfit = client.bind(BindKind::Transceiver, &Credentials::new("me", "longer than eight")).await;
    assert!(matches!(unfit, Err(BindError::NotSent(RequestError::Value { field: "password", .. }))), "{unfit:?}");
}

/// As TLS does, this stream keeps what it is given until it is told to flush.
#[tokio::test]
async fn a_stream_that_keeps_what_is_written_is_flushed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stream = BufStream::new(TcpStream::connect(address).await.unwrap());
    let client = Client::over(stream, address, calm(), Arc::new(drop::<Incoming>));
    let me = Credentials::new("me", "secret");
    let (bound, mut peer) = tokio::join!(client.bind(BindKind::Transceiver, &me), Peer::accept_bind(&listener));
    bound.unwrap();
    for _ in 0..3 {
        let pending = client.request(&submit()).unwrap();
        let frame = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
        peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
        assert!(soon(pending).await.unwrap().status().is_ok());
    }
}

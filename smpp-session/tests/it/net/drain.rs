//! Shutting a server down: in order with those who play along, in time with those who do not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{CommandId, CommandStatus, DeliverSm, DeliverSmResp, ShortMessage, UnbindResp};
use smpp_session::net::Incoming;
use smpp_session::testing::Peer;
use smpp_session::{Config, RequestError, Timeouts};
use tokio::net::TcpStream;

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

#[tokio::test]
async fn nothing_new_is_taken_what_was_taken_is_answered_and_then_the_session_is_unbound() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let keep = held.clone();
    let service = noted(move |incoming: Incoming| keep.lock().unwrap().push(incoming));
    let server = serve(calm(), service.clone()).await;
    let address = server.local_addr();
    let mut peer = Peer::bind(address, "me").await;
    peer.put(&submit(), 2).await;
    eventually("the request is taken", || held.lock().unwrap().len() == 1).await;
    let link = server.links().remove(0);
    let delivery = link.request(&DeliverSm::default()).unwrap();
    let delivered = peer.expect(CommandId::DELIVER_SM, CommandStatus::ROK).await;
    let shutdown = tokio::spawn(server.shutdown(Duration::from_secs(1000)));
    // Once nobody listens, every session knows.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(link.request(&DeliverSm::default()), Err(RequestError::Unbinding)));
    peer.put(&submit(), 3).await;
    let refused = peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::RINVBNDSTS).await;
    assert_eq!(refused.sequence_number(), 3);
    peer.put(&DeliverSmResp::default(), delivered.sequence_number()).await;
    assert!(soon(delivery).await.unwrap().status().is_ok());
    let unbind = peer.expect(CommandId::UNBIND, CommandStatus::ROK).await;
    peer.put(&UnbindResp::default(), unbind.sequence_number()).await;
    held.lock().unwrap().drain(..).for_each(accept);
    let answered = peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
    assert_eq!(answered.sequence_number(), 2);
    peer.expect_close().await;
    drop(peer);
    soon(shutdown).await.unwrap();
    assert_eq!(service.count("request"), 1);
}

#[tokio::test]
async fn peers_that_do_not_read_or_answer_do_not_hold_the_shutdown_up() {
    let timers = Timeouts {
        response: Duration::from_secs(1000),
        enquire_link: None,
        linger: Duration::from_millis(100),
        ..Timeouts::default()
    };
    let service = noted(|incoming: Incoming| std::mem::forget(incoming));
    let config = Config { timers, window: 60_000, max_unwritten: 1 << 23, ..Config::default() };
    let server = serve(config, service.clone()).await;
    let mut silent = Peer::bind(server.local_addr(), "silent").await;
    silent.put(&submit(), 2).await;
    let _deaf = Peer::bind(server.local_addr(), "deaf").await;
    let _stranger = Peer::connect(server.local_addr()).await;
    eventually("all are there", || server.links().len() == 3 && service.count("request") == 1).await;
    // More than the kernel's buffers take.
    let deaf = server.links().into_iter().find(|link| link.system_id() == "deaf").unwrap();
    let long = DeliverSm { short_message: ShortMessage::new(&[0x41; 254]).unwrap(), ..Default::default() };
    while deaf.request(&long).is_ok() {
        tokio::task::yield_now().await;
    }
    let links = server.links();
    soon(server.shutdown(Duration::from_millis(50))).await;
    for link in &links {
        soon(link.closed()).await;
    }
    assert_eq!(service.count("closed: closed by this side"), 3, "{:?}", service.log());
}

#[tokio::test]
async fn a_shutdown_that_is_given_up_closes_what_is_left() {
    for begin in [false, true] {
        let service = noted(accept);
        let server = serve(calm(), service.clone()).await;
        let address = server.local_addr();
        let mut peer = Peer::bind(address, "me").await;
        let shutdown = server.shutdown(Duration::from_secs(1000));
        if begin {
            let shutdown = tokio::spawn(shutdown);
            peer.expect(CommandId::UNBIND, CommandStatus::ROK).await;
            shutdown.abort();
        } else {
            drop(shutdown);
        }
        peer.expect_close().await;
        drop(peer);
        eventually("the end is told", || service.count("closed: closed by this side") == 1).await;
        let mut tries = 0;
        while TcpStream::connect(address).await.is_ok() {
            tries += 1;
            assert!(tries < 1000, "it still listens");
            tokio::task::yield_now().await;
        }
    }
}

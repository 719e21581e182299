//! The MC's side, against a scripted ESME.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use smpp_pdu::{
    BindTransceiver, CStr, CommandId, CommandStatus, DeliverSm, DeliverSmResp, EnquireLink, EnquireLinkResp, Frame, Stamp,
    SubmitSm, SubmitSmResp, UnbindResp, Version, write,
};
use smpp_session::net::{Batch, Incoming, Refusal, Server, ServerConfig, Unanswered};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, End, Overflow, RequestError, RespondError, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

fn octets_of(count: u32, first: u32) -> BytesMut {
    let mut octets = BytesMut::new();
    (first..first + count).for_each(|number| write(&submit(), Stamp::new(number), &mut octets).unwrap());
    octets
}

#[tokio::test]
async fn pdus_may_arrive_octet_by_octet() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    for octet in octets_of(2, 5) {
        peer.send(&[octet]).await;
        tokio::task::yield_now().await;
    }
    for number in [5, 6] {
        let frame = peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
        assert_eq!(frame.sequence_number(), number);
        assert_eq!(frame.body(), b"42\0");
    }
}

#[tokio::test]
async fn many_pdus_in_one_segment_are_one_batch() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    peer.send(&octets_of(200, 5)).await;
    for number in 5..205 {
        assert_eq!(peer.next().await.unwrap().sequence_number(), number);
    }
    let log = service.log();
    assert_eq!((service.count("request"), log.last().map(String::as_str)), (200, Some("batch_end")));
    assert!(service.count("batch_end") < 20, "{} batches", service.count("batch_end"));
}

#[tokio::test]
async fn lengths_nobody_can_have_end_the_connection_with_a_nack() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let mut bystander = Peer::bind(server.local_addr(), "bystander").await;
    for length in [u32::MAX, 0x8000_0000, 131_073, 15, 0] {
        let mut peer = Peer::bind(server.local_addr(), "me").await;
        peer.send(&octets_of(1, 5)).await;
        peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
        let mut octets = Frame::new(&EnquireLink::default(), Stamp::new(6)).unwrap().octets().to_vec();
        octets.extend_from_slice(&[length.to_be_bytes(), 4_u32.to_be_bytes(), [0; 4], 9_u32.to_be_bytes()].concat());
        // Much more behind it must neither be read as PDUs nor lose the peer the nack.
        octets.resize(octets.len() + 300_000, 0x20);
        peer.send(&octets).await;
        peer.expect(CommandId::ENQUIRE_LINK_RESP, CommandStatus::ROK).await;
        let nack = peer.expect(CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN).await;
        assert_eq!(nack.sequence_number(), if length > 131_072 { 9 } else { 0 });
        peer.expect_close().await;
    }
    bystander.send(&octets_of(1, 2)).await;
    bystander.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
    assert_eq!(service.count("request"), 6);
}

#[tokio::test]
async fn what_is_no_smpp_at_all_is_turned_away() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let mut peer = Peer::connect(server.local_addr()).await;
    peer.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    peer.expect(CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN).await;
    peer.expect_close().await;
    eventually("the end is told", || service.log().len() == 1).await;
}

#[tokio::test]
async fn a_request_before_the_bind_is_refused_and_the_bind_still_works() {
    let server = serve(calm(), noted(accept)).await;
    let mut peer = Peer::connect(server.local_addr()).await;
    peer.send(&octets_of(1, 5)).await;
    peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::RINVBNDSTS).await;
    peer.put(&EnquireLink::default(), 6).await;
    peer.expect(CommandId::ENQUIRE_LINK_RESP, CommandStatus::ROK).await;
    let bind = BindTransceiver { password: smpp_pdu::Password::new("secret").unwrap(), ..Default::default() };
    peer.put(&bind, 7).await;
    peer.expect(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::ROK).await;
}

#[tokio::test]
async fn a_bad_pdu_is_answered_and_the_session_goes_on() {
    let server = serve(
        calm(),
        noted(|incoming: Incoming| {
            let sound = incoming.read::<SubmitSm<'_>>().is_ok();
            if sound {
                accept(incoming)
            }
            // Otherwise it is dropped, and answers what the defect asks for.
        }),
    )
    .await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    peer.send(&[0, 0, 0, 18, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 1]).await;
    peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::RINVCMDLEN).await;
    peer.send(&[0, 0, 0, 16, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 6]).await;
    peer.expect(CommandId::GENERIC_NACK, CommandStatus::RINVCMDID).await;
    peer.send(&octets_of(1, 7)).await;
    peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
}

#[tokio::test]
async fn a_dropped_request_answers_a_system_error() {
    let server = serve(calm(), noted(drop)).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    peer.send(&octets_of(1, 5)).await;
    let frame = peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::RSYSERR).await;
    assert_eq!((frame.sequence_number(), frame.octets().len()), (5, 16));
}

#[tokio::test]
async fn a_service_may_close_a_session_from_within() {
    let service = noted(|incoming: Incoming| incoming.link().close());
    let server = serve(calm(), service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    peer.send(&octets_of(1, 5)).await;
    peer.expect_close().await;
    assert_eq!(service.count("closed: closed by this side"), 1);
}

#[tokio::test]
async fn an_unsupported_operation_is_nacked() {
    let server = serve(calm(), noted(|incoming: Incoming| incoming.unsupported().unwrap())).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    peer.send(&octets_of(1, 5)).await;
    peer.expect(CommandId::GENERIC_NACK, CommandStatus::RINVCMDID).await;
}

#[tokio::test]
async fn binds_are_decided_by_the_service_now_or_later() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    for (system_id, status) in [("stranger", CommandStatus::RINVPASWD), ("nobody", CommandStatus::RSYSERR)] {
        let mut peer = Peer::connect(server.local_addr()).await;
        let system_id = CStr::new(system_id).unwrap();
        peer.put(&BindTransceiver { system_id, interface_version: 0x34, ..Default::default() }, 1).await;
        peer.expect(CommandId::BIND_TRANSCEIVER_RESP, status).await;
        // The peer has a moment to go before it is left.
        peer.expect_close().await;
    }
    let _peer = Peer::bind(server.local_addr(), "me").await;
    eventually("bound", || service.count("bound me") == 1).await;
    let link = service.link();
    assert_eq!((link.system_id(), link.kind(), link.version()), ("me", Some(BindKind::Transceiver), Some(Version::V3_4)));
    link.attach(Arc::new(String::from("account of me")));
    assert_eq!(service.link().account::<String>().unwrap().as_str(), "account of me");
    assert!(link.account::<u32>().is_none());
    assert!(!format!("{link:?}").contains("secret"));
}

#[tokio::test]
async fn another_thread_answers_a_batch_with_one_wake_up_per_session() {
    let (sender, receiver) = mpsc::channel::<Incoming>();
    let sender = Mutex::new(sender);
    let service = noted(move |incoming| sender.lock().unwrap().send(incoming).unwrap());
    let server = serve(Config { unanswered: 1000, ..calm() }, service.clone()).await;
    let mut peers = Vec::new();
    for number in 0..3 {
        let mut peer = Peer::bind(server.local_addr(), "me").await;
        peer.send(&octets_of(300, 1000 * number + 5)).await;
        peers.push(peer);
    }
    let worker = std::thread::spawn(move || {
        let waiting: Vec<Incoming> = receiver.iter().take(900).collect();
        let mut batch = Batch::new();
        for (number, incoming) in waiting.into_iter().rev().enumerate() {
            if number % 2 == 0 {
                batch.answer(incoming, &SubmitSmResp::default()).unwrap();
            } else {
                batch.refuse(incoming, CommandStatus::RMSGQFUL).unwrap();
            }
        }
    });
    let (mut good, mut bad) = (0, 0);
    for peer in &mut peers {
        for _ in 0..300 {
            let frame = peer.next().await.unwrap();
            if frame.command_status().is_ok() { good += 1 } else { bad += 1 }
        }
    }
    worker.join().unwrap();
    assert_eq!((good, bad), (450, 450));
}

#[tokio::test]
async fn a_peer_that_sends_too_much_waits_until_answers_went_out() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let keep = held.clone();
    let service = noted(move |incoming| keep.lock().unwrap().push(incoming));
    let server = serve(Config { unanswered: 10, overflow: Overflow::StopReading, ..calm() }, service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    peer.send(&octets_of(50, 5)).await;
    eventually("ten arrive", || held.lock().unwrap().len() == 10).await;
    sleep(Duration::from_millis(50)).await;
    assert_eq!((held.lock().unwrap().len(), service.link().unanswered()), (10, 10));
    for round in 1..=5 {
        for incoming in std::mem::take(&mut *held.lock().unwrap()) {
            accept(incoming);
        }
        for _ in 0..10 {
            peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
        }
        let due = if round < 5 { 10 } else { 0 };
        eventually("the next ten arrive", || held.lock().unwrap().len() == due).await;
    }
}

#[tokio::test]
async fn a_peer_that_never_reads_is_not_read_either() {
    let limit = 64 * 1024;
    let service = noted(accept);
    let server = serve(Config { max_unwritten: limit, ..calm() }, service.clone()).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let enquiries = Frame::new(&EnquireLink::default(), Stamp::new(7)).unwrap().octets().repeat(4096);
    let mut sent = 0_u64;
    // Ends when the buffers of both kernels are full, because nobody reads any more.
    while timeout(Duration::from_millis(500), stream.write_all(&enquiries)).await.is_ok() {
        sent += enquiries.len() as u64;
        assert!(sent < 500_000_000, "the server reads for ever");
    }
    let counters = server.links()[0].counters();
    // What it answered is in the kernels, but for what the limit allows, twice: one buffer being
    // written, one being filled.
    assert!(counters.octets_out <= counters.octets_in && counters.octets_out > 0);
    let in_kernels = drain(&mut stream, counters.octets_out).await;
    let kept = counters.octets_out - in_kernels;
    assert!(kept <= 2 * limit as u64 + 16, "{kept} octets were kept in memory");
}

/// Reads what the kernels hold, not giving the server's task a chance to add to it.
async fn drain(stream: &mut TcpStream, at_most: u64) -> u64 {
    let mut read = 0;
    let mut buffer = vec![0; 65_536];
    while read < at_most {
        match stream.try_read(&mut buffer) {
            Ok(octets @ 1..) => read += octets as u64,
            _ => break,
        }
    }
    read
}

#[tokio::test]
async fn the_mc_delivers_and_is_answered() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    eventually("bound", || service.count("bound me") == 1).await;
    let link = service.link();
    assert!(matches!(link.request(&submit()), Err(RequestError::NotPermitted { .. })));
    let pending = link.request(&DeliverSm::default()).unwrap();
    let frame = peer.expect(CommandId::DELIVER_SM, CommandStatus::ROK).await;
    peer.put_with(&DeliverSmResp::default(), CommandStatus::RX_T_APPN, frame.sequence_number()).await;
    let response = soon(pending).await.unwrap();
    assert_eq!(response.status(), CommandStatus::RX_T_APPN);
    assert!(response.read::<DeliverSmResp<'_>>().is_err() && response.decode().is_ok());
    peer.put(&DeliverSmResp::default(), frame.sequence_number()).await;
    eventually("the second answer is stray", || service.count("Late") == 1).await;
}

#[tokio::test]
async fn shutting_down_unbinds_everybody_and_sends_what_is_due() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let keep = held.clone();
    let service = noted(move |incoming| keep.lock().unwrap().push(incoming));
    let server = serve(calm(), service.clone()).await;
    let addr = server.local_addr();
    let mut good = Peer::bind(addr, "good").await;
    let mut silent = Peer::bind(addr, "silent").await;
    let mut unbound = Peer::connect(addr).await;
    good.send(&octets_of(1, 5)).await;
    eventually("the request arrives", || held.lock().unwrap().len() == 1).await;
    let shutdown = tokio::spawn(server.shutdown(Duration::from_millis(500)));
    let unbind = good.expect(CommandId::UNBIND, CommandStatus::ROK).await;
    good.put(&UnbindResp::default(), unbind.sequence_number()).await;
    held.lock().unwrap().drain(..).for_each(accept);
    good.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
    good.expect_close().await;
    unbound.expect_close().await;
    silent.expect(CommandId::UNBIND, CommandStatus::ROK).await;
    silent.expect_close().await;
    drop((good, silent, unbound));
    soon(shutdown).await.unwrap();
    assert_eq!(service.count("closed: unbound by this side"), 1, "{:?}", service.log());
    assert_eq!(service.count("closed: closed by this side"), 2);
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn dropping_the_server_closes_everything() {
    let server = serve(calm(), noted(accept)).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    drop(server);
    peer.expect_close().await;
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_at_once() {
    let config = ServerConfig { session: calm(), max_connections: 2, ..ServerConfig::default() };
    let server = Server::bind("127.0.0.1:0", config, noted(accept)).await.unwrap();
    let first = Peer::bind(server.local_addr(), "me").await;
    let _second = Peer::bind(server.local_addr(), "me").await;
    Peer::connect(server.local_addr()).await.expect_close().await;
    assert_eq!((server.links().len(), server.refused().of(Refusal::TooMany)), (2, 1));
    drop(first);
    eventually("there is a place", || server.links().len() == 1).await;
    let _third = Peer::bind(server.local_addr(), "me").await;
}

#[tokio::test]
async fn a_connection_without_a_bind_is_closed() {
    let timers = Timeouts { session_init: Some(Duration::from_millis(30)), ..Timeouts::default() };
    let server = serve(Config { timers, ..Config::default() }, noted(accept)).await;
    Peer::connect(server.local_addr()).await.expect_close().await;
}

#[tokio::test]
async fn a_silent_peer_is_asked_and_then_left() {
    let timers =
        Timeouts { enquire_link: Some(Duration::from_millis(100)), response: Duration::from_millis(300), ..Timeouts::default() };
    let service = noted(accept);
    let server = serve(Config { timers, ..Config::default() }, service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    let enquiry = peer.expect(CommandId::ENQUIRE_LINK, CommandStatus::ROK).await;
    peer.put(&EnquireLinkResp::default(), enquiry.sequence_number()).await;
    peer.expect(CommandId::ENQUIRE_LINK, CommandStatus::ROK).await;
    peer.expect_close().await;
    eventually("the reason is told", || service.count("closed: enquire_link not answered in time") == 1).await;
}

#[tokio::test]
async fn a_peer_that_vanishes_loses_its_requests_and_ours() {
    let held = Arc::new(Mutex::new(Vec::new()));
    let keep = held.clone();
    let service = noted(move |incoming| keep.lock().unwrap().push(incoming));
    let server = serve(calm(), service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    peer.send(&octets_of(1, 5)).await;
    eventually("the request arrives", || held.lock().unwrap().len() == 1).await;
    let pending = service.link().request(&DeliverSm::default()).unwrap();
    // Half a PDU, then nothing.
    peer.send(&[0, 0, 0, 99, 0]).await;
    drop(peer);
    assert_eq!(soon(pending).await.unwrap_err(), Unanswered::Lost(CloseReason::Disconnected));
    let incoming = held.lock().unwrap().pop().unwrap();
    let refused = incoming.refuse(CommandStatus::RSYSERR);
    assert_eq!(refused, Err(RespondError::Closed(CloseReason::Disconnected)));
    assert_eq!(soon(service.link().closed()).await.by(), End::Peer);
    eventually("the server forgets it", || server.links().is_empty()).await;
    assert_eq!(service.count("closed: connection ended by the peer or the network"), 1);
}

#[tokio::test]
async fn a_service_that_panics_loses_one_session_only() {
    let service = noted(|incoming: Incoming| {
        assert_ne!(incoming.frame().sequence_number(), 666, "this panic belongs to the test");
        accept(incoming);
    });
    let server = serve(calm(), service.clone()).await;
    let mut good = Peer::bind(server.local_addr(), "good").await;
    let mut evil = Peer::bind(server.local_addr(), "evil").await;
    eventually("both are bound", || service.log().iter().filter(|line| line.starts_with("bound")).count() == 2).await;
    evil.send(&octets_of(1, 666)).await;
    while evil.next().await.is_some() {}
    eventually("its end is told", || service.count("closed: connection ended by the peer or the network") == 1).await;
    good.send(&octets_of(1, 5)).await;
    good.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
    eventually("it is forgotten", || server.links().len() == 1).await;
}

#[tokio::test]
async fn connections_are_spread_over_the_workers() {
    let (sender, receiver) = mpsc::channel();
    let sender = Mutex::new(sender);
    let service = noted(move |incoming: Incoming| {
        sender.lock().unwrap().send(std::thread::current().id()).unwrap();
        accept(incoming);
    });
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let handle = runtime.handle().clone();
            std::thread::spawn(move || runtime.block_on(async { sleep(super::PATIENCE).await }));
            handle
        })
        .collect();
    let config = ServerConfig { session: calm(), workers, ..ServerConfig::default() };
    let server = Server::bind("127.0.0.1:0", config, service).await.unwrap();
    let mut threads = Vec::new();
    for _ in 0..4 {
        let mut peer = Peer::bind(server.local_addr(), "me").await;
        peer.send(&octets_of(1, 5)).await;
        peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
        threads.push(receiver.recv().unwrap());
    }
    assert!(threads[0] == threads[2] && threads[1] == threads[3] && threads[0] != threads[1]);
    assert!(!threads.contains(&std::thread::current().id()));
}

/// A peer that sends and then only closes its sending half still gets no answer: it is gone.
#[tokio::test]
async fn half_a_connection_is_none() {
    let server = serve(calm(), noted(accept)).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    assert_eq!(soon(stream.read_to_end(&mut rest)).await.unwrap(), 0);
}

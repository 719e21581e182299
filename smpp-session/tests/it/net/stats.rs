//! Many sessions in numbers.

use std::sync::Arc;
use std::time::Duration;

use smpp_pdu::tlv::{self, TlvType};
use smpp_pdu::{CommandStatus, DeliverSm, DeliverSmResp, SubmitSmResp, Tlvs};
use smpp_session::net::{Client, Endpoint, Incoming, IncomingBind, Operation, Server, ServerConfig, Service, Stats};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, Counters, Credentials};

use tokio::time::Instant;

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

fn me() -> Credentials {
    Credentials::new("me", "secret")
}

async fn counted(service: Arc<dyn Service>, stats: &Arc<Stats>) -> Server {
    let config = ServerConfig { session: calm(), stats: Some(stats.clone()), ..ServerConfig::default() };
    Server::bind("127.0.0.1:0", config, service).await.unwrap()
}

/// A client that answers what it is asked, counted in `stats`.
async fn client(server: &Server, stats: &Arc<Stats>) -> Client {
    let mut endpoint = Endpoint::new(server.local_addr().to_string());
    endpoint.config = calm();
    endpoint.stats = Some(stats.clone());
    let answer = |incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap();
    let client = endpoint.connect(Arc::new(answer)).await.unwrap();
    client.bind(BindKind::Transceiver, &me()).await.unwrap();
    client
}

#[tokio::test]
async fn what_two_sessions_did_is_added_up_and_stays_when_they_are_over() {
    let (at_server, at_client) = (Stats::new(), Stats::new());
    let server = counted(noted(accept), &at_server).await;
    let (first, second) = (client(&server, &at_client).await, client(&server, &at_client).await);
    for _ in 0..5 {
        soon(first.call(&submit())).await.unwrap();
        soon(second.call(&submit())).await.unwrap();
    }
    let now = at_client.snapshot();
    assert_eq!((now.counters.answered, now.counters.pdus_out, now.counters.pdus_in), (12, 12, 12));
    assert_eq!((now.gauges.connections, now.gauges.bound, now.gauges.window), (2, 2, 20));
    assert_eq!(now.response_times[&Operation::SubmitSm].count(), 10);
    assert_eq!(now.response_times[&Operation::Bind].count(), 2);
    soon(first.unbind()).await;
    soon(second.unbind()).await;
    eventually("the server knows", || at_server.snapshot().gauges.connections == 0).await;
    let (here, there) = (at_client.snapshot(), at_server.snapshot());
    assert_eq!((here.closed["unbound_by_us"], there.closed["unbound_by_peer"]), (2, 2));
    assert_eq!((here.gauges, there.gauges), Default::default());
    assert_eq!((here.counters.pdus_out, here.counters.octets_out), (there.counters.pdus_in, there.counters.octets_in));
    assert_eq!((here.counters.pdus_in, here.counters.octets_in), (there.counters.pdus_out, there.counters.octets_out));
    assert_eq!(here.statuses_in, there.statuses_out);
    assert_eq!(there.statuses_out.of(CommandStatus::ROK), 14);
    assert_eq!(there.answer_times[&Operation::SubmitSm].count(), 10);
    assert_eq!(there.answer_times[&Operation::Bind].count(), 2);
}

/// Finds the account of a bind and counts the session there.
struct PerAccount(Arc<Stats>);

impl Service for PerAccount {
    fn bind(&self, bind: IncomingBind) {
        if bind.request().system_id.as_bytes() == b"me" {
            bind.link().measure(&self.0);
        }
        bind.accept(smpp_pdu::CStr::default()).unwrap();
    }

    fn request(&self, request: Incoming) {
        accept(request);
    }
}

#[tokio::test]
async fn a_session_counts_for_its_server_and_for_its_account_from_its_beginning() {
    let (all, mine) = (Stats::new(), Stats::new());
    let server = counted(Arc::new(PerAccount(mine.clone())), &all).await;
    let client = client(&server, &Stats::new()).await;
    let _other = Peer::bind(server.local_addr(), "you").await;
    soon(client.call(&submit())).await.unwrap();
    soon(client.unbind()).await;
    eventually("it is over", || all.snapshot().gauges.connections == 1).await;
    let (all, mine) = (all.snapshot(), mine.snapshot());
    // A bind, a message and an unbind; and the bind of the other account.
    assert_eq!((mine.counters.pdus_in, all.counters.pdus_in), (3, 4));
    assert_eq!(mine.answer_times[&Operation::Bind].count(), 1);
    assert_eq!(mine.closed, all.closed);
    let mut twice = mine.clone();
    twice.merge(&mine);
    assert_eq!(twice.counters.pdus_in, 6);
    assert_eq!(twice.answer_times[&Operation::SubmitSm].count(), 2);
}

#[tokio::test]
async fn a_session_that_is_over_is_not_counted_any_more_nor_twice() {
    let (stats, late) = (Stats::new(), Stats::new());
    let server = serve(calm(), noted(accept)).await;
    let client = client(&server, &stats).await;
    client.measure(&stats);
    soon(client.unbind()).await;
    client.measure(&late);
    client.measure(&stats);
    assert_eq!((stats.snapshot().closed["unbound_by_us"], stats.snapshot().counters.answered), (1, 1));
    assert_eq!((late.snapshot().closed.len(), late.snapshot().counters), (0, Counters::default()));
}

#[tokio::test]
async fn errors_are_counted_by_value_both_ways() {
    let stats = Stats::new();
    let refuse = |incoming: Incoming| incoming.refuse(CommandStatus::RINVDSTADR).unwrap();
    let server = counted(noted(refuse), &stats).await;
    let client = client(&server, &Stats::new()).await;
    for _ in 0..3 {
        soon(client.call(&submit())).await.unwrap();
    }
    assert_eq!(client.statuses_in().of(CommandStatus::RINVDSTADR), 3);
    assert_eq!(client.statuses_in().of(CommandStatus::ROK), 1);
    let mut peer = Peer::connect(server.local_addr()).await;
    // Answered by the session itself: nothing but a bind is permitted here.
    peer.put(&submit(), 1).await;
    peer.expect(smpp_pdu::CommandId::SUBMIT_SM_RESP, CommandStatus::RINVBNDSTS).await;
    let seen = stats.snapshot();
    assert_eq!(seen.statuses_out.of(CommandStatus::RINVDSTADR), 3);
    assert_eq!(seen.statuses_out.of(CommandStatus::RINVBNDSTS), 1);
    assert_eq!(seen.statuses_out.total(), 5);
}

#[tokio::test]
async fn times_are_those_the_requests_took() {
    let (at_server, at_client) = (Stats::new(), Stats::new());
    let slow = |incoming: Incoming| {
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            accept(incoming);
        });
    };
    let server = counted(noted(slow), &at_server).await;
    let client = client(&server, &at_client).await;
    let start = Instant::now();
    soon(client.call(&submit())).await.unwrap();
    let all = start.elapsed();
    let answered = at_server.snapshot().answer_times[&Operation::SubmitSm].sum();
    let times = at_client.snapshot().response_times.remove(&Operation::SubmitSm).unwrap();
    assert!(Duration::from_millis(19) <= answered && answered <= times.sum() && times.sum() <= all);
    assert!(times.quantile(0.5).unwrap().abs_diff(times.sum()) <= times.sum() / 32);
}

#[tokio::test]
async fn gauges_show_who_waits_for_what() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let stats = Stats::new();
    let service = noted(move |incoming| sender.send(incoming).unwrap());
    let server = counted(service.clone(), &stats).await;
    let address = server.local_addr();
    let client = Client::connect(address, Config { window: 2, ..calm() }, drop::<Incoming>).await.unwrap();
    client.bind(BindKind::Transceiver, &me()).await.unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let client = client.clone();
        calls.spawn(async move { client.call(&submit()).await.unwrap() });
    }
    eventually("three wait", || client.gauges().callers == 3).await;
    eventually("two came", || stats.snapshot().gauges.unanswered == 2).await;
    assert_eq!((client.gauges().waiting, client.gauges().window, client.gauges().bound), (2, 2, 1));
    for _ in 0..5 {
        receiver.recv().await.unwrap().answer(&SubmitSmResp::default()).unwrap();
    }
    soon(async { while calls.join_next().await.is_some() {} }).await;
    assert_eq!((client.gauges().callers, client.gauges().waiting, stats.snapshot().gauges.unanswered), (0, 0, 0));
}

#[tokio::test]
async fn octets_a_peer_does_not_read_show() {
    let (service, stats) = (noted(accept), Stats::new());
    let server = counted(service.clone(), &stats).await;
    let _peer = Peer::bind(server.local_addr(), "me").await;
    eventually("bound", || service.count("bound me") == 1).await;
    let link = service.link();
    let payload = vec![0; 60_000];
    let tlvs = [tlv::MessagePayload(&payload).tlv()];
    let pdu = DeliverSm { tlvs: Tlvs::list(&tlvs), ..Default::default() };
    let mut sent = Vec::new();
    // The peer reads nothing: at some time the system's buffers are full.
    eventually("octets are left", || {
        sent.extend(link.request(&pdu).ok());
        stats.snapshot().gauges.unwritten > 0 && link.gauges().unwritten > 0
    })
    .await;
    link.close();
    assert_eq!(soon(link.closed()).await, CloseReason::Requested);
    assert_eq!(stats.snapshot().gauges.unwritten, 0);
}

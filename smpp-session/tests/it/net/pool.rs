//! Several binds used as one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smpp_pdu::{
    AlertNotification, BindReceiverResp, BindTransceiverResp, BindTransmitterResp, CommandId, CommandStatus, DeliverSm,
    DeliverSmResp, GenericNack, State, SubmitSmResp, Version,
};
use smpp_session::net::{CallError, Incoming, KeeperError, Link, NotBound, Pool, Server, Unanswered};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, RequestError};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::keeper::hasty;
use super::{Noted, accept, calm, eventually, noted, serve, soon};
use crate::submit;

fn pool() -> Pool {
    Pool::new(Arc::new(drop::<Incoming>))
}

fn join(pool: &Pool, addr: SocketAddr) {
    pool.add(hasty(&[addr], BindKind::Transceiver)).unwrap();
}

/// A scripted MC, bound to.
async fn scripted(pool: &Pool) -> (TcpListener, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let before = pool.links().len();
    join(pool, listener.local_addr().unwrap());
    let peer = Peer::accept_bind(&listener).await;
    eventually("it is bound", || pool.links().len() == before + 1).await;
    (listener, peer)
}

/// The numbers of the next so many messages.
async fn requests(peer: &mut Peer, count: usize) -> Vec<u32> {
    let mut numbers = Vec::new();
    while numbers.len() < count {
        numbers.push(peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await.sequence_number());
    }
    numbers
}

#[tokio::test]
async fn load_goes_where_there_is_most_room() {
    let pool = pool();
    let ((_first, mut slow), (_second, mut quick)) = (scripted(&pool).await, scripted(&pool).await);
    let all: Vec<_> = (0..20).map(|_| pool.request(&submit()).unwrap()).collect();
    assert!(matches!(pool.request(&submit()), Err(CallError::NotSent(RequestError::WindowFull))));
    requests(&mut slow, 10).await;
    // The quick one answers, the slow one does not: from now on everything goes to the quick one.
    for number in requests(&mut quick, 10).await {
        quick.put(&SubmitSmResp::default(), number).await;
    }
    eventually("ten places are free", || pool.links().iter().map(|link| link.free()).sum::<usize>() == 10).await;
    let more: Vec<_> = (0..10).map(|_| pool.request(&submit()).unwrap()).collect();
    requests(&mut quick, 10).await;
    assert!(slow.until_silent().await.is_empty());
    drop((all, more));
}

#[tokio::test]
async fn a_session_that_drops_is_passed_by_and_what_it_had_is_told() {
    let pool = pool();
    let ((first, peer), (_second, mut other)) = (scripted(&pool).await, scripted(&pool).await);
    let sent: Vec<_> = (0..10).map(|_| pool.request(&submit()).unwrap()).collect();
    let taken = requests(&mut other, 5).await;
    drop((first, peer));
    eventually("one session is left", || pool.links().len() == 1).await;
    let call = tokio::spawn({
        let pool = pool.clone();
        async move { pool.call(&submit()).await }
    });
    for number in requests(&mut other, 1).await.into_iter().chain(taken) {
        other.put(&SubmitSmResp::default(), number).await;
    }
    assert!(soon(call).await.unwrap().unwrap().status().is_ok());
    let mut lost = 0;
    for one in sent {
        match soon(one).await {
            Ok(response) => assert!(response.status().is_ok()),
            Err(error) => {
                assert_eq!(error, Unanswered::Lost(CloseReason::Disconnected));
                lost += 1;
            }
        }
    }
    assert_eq!(lost, 5);
}

#[tokio::test]
async fn a_pair_sends_on_one_session_and_receives_on_the_other() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let service = noted(|incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap());
    let pool = Pool::new(service.clone());
    let id = pool.add_pair(hasty(&[listener.local_addr().unwrap()], BindKind::Transceiver)).unwrap();
    let (mut first, mut second) = (Peer::accept(&listener).await, Peer::accept(&listener).await);
    let bind = first.next().await.unwrap();
    let is_transmitter = bind.command_id() == CommandId::BIND_TRANSMITTER;
    let (tx, rx) = if is_transmitter { (&mut first, &mut second) } else { (&mut second, &mut first) };
    let other = if is_transmitter { &mut *rx } else { &mut *tx }.next().await.unwrap();
    assert!(!pool.members()[0].is_bound());
    let number = |id| if bind.command_id() == id { bind.sequence_number() } else { other.sequence_number() };
    rx.put(&BindReceiverResp::default(), number(CommandId::BIND_RECEIVER)).await;
    eventually("the receiver is bound", || pool.links().len() == 1).await;
    assert!(matches!(pool.request(&submit()), Err(CallError::NotBound(_))), "a receiver sends no message");
    tx.put(&BindTransmitterResp::default(), number(CommandId::BIND_TRANSMITTER)).await;
    eventually("both are bound", || pool.members()[0].is_bound()).await;
    for _ in 0..5 {
        let pending = pool.request(&submit()).unwrap();
        let frame = tx.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
        tx.put(&SubmitSmResp::default(), frame.sequence_number()).await;
        soon(pending).await.unwrap();
    }
    rx.put(&DeliverSm::default(), 1).await;
    rx.expect(CommandId::DELIVER_SM_RESP, CommandStatus::ROK).await;
    rx.put(&AlertNotification::default(), 2).await;
    eventually("the alert came", || service.count("alert_notification") == 1).await;
    assert_eq!(pool.members()[0].id, id);
    drop(first);
    eventually("half a pair is not bound", || !pool.members()[0].is_bound()).await;
}

#[tokio::test]
async fn an_mc_without_transceivers_gets_a_pair() {
    let service = noted(|incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap());
    // In 3.3 there is no such operation.
    let mc = serve(Config { version: Version::V3_3, ..calm() }, noted(accept)).await;
    let pool = Pool::new(service.clone());
    let id = pool.add_either(hasty(&[mc.local_addr()], BindKind::Transceiver)).unwrap();
    eventually("two are bound", || pool.links().len() == 2).await;
    assert!(pool.members()[0].is_bound() && pool.members()[0].id == id);
    let mut states: Vec<_> = mc.links().iter().map(Link::state).collect();
    states.sort_by_key(|state| *state == State::BoundRx);
    assert_eq!(states, [State::BoundTx, State::BoundRx]);
    assert!(soon(pool.call(&submit())).await.unwrap().status().is_ok());
    let receiver = mc.links().into_iter().find(|link| link.state() == State::BoundRx).unwrap();
    assert!(soon(receiver.call(&DeliverSm::default())).await.unwrap().status().is_ok());
    assert_eq!(service.count("request"), 1);
    assert!(soon(pool.remove(id)).await);
    eventually("nobody is bound", || mc.links().is_empty()).await;
}

#[tokio::test]
async fn an_mc_that_knows_transceivers_only_gets_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = pool();
    let config = hasty(&[listener.local_addr().unwrap()], BindKind::Transmitter);
    pool.add_either(config).unwrap();
    let mut kinds = Vec::new();
    let mut bound = loop {
        let mut peer = Peer::accept(&listener).await;
        // What was under way when the pair was given up is gone before it says anything, or after.
        let Some(bind) = peer.next().await else { continue };
        kinds.push(bind.command_id());
        assert!(kinds.len() < 20, "{kinds:?}");
        if bind.command_id() == CommandId::BIND_TRANSCEIVER {
            peer.put(&BindTransceiverResp::default(), bind.sequence_number()).await;
            break peer;
        }
        peer.put_with(&GenericNack::default(), CommandStatus::RINVCMDID, bind.sequence_number()).await;
    };
    assert!(kinds.len() >= 2, "{kinds:?}");
    eventually("it is bound", || pool.members()[0].is_bound()).await;
    assert_eq!(pool.members()[0].keepers.len(), 1);
    let pending = pool.request(&submit()).unwrap();
    let frame = bound.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
    bound.put(&SubmitSmResp::default(), frame.sequence_number()).await;
    soon(pending).await.unwrap();
}

#[tokio::test]
async fn any_other_refusal_changes_no_kind() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pool = pool();
    pool.add_either(hasty(&[listener.local_addr().unwrap()], BindKind::Transceiver)).unwrap();
    for status in [CommandStatus::RSYSERR, CommandStatus::RALYBND, CommandStatus::RINVCMDLEN] {
        let mut peer = Peer::accept(&listener).await;
        let bind = peer.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await;
        peer.put_with(&BindTransceiverResp::default(), status, bind.sequence_number()).await;
    }
    Peer::accept(&listener).await.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await;
}

#[tokio::test]
async fn callers_wait_for_room_anywhere_and_for_sessions_to_come() {
    let pool = pool();
    let waiting: Vec<_> = (0..30)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { pool.call(&submit()).await })
        })
        .collect();
    let (_first, mut first) = scripted(&pool).await;
    let of_first = requests(&mut first, 10).await;
    // Those who wait see a new session.
    let (_second, mut second) = scripted(&pool).await;
    for _ in 0..2 {
        for number in requests(&mut second, 10).await {
            second.put(&SubmitSmResp::default(), number).await;
        }
    }
    for number in of_first {
        first.put(&SubmitSmResp::default(), number).await;
    }
    for one in waiting {
        assert!(soon(one).await.unwrap().unwrap().status().is_ok());
    }
    assert!(pool.links().iter().all(|link| link.free() == 10 && link.waiting() == 0), "no place was lost");
}

#[tokio::test]
async fn patience_ends_and_misuse_is_told_at_once() {
    let pool = pool().with_patience(Duration::from_millis(20));
    let error = soon(pool.call(&submit())).await.unwrap_err();
    assert_eq!(error, CallError::NotBound(NotBound::TimedOut(Duration::from_millis(20))));
    assert!(!error.was_sent());
    let (_listener, _peer) = scripted(&pool).await;
    let full: Vec<_> = (0..10).map(|_| pool.request(&submit()).unwrap()).collect();
    assert_eq!(soon(pool.send(&submit())).await.unwrap_err(), CallError::NotSent(RequestError::WindowFull));
    let impatient = pool.with_patience(Duration::from_secs(3600));
    let error = soon(impatient.send(&DeliverSm::default())).await.unwrap_err();
    assert!(matches!(error, CallError::NotSent(RequestError::NotPermitted { .. })), "{error}");
    drop(full);
}

#[tokio::test]
async fn members_come_and_go_while_messages_flow() {
    let services: Vec<Arc<Noted<_>>> = (0..3).map(|_| noted(accept as fn(Incoming))).collect();
    let mut servers: Vec<Server> = Vec::new();
    for service in &services {
        servers.push(serve(calm(), service.clone()).await);
    }
    let pool = pool();
    let ids: Vec<_> =
        servers.iter().map(|server| pool.add(hasty(&[server.local_addr()], BindKind::Transceiver)).unwrap()).collect();
    eventually("all are bound", || pool.members().iter().all(|member| member.is_bound())).await;
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                for _ in 0..50 {
                    assert!(pool.call(&submit()).await.unwrap().status().is_ok());
                }
            })
        })
        .collect();
    eventually("all are used", || services.iter().all(|service| service.count("request") > 10)).await;
    assert!(soon(pool.remove(ids[1])).await && !soon(pool.remove(ids[1])).await);
    let at_removal = services[1].count("request");
    for call in calls {
        soon(call).await.unwrap();
    }
    assert_eq!(services[1].count("request"), at_removal);
    assert_eq!(services.iter().map(|service| service.count("request")).sum::<usize>(), 1000, "each once");
    assert_eq!(pool.members().len(), 2);
    soon(pool.stop()).await;
    eventually("nobody is bound", || servers.iter().all(|server| server.links().is_empty())).await;
    let late = pool.add(hasty(&[servers[0].local_addr()], BindKind::Transceiver));
    assert_eq!(late.unwrap_err(), KeeperError::Stopped);
}

#[tokio::test]
async fn cancelled_waiters_leave_no_trace_in_any_queue() {
    let pool = pool();
    let ((_first, mut first), (_second, mut second)) = (scripted(&pool).await, scripted(&pool).await);
    let full: Vec<_> = (0..20).map(|_| pool.request(&submit()).unwrap()).collect();
    for _ in 0..50 {
        assert!(timeout(Duration::from_micros(100), pool.send(&submit())).await.is_err());
    }
    for peer in [&mut first, &mut second] {
        for number in requests(peer, 10).await {
            peer.put(&SubmitSmResp::default(), number).await;
        }
    }
    for one in full {
        soon(one).await.unwrap();
    }
    assert!(pool.links().iter().all(|link| link.free() == 10));
    assert!(first.until_silent().await.is_empty() && second.until_silent().await.is_empty());
}

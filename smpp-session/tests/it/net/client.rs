//! The ESME's side, against a scripted MC and against our own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use smpp_pdu::{
    BindTransceiverResp, CommandId, CommandStatus, DeliverSm, DeliverSmResp, EnquireLink, GenericNack, SubmitSm, SubmitSmResp,
    Unbind, UnbindResp, Version,
};
use smpp_session::net::{Batch, BindError, CallError, Client, Incoming, ResponseError, Unanswered};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, Credentials, End, RequestError, Timeouts};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

pub(super) fn me() -> Credentials {
    Credentials::new("me", "secret")
}

/// A client bound to a scripted MC.
pub(super) async fn scripted(config: Config) -> (Client, Peer) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::connect(listener.local_addr().unwrap(), config, drop::<Incoming>).await.unwrap();
    let credentials = me();
    let (bound, peer) = tokio::join!(client.bind(BindKind::Transceiver, &credentials), Peer::accept_bind(&listener));
    bound.unwrap();
    (client, peer)
}

fn timed(response: Duration) -> Config {
    let timers = Timeouts { response, enquire_link: None, ..Timeouts::default() };
    // The scripted MC does not state its version.
    Config { timers, silent_version: Version::V3_4, ..Config::default() }
}

#[tokio::test]
async fn a_client_binds_asks_and_unbinds() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let client = Client::connect(server.local_addr(), calm(), drop::<Incoming>).await.unwrap();
    let mc = client.bind(BindKind::Transceiver, &me()).await.unwrap();
    assert_eq!((mc.system_id.as_str(), mc.version), ("mc", Version::V3_4));
    let response = soon(client.call(&submit())).await.unwrap();
    assert_eq!(response.read::<SubmitSmResp<'_>>().unwrap().message_id.as_bytes(), b"42");
    assert!(matches!(response.read::<DeliverSmResp<'_>>(), Err(ResponseError::Decode(_))));
    assert_eq!(soon(client.unbind()).await, CloseReason::Unbound { by: End::Local });
    assert_eq!(soon(client.unbind()).await, CloseReason::Unbound { by: End::Local });
    eventually("the MC knows", || service.count("closed: unbound by the peer") == 1).await;
    assert!(matches!(client.request(&submit()), Err(RequestError::Closed(CloseReason::Unbound { by: End::Local }))));
}

#[tokio::test]
async fn a_refused_bind_tells_the_status_and_leaves() {
    let server = serve(calm(), noted(accept)).await;
    let client = Client::connect(server.local_addr(), calm(), drop::<Incoming>).await.unwrap();
    let refused = client.bind(BindKind::Receiver, &Credentials::new("me", "wrong")).await;
    assert_eq!(refused, Err(BindError::Refused(CommandStatus::RINVPASWD)));
    soon(client.closed()).await;
}

#[tokio::test]
async fn a_bind_that_is_never_answered_returns() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client =
        Client::connect(listener.local_addr().unwrap(), timed(Duration::from_millis(50)), drop::<Incoming>).await.unwrap();
    let _peer = Peer::accept(&listener).await;
    assert_eq!(soon(client.bind(BindKind::Receiver, &me())).await, Err(BindError::Unanswered(Unanswered::Expired)));
    soon(client.closed()).await;
}

#[tokio::test]
async fn what_the_mc_asks_reaches_the_service() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let client = Client::connect(server.local_addr(), calm(), |incoming: Incoming| {
        incoming.answer(&DeliverSmResp::default()).unwrap();
    })
    .await
    .unwrap();
    client.bind(BindKind::Receiver, &me()).await.unwrap();
    eventually("bound", || service.count("bound me") == 1).await;
    let response = soon(service.link().call(&DeliverSm::default())).await.unwrap();
    assert!(response.read::<DeliverSmResp<'_>>().is_ok());
}

#[tokio::test]
async fn a_request_that_is_not_answered_expires_and_its_late_answer_is_harmless() {
    let (client, mut peer) = scripted(timed(Duration::from_millis(50))).await;
    let pending = client.request(&submit()).unwrap();
    let frame = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
    assert_eq!(soon(pending).await.unwrap_err(), Unanswered::Expired);
    peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
    eventually("the answer is stray", || client.counters().strays == 1).await;
    assert_eq!((client.waiting(), client.close_reason()), (0, None));
}

#[tokio::test]
async fn answers_in_the_wrong_order_twice_and_by_nack_find_their_requests() {
    let (client, mut peer) = scripted(timed(Duration::from_secs(20))).await;
    let pending: Vec<_> = (0..3).map(|_| client.request(&submit()).unwrap()).collect();
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(peer.next().await.unwrap().sequence_number());
    }
    peer.put_with(&GenericNack::default(), CommandStatus::ROK, numbers[2]).await;
    peer.put(&SubmitSmResp::default(), numbers[1]).await;
    peer.put(&SubmitSmResp::default(), numbers[1]).await;
    peer.put_with(&SubmitSmResp::default(), CommandStatus::RTHROTTLED, numbers[0]).await;
    let mut status = Vec::new();
    for one in pending {
        status.push(soon(one).await.unwrap().status());
    }
    assert_eq!(status, [CommandStatus::RTHROTTLED, CommandStatus::ROK, CommandStatus::RINVCMDID]);
    assert_eq!(client.counters().strays, 1);
}

#[tokio::test]
async fn no_more_than_the_window_is_ever_unanswered() {
    let (client, mut peer) = scripted(Config { window: 100, ..timed(Duration::from_secs(20)) }).await;
    let done = Arc::new(AtomicUsize::new(0));
    for _ in 0..300 {
        let (client, done) = (client.clone(), done.clone());
        tokio::spawn(async move {
            client.call(&submit()).await.unwrap();
            done.fetch_add(1, Ordering::Relaxed);
        });
    }
    let mut answered = 0;
    while answered < 300 {
        let frames = peer.until_silent().await;
        assert!(frames.len() <= 100, "{} at once", frames.len());
        assert!(answered > 0 || frames.len() == 100);
        // A few at a time: each opens one place.
        for frame in &frames {
            peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
        }
        answered += frames.len();
    }
    eventually("all are answered", || done.load(Ordering::Relaxed) == 300).await;
    assert!(matches!((client.free(), client.waiting()), (100, 0)));
}

#[tokio::test]
async fn a_full_window_says_so_and_those_who_wait_are_served_in_order() {
    let (client, mut peer) = scripted(Config { window: 1, ..timed(Duration::from_secs(20)) }).await;
    let first = client.request(&submit()).unwrap();
    assert!(matches!(client.request(&submit()), Err(RequestError::WindowFull)));
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..5)
        .map(|number| {
            let (client, order) = (client.clone(), order.clone());
            tokio::spawn(async move {
                let permit = client.ready().await.unwrap();
                order.lock().unwrap().push(number);
                permit.request(&submit()).unwrap().await.unwrap();
            })
        })
        .collect();
    // One of them gives up.
    sleep(Duration::from_millis(20)).await;
    tasks[1].abort();
    for _ in 0..5 {
        let frame = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
        peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
    }
    soon(first).await.unwrap();
    for (number, task) in tasks.into_iter().enumerate() {
        assert_eq!(soon(task).await.is_ok(), number != 1);
    }
    assert_eq!(*order.lock().unwrap(), [0, 2, 3, 4]);
    assert_eq!(client.free(), 1);
}

#[tokio::test]
async fn a_permit_that_is_not_used_frees_its_place() {
    let (client, _peer) = scripted(Config { window: 1, ..timed(Duration::from_secs(20)) }).await;
    let permit = client.ready().await.unwrap();
    assert!(matches!(client.request(&submit()), Err(RequestError::WindowFull)));
    let waiting = client.ready();
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(10), &mut waiting).await.is_err());
    drop(permit);
    let permit = soon(waiting).await.unwrap();
    // A request that is not permitted gives the place back too.
    assert!(permit.request(&DeliverSm::default()).is_err());
    assert_eq!(client.free(), 1);
}

#[tokio::test]
async fn a_forgotten_request_leaves_the_session_sound() {
    let (client, mut peer) = scripted(Config { window: 2, ..timed(Duration::from_secs(20)) }).await;
    for round in 0..10 {
        let pending = client.request(&submit()).unwrap();
        let frame = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
        if round % 2 == 0 {
            drop(pending);
            assert_eq!(client.waiting(), 1, "it still takes its place in the window");
            peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
        } else {
            // Cancelled after the answer came.
            peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
            eventually("the answer arrives", || client.waiting() == 0).await;
            drop(pending);
        }
        eventually("the place is free", || client.free() == 2).await;
    }
    assert_eq!(client.counters().strays, 0);
}

#[tokio::test]
async fn cancelled_calls_in_a_full_window_do_not_leak_places() {
    let (client, mut peer) = scripted(Config { window: 4, ..timed(Duration::from_secs(20)) }).await;
    for round in 0..50 {
        let submit = submit();
        let call = client.call(&submit);
        let _ = timeout(Duration::from_micros(50 * (round % 5)), call).await;
        if round % 3 == 0 {
            for frame in peer.until_silent_for(Duration::from_millis(5)).await {
                peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
            }
        }
    }
    for frame in peer.until_silent().await {
        peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
    }
    eventually("all places are free", || client.free() == 4).await;
}

#[tokio::test]
async fn a_batch_of_requests_is_sent_together() {
    let (client, mut peer) = scripted(Config { window: 50, ..timed(Duration::from_secs(20)) }).await;
    let mut batch = Batch::new();
    let pending: Vec<_> = (0..50).map(|_| batch.request(&client, &submit()).unwrap()).collect();
    assert!(matches!(batch.request(&client, &submit()), Err(RequestError::WindowFull)));
    assert!(peer.until_silent().await.is_empty());
    drop(batch);
    for frame in peer.until_silent().await {
        peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
    }
    for one in pending {
        assert!(soon(one).await.unwrap().status().is_ok());
    }
}

#[tokio::test]
async fn an_mc_that_unbinds_ends_the_session_in_order() {
    let (client, mut peer) = scripted(timed(Duration::from_secs(20))).await;
    let pending = client.request(&submit()).unwrap();
    peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
    peer.put(&Unbind::default(), 9).await;
    peer.expect(CommandId::UNBIND_RESP, CommandStatus::ROK).await;
    assert!(matches!(client.request(&submit()), Err(RequestError::Unbinding)));
    drop(peer);
    let reason = CloseReason::Unbound { by: End::Peer };
    assert_eq!(soon(client.closed()).await, reason);
    assert_eq!(soon(pending).await.unwrap_err(), Unanswered::Lost(reason));
    assert_eq!(soon(client.call(&submit())).await.unwrap_err(), CallError::NotSent(RequestError::Closed(reason)));
}

#[tokio::test]
async fn unbind_and_close_return_even_if_the_mc_is_dead() {
    let (client, _peer) = scripted(timed(Duration::from_millis(50))).await;
    assert_eq!(soon(client.unbind()).await, CloseReason::TimedOut(smpp_session::Timer::Unbind));

    // An MC that does not read: even the buffers of the kernel are full.
    let (client, _peer) = scripted(Config { window: 65_535, max_unwritten: usize::MAX, ..timed(Duration::from_secs(20)) }).await;
    let long = smpp_pdu::ShortMessage::new(&[0x41; 250]).unwrap();
    let pending: Vec<_> =
        (0..65_535).map(|_| client.request(&SubmitSm { short_message: long, ..Default::default() }).unwrap()).collect();
    sleep(Duration::from_millis(100)).await;
    client.close();
    assert_eq!(soon(client.closed()).await, CloseReason::Requested);
    for one in pending {
        assert_eq!(soon(one).await.unwrap_err(), Unanswered::Lost(CloseReason::Requested));
    }
}

#[tokio::test]
async fn an_mc_that_does_not_read_makes_callers_wait() {
    let config = Config { window: 65_535, max_unwritten: 10_000, ..timed(Duration::from_secs(20)) };
    let (client, mut peer) = scripted(config).await;
    let mut pending = Vec::new();
    let mut waits = 0;
    while waits < 3 && pending.len() < 60_000 {
        match client.request(&submit()) {
            Ok(one) => pending.push(one),
            Err(RequestError::WindowFull) => {
                // Only the kernels' buffers make room, and they end.
                waits = if timeout(Duration::from_millis(100), client.ready()).await.is_ok() { 0 } else { waits + 1 };
            }
            Err(error) => panic!("{error}"),
        }
    }
    let sent = pending.len();
    assert!(client.free() == 0 || sent >= 60_000);
    let waiter = client.clone();
    let waiting = tokio::spawn(async move { waiter.call(&submit()).await });
    let mut answered = 0;
    while answered < sent + 1 {
        let frame = peer.next().await.unwrap();
        peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
        answered += 1;
    }
    for one in pending {
        soon(one).await.unwrap();
    }
    soon(waiting).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_last_client_that_is_dropped_unbinds() {
    let (client, mut peer) = scripted(timed(Duration::from_secs(20))).await;
    let other = client.clone();
    drop(client);
    peer.put(&EnquireLink::default(), 1).await;
    peer.expect(CommandId::ENQUIRE_LINK_RESP, CommandStatus::ROK).await;
    drop(other);
    let unbind = peer.expect(CommandId::UNBIND, CommandStatus::ROK).await;
    peer.put(&UnbindResp::default(), unbind.sequence_number()).await;
    peer.expect_close().await;
}

#[test]
fn a_runtime_that_ends_ends_its_sessions() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (pending, client, service) = runtime.block_on(async {
        let service = noted(|incoming: Incoming| std::mem::forget(incoming));
        let server = serve(calm(), service.clone()).await;
        let client = Client::connect(server.local_addr(), calm(), drop::<Incoming>).await.unwrap();
        client.bind(BindKind::Transceiver, &me()).await.unwrap();
        std::mem::forget(server);
        (client.request(&submit()).unwrap(), client, service)
    });
    drop(runtime);
    let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    other.block_on(async {
        assert!(matches!(soon(pending).await, Err(Unanswered::Lost(_))));
        assert!(matches!(soon(client.ready()).await, Err(RequestError::Closed(_))));
        soon(client.closed()).await;
        assert_eq!(service.log().iter().filter(|line| line.starts_with("closed")).count(), 1);
    });
}

#[tokio::test]
async fn a_garbled_response_ends_its_request_and_nothing_else() {
    let (client, mut peer) = scripted(timed(Duration::from_secs(20))).await;
    let pending = client.request(&smpp_pdu::QuerySm::default()).unwrap();
    let number = peer.expect(CommandId::QUERY_SM, CommandStatus::ROK).await.sequence_number();
    peer.send(&[[0, 0, 0, 18], [0x80, 0, 0, 3], [0; 4], number.to_be_bytes()].concat()).await;
    peer.send(&[b'1', 0]).await;
    let response = soon(pending).await.unwrap();
    assert!(matches!(response.read::<smpp_pdu::QuerySmResp<'_>>(), Err(ResponseError::Decode(_))));
    assert_eq!(client.close_reason(), None);
}

#[tokio::test]
async fn a_bind_answered_in_pieces_together_with_a_message_works() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let service = noted(|incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap());
    let addr = listener.local_addr().unwrap();
    let stream = tokio::net::TcpStream::connect(addr).await.unwrap();
    let client = Client::over(stream, addr, calm(), service.clone());
    let script = async {
        let mut peer = Peer::accept(&listener).await;
        let number = peer.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await.sequence_number();
        let mut octets = bytes::BytesMut::new();
        smpp_pdu::write(&BindTransceiverResp::default(), smpp_pdu::Stamp::new(number), &mut octets).unwrap();
        smpp_pdu::write(&DeliverSm::default(), smpp_pdu::Stamp::new(1), &mut octets).unwrap();
        peer.send(&octets[..20]).await;
        peer.send(&octets[20..]).await;
        peer.expect(CommandId::DELIVER_SM_RESP, CommandStatus::ROK).await;
    };
    let credentials = me();
    let (bound, ()) = tokio::join!(client.bind(BindKind::Transceiver, &credentials), script);
    bound.unwrap();
    let log = service.log();
    assert_eq!(log, ["bound me", "request", "batch_end"]);
}

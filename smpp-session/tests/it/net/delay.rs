//! One write per batch, and none that waits for the peer's acknowledgement.
//!
//! With Nagle's algorithm on, a small PDU stays here until the peer has acknowledged the one before
//! it, and a peer that has nothing to say acknowledges 40 ms late. The best-known gateways lose nine
//! tenths of their throughput to that. What it costs us is measured by the bench `session`.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use smpp_pdu::{CommandId, DeliverSm, DeliverSmResp, Request, SubmitSmResp};
use smpp_session::net::{Batch, Client, Endpoint, Incoming, Link};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, Config, Credentials};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

/// Octets of every read and write that moved any.
#[derive(Default)]
struct Moved {
    reads: Vec<usize>,
    writes: Vec<usize>,
}

/// A connection that notes what moves.
struct Counted(TcpStream, Arc<Mutex<Moved>>);

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        self.1.lock().unwrap().reads.push(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.0).poll_write(cx, octets))?;
        self.1.lock().unwrap().writes.push(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn requests_of_one_batch_leave_in_one_write() {
    let server = serve(calm(), noted(accept)).await;
    let moved = Arc::new(Mutex::new(Moved::default()));
    let stream = Counted(TcpStream::connect(server.local_addr()).await.unwrap(), moved.clone());
    let config = Config { window: 500, ..calm() };
    let client = Client::over(stream, server.local_addr(), config, Arc::new(drop::<Incoming>));
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    for round in 1..=3 {
        let before = client.counters().octets_out;
        let mut batch = Batch::new();
        let pending: Vec<_> = (0..500).map(|_| batch.request(&client, &submit()).unwrap()).collect();
        drop(batch);
        for one in pending {
            assert!(soon(one).await.unwrap().status().is_ok());
        }
        let octets = client.counters().octets_out - before;
        let writes = moved.lock().unwrap().writes[1..].to_vec();
        assert_eq!((writes.len(), writes.last().map(|last| *last as u64)), (round, Some(octets)));
    }
}

#[tokio::test]
async fn what_one_read_brought_is_answered_by_one_write() {
    let service = noted(accept);
    let server = serve(Config { window: 500, ..calm() }, service.clone()).await;
    let moved = Arc::new(Mutex::new(Moved::default()));
    let stream = Counted(TcpStream::connect(server.local_addr()).await.unwrap(), moved.clone());
    let answer = |incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap();
    let client = Client::over(stream, server.local_addr(), calm(), Arc::new(answer));
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    eventually("bound", || service.count("bound me") == 1).await;
    let link = service.link();
    for _ in 0..10 {
        let mut batch = Batch::new();
        let pending: Vec<_> = (0..500).map(|_| batch.request(&link, &DeliverSm::default()).unwrap()).collect();
        drop(batch);
        for one in pending {
            assert!(soon(one).await.unwrap().status().is_ok());
        }
    }
    let moved = moved.lock().unwrap();
    assert!(moved.writes.len() <= moved.reads.len(), "{} writes after {} reads", moved.writes.len(), moved.reads.len());
    assert!(moved.reads.len() < 500, "5000 PDUs came in {} reads: nothing was batched, nothing is proven", moved.reads.len());
}

/// Sends two requests in two writes and lets the peer answer both once it has both: the shortest time of many.
///
/// The second would have to wait for the acknowledgement of the first, which the peer sends late, as it has
/// nothing to say before it has both.
async fn shortest_pair<'a>(
    link: &Link,
    pdu: &impl Request<'a>,
    peer: &mut Peer,
    answer: impl AsyncFn(&mut Peer, u32),
) -> Duration {
    let mut shortest = Duration::MAX;
    for round in 0..60 {
        let start = Instant::now();
        let first = link.request(pdu).unwrap();
        // The connection's task writes it.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        let second = link.request(pdu).unwrap();
        let numbers = [peer.next().await.unwrap().sequence_number(), peer.next().await.unwrap().sequence_number()];
        let took = start.elapsed();
        // A young connection acknowledges at once.
        if round >= 20 {
            shortest = shortest.min(took);
        }
        for number in numbers {
            answer(peer, number).await;
        }
        assert!(soon(first).await.is_ok() && soon(second).await.is_ok());
    }
    shortest
}

#[tokio::test]
async fn a_small_pdu_does_not_wait_for_the_acknowledgement_of_the_one_before_it() {
    let submitted = async |peer: &mut Peer, number| peer.put(&SubmitSmResp::default(), number).await;
    let delivered = async |peer: &mut Peer, number| peer.put(&DeliverSmResp::default(), number).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let plain = Client::connect(address, calm(), drop::<Incoming>).await.unwrap();
    let mut endpoint = Endpoint::new(address.to_string());
    endpoint.config = calm();
    let endpoint = endpoint.connect(Arc::new(drop::<Incoming>));
    let mut peers = vec![(plain, Peer::accept(&listener).await)];
    peers.push((endpoint.await.unwrap(), Peer::accept(&listener).await));
    for (client, mut peer) in peers {
        let credentials = Credentials::new("me", "secret");
        let script = async {
            let bind = peer.expect(CommandId::BIND_TRANSCEIVER, smpp_pdu::CommandStatus::ROK).await;
            peer.put(&smpp_pdu::BindTransceiverResp::default(), bind.sequence_number()).await;
        };
        let (bound, ()) = tokio::join!(client.bind(BindKind::Transceiver, &credentials), script);
        bound.unwrap();
        let took = shortest_pair(&client, &submit(), &mut peer, submitted).await;
        assert!(took < LATE, "the client's second PDU came after {took:?}");
    }
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    eventually("bound", || service.count("bound me") == 1).await;
    let took = shortest_pair(&service.link(), &DeliverSm::default(), &mut peer, delivered).await;
    assert!(took < LATE, "the server's second PDU came after {took:?}");
}

/// No acknowledgement that is held back comes earlier than after 40 ms; the shortest of forty times is far below that.
const LATE: Duration = Duration::from_millis(25);

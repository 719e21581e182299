//! What other SMPP libraries written in Rust are known to get wrong, one test per fault.
//!
//! Each was seen in a released version of a crate and has cost its users traffic. How the codec
//! reads the odd PDUs named here is tested where the codec is; here the session must survive them.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::BytesMut;
use smpp_pdu::{
    Addr, BindTransceiverResp, CStr, CommandId, CommandStatus, DEFAULT_MAX_PDU, DeliverSm, EnquireLink, Frame, ShortMessage,
    Stamp, SubmitSm, SubmitSmResp, write,
};
use smpp_session::net::{Client, Incoming, Unanswered};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, Credentials, RequestError};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::client::{me, scripted};
use super::{accept, calm, noted, serve, soon};
use crate::submit;

/// So many callers at a time, each asking so many times; every request must be answered.
async fn all_are_answered(client: &Client, callers: u64, calls: u64) {
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..calls {
                    assert!(client.call(&submit()).await.unwrap().status().is_ok());
                }
            })
        })
        .collect();
    for task in tasks {
        soon(task).await.unwrap();
    }
    assert_eq!((client.waiting(), client.counters().answered, client.counters().strays), (0, 1 + callers * calls, 0));
}

/// rusmppc 0.4 sends nothing more, until a timer helps, once six requests are in flight.
#[test]
fn no_number_of_requests_in_flight_stalls_the_session() {
    let on = |mut builder: tokio::runtime::Builder| {
        builder.enable_all().build().unwrap().block_on(async {
            let mut config = calm();
            config.window = 1000;
            // No timer may help.
            config.timers.session_init = None;
            let server = serve(config.clone(), noted(accept)).await;
            for callers in [1, 2, 3, 4, 5, 6, 7, 8, 10, 33, 100, 1000] {
                let client = Client::connect(server.local_addr(), config.clone(), drop::<Incoming>).await.unwrap();
                client.bind(BindKind::Transceiver, &me()).await.unwrap();
                all_are_answered(&client, callers, 20).await;
            }
        });
    };
    on(tokio::runtime::Builder::new_current_thread());
    let mut two = tokio::runtime::Builder::new_multi_thread();
    two.worker_threads(2);
    on(two);
}

/// rusmppc 0.4 spins for ever when it is closed while the connection takes no more octets.
#[tokio::test(start_paused = true)]
async fn closing_while_nothing_can_be_written_takes_no_turns_and_ends() {
    for unbind in [false, true] {
        let (stream, polls) = (Wall::default(), Arc::new(AtomicUsize::new(0)));
        let stream = Wall { polls: polls.clone(), ..stream };
        let mut config = Config { window: 1000, ..calm() };
        config.timers.response = Duration::from_secs(10);
        let client = Client::over(stream, ([127, 0, 0, 1], 2775).into(), config, Arc::new(drop::<Incoming>));
        client.bind(BindKind::Transceiver, &me()).await.unwrap();
        let pending: Vec<_> = (0..1000).map(|_| client.request(&submit()).unwrap()).collect();
        tokio::task::yield_now().await;
        let before = polls.load(Ordering::Relaxed);
        let reason = if unbind {
            // The requests expire first, then the unbind does.
            client.unbind().await
        } else {
            client.close();
            client.closed().await
        };
        let polls = polls.load(Ordering::Relaxed) - before;
        assert!(polls < 50, "asked {polls} times");
        for one in pending {
            let end = soon(one).await.unwrap_err();
            assert!(unbind || end == Unanswered::Lost(CloseReason::Requested), "{end}");
        }
        assert_eq!(reason == CloseReason::Requested, !unbind, "{reason}");
    }
}

/// A connection that answers a bind and takes nothing else.
#[derive(Default)]
struct Wall {
    /// How often it was asked for anything.
    polls: Arc<AtomicUsize>,
    answer: BytesMut,
    bound: bool,
    reader: Option<Waker>,
}

impl Wall {
    fn count(&self) {
        // Somebody who never sleeps would hang the test.
        assert!(self.polls.fetch_add(1, Ordering::Relaxed) < 100_000, "spins");
    }
}

impl AsyncRead for Wall {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        self.count();
        if self.answer.is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        buf.put_slice(&self.answer.split());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wall {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        self.count();
        if std::mem::replace(&mut self.bound, true) {
            return Poll::Pending;
        }
        write(&BindTransceiverResp::default(), Stamp::new(1), &mut self.answer).unwrap();
        self.reader.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// A PDU of these octets after the header.
fn raw(command_id: CommandId, status: u32, sequence_number: u32, body: &[u8]) -> Vec<u8> {
    let words = [16 + body.len() as u32, command_id.0, status, sequence_number];
    words.iter().flat_map(|word| word.to_be_bytes()).chain(body.iter().copied()).collect()
}

/// The body of a submit_sm from this address, with this validity_period, and `rest` after the text.
fn message(source: &[u8], validity: &[u8], rest: &[u8]) -> Vec<u8> {
    let parts: [&[u8]; 9] =
        [b"\0\x01\x01", source, b"\0\x01\x01447700900123\0\0\0\0\0", validity, b"\0\0\0\0\0", b"\x02hi", rest, b"", b""];
    parts.concat()
}

/// rusmpp 0.4 leaves the rest of a PDU it cannot decode in its buffer and reads it as the next PDU.
#[tokio::test]
async fn a_pdu_that_does_not_decode_leaves_the_next_one_where_it_is() {
    let submit_sm = CommandId::SUBMIT_SM;
    let odd = [
        ("a sound one", raw(submit_sm, 0, 7, &message(b"100", b"", b""))),
        ("a TLV longer than the PDU", raw(submit_sm, 0, 7, &message(b"100", b"", &[0x02, 0x0C, 0, 9, 1]))),
        ("three octets of a TLV", raw(submit_sm, 0, 7, &message(b"100", b"", &[0x02, 0x0C, 0]))),
        ("a Latin-1 address", raw(submit_sm, 0, 7, &message(b"caf\xE9", b"", b""))),
        ("an address of 25 octets", raw(submit_sm, 0, 7, &message(&[b'1'; 25], b"", b""))),
        ("a time of 15 octets", raw(submit_sm, 0, 7, &message(b"100", &[b'1'; 15], b""))),
        ("a message_state of 4 octets", raw(submit_sm, 0, 7, &message(b"100", b"", &[0x04, 0x27, 0, 4, 0, 0, 0, 2]))),
        ("sm_length beyond the end", raw(submit_sm, 0, 7, &message(b"100", b"", b"")[..20])),
        ("an enquire_link with a body", raw(CommandId::ENQUIRE_LINK, 0, 7, &[1, 2, 3, 4])),
        ("an unknown command", raw(CommandId(0x0001_0200), 0, 7, &[1, 2, 3, 4, 5])),
    ];
    let service = noted(|incoming: Incoming| {
        let sound = incoming.read::<SubmitSm<'_>>().is_ok();
        if sound {
            accept(incoming);
        }
    });
    let server = serve(calm(), service).await;
    let enquire = |number| raw(CommandId::ENQUIRE_LINK, 0, number, &[]);
    for (what, pdu) in odd {
        for piece in [usize::MAX, 5] {
            let mut peer = Peer::bind(server.local_addr(), "me").await;
            let octets = [pdu.clone(), enquire(42), enquire(43)].concat();
            for piece in octets.chunks(piece.min(octets.len())) {
                peer.send(piece).await;
            }
            let mut answers = Vec::new();
            for _ in 0..3 {
                answers.push(peer.next().await.unwrap_or_else(|| panic!("{what}: closed")));
            }
            let numbers: Vec<_> = answers.iter().map(Frame::sequence_number).collect();
            assert!([7, 42, 43].iter().all(|number| numbers.contains(number)), "{what}: {numbers:?}");
            peer.put(&submit(), 44).await;
            peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
        }
    }
}

/// smpp34 refuses responses with a body it does not expect, and its session panicked at a vendor's status (its 1.5).
#[tokio::test]
async fn an_odd_response_ends_its_request_and_not_the_session() {
    let (client, mut peer) = scripted(calm()).await;
    let odd: [(u32, &[u8]); 8] = [
        (0, b"42\0"),
        (0, b""),
        (0, b"no NUL"),
        (0, b"42\0\x04\x28\0\x01\x04"),
        (0x45, b"\0"),
        (0x45, b"id\0"),
        (0x0450, b""),
        (0xFFFF_FFFF, b""),
    ];
    for (status, body) in odd {
        let pending = client.request(&submit()).unwrap();
        let number = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await.sequence_number();
        peer.send(&raw(CommandId::SUBMIT_SM_RESP, status, number, body)).await;
        let response = soon(pending).await.unwrap();
        assert_eq!((response.status().0, response.frame().body()), (status, body));
        peer.put(&EnquireLink::default(), 42).await;
        peer.expect(CommandId::ENQUIRE_LINK_RESP, CommandStatus::ROK).await;
    }
    assert_eq!((client.waiting(), client.close_reason()), (0, None));
}

/// smpp34 1.5 stores its `window_size` and never looks at it: 200 callers, 200 requests outstanding.
#[tokio::test]
async fn a_silent_mc_never_sees_more_requests_than_the_window() {
    let (client, mut peer) = scripted(Config { window: 5, ..calm() }).await;
    let callers: Vec<_> = (0..200)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call(&submit()).await.map(|response| response.status()) })
        })
        .collect();
    let mut frames = peer.until_silent().await;
    assert_eq!((frames.len(), client.waiting(), client.free()), (5, 5, 0));
    let mut answered = 0;
    while let Some(frame) = frames.pop() {
        peer.put(&SubmitSmResp::default(), frame.sequence_number()).await;
        answered += 1;
        // Each answer makes room for one.
        if answered <= 195 {
            frames.push(peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await);
        }
    }
    for caller in callers {
        assert!(soon(caller).await.unwrap().unwrap().is_ok());
    }
    assert_eq!(answered, 200);
}

/// smpp34 hands on an address that is no UTF-8 as replacement characters and drops TLVs it cannot read; others refuse it.
#[tokio::test]
async fn what_came_in_goes_out_octet_for_octet() {
    let odd = message(b"caf\xE9\xFF", b"", &[0x14, 0x01, 0, 2, 0xAB, 0xCD, 0x06, 0x0D, 0, 0]);
    let damaged = message(b"100", b"", &[0x02, 0x0C, 0, 9, 1]);
    let kept = Arc::new(Mutex::new(Vec::new()));
    let keep = kept.clone();
    let server = serve(
        calm(),
        noted(move |incoming: Incoming| {
            if let Ok(SubmitSm { source_addr, destination_addr, short_message, tlvs, .. }) = incoming.read::<SubmitSm<'_>>() {
                let deliver = DeliverSm { source_addr, destination_addr, short_message, tlvs, ..Default::default() };
                drop(incoming.link().request(&deliver).unwrap());
            }
            keep.lock().unwrap().push(incoming.frame().clone());
            accept(incoming);
        }),
    )
    .await;
    let mut peer = Peer::bind(server.local_addr(), "me").await;
    for (number, body) in [(7, &odd), (8, &damaged)] {
        let pdu = raw(CommandId::SUBMIT_SM, 0, number, body);
        peer.send(&pdu).await;
        let mut frame = peer.next().await.unwrap();
        if frame.command_id() == CommandId::DELIVER_SM {
            assert_eq!(frame.body(), body, "encoded anew from its fields");
            frame = peer.next().await.unwrap();
        }
        assert_eq!(frame.command_id(), CommandId::SUBMIT_SM_RESP);
        let kept = kept.lock().unwrap().pop().unwrap();
        assert_eq!(kept.octets(), &pdu[..], "handed on as it is");
        assert_eq!(kept.with_sequence_number(99).body(), body);
    }
}

/// smpp34 panics on texts over 254 octets, on ids over 65 characters and on requests its bind does not permit.
#[tokio::test]
async fn what_does_not_fit_and_what_is_not_permitted_are_errors_before_anything_is_sent() {
    assert!(ShortMessage::new(&[0x41; 256]).is_err());
    assert!(CStr::<'_, 65>::new("0".repeat(66).as_str()).is_err() && CStr::<'_, 65>::new("1\x002").is_err());
    assert!(Addr::<'_, 21>::international("1".repeat(100).as_str()).is_err());
    let server = serve(calm(), noted(accept)).await;
    let client = Client::connect(server.local_addr(), calm(), drop::<Incoming>).await.unwrap();
    let long = client.bind(BindKind::Receiver, &Credentials::new("a name far too long for SMPP", "secret")).await;
    assert!(
        matches!(long, Err(smpp_session::net::BindError::NotSent(RequestError::Value { field: "system_id", .. }))),
        "{long:?}"
    );
    client.bind(BindKind::Receiver, &me()).await.unwrap();
    let before = client.counters().octets_out;
    assert!(matches!(client.request(&submit()), Err(RequestError::NotPermitted { .. })));
    assert!(matches!(client.request(&DeliverSm::default()), Err(RequestError::NotPermitted { .. })));
    // 255 octets are a field of SMPP 5.0 and too many for the 3.4 spoken here.
    let server = serve(calm(), noted(accept)).await;
    let sender = Client::connect(server.local_addr(), calm(), drop::<Incoming>).await.unwrap();
    sender.bind(BindKind::Transmitter, &me()).await.unwrap();
    let text = [0x41; 255];
    let too_long = SubmitSm { short_message: ShortMessage::new(&text).unwrap(), ..submit() };
    assert!(matches!(sender.request(&too_long), Err(RequestError::Encode(_))), "{:?}", sender.request(&too_long));
    assert!(soon(sender.call(&submit())).await.unwrap().status().is_ok(), "and the session goes on");
    assert_eq!((client.counters().octets_out, client.close_reason()), (before, None));
}

/// smpp34 before 1.2.1 entered a request in its table after writing it: an answer could come first, to nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_as_fast_as_the_request_finds_it_waiting() {
    let client = Client::over(Echo::default(), ([127, 0, 0, 1], 2775).into(), calm(), Arc::new(drop::<Incoming>));
    client.bind(BindKind::Transceiver, &me()).await.unwrap();
    all_are_answered(&client, 5, 500).await;
}

/// A connection to an MC that answers from within the write.
#[derive(Default)]
struct Echo {
    requests: BytesMut,
    answers: BytesMut,
    reader: Option<Waker>,
}

impl AsyncRead for Echo {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        if self.answers.is_empty() {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let octets = buf.remaining().min(self.answers.len());
        buf.put_slice(&self.answers.split_to(octets));
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Echo {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<std::io::Result<usize>> {
        self.requests.extend_from_slice(octets);
        while let Some(frame) = Frame::split(&mut self.requests, DEFAULT_MAX_PDU).unwrap() {
            let stamp = Stamp::new(frame.sequence_number());
            match frame.command_id() {
                CommandId::BIND_TRANSCEIVER => write(&BindTransceiverResp::default(), stamp, &mut self.answers).unwrap(),
                _ => write(&SubmitSmResp::default(), stamp, &mut self.answers).unwrap(),
            }
        }
        self.reader.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// rusmpp 0.4 sends esm_class 0x08, a delivery acknowledgement, for everybody who sets none.
#[tokio::test]
async fn a_message_says_nothing_its_author_did_not_say() {
    let (client, mut peer) = scripted(calm()).await;
    let _pending = client.request(&SubmitSm::default()).unwrap();
    let frame = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
    // service_type, two addresses, esm_class, protocol_id, priority, two times, five octets and sm_length: all zero.
    assert_eq!(frame.body(), [0; 17]);
}

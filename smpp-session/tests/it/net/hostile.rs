//! Peers that mean harm, or behave as if they did, while a good client works.
//!
//! The server has a runtime and a thread of its own. A good client asks one thing after the other
//! through the whole attack; each case says what the protocol owes the attacker, and that the good
//! client is served while the attack lasts and after it. What an attack costs in memory and in the
//! good client's pace is a measurement, not a test: the bench `session` prints both.
//!
//! Not here: junk on a TLS port, which needs certificates and is tested where TLS is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use smpp_pdu::{
    BindReceiver, BindTransceiver, BindTransmitter, CStr, Command, CommandId, CommandStatus, DeliverSm, DeliverSmResp,
    EnquireLink, Frame, Outbind, Password, QuerySmResp, Stamp, SubmitSmResp, Unbind, UnbindResp, write,
};
use smpp_session::net::{Client, Incoming, IncomingBind, Link, Server, ServerConfig, Service, Unanswered};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, CloseReason, Config, Credentials, End, RequestError, Stray, Timeouts, Timer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::{accept, calm, eventually, soon};
use crate::submit;

/// Lets in whoever knows the secret and notes what becomes of everybody but the good client.
#[derive(Default)]
struct Doorman {
    ends: Mutex<Vec<CloseReason>>,
    strays: Mutex<Vec<Stray>>,
    bound: Mutex<Vec<Link>>,
}

impl Service for Doorman {
    fn bind(&self, bind: IncomingBind) {
        if bind.request().password.expose() == b"secret" {
            bind.accept(CStr::default()).unwrap();
        } else {
            bind.refuse(CommandStatus::RINVPASWD);
        }
    }

    fn bound(&self, link: &Link) {
        if link.system_id() != GOOD {
            self.bound.lock().unwrap().push(link.clone());
        }
    }

    fn request(&self, request: Incoming) {
        accept(request);
    }

    fn stray(&self, _: &Link, _: Frame, why: Stray) {
        self.strays.lock().unwrap().push(why);
    }

    fn closed(&self, link: &Link, why: CloseReason) {
        if link.system_id() != GOOD {
            self.ends.lock().unwrap().push(why);
        }
    }
}

/// What is attacked.
struct Site {
    server: Server,
    doorman: Arc<Doorman>,
    served: Arc<AtomicUsize>,
    good: JoinHandle<()>,
}

impl Site {
    async fn open(server: Server, doorman: Arc<Doorman>) -> Site {
        let client = Client::connect(server.local_addr(), calm(), drop::<Incoming>).await.unwrap();
        client.bind(BindKind::Transceiver, &Credentials::new(GOOD, "secret")).await.unwrap();
        let served = Arc::new(AtomicUsize::new(0));
        let count = served.clone();
        let good = tokio::spawn(async move {
            loop {
                assert!(client.call(&submit()).await.unwrap().status().is_ok());
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        Site { server, doorman, served, good }
    }

    /// The good client gets answers, here and now.
    async fn serves(&self) {
        let before = self.served.load(Ordering::Relaxed);
        eventually("the good client is served", || {
            assert!(!self.good.is_finished(), "the good client lost its session");
            self.served.load(Ordering::Relaxed) >= before + 50
        })
        .await;
    }

    async fn bind(&self) -> Peer {
        Peer::bind(self.server.local_addr(), "evil").await
    }

    async fn connect(&self) -> Peer {
        Peer::connect(self.server.local_addr()).await
    }

    /// The server's handle of the hostile session bound last.
    async fn link(&self) -> Link {
        eventually("bound", || !self.doorman.bound.lock().unwrap().is_empty()).await;
        self.doorman.bound.lock().unwrap().pop().unwrap()
    }

    /// So many hostile sessions, and no others, ended for this reason; the server has forgotten them.
    async fn all_ended(&self, count: usize, why: impl Fn(&CloseReason) -> bool) {
        eventually("the hostile sessions end", || self.doorman.ends.lock().unwrap().len() >= count).await;
        let ends = std::mem::take(&mut *self.doorman.ends.lock().unwrap());
        assert!(ends.len() == count && ends.iter().all(why), "{ends:?}");
        eventually("the server forgets them", || self.server.links().len() == 1).await;
    }
}

/// Runs an attack on a server that has a thread of its own; the good client is served meanwhile and afterwards.
fn attacked(session: Config, attack: impl AsyncFnOnce(&Site)) {
    let mut config = ServerConfig { session, max_connections: MOST, ..ServerConfig::default() };
    // Below the hasty timers; how it grows is tested elsewhere.
    config.penalty.most = Duration::from_millis(100);
    let theirs = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let doorman = Arc::new(Doorman::default());
    let server = theirs.block_on(Server::bind("127.0.0.1:0", config, doorman.clone())).unwrap();
    let ours = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    ours.block_on(async {
        let site = Site::open(server, doorman).await;
        site.serves().await;
        attack(&site).await;
        site.serves().await;
        let counters = |link: &Link| (link.counters().turned_away, link.counters().malformed, link.counters().strays);
        let links = site.server.links();
        let good = links.iter().find(|link| link.system_id() == GOOD).unwrap();
        assert_eq!(counters(good), (0, 0, 0), "nothing of the attack reached the good session");
    });
}

/// A server that soon loses patience; what takes seconds in the field takes tenths here.
fn hasty() -> Config {
    let second = Duration::from_secs(1);
    let timers = Timeouts {
        session_init: Some(second),
        enquire_link: Some(second / 2),
        response: second,
        linger: second / 10,
        ..Timeouts::default()
    };
    Config { timers, max_unwritten: 64 * 1024, ..Config::default() }
}

fn octets<'a>(pdu: &impl Command<'a>, sequence_number: u32) -> Vec<u8> {
    Frame::new(pdu, Stamp::new(sequence_number)).unwrap().octets().to_vec()
}

fn bind_with(password: &str) -> BindTransceiver<'_> {
    let system_id = CStr::new("evil").unwrap();
    BindTransceiver { system_id, password: Password::new(password).unwrap(), interface_version: 0x34, ..Default::default() }
}

/// Octets without a plan, always the same.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let octet = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..length).map(octet).collect()
}

#[test]
fn garbage_is_answered_with_a_nack_and_left_bound_or_not() {
    attacked(calm(), async |site| {
        // The start of a TLS handshake is what a client sends that believes in TLS where there is none.
        let hello = [&[0x16, 3, 1, 0, 0xC8, 1, 0, 0, 0xC4, 3, 3][..], &noise(200)].concat();
        let streams: [&[u8]; 6] = [
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            &hello,
            &[0; 4096],
            &[0xFF; 4096],
            &noise(100_000),
        ];
        for garbage in streams {
            let (mut unbound, mut bound) = (site.connect().await, site.bind().await);
            for peer in [&mut unbound, &mut bound] {
                peer.send(garbage).await;
                peer.expect(CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN).await;
                peer.expect_close().await;
            }
            site.serves().await;
        }
        site.all_ended(12, |why| matches!(why, CloseReason::BadFraming(_))).await;
    });
}

#[test]
fn a_length_no_pdu_has_is_answered_with_a_nack_and_nothing_behind_it_is_read() {
    attacked(calm(), async |site| {
        for length in (0..=15).chain([131_073, 0x0100_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX]) {
            let mut header = length.to_be_bytes().to_vec();
            header.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 9]);
            let (mut unbound, mut bound) = (site.connect().await, site.bind().await);
            for peer in [&mut unbound, &mut bound] {
                peer.send(&[&header[..], &octets(&EnquireLink::default(), 10)].concat()).await;
                let nack = peer.expect(CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN).await;
                // Whether what looks like a sequence number is one depends on whether the length covers it.
                assert_eq!(nack.sequence_number(), if length > 15 { 9 } else { 0 });
                peer.expect_close().await;
            }
        }
        site.all_ended(42, |why| matches!(why, CloseReason::BadFraming(_))).await;
    });
}

#[test]
fn half_a_pdu_is_waited_for_no_longer_than_any_pdu() {
    attacked(hasty(), async |site| {
        let bind = octets(&bind_with("secret"), 1);
        let mut peers = Vec::new();
        for at in 1..bind.len() {
            let mut peer = site.connect().await;
            peer.send(&bind[..at]).await;
            peers.push(peer);
        }
        site.serves().await;
        for peer in &mut peers {
            peer.expect_close().await;
        }
        drop(peers);
        site.all_ended(bind.len() - 1, |why| *why == CloseReason::TimedOut(Timer::SessionInit)).await;

        let mut peer = site.bind().await;
        let half = octets(&submit(), 2);
        peer.send(&half[..half.len() - 1]).await;
        peer.expect(CommandId::ENQUIRE_LINK, CommandStatus::ROK).await;
        site.serves().await;
        peer.expect_close().await;
        site.all_ended(1, |why| *why == CloseReason::TimedOut(Timer::EnquireLink)).await;

        let mut peer = site.bind().await;
        peer.send(&half[..20]).await;
        drop(peer);
        site.all_ended(1, |why| *why == CloseReason::Disconnected).await;
    });
}

#[test]
fn octets_that_trickle_in_are_no_sign_of_life() {
    attacked(hasty(), async |site| {
        let (bind, message) = (octets(&bind_with("secret"), 1), octets(&submit(), 2));
        let (mut unbound, mut bound) = (site.connect().await, site.bind().await);
        let trickle = async |peer: &mut Peer, pdu: &[u8]| {
            for octet in pdu {
                peer.send(&[*octet]).await;
                // A tenth of the server's patience: the PDU would take far longer than that.
                sleep(Duration::from_millis(100)).await;
                if let Ok(None) = timeout(Duration::ZERO, peer.next()).await {
                    return;
                }
            }
            panic!("the whole PDU was waited for");
        };
        tokio::join!(trickle(&mut unbound, &bind), trickle(&mut bound, &message));
        drop((unbound, bound));
        site.all_ended(2, |why| matches!(why, CloseReason::TimedOut(Timer::SessionInit | Timer::EnquireLink))).await;
    });
}

#[test]
fn a_flood_whose_answers_are_never_read_is_not_read_either_and_ends() {
    attacked(hasty(), async |site| {
        let stream = TcpStream::connect(site.server.local_addr()).await.unwrap();
        let (reader, mut writer) = stream.into_split();
        writer.write_all(&octets(&bind_with("secret"), 1)).await.unwrap();
        let link = site.link().await;
        let flood = octets(&EnquireLink::default(), 7).repeat(4096);
        let mut sent = 0_u64;
        // Goes on until the server hangs up, which it does although it never finds out whether we are there.
        while writer.write_all(&flood).await.is_ok() {
            sent += flood.len() as u64;
            assert!(sent < 1_000_000_000, "the server reads for ever");
            site.serves().await;
        }
        assert_eq!(soon(link.closed()).await, CloseReason::TimedOut(Timer::EnquireLink));
        let counters = link.counters();
        assert!(counters.octets_out <= counters.octets_in + 64, "{counters:?}");
        drop((reader, writer));
        site.all_ended(1, |why| *why == CloseReason::TimedOut(Timer::EnquireLink)).await;
    });
}

#[test]
fn a_peer_that_never_answers_costs_a_window_of_requests_and_no_more() {
    let timers = Timeouts { response: Duration::from_millis(300), ..calm().timers };
    attacked(Config { timers, window: 10, ..calm() }, async |site| {
        let mut peer = site.bind().await;
        let link = site.link().await;
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let pending: Vec<_> = (0..10).map(|_| link.request(&DeliverSm::default()).unwrap()).collect();
            assert!(matches!(link.request(&DeliverSm::default()), Err(RequestError::WindowFull)));
            site.serves().await;
            for one in pending {
                assert_eq!(soon(one).await.unwrap_err(), Unanswered::Expired);
            }
            for _ in 0..10 {
                numbers.push(peer.expect(CommandId::DELIVER_SM, CommandStatus::ROK).await.sequence_number());
            }
            assert_eq!((link.free(), link.waiting()), (10, 0));
        }
        // Its own messages are taken all the same, and its answers, all of them late, change nothing.
        for number in numbers {
            peer.put(&DeliverSmResp::default(), number).await;
        }
        peer.put(&submit(), 2).await;
        peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
        assert_eq!((link.counters().expired, link.counters().strays, link.free()), (30, 30, 10));
        assert!(site.doorman.strays.lock().unwrap().iter().all(|why| *why == Stray::Late));
    });
}

#[test]
fn answers_given_twice_with_wrong_numbers_or_of_another_kind_answer_nothing() {
    attacked(calm(), async |site| {
        let mut peer = site.bind().await;
        let link = site.link().await;
        let pending = link.request(&DeliverSm::default()).unwrap();
        let number = peer.expect(CommandId::DELIVER_SM, CommandStatus::ROK).await.sequence_number();
        let mut flood = BytesMut::new();
        for wrong in [0, number + 1, number + 1000, 0x3FFF_FFFF, 0x8000_0000 | number, u32::MAX] {
            write(&DeliverSmResp::default(), Stamp::new(wrong), &mut flood).unwrap();
        }
        write(&QuerySmResp::default(), Stamp::new(number), &mut flood).unwrap();
        write(&SubmitSmResp::default(), Stamp::new(number), &mut flood).unwrap();
        peer.send(&flood).await;
        eventually("they arrive", || link.counters().strays == 8).await;
        assert_eq!(link.waiting(), 1, "the request still waits for its own answer");
        let answer = octets(&DeliverSmResp::default(), number);
        peer.send(&answer.repeat(10_000)).await;
        assert!(soon(pending).await.unwrap().status().is_ok());
        eventually("they arrive", || link.counters().strays == 8 + 9_999).await;
        let strays = std::mem::take(&mut *site.doorman.strays.lock().unwrap());
        assert!(strays[..6].iter().all(|why| *why == Stray::Unknown), "{:?}", &strays[..6]);
        assert!(strays[6..8].iter().all(|why| *why == Stray::OtherCommand));
        assert!(strays[8..].iter().all(|why| *why == Stray::Late));
        // Unlike a nack that says it could not find our PDUs' borders, none of this is a reason to part.
        peer.put(&submit(), 2).await;
        peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
    });
}

#[test]
fn pdus_in_a_state_or_direction_that_forbids_them_are_refused_one_by_one() {
    attacked(calm(), async |site| {
        let mut peer = site.connect().await;
        let wrong = CommandStatus::RINVBNDSTS;
        for number in 1..100 {
            peer.put(&submit(), number).await;
            peer.expect(CommandId::SUBMIT_SM_RESP, wrong).await;
            peer.put(&DeliverSm::default(), number).await;
            peer.expect(CommandId::DELIVER_SM_RESP, wrong).await;
        }
        peer.put(&bind_with("secret"), 100).await;
        peer.expect(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::ROK).await;
        peer.put(&bind_with("secret"), 101).await;
        peer.expect(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::RALYBND).await;
        peer.put(&BindReceiver::default(), 102).await;
        peer.expect(CommandId::BIND_RECEIVER_RESP, CommandStatus::RALYBND).await;
        // What only an MC may send: a request is refused, what has no answer is ignored.
        peer.put(&DeliverSm::default(), 103).await;
        peer.expect(CommandId::DELIVER_SM_RESP, wrong).await;
        peer.put(&Outbind::default(), 104).await;
        peer.put(&UnbindResp::default(), 105).await;
        peer.put(&submit(), 106).await;
        peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::ROK).await;
        peer.put(&Unbind::default(), 107).await;
        peer.expect(CommandId::UNBIND_RESP, CommandStatus::ROK).await;
        peer.put(&submit(), 108).await;
        peer.expect(CommandId::SUBMIT_SM_RESP, wrong).await;
        drop(peer);
        site.all_ended(1, |why| *why == CloseReason::Unbound { by: End::Peer }).await;

        let mut receiver = site.connect().await;
        receiver.put(&BindReceiver { password: Password::new("secret").unwrap(), ..Default::default() }, 1).await;
        receiver.expect(CommandId::BIND_RECEIVER_RESP, CommandStatus::ROK).await;
        receiver.put(&submit(), 2).await;
        receiver.expect(CommandId::SUBMIT_SM_RESP, wrong).await;
        let mut hurried = site.connect().await;
        hurried.put(&Unbind::default(), 1).await;
        hurried.expect(CommandId::UNBIND_RESP, wrong).await;
        hurried.expect_close().await;
    });
}

#[test]
fn thousands_of_connections_come_and_go_and_only_so_many_stay() {
    attacked(calm(), async |site| {
        for round in 0..3000 {
            let stream = TcpStream::connect(site.server.local_addr()).await.unwrap();
            match round % 3 {
                0 => drop(stream),
                1 => stream.set_zero_linger().unwrap(),
                _ => drop(stream.try_write(&octets(&bind_with("secret"), 1)[..20])),
            }
            if round % 500 == 0 {
                site.serves().await;
            }
        }
        eventually("the server forgets them", || site.server.links().len() == 1).await;

        let mut held = Vec::new();
        for _ in 0..MOST + 50 {
            held.push(site.connect().await);
        }
        // All but the good client's place are taken; the rest is turned away, in whatever order.
        eventually("the rest is turned away", || site.server.refused().total() >= 51).await;
        assert_eq!(site.server.links().len(), MOST);
        site.serves().await;
        drop(held);
        eventually("the server forgets them", || site.server.links().len() == 1).await;
        drop(site.bind().await);
    });
}

#[test]
fn binds_with_wrong_passwords_are_refused_and_left() {
    attacked(hasty(), async |site| {
        for round in 0..10 {
            let mut peers = Vec::new();
            for _ in 0..20 {
                let mut peer = site.connect().await;
                peer.put(&bind_with(&format!("guess{round}")), 1).await;
                peers.push(peer);
            }
            for mut peer in peers {
                peer.expect(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::RINVPASWD).await;
                peer.expect_close().await;
            }
            site.serves().await;
        }
        site.all_ended(200, |why| *why == CloseReason::BindRefused(CommandStatus::RINVPASWD)).await;
    });
}

#[test]
fn guessing_on_one_connection_gains_no_time() {
    attacked(hasty(), async |site| {
        let mut peer = site.connect().await;
        let refused = Arc::new(AtomicUsize::new(0));
        let count = refused.clone();
        // Guesses as fast as it is answered, and would for ever.
        let guesses = async move {
            for number in 1.. {
                peer.put(&BindTransmitter { password: Password::new("guess").unwrap(), ..Default::default() }, number).await;
                match peer.next().await {
                    Some(frame) => assert_eq!(frame.command_status(), CommandStatus::RINVPASWD),
                    None => return,
                }
                count.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(10)).await;
            }
        };
        soon(guesses).await;
        assert!(refused.load(Ordering::Relaxed) > 0);
        // Which of the two depends on whether a guess was being looked at when time was up.
        let refused = CloseReason::BindRefused(CommandStatus::RINVPASWD);
        site.all_ended(1, |why| *why == refused || *why == CloseReason::TimedOut(Timer::SessionInit)).await;
    });
}

/// Who must not suffer.
const GOOD: &str = "good";
/// Connections the server takes; twice as many descriptors fit into the smallest usual limit of 1024.
const MOST: usize = 150;

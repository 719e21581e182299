//! Who may connect and bind, and what it costs those who may not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{BindTransceiver, CStr, CommandId, CommandStatus, EnquireLink, Password};
use smpp_session::net::{Incoming, IncomingBind, Penalty, Refusal, Server, ServerConfig, Service};
use smpp_session::testing::Peer;
use smpp_session::{CloseReason, Config, Timeouts};
use tokio::time::Instant;

use super::{accept, calm, eventually, noted, soon};

async fn start(config: ServerConfig, service: Arc<dyn Service>) -> Server {
    Server::bind("127.0.0.1:0", config, service).await.unwrap()
}

fn bind(password: &str) -> BindTransceiver<'_> {
    BindTransceiver {
        system_id: CStr::new("me").unwrap(),
        password: Password::new(password).unwrap(),
        interface_version: 0x34,
        ..Default::default()
    }
}

#[tokio::test]
async fn only_addresses_on_the_list_may_connect() {
    for (ranges, welcome) in
        [(vec!["127.0.0.0/8"], true), (vec!["::ffff:127.0.0.0/104"], true), (vec!["192.0.2.0/24"], false), (vec![], false)]
    {
        let allow = Some(ranges.iter().map(|range| range.parse().unwrap()).collect());
        let service = noted(accept);
        let server = start(ServerConfig { session: calm(), allow, ..ServerConfig::default() }, service.clone()).await;
        if welcome {
            Peer::bind(server.local_addr(), "me").await;
            continue;
        }
        Peer::connect(server.local_addr()).await.expect_close().await;
        assert_eq!((server.refused().of(Refusal::NotAllowed), server.refused().total()), (1, 1), "{ranges:?}");
        assert_eq!(service.log(), ["refused: NotAllowed"]);
    }
}

#[tokio::test]
async fn an_ipv4_peer_of_an_ipv6_listener_is_known_by_its_ipv4_address() {
    let allow = Some(vec!["127.0.0.0/8".parse().unwrap()]);
    let config = ServerConfig { session: calm(), allow, ..ServerConfig::default() };
    // A machine without IPv6 has nothing to test here.
    let Ok(server) = Server::bind("[::]:0", config, noted(accept)).await else { return };
    let port = server.local_addr().port();
    let _peer = Peer::bind(("127.0.0.1", port), "me").await;
    assert_eq!(server.links()[0].peer().ip(), std::net::Ipv4Addr::LOCALHOST);
    Peer::connect(("::1", port)).await.expect_close().await;
}

#[tokio::test]
async fn one_address_has_no_more_connections_than_it_may() {
    let config = ServerConfig { session: calm(), max_per_address: 2, ..ServerConfig::default() };
    let server = start(config, noted(accept)).await;
    let first = Peer::bind(server.local_addr(), "me").await;
    let _second = Peer::bind(server.local_addr(), "me").await;
    Peer::connect(server.local_addr()).await.expect_close().await;
    assert_eq!((server.links().len(), server.refused().of(Refusal::TooManyFromAddress)), (2, 1));
    drop(first);
    eventually("there is a place", || server.links().len() == 1).await;
    Peer::bind(server.local_addr(), "me").await;
}

/// Decides about binds when the test wants it to.
#[derive(Default)]
struct Slow(Mutex<Vec<IncomingBind>>);

impl Service for Slow {
    fn bind(&self, bind: IncomingBind) {
        self.0.lock().unwrap().push(bind);
    }

    fn request(&self, _: Incoming) {}
}

#[tokio::test]
async fn no_more_binds_wait_for_a_decision_than_may() {
    let service = Arc::new(Slow::default());
    let config = ServerConfig { session: calm(), max_undecided: 1, ..ServerConfig::default() };
    let server = start(config, service.clone()).await;
    for number in 1..3 {
        let mut first = Peer::connect(server.local_addr()).await;
        first.put(&bind("secret"), 1).await;
        eventually("it waits", || service.0.lock().unwrap().len() == 1).await;
        let mut second = Peer::connect(server.local_addr()).await;
        second.put(&bind("secret"), 1).await;
        second.expect(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::RTHROTTLED).await;
        assert_eq!(server.refused().of(Refusal::TooManyBinds), number);
        // However it is decided, there is a place again.
        let waiting = service.0.lock().unwrap().pop().unwrap();
        if number == 1 {
            waiting.accept(CStr::default()).unwrap()
        } else {
            drop(waiting)
        }
        assert_eq!(first.next().await.unwrap().command_id(), CommandId::BIND_TRANSCEIVER_RESP);
    }
}

#[tokio::test]
async fn the_service_is_told_who_asks() {
    let service = Arc::new(Slow::default());
    let server = start(ServerConfig { session: calm(), ..ServerConfig::default() }, service.clone()).await;
    let mut peer = Peer::connect(server.local_addr()).await;
    peer.put(&bind("secret"), 1).await;
    eventually("it asks", || !service.0.lock().unwrap().is_empty()).await;
    let asked = service.0.lock().unwrap().pop().unwrap();
    let request = asked.request();
    assert_eq!((request.system_id.as_bytes(), request.interface_version), (&b"me"[..], 0x34));
    assert!(request.peer.ip().is_loopback() && request.peer == asked.link().peer());
    assert!(request.password_is("secret") && !request.password_is("Secret") && !request.password_is(""));
    assert!(!format!("{asked:?}").contains("secret"));
}

/// Sends a bind; the answer must have this status.
async fn try_bind(server: &Server, password: &str, status: CommandStatus) -> Duration {
    let start = Instant::now();
    let mut peer = Peer::connect(server.local_addr()).await;
    peer.put(&bind(password), 1).await;
    peer.expect(CommandId::BIND_TRANSCEIVER_RESP, status).await;
    start.elapsed()
}

#[tokio::test]
async fn guessing_passwords_takes_longer_each_time_and_the_right_one_no_time() {
    let mut penalty = Penalty::default();
    penalty.first = Duration::from_millis(400);
    let server = start(ServerConfig { session: calm(), penalty, ..ServerConfig::default() }, noted(accept)).await;
    try_bind(&server, "wrong", CommandStatus::RINVPASWD).await;
    assert!(try_bind(&server, "wrong", CommandStatus::RINVPASWD).await >= penalty.first);

    let mut guessing = Peer::connect(server.local_addr()).await;
    let start = Instant::now();
    guessing.put(&bind("wrong"), 1).await;
    eventually("it waits", || server.links().len() == 1 || server.links().iter().any(|link| link.system_id() == "me")).await;
    // Whoever waits is still served, and nobody waits with it.
    guessing.put(&EnquireLink::default(), 2).await;
    guessing.expect(CommandId::ENQUIRE_LINK_RESP, CommandStatus::ROK).await;
    try_bind(&server, "secret", CommandStatus::ROK).await;
    guessing.expect(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::RINVPASWD).await;
    assert!(start.elapsed() >= penalty.first * 2);
    guessing.expect_close().await;
}

#[tokio::test]
async fn a_refusal_that_waits_ends_with_its_connection() {
    let timers = Timeouts { session_init: Some(Duration::from_millis(300)), ..Timeouts::default() };
    let mut penalty = Penalty::default();
    penalty.first = Duration::from_secs(1000);
    penalty.most = penalty.first;
    let service = noted(accept);
    let session = Config { timers, ..Config::default() };
    let server = start(ServerConfig { session, penalty, ..ServerConfig::default() }, service.clone()).await;
    try_bind(&server, "wrong", CommandStatus::RINVPASWD).await;
    // The session-init timer goes first.
    let mut patient = Peer::connect(server.local_addr()).await;
    patient.put(&bind("wrong"), 1).await;
    patient.expect_close().await;
    // So does a peer that leaves, and a server that is shut down.
    let mut leaving = Peer::connect(server.local_addr()).await;
    leaving.put(&bind("wrong"), 1).await;
    drop(leaving);
    let mut last = Peer::connect(server.local_addr()).await;
    last.put(&bind("wrong"), 1).await;
    eventually("all have asked", || service.count("bind me") == 4).await;
    soon(server.shutdown(Duration::from_secs(1000))).await;
    last.expect_close().await;
    let refused = format!("closed: {}", CloseReason::BindRefused(CommandStatus::RINVPASWD));
    assert_eq!(service.count(&refused), 1, "{:?}", service.log());
}

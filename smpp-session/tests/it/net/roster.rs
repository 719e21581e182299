//! Sessions by account: how many there may be, and which takes the next delivery.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use smpp_pdu::{BindTransmitter, CStr, CommandId, CommandStatus, DeliverSm, DeliverSmResp, Password, Unbind, Version};
use smpp_session::net::{
    AcceptError, Client, Incoming, IncomingBind, Limits, Link, Permit, Roster, Server, ServerConfig, Service, Unavailable,
};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, Config, Credentials, Overflow, RequestError, Timeouts};
use tokio::time::timeout;

use super::{calm, eventually, soon};

/// Accepts everybody for the account of their system_id.
struct Mc {
    roster: Roster,
    limits: Limits,
    full: AtomicUsize,
}

impl Service for Mc {
    fn bind(&self, bind: IncomingBind) {
        let account = self.roster.account(bind.link().system_id());
        match bind.accept_as(&account, &self.limits, CStr::default()) {
            Err(AcceptError::Full) => drop(self.full.fetch_add(1, Ordering::Relaxed)),
            accepted => accepted.unwrap(),
        }
    }

    fn request(&self, request: Incoming) {
        assert_eq!(request.link().roster_account().unwrap().name(), request.link().system_id());
        std::mem::forget(request);
    }
}

async fn serve(window: usize, limits: Limits) -> (Server, Roster, Arc<Mc>) {
    let roster = Roster::with_max_waiting(3);
    let mc = Arc::new(Mc { roster: roster.clone(), limits, full: AtomicUsize::new(0) });
    let session = Config { window, overflow: Overflow::Throttle, ..calm() };
    let server = Server::bind("127.0.0.1:0", ServerConfig { session, ..ServerConfig::default() }, mc.clone()).await.unwrap();
    (server, roster, mc)
}

async fn bind_transmitter(server: &Server, system_id: &str) -> Peer {
    let mut peer = Peer::connect(server.local_addr()).await;
    let (system_id, password) = (CStr::new(system_id).unwrap(), Password::default());
    peer.put(&BindTransmitter { system_id, password, interface_version: 0x34, ..Default::default() }, 1).await;
    peer.expect(CommandId::BIND_TRANSMITTER_RESP, CommandStatus::ROK).await;
    peer
}

fn peers(links: &[Link]) -> Vec<std::net::SocketAddr> {
    links.iter().map(Link::peer).collect()
}

#[tokio::test]
async fn sessions_belong_to_their_account_until_they_end() {
    let (server, roster, _) = serve(10, Limits::default()).await;
    let first = Peer::bind(server.local_addr(), "shop").await;
    let _second = bind_transmitter(&server, "shop").await;
    let _other = Peer::bind(server.local_addr(), "bank").await;
    let shop = roster.account("shop");
    let snapshot = shop.snapshot();
    let kinds: Vec<_> = snapshot.iter().map(|session| session.state).collect();
    assert_eq!(kinds, [smpp_pdu::State::BoundTrx, smpp_pdu::State::BoundTx]);
    assert!(snapshot.iter().all(|session| (session.waiting, session.free, session.counters.pdus_in) == (0, 10, 1)));
    assert_eq!(roster.accounts().len(), 2);
    drop(first);
    eventually("it left", || shop.links().len() == 1).await;
    roster.account("bank").close();
    eventually("the account is forgotten", || roster.accounts().len() == 1).await;
    shop.unbind();
    assert!(matches!(shop.permit(None), Err(Unavailable::NotBound)));
}

#[tokio::test]
async fn an_account_has_no_more_sessions_than_it_may_and_unbinding_frees_one_at_once() {
    for per_address in [false, true] {
        let mut limits = Limits::default();
        *(if per_address { &mut limits.sessions_per_address } else { &mut limits.sessions }) = 1;
        let (server, _roster, mc) = serve(10, limits).await;
        let mut first = Peer::bind(server.local_addr(), "shop").await;
        let mut second = Peer::connect(server.local_addr()).await;
        let system_id = CStr::new("shop").unwrap();
        second.put(&BindTransmitter { system_id, ..Default::default() }, 1).await;
        second.expect(CommandId::BIND_TRANSMITTER_RESP, CommandStatus::RALYBND).await;
        second.expect_close().await;
        assert_eq!(mc.full.load(Ordering::Relaxed), 1);
        let _other = Peer::bind(server.local_addr(), "bank").await;
        // It need not even close the connection.
        first.put(&Unbind::default(), 2).await;
        first.expect(CommandId::UNBIND_RESP, CommandStatus::ROK).await;
        let _again = Peer::bind(server.local_addr(), "shop").await;
    }
}

#[tokio::test]
async fn an_account_has_limits_of_its_own() {
    let mut limits = Limits::default();
    (limits.max_pdu, limits.unanswered) = (Some(200), Some(1));
    let (server, ..) = serve(10, limits).await;
    let mut peer = Peer::bind(server.local_addr(), "shop").await;
    peer.put(&crate::submit(), 2).await;
    peer.put(&crate::submit(), 3).await;
    let frame = peer.expect(CommandId::SUBMIT_SM_RESP, CommandStatus::RTHROTTLED).await;
    assert_eq!(frame.sequence_number(), 3);
    peer.send(&[[0, 0, 0, 201], [0, 0, 0, 4], [0; 4], [0, 0, 0, 4]].concat()).await;
    peer.expect(CommandId::GENERIC_NACK, CommandStatus::RINVCMDLEN).await;
}

#[tokio::test]
async fn an_account_has_window_version_and_timers_of_its_own() {
    let mut limits = Limits::default();
    (limits.window, limits.version) = (Some(2), Some(Version::V3_3));
    limits.timers = Some(Timeouts { enquire_link: Some(Duration::from_millis(20)), ..calm().timers });
    let (server, roster, _) = serve(10, limits).await;
    let mut peer = Peer::bind(server.local_addr(), "shop").await;
    let session = roster.account("shop").snapshot().remove(0);
    assert_eq!((session.free, session.version), (2, Some(Version::V3_3)));
    // The server's own timers ask nobody.
    peer.expect(CommandId::ENQUIRE_LINK, CommandStatus::ROK).await;
}

#[tokio::test]
async fn the_session_with_the_most_room_is_chosen_and_those_with_as_much_take_turns() {
    let (server, roster, _) = serve(10, Limits::default()).await;
    let _transmitter = bind_transmitter(&server, "shop").await;
    let shop = roster.account("shop");
    assert!(matches!(shop.permit(None), Err(Unavailable::NotBound)));
    let mut receivers = Vec::new();
    for _ in 0..3 {
        receivers.push(Peer::bind(server.local_addr(), "shop").await);
    }
    let links = shop.links().split_off(1);
    let turns: Vec<_> = (0..6).map(|_| shop.permit(None).unwrap().link().clone()).collect();
    assert_eq!(peers(&turns[..3]), peers(&links));
    assert_eq!(peers(&turns[3..]), peers(&links));
    // Two have less room now.
    let _held = [links[0].ready().await.unwrap(), links[2].ready().await.unwrap()];
    assert!(shop.permit(None).unwrap().link().is_same(&links[1]));
    assert!(shop.permit(Some(&links[2])).unwrap().link().is_same(&links[2]), "but the preferred one has some");
    // A session that is being unbound takes no more, preferred or not.
    let pending = links[1].request(&DeliverSm::default()).unwrap();
    links[1].unbind();
    assert!((0..20).all(|_| !shop.permit(Some(&links[1])).unwrap().link().is_same(&links[1])));
    drop(pending);
}

#[tokio::test]
async fn who_waits_for_room_is_served_in_order() {
    let (server, roster, _) = serve(1, Limits::default()).await;
    let mut peer = Peer::bind(server.local_addr(), "shop").await;
    let shop = roster.account("shop");
    let pending = shop.permit(None).unwrap().request(&DeliverSm::default()).unwrap();
    assert!(matches!(shop.permit(None), Err(Unavailable::Full)));
    let (sender, mut served) = tokio::sync::mpsc::unbounded_channel();
    let mut tasks = Vec::new();
    for number in 0..3 {
        let (account, sender) = (shop.clone(), sender.clone());
        tasks.push(tokio::spawn(async move {
            let permit = account.ready(None).await.unwrap();
            sender.send(number).unwrap();
            permit.request(&DeliverSm::default()).unwrap().await.unwrap();
        }));
        eventually("it waits", || shop.waiting() == number + 1).await;
    }
    assert!(matches!(soon(shop.ready(None)).await, Err(Unavailable::TooManyWaiting)));
    // The first gives up; nothing is lost by that.
    tasks.remove(0).abort();
    eventually("it is gone", || shop.waiting() == 2).await;
    for number in [1, 2] {
        let frame = peer.expect(CommandId::DELIVER_SM, CommandStatus::ROK).await;
        assert!(served.try_recv().is_err(), "there is room for one only");
        peer.put(&DeliverSmResp::default(), frame.sequence_number()).await;
        assert_eq!(soon(served.recv()).await, Some(number));
    }
    let frame = peer.expect(CommandId::DELIVER_SM, CommandStatus::ROK).await;
    peer.put(&DeliverSmResp::default(), frame.sequence_number()).await;
    for task in tasks {
        soon(task).await.unwrap();
    }
    soon(pending).await.unwrap();
}

#[tokio::test]
async fn who_waits_is_served_by_a_session_that_comes_and_survives_one_that_goes() {
    let (server, roster, _) = serve(1, Limits::default()).await;
    let shop = roster.account("shop");
    let waiting = |shop: &smpp_session::net::Account| {
        let shop = shop.clone();
        tokio::spawn(async move { shop.ready(None).await.unwrap() })
    };
    let first = waiting(&shop);
    eventually("it waits", || shop.waiting() == 1).await;
    let peer = Peer::bind(server.local_addr(), "shop").await;
    let held: Permit = soon(first).await.unwrap();
    let second = waiting(&shop);
    eventually("it waits", || shop.waiting() == 1).await;
    drop(peer);
    eventually("the session is gone", || shop.links().is_empty()).await;
    assert!(matches!(held.request(&DeliverSm::default()), Err(RequestError::Closed(_))));
    assert!(!second.is_finished());
    let _peer = Peer::bind(server.local_addr(), "shop").await;
    assert_eq!(soon(second).await.unwrap().link().free(), 0);
}

/// Three ESMEs take deliveries, one leaves halfway; every delivery that was not lost with it is made.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_deliveries_at_once_find_their_sessions() {
    const TASKS: usize = 40;
    const EACH: usize = 50;
    let roster = Roster::new();
    let mc = Arc::new(Mc { roster: roster.clone(), limits: Limits::default(), full: AtomicUsize::new(0) });
    let session = Config { window: 5, ..calm() };
    let server = Server::bind("127.0.0.1:0", ServerConfig { session, ..ServerConfig::default() }, mc).await.unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let mut clients = Vec::new();
    for _ in 0..3 {
        let taken = taken.clone();
        let answer = move |incoming: Incoming| {
            taken.fetch_add(1, Ordering::Relaxed);
            let _ = incoming.answer(&DeliverSmResp::default());
        };
        let client = Client::connect(server.local_addr(), calm(), answer).await.unwrap();
        client.bind(BindKind::Receiver, &Credentials::new("shop", "")).await.unwrap();
        clients.push(client);
    }
    let shop = roster.account("shop");
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let shop = shop.clone();
            tokio::spawn(async move {
                let mut made = 0;
                while made < EACH {
                    let permit = soon(shop.ready(None)).await.unwrap();
                    let Ok(pending) = permit.request(&DeliverSm::default()) else { continue };
                    made += usize::from(soon(pending).await.is_ok_and(|response| response.status().is_ok()));
                }
            })
        })
        .collect();
    eventually("half of it is done", || taken.load(Ordering::Relaxed) > TASKS * EACH / 2).await;
    clients.pop().unwrap().close();
    for task in tasks {
        timeout(Duration::from_secs(60), task).await.unwrap().unwrap();
    }
    assert!(taken.load(Ordering::Relaxed) >= TASKS * EACH);
    assert_eq!(shop.waiting(), 0);
    let free: Vec<_> = shop.links().iter().map(Link::free).collect();
    assert_eq!(free, [5, 5], "every place is free again");
}

//! A core in memory, the binds of a gateway over it, and partners that come over TCP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use smpp_pdu::{Addr, CommandStatus, DeliverSm, Frame, Profile, RegisteredDelivery, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{BindError, Client, Incoming, Link, Penalty, ServerConfig, Service};
use smpp_session::{BindKind, Config, Credentials};
use smsc_engine::api::{CoreApi, Submission};
use smsc_engine::core::queue::{MemoryQueue, Queue};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::{Core, Handle, Setup};
use smsc_engine::frontend::{BindCounts, BindStatus, Binds, BindsOptions, ServerPeer};
use smsc_engine::model::{Account, Address, Lane, Message, MessageId, Route};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

pub(super) struct World {
    pub(super) core: Core,
    pub(super) handle: Handle,
    pub(super) binds: Binds,
}

impl World {
    /// A core that routes what begins with these digits, and partners.
    pub(super) async fn new(routes: &[(&str, &str)], partners: Vec<ServerPeer>) -> World {
        World::with(routes, partners, |_| {}).await
    }

    pub(super) async fn with(
        routes: &[(&str, &str)],
        partners: Vec<ServerPeer>,
        change: impl FnOnce(&mut ServerConfig),
    ) -> World {
        let core = core(routes).await;
        let binds = over(Arc::new(core.clone()), change).await;
        binds.set_servers(partners).unwrap();
        World { handle: core.handle(), core, binds }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.binds.listener().unwrap().address
    }

    pub(super) fn status(&self, name: &str) -> BindStatus {
        self.binds.get(name).unwrap()
    }

    pub(super) fn counts(&self, name: &str) -> BindCounts {
        self.status(name).counts
    }

    /// A message for a bind, from nobody in particular.
    pub(super) async fn send_to(&self, lane: &str, text: &str) -> MessageId {
        let mut message = Message::new(MessageId(0), Account::from("somebody"), Lane::from(lane));
        (message.source, message.destination) = (Address::from_number("+15550100"), Address::from_number("+447700900123"));
        message.user_data = text.to_owned().into();
        self.handle.submit(Submission::new(message)).await.unwrap().id
    }
}

pub(super) async fn core(routes: &[(&str, &str)]) -> Core {
    let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
    for (prefix, lane) in routes {
        let (called_prefix, dest_smsc) = (Some((*prefix).into()), Some((*lane).into()));
        table.add(Route { called_prefix, dest_smsc, ..Route::default() }).await.unwrap();
    }
    let queue: Arc<dyn Queue> = Arc::new(MemoryQueue::new(100_000, 10_000));
    Core::start(Setup::with_routes(queue, table)).await.unwrap()
}

/// The binds of a gateway that listens on a free port and lets nobody wait who fails.
pub(super) async fn over(core: Arc<dyn CoreApi>, change: impl FnOnce(&mut ServerConfig)) -> Binds {
    let mut server = ServerConfig { penalty: Penalty::NONE, ..ServerConfig::default() };
    change(&mut server);
    let listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    Binds::start(BindsOptions { listen, system_id: "gateway".into(), server }, core).await.unwrap()
}

pub(super) fn partner(name: &str) -> ServerPeer {
    ServerPeer::new(name, name, "secret")
}

/// A partner that is bound, and what was delivered to it.
pub(super) struct Bound {
    pub(super) client: Client,
    pub(super) delivered: mpsc::UnboundedReceiver<Frame>,
}

pub(super) async fn bind(world: &World, name: &str) -> Bound {
    try_bind(world.address(), BindKind::Transceiver, (name, "secret")).await.unwrap()
}

pub(super) async fn try_bind(
    address: SocketAddr,
    kind: BindKind,
    (system_id, password): (&str, &str),
) -> Result<Bound, BindError> {
    let (sender, delivered) = mpsc::unbounded_channel();
    let client = Client::connect(address, Config::default(), Inbox(sender)).await.unwrap();
    soon(client.bind(kind, &Credentials::new(system_id, password))).await?;
    Ok(Bound { client, delivered })
}

/// Acknowledges what comes and keeps it.
struct Inbox(mpsc::UnboundedSender<Frame>);

impl Service for Inbox {
    fn request(&self, incoming: Incoming) {
        let _ = self.0.send(incoming.frame().clone());
        let _ = incoming.acknowledge();
    }

    fn notification(&self, _: &Link, frame: Frame) {
        let _ = self.0.send(frame);
    }
}

impl Bound {
    /// The next delivery or notification.
    pub(super) async fn next(&mut self) -> Frame {
        soon(self.delivered.recv()).await.unwrap()
    }

    /// Submits; the id, or the status of the refusal.
    pub(super) async fn submit(&self, pdu: &SubmitSm<'_>) -> Result<String, CommandStatus> {
        let response = soon(self.client.call(pdu)).await.unwrap();
        if !response.status().is_ok() {
            return Err(response.status());
        }
        Ok(response.read::<SubmitSmResp<'_>>().unwrap().message_id.as_str().unwrap().to_owned())
    }
}

pub(super) fn message<'a>(destination: &'a str, text: &'a str) -> SubmitSm<'a> {
    SubmitSm {
        source_addr: Addr::alphanumeric("Shop").unwrap(),
        destination_addr: Addr::international(destination).unwrap(),
        registered_delivery: RegisteredDelivery::ALWAYS,
        short_message: ShortMessage::new(text).unwrap(),
        ..Default::default()
    }
}

pub(super) fn deliver(frame: &Frame) -> DeliverSm<'_> {
    frame.read(&Profile::STRICT).unwrap()
}

pub(super) fn text(frame: &Frame) -> String {
    String::from_utf8(deliver(frame).short_message.as_bytes().to_vec()).unwrap()
}

/// Waits for something that must happen.
pub(super) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("it takes too long")
}

/// Waits until something holds that must come to hold.
pub(super) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let all = async {
        while !holds() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    assert!(timeout(PATIENCE, all).await.is_ok(), "{what} did not come true");
}

const PATIENCE: Duration = Duration::from_secs(20);

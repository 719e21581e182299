//! A core, a carrier that does what the test says, and the bind between them.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{CStr, CommandStatus, SubmitSm, SubmitSmResp};
use smpp_session::net::{Incoming, IncomingBind, Link, Penalty, Server, ServerConfig, Service};
use smpp_session::{BindKind, Config};
use smsc_engine::BoxFuture;
use smsc_engine::api::{
    Answer, Cancel, CoreApi, NetworkReport, Question, Refusal, Replacement, Report, Standing, Submission, Work,
};
use smsc_engine::core::queue::{MemoryQueue, Record};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::{Core, Handle, Policy, Setup};
use smsc_engine::frontend::{BindState, BindStatus, Carrier, ClientPeer, Secret};
use smsc_engine::model::{Account, Address, Lane, Message, MessageId, Route, SourceType, Timestamp};
use tokio::sync::mpsc;

/// A carrier's MC: binds are accepted unless a refusal is due, and every submission is given to the test.
pub(super) struct Mc {
    pub(super) server: Option<Server>,
    pub(super) address: SocketAddr,
    asked: mpsc::UnboundedReceiver<Incoming>,
    pub(super) script: Arc<Script>,
}

#[derive(Default)]
pub(super) struct Script {
    pub(super) refusals: Mutex<VecDeque<CommandStatus>>,
    /// As what, under which name and with which password binds came.
    pub(super) binds: Mutex<Vec<(BindKind, String, String)>>,
    pub(super) closed: AtomicUsize,
}

struct Desk {
    script: Arc<Script>,
    asked: mpsc::UnboundedSender<Incoming>,
}

impl Service for Desk {
    fn bind(&self, bind: IncomingBind) {
        let request = bind.request();
        let password = String::from_utf8_lossy(request.password.expose()).into_owned();
        let system_id = String::from_utf8_lossy(request.system_id.as_bytes()).into_owned();
        self.script.binds.lock().unwrap().push((request.kind, system_id, password));
        let refusal = self.script.refusals.lock().unwrap().pop_front();
        match refusal {
            Some(status) => bind.refuse(status),
            None => bind.accept(CStr::new("mc").unwrap()).unwrap_or_default(),
        }
    }

    fn request(&self, request: Incoming) {
        let _ = self.asked.send(request);
    }

    fn closed(&self, _: &Link, _: smpp_session::CloseReason) {
        self.script.closed.fetch_add(1, Ordering::SeqCst);
    }
}

impl Mc {
    pub(super) async fn start() -> Mc {
        Mc::at(SocketAddr::from(([127, 0, 0, 1], 0)), Config { window: 100, ..Config::default() }).await
    }

    pub(super) async fn at(address: SocketAddr, session: Config) -> Mc {
        Mc::listen(address, ServerConfig { penalty: Penalty::NONE, session, ..ServerConfig::default() }).await
    }

    #[cfg(all(feature = "http", feature = "charging-tls"))]
    pub(super) async fn with(config: ServerConfig) -> Mc {
        Mc::listen(SocketAddr::from(([127, 0, 0, 1], 0)), config).await
    }

    async fn listen(address: SocketAddr, config: ServerConfig) -> Mc {
        let (sender, asked) = mpsc::unbounded_channel();
        let script = Arc::new(Script::default());
        let service = Arc::new(Desk { script: script.clone(), asked: sender });
        let server = loop {
            match Server::bind(address, config.clone(), service.clone()).await {
                Ok(server) => break server,
                // The one that was there before is not gone yet.
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        Mc { address: server.local_addr(), server: Some(server), asked, script }
    }

    /// The next submission.
    pub(super) async fn next(&mut self) -> Incoming {
        tokio::time::timeout(SOON, self.asked.recv()).await.expect("a submission in time").unwrap()
    }

    /// Answers the next submission like this; returns its text.
    pub(super) async fn answer(&mut self, id: &str) -> Vec<u8> {
        let incoming = self.next().await;
        let text = submit(&incoming).short_message.as_bytes().to_vec();
        accept(incoming, id);
        text
    }

    /// Nothing comes for a moment.
    pub(super) async fn is_quiet(&mut self, span: Duration) -> bool {
        tokio::time::timeout(span, self.asked.recv()).await.is_err()
    }

    /// A bound session.
    pub(super) async fn link(&self) -> Link {
        let server = self.server.as_ref().unwrap();
        eventually("a session", async || server.links().iter().any(|link| link.state().is_bound())).await;
        server.links().into_iter().find(|link| link.state().is_bound()).unwrap()
    }

    pub(super) fn binds(&self) -> usize {
        self.script.binds.lock().unwrap().len()
    }
}

pub(super) fn submit(incoming: &Incoming) -> SubmitSm<'_> {
    incoming.read().unwrap()
}

pub(super) fn accept(incoming: Incoming, id: &str) {
    incoming.answer(&SubmitSmResp { message_id: CStr::new(id).unwrap(), ..Default::default() }).unwrap();
}

/// A core in memory that routes 44 to the carrier `uk` and 800 to `inbox`.
pub(super) struct World {
    pub(super) core: Core,
    pub(super) handle: Handle,
}

impl World {
    pub(super) async fn new() -> World {
        let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        for (called_prefix, dest_smsc) in [("44", "uk"), ("49", "de"), ("800", "inbox")] {
            let route =
                Route { called_prefix: Some(called_prefix.into()), dest_smsc: Some(dest_smsc.into()), ..Route::default() };
            table.add(route).await.unwrap();
        }
        let mut setup = Setup::with_routes(Arc::new(MemoryQueue::new(100_000, 100_000)), table);
        setup.policy = Policy { retry_base: Duration::from_secs(60), ..Policy::default() };
        let core = Core::start(setup).await.unwrap();
        World { handle: core.handle(), core }
    }

    pub(super) fn api(&self) -> Arc<dyn CoreApi> {
        Arc::new(self.core.clone())
    }

    pub(super) fn carry(&self, peer: ClientPeer) -> Carrier {
        Carrier::start(peer, self.api()).unwrap()
    }

    pub(super) async fn submit(&self, message: Message) -> MessageId {
        let submission = Submission { source_type: Some(SourceType::Smpp), ..Submission::new(message) };
        self.handle.submit(submission).await.unwrap().id
    }

    pub(super) async fn record(&self, id: MessageId) -> Record {
        self.handle.message(id).await.unwrap()
    }

    pub(super) async fn until(&self, id: MessageId, what: &str, holds: impl Fn(&Record) -> bool) -> Record {
        eventually(what, async || holds(&self.record(id).await)).await;
        self.record(id).await
    }

    /// Until the carrier has taken it under this name.
    pub(super) async fn handed(&self, id: MessageId, remote: &str) {
        self.until(id, "it is handed over", |record| {
            record.remote.as_ref().is_some_and(|word| word.octets() == remote.as_bytes())
        })
        .await;
    }

    pub(super) async fn lease(&self, lane: &str) -> Vec<Message> {
        self.core.lease(&Lane::from(lane), 100, Duration::from_secs(60)).await
    }
}

/// The carrier `uk`, bound at `mc`.
pub(super) fn peer(mc: &Mc) -> ClientPeer {
    peer_at(mc.address)
}

pub(super) fn peer_at(address: SocketAddr) -> ClientPeer {
    let mut peer = ClientPeer::new("uk", address.ip().to_string());
    peer.port = address.port();
    (peer.system_id, peer.password) = ("gateway".into(), Secret::new("s3cret!"));
    peer.tps_limit = 10_000;
    peer
}

/// A text, different each time.
pub(super) fn text(text: &str) -> Message {
    let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
    message.source = Address::from_number("Shop");
    message.destination = Address::from_number("+447700900123");
    message.user_data = text.to_owned().into();
    message
}

pub(super) fn with_receipt(message: Message) -> Message {
    Message { registered_delivery: 1, ..message }
}

pub(super) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(SOON, waited).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

pub(super) async fn until(carrier: &Carrier, what: &str, holds: impl Fn(&BindStatus) -> bool) {
    eventually(what, async || holds(&carrier.status())).await;
}

pub(super) async fn connected(carrier: &Carrier) {
    until(carrier, "it is bound", |status| status.state == BindState::Connected).await;
}

/// Changes it, and waits until it is bound as it is now.
pub(super) async fn change(carrier: &Carrier, peer: ClientPeer) {
    let before = carrier.status().counts.bind_success;
    carrier.change(peer).unwrap();
    until(carrier, "it is bound anew", |status| status.counts.bind_success > before && status.state == BindState::Connected)
        .await;
}

/// Much longer than anything here takes.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// A core that a test can watch and disturb.
pub(super) struct Spy {
    pub(super) core: Core,
    pub(super) leases: AtomicUsize,
    /// The next lease panics.
    pub(super) panics: AtomicBool,
    /// Says nothing by itself: it has to be asked, as a core elsewhere.
    pub(super) is_mute: bool,
    /// Refuses whatever is submitted.
    pub(super) refusal: Mutex<Option<Refusal>>,
    /// How long a report takes.
    pub(super) report_takes: Duration,
    pub(super) mute: tokio::sync::watch::Sender<u64>,
}

impl Spy {
    pub(super) fn new(core: &Core) -> Spy {
        Spy {
            core: core.clone(),
            leases: AtomicUsize::new(0),
            panics: AtomicBool::new(false),
            is_mute: false,
            refusal: Mutex::new(None),
            report_takes: Duration::ZERO,
            mute: tokio::sync::watch::Sender::new(0),
        }
    }
}

impl CoreApi for Spy {
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>> {
        match *self.refusal.lock().unwrap() {
            Some(refusal) => Box::pin(async move { batch.iter().map(|_| Answer::Now(Err(refusal))).collect() }),
            None => self.core.submit(batch),
        }
    }
    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
        self.core.query(question)
    }
    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
        self.core.cancel(cancel)
    }
    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
        self.core.replace(replacement)
    }
    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>> {
        self.leases.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics.swap(false, Ordering::SeqCst), "the test wants it");
        self.core.lease(lane, max, hold)
    }
    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            tokio::time::sleep(self.report_takes).await;
            self.core.report(reports).await;
        })
    }
    fn hear(&self, reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>> {
        self.core.hear(reports)
    }
    fn release(&self, messages: &[MessageId]) {
        self.core.release(messages);
    }
    fn watch(&self, lane: &Lane) -> Work {
        if self.is_mute { Work::new([0; 3].map(|_| self.mute.subscribe())) } else { self.core.watch(lane) }
    }
    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        if self.is_mute { None } else { self.core.next_due(lane) }
    }
}

/// Everything that is logged.
#[derive(Clone, Default)]
pub(super) struct Lines(pub(super) Arc<Mutex<String>>);

impl Lines {
    pub(super) fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Lines {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut lines = self.0.lock().unwrap();
        write!(lines, "{}", event.metadata().level()).unwrap();
        let mut show = |field: &tracing::field::Field, value: &dyn std::fmt::Debug| write!(lines, " {field}={value:?}").unwrap();
        event.record(&mut show);
        lines.push('\n');
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

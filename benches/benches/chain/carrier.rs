//! A carrier that answers every message with an id, and sends a receipt for it where one is asked for.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use smpp_pdu::{Addr, CStr, DeliverSm, EsmClass, Profile, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::Config;
use smpp_session::net::{Batch, Incoming, IncomingBind, Link, Server, ServerConfig, Service, collector};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A carrier on a port of its own.
pub(crate) struct Carrier {
    pub(crate) address: SocketAddr,
    seen: Arc<Seen>,
    _server: Server,
}

/// What came.
#[derive(Default)]
struct Seen {
    count: AtomicUsize,
    next_id: AtomicU64,
    /// When each message came whose text is a number, if anybody wants to know.
    times: Mutex<Vec<(usize, Instant)>>,
}

struct Mc {
    seen: Arc<Seen>,
    asked: Mutex<Vec<(Incoming, u64)>>,
}

/// A session's receipts to be sent.
type Owed = UnboundedSender<(u64, String, String)>;

impl Carrier {
    pub(crate) async fn start() -> Carrier {
        let seen = Arc::new(Seen::default());
        let session = Config { window: 10_000, unanswered: 20_000, ..Config::default() };
        let config = ServerConfig { session, ..ServerConfig::default() };
        let service = Arc::new(Mc { seen: seen.clone(), asked: Mutex::default() });
        let server = Server::bind("127.0.0.1:0", config, service).await.unwrap();
        Carrier { address: server.local_addr(), seen, _server: server }
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.count.load(Ordering::Relaxed)
    }

    /// When each numbered message came.
    pub(crate) fn times(&self) -> Vec<(usize, Instant)> {
        self.seen.times.lock().unwrap().clone()
    }
}

impl Service for Mc {
    fn bind(&self, bind: IncomingBind) {
        let (owed, owing) = unbounded_channel();
        bind.link().attach(Arc::new(owed));
        tokio::spawn(receipts(bind.link(), owing));
        let _ = bind.accept(CStr::new("carrier").unwrap());
    }

    fn request(&self, incoming: Incoming) {
        let id = self.seen.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.asked.lock().unwrap().push((incoming, id));
    }

    fn batch_end(&self) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let mut batch = Batch::new();
        let now = Instant::now();
        for (incoming, id) in asked {
            let frame = incoming.frame().clone();
            let Ok(submit) = frame.read::<SubmitSm<'_>>(&Profile::DEFAULT) else { continue };
            self.seen.count.fetch_add(1, Ordering::Relaxed);
            let text = std::str::from_utf8(submit.short_message.as_bytes()).unwrap_or_default();
            if let Some(Ok(number)) = text.strip_prefix("paced ").map(str::parse) {
                self.seen.times.lock().unwrap().push((number, now));
            }
            let owed = incoming.link().account::<Owed>();
            let name = id.to_string();
            let _ = batch.answer(incoming, &SubmitSmResp { message_id: CStr::new(&name).unwrap(), ..Default::default() });
            if let (true, Some(owed)) = (submit.registered_delivery.receipt().0 != 0, owed) {
                let _ = owed.send((id, submit.destination_addr.value.to_string(), submit.source_addr.value.to_string()));
            }
        }
    }
}

/// Sends receipts as fast as the session takes them.
async fn receipts(link: Link, mut owing: UnboundedReceiver<(u64, String, String)>) {
    let (taken, mut outcomes) = collector(100_000);
    tokio::spawn(async move {
        let mut some = Vec::new();
        while outcomes.next_many(&mut some).await > 0 {
            some.clear();
        }
    });
    let mut some = Vec::new();
    while owing.recv_many(&mut some, 1_000).await > 0 {
        for (id, source, destination) in some.drain(..) {
            let text =
                format!("id:{id} sub:001 dlvrd:001 submit date:2611280900 done date:2611280901 stat:DELIVRD err:000 text:");
            let receipt = DeliverSm {
                source_addr: Addr::international(&source).unwrap(),
                destination_addr: Addr::international(&destination).unwrap(),
                esm_class: EsmClass(0x04),
                short_message: ShortMessage::new(&text).unwrap(),
                ..Default::default()
            };
            if link.send_with(&receipt, id, &taken).await.is_err() {
                return;
            }
        }
    }
}

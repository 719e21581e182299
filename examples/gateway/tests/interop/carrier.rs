//! A carrier that keeps account of every message: an MC on our own sessions, which nothing here puts to the test.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{CStr, CommandId, CommandStatus, DeliverSm, EsmClass, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::Config;
use smpp_session::net::{Account, Incoming, IncomingBind, Limits, Roster, Server, ServerConfig, Service};
use tokio::sync::{Semaphore, mpsc};

/// What a carrier knows.
pub(crate) struct Ledger {
    roster: Roster,
    /// How often each text came, by its octets.
    came: Mutex<HashMap<Vec<u8>, usize>>,
    /// The last message whole, for its fields.
    last: Mutex<Option<Seen>>,
    next_id: AtomicU64,
    owed: mpsc::UnboundedSender<Owed>,
    receipts: bool,
}

/// The fields of a message as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) source: (u8, u8, String),
    pub(crate) destination: (u8, u8, String),
    pub(crate) data_coding: u8,
    pub(crate) esm_class: u8,
    pub(crate) priority: u8,
    pub(crate) validity: String,
    pub(crate) registered_delivery: u8,
    pub(crate) text: Vec<u8>,
}

/// Something to deliver until it is taken.
struct Owed {
    source: String,
    destination: String,
    text: Vec<u8>,
    is_receipt: bool,
}

/// A carrier on a port of its own.
pub(crate) struct Carrier {
    pub(crate) address: SocketAddr,
    pub(crate) ledger: Arc<Ledger>,
    server: Option<Server>,
}

impl Carrier {
    /// A carrier that answers every message with an id and sends the receipts it is asked for.
    pub(crate) async fn start() -> Carrier {
        Carrier::with(true).await
    }

    /// A carrier that perhaps sends no receipts.
    pub(crate) async fn with(receipts: bool) -> Carrier {
        let (owed, owing) = mpsc::unbounded_channel();
        let ledger = Arc::new(Ledger {
            roster: Roster::with_max_waiting(1_000_000),
            came: Mutex::default(),
            last: Mutex::default(),
            next_id: AtomicU64::new(1),
            owed,
            receipts,
        });
        tokio::spawn(deliver(Arc::downgrade(&ledger), ledger.roster.account(ACCOUNT), owing));
        let server = listen("127.0.0.1:0".parse().unwrap(), &ledger).await;
        Carrier { address: server.local_addr(), ledger, server: Some(server) }
    }

    /// Goes away with every connection, as a process that is killed.
    pub(crate) async fn go(&mut self) {
        let Some(server) = self.server.take() else { return };
        server.links().iter().for_each(smpp_session::net::Link::close);
        server.shutdown(Duration::ZERO).await;
    }

    /// Comes back on the same port; it remembers everything.
    pub(crate) async fn come_back(&mut self) {
        if self.server.is_none() {
            self.server = Some(listen(self.address, &self.ledger).await);
        }
    }

    /// Sessions that are bound.
    pub(crate) fn sessions(&self) -> usize {
        self.ledger.roster.account(ACCOUNT).links().len()
    }

    /// A subscriber writes to a number; delivered until it is taken.
    pub(crate) fn subscriber_writes(&self, source: &str, destination: &str, text: &[u8]) {
        let message = Owed { source: source.into(), destination: destination.into(), text: text.into(), is_receipt: false };
        self.ledger.owed.send(message).unwrap_or_else(|_| panic!("the carrier is gone"));
    }
}

impl Ledger {
    /// How often each text came.
    pub(crate) fn came(&self) -> HashMap<Vec<u8>, usize> {
        self.came.lock().unwrap().clone()
    }

    /// How many different texts came.
    pub(crate) fn count(&self) -> usize {
        self.came.lock().unwrap().len()
    }

    /// The last message.
    pub(crate) fn last(&self) -> Option<Seen> {
        self.last.lock().unwrap().clone()
    }

    fn take(&self, submit: &SubmitSm<'_>, id: u64) {
        let text = submit.short_message.as_bytes().to_vec();
        *self.came.lock().unwrap().entry(text.clone()).or_default() += 1;
        let party = |address: smpp_pdu::Addr<'_, 21>| (address.ton.0, address.npi.0, address.value.to_string());
        *self.last.lock().unwrap() = Some(Seen {
            source: party(submit.source_addr),
            destination: party(submit.destination_addr),
            data_coding: submit.data_coding.0,
            esm_class: submit.esm_class.0,
            priority: submit.priority_flag,
            validity: String::from_utf8_lossy(submit.validity_period.as_bytes()).into_owned(),
            registered_delivery: submit.registered_delivery.0,
            text,
        });
        if self.receipts && submit.registered_delivery.receipt().0 != 0 {
            let receipt =
                format!("id:{id} sub:001 dlvrd:001 submit date:2611280900 done date:2611280901 stat:DELIVRD err:000 text:");
            let (source, destination) = (submit.destination_addr.value.to_string(), submit.source_addr.value.to_string());
            // Nobody is owed anything any more once the test is over.
            let _ = self.owed.send(Owed { source, destination, text: receipt.into_bytes(), is_receipt: true });
        }
    }
}

/// The service of the carrier.
struct Mc(Arc<Ledger>);

impl Service for Mc {
    fn bind(&self, bind: IncomingBind) {
        if !bind.request().password_is("secret") {
            return bind.refuse(CommandStatus::RINVPASWD);
        }
        let account = self.0.roster.account(ACCOUNT);
        // An error means that the session is over already.
        let _ = bind.accept_as(&account, &Limits::default(), CStr::new("carrier").unwrap());
    }

    fn request(&self, incoming: Incoming) {
        if incoming.command_id() != CommandId::SUBMIT_SM {
            let _ = incoming.unsupported();
            return;
        }
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let frame = incoming.frame().clone();
        let Ok(submit) = frame.read::<SubmitSm<'_>>(&smpp_pdu::Profile::DEFAULT) else { return drop(incoming) };
        let text = id.to_string();
        self.0.take(&submit, id);
        let _ = incoming.answer(&SubmitSmResp { message_id: CStr::new(&text).unwrap(), ..Default::default() });
    }
}

async fn listen(address: SocketAddr, ledger: &Arc<Ledger>) -> Server {
    let session = Config { window: 1000, ..Config::default() };
    let config = ServerConfig { session, ..ServerConfig::default() };
    loop {
        match Server::bind(address, config.clone(), Arc::new(Mc(ledger.clone()))).await {
            Ok(server) => return server,
            // Connections of before may still hold the port for a moment.
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => panic!("{address}: {error}"),
        }
    }
}

/// Delivers what is owed, again and again until somebody takes it.
async fn deliver(ledger: std::sync::Weak<Ledger>, account: Account, mut owing: mpsc::UnboundedReceiver<Owed>) {
    let flying = Arc::new(Semaphore::new(2_000));
    while let Some(owed) = owing.recv().await {
        let place = flying.clone().acquire_owned().await.unwrap();
        let (account, ledger) = (account.clone(), ledger.clone());
        tokio::spawn(async move {
            let _place = place;
            if deliver_one(&account, &owed).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            if let Some(ledger) = ledger.upgrade() {
                let _ = ledger.owed.send(owed);
            }
        });
    }
}

async fn deliver_one(account: &Account, owed: &Owed) -> bool {
    let Ok(permit) = account.ready(None).await else { return false };
    let pdu = DeliverSm {
        source_addr: smpp_pdu::Addr::international(&owed.source).unwrap(),
        destination_addr: smpp_pdu::Addr::international(&owed.destination).unwrap(),
        esm_class: EsmClass(if owed.is_receipt { 0x04 } else { 0 }),
        short_message: ShortMessage::new(&owed.text).unwrap(),
        ..Default::default()
    };
    let Ok(pending) = permit.request(&pdu) else { return false };
    pending.await.is_ok_and(|response| response.status() == CommandStatus::ROK)
}

const ACCOUNT: &str = "carrier";

//! Partners that load a chain and count what comes back.

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use smpp_pdu::{Addr, CommandId, CommandStatus, DeliverSmResp, RegisteredDelivery, ShortMessage, SubmitSm};
use smpp_session::net::{Batch, Client, Incoming, Service, collector};
use smpp_session::{BindKind, Config, Credentials};

use crate::carrier::Carrier;
use crate::node::{BINDS, names, runtime};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(120);
const WINDOW: usize = 500;

/// Counts receipts.
#[derive(Default)]
struct Counter {
    receipts: Arc<AtomicUsize>,
    asked: Mutex<Vec<Incoming>>,
}

impl Service for Counter {
    fn request(&self, incoming: Incoming) {
        self.asked.lock().unwrap().push(incoming);
    }

    fn batch_end(&self) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let mut batch = Batch::new();
        for incoming in asked {
            if incoming.command_id() == CommandId::DELIVER_SM {
                self.receipts.fetch_add(1, Ordering::Relaxed);
                let _ = batch.answer(incoming, &DeliverSmResp::default());
            }
        }
    }
}

async fn bound(address: SocketAddr, name: &str, receipts: &Arc<AtomicUsize>) -> Client {
    let counter = Counter { receipts: receipts.clone(), asked: Mutex::default() };
    let config = Config { window: WINDOW, unanswered: 20_000, ..Config::default() };
    let client = Client::connect(address, config, counter).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new(name, "secret")).await.unwrap();
    client
}

fn message<'a>(destination: &'a str, text: &'a str) -> SubmitSm<'a> {
    SubmitSm {
        source_addr: Addr::international("447700900000").unwrap(),
        destination_addr: Addr::international(destination).unwrap(),
        registered_delivery: RegisteredDelivery::ALWAYS,
        short_message: ShortMessage::new(text).unwrap(),
        ..Default::default()
    }
}

/// Sends so many messages as fast as they are taken; gives messages a second until the last receipt is back.
pub(crate) fn flood(address: SocketAddr, messages: usize) -> f64 {
    runtime().block_on(async move {
        let receipts = Arc::new(AtomicUsize::new(0));
        let mut clients = Vec::new();
        for name in names("partner") {
            clients.push(bound(address, &name, &receipts).await);
        }
        let begun = Instant::now();
        let share = messages / clients.len();
        let shares = clients.into_iter().enumerate();
        let senders: Vec<_> = shares.map(|(at, client)| tokio::spawn(send(client, at * share..(at + 1) * share))).collect();
        let mut bound = Vec::new();
        for sender in senders {
            bound.push(sender.await.unwrap());
        }
        let sent = share * BINDS;
        while receipts.load(Ordering::Relaxed) < sent {
            assert!(begun.elapsed() < PATIENCE, "{} of {sent} receipts", receipts.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let rate = sent as f64 / begun.elapsed().as_secs_f64();
        assert_eq!(receipts.load(Ordering::Relaxed), sent, "each receipt comes once");
        rate
    })
}

/// Sends a share of the messages; each must be accepted. Gives the client back, whose receipts are still to come.
async fn send(client: Client, numbers: Range<usize>) -> Client {
    let (taken, mut outcomes) = collector(WINDOW * 2);
    let wanted = numbers.len();
    let answers = tokio::spawn(async move {
        let (mut answered, mut some) = (0, Vec::new());
        while answered < wanted && outcomes.next_many(&mut some).await > 0 {
            for outcome in some.drain(..) {
                let status = outcome.result.map(|response| response.status());
                assert!(status.is_ok_and(CommandStatus::is_ok), "every message is accepted: {status:?}");
                answered += 1;
            }
        }
    });
    for number in numbers {
        let (destination, text) = (format!("4477{number:08}"), format!("message {number}"));
        client.send_with(&message(&destination, &text), number as u64, &taken).await.unwrap();
    }
    answers.await.unwrap();
    client
}

/// Sends at a rate; gives the times from submission to the carrier, sorted.
pub(crate) fn paced(address: SocketAddr, (rate, time): (usize, Duration), carrier: &Carrier) -> Vec<Duration> {
    let messages = (time.as_secs_f64() * rate as f64) as usize;
    let sent = runtime().block_on(async move {
        let receipts = Arc::new(AtomicUsize::new(0));
        let client = bound(address, "partner0", &receipts).await;
        let (mut sent, begun) = (Vec::with_capacity(messages), Instant::now());
        for number in 0..messages {
            let due = begun + Duration::from_secs_f64(number as f64 / rate as f64);
            tokio::time::sleep_until(due.into()).await;
            let (destination, text) = (format!("4477{number:08}"), format!("paced {number}"));
            sent.push(Instant::now());
            drop(client.send(&message(&destination, &text)).await.unwrap());
        }
        while receipts.load(Ordering::Relaxed) < messages {
            assert!(begun.elapsed() < time + PATIENCE, "{} of {messages} receipts", receipts.load(Ordering::Relaxed));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        sent
    });
    let mut times: Vec<Duration> =
        carrier.times().into_iter().map(|(number, came)| came.saturating_duration_since(sent[number])).collect();
    assert_eq!(times.len(), messages, "each message reaches the carrier once");
    times.sort();
    times
}

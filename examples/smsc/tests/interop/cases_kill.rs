//! `kill -9` under load: what was answered with success is there after the restart, and so is its receipt.
//!
//! The client is our own: only it can say for each of 20,000 messages whether its answer arrived before the end.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{Addr, CommandStatus, DeliverSm, DeliverSmResp, RegisteredDelivery, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{Client, Incoming};
use smpp_session::{BindKind, Config, Credentials};
use sms_codec::receipt::Receipt;
use tokio::task::JoinSet;

use crate::program::Smsc;

const MESSAGES: usize = 20_000;
const IN_FLIGHT: usize = 500;

/// How often each id came in a receipt.
type Receipts = Arc<Mutex<HashMap<String, usize>>>;

#[test]
fn nothing_acknowledged_is_lost_when_the_program_is_killed() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut program = Smsc::start();
    let mut acknowledged = HashSet::new();
    let receipts = Receipts::default();
    // Killed early, in the middle and late; with receipts flowing at the same time and without.
    let ends = [(3_000, BindKind::Transmitter), (10_000, BindKind::Transceiver), (17_000, BindKind::Transceiver)];
    for (kill_after, kind) in ends.into_iter().cycle().take(kills()) {
        let before = acknowledged.len();
        acknowledged.extend(runtime.block_on(load(&mut program, (kill_after, kind), &receipts)));
        assert!(acknowledged.len() - before >= kill_after, "only {} answers", acknowledged.len() - before);
        program = program.start_again();
    }
    let lost = runtime.block_on(collect(&program, &acknowledged, &receipts));
    let receipts = receipts.lock().unwrap();
    let twice = receipts.values().filter(|count| **count > 1).count();
    let unanswered = receipts.keys().filter(|id| !acknowledged.contains(*id)).count();
    println!(
        "{} acknowledged, lost {}, receipts that came twice {twice}, messages kept whose answer did not arrive {unanswered}",
        acknowledged.len(),
        lost.len(),
    );
    assert!(lost.is_empty(), "lost {}: {:?} …", lost.len(), lost.iter().take(5).collect::<Vec<_>>());
}

/// How often to kill: three times, or as `SMSC_TEST_KILLS` says.
fn kills() -> usize {
    std::env::var("SMSC_TEST_KILLS").map_or(3, |count| count.parse().expect("SMSC_TEST_KILLS is a number"))
}

async fn bind(program: &Smsc, kind: BindKind, receipts: &Receipts) -> Client {
    let receipts = receipts.clone();
    let receive = move |incoming: Incoming| {
        let pdu: DeliverSm<'_> = incoming.read().unwrap();
        let text = std::str::from_utf8(pdu.short_message.as_bytes()).unwrap();
        let id = Receipt::parse(text).id.unwrap().to_string();
        *receipts.lock().unwrap().entry(id).or_default() += 1;
        // The program may be gone already.
        let _ = incoming.answer(&DeliverSmResp::default());
    };
    let config = Config { window: IN_FLIGHT, ..Config::default() };
    let client = Client::connect(program.address, config, receive).await.unwrap();
    client.bind(kind, &Credentials::new("test", "test")).await.unwrap();
    client
}

/// Submits until the program is killed; returns the ids that were answered with success.
async fn load(program: &mut Smsc, (kill_after, kind): (usize, BindKind), receipts: &Receipts) -> HashSet<String> {
    let client = bind(program, kind, receipts).await;
    let acknowledged = Arc::new(Mutex::new(HashSet::new()));
    let enough = Arc::new(tokio::sync::Notify::new());
    let mut callers = JoinSet::new();
    for caller in 0..IN_FLIGHT {
        let (client, acknowledged, enough) = (client.clone(), acknowledged.clone(), enough.clone());
        callers.spawn(async move {
            for turn in 0..MESSAGES / IN_FLIGHT {
                let Some(id) = submit(&client, caller * MESSAGES / IN_FLIGHT + turn).await else { return };
                let mut acknowledged = acknowledged.lock().unwrap();
                acknowledged.insert(id);
                if acknowledged.len() == kill_after {
                    enough.notify_one();
                }
            }
        });
    }
    tokio::time::timeout(Duration::from_secs(60), enough.notified()).await.expect("enough answers in time");
    program.kill();
    callers.join_all().await;
    std::mem::take(&mut *acknowledged.lock().unwrap())
}

/// The id, or nothing once the session is over.
async fn submit(client: &Client, number: usize) -> Option<String> {
    // The last three digits are no result code: 400 to 999 but 999 stand for nothing.
    let destination = format!("44770{:06}{}", number, 400 + number % 500);
    let message = SubmitSm {
        source_addr: Addr::international("447700900000").unwrap(),
        destination_addr: Addr::international(&destination).unwrap(),
        registered_delivery: RegisteredDelivery::ALWAYS,
        short_message: ShortMessage::new("will it survive?").unwrap(),
        ..Default::default()
    };
    let response = client.call(&message).await.ok()?;
    assert_eq!(response.status(), CommandStatus::ROK);
    Some(response.read::<SubmitSmResp<'_>>().unwrap().message_id.to_string())
}

/// Takes receipts until each acknowledged message has one, or nothing comes any more; returns those without.
async fn collect(program: &Smsc, acknowledged: &HashSet<String>, receipts: &Receipts) -> Vec<String> {
    let client = bind(program, BindKind::Receiver, receipts).await;
    let mut known = (usize::MAX, 0);
    loop {
        let lost: Vec<String> = {
            let receipts = receipts.lock().unwrap();
            acknowledged.iter().filter(|id| !receipts.contains_key(*id)).cloned().collect()
        };
        // Ten seconds without progress are the end; the sandbox needs milliseconds.
        known = if lost.len() == known.0 { (known.0, known.1 + 1) } else { (lost.len(), 0) };
        if lost.is_empty() || known.1 == 200 {
            client.close();
            return lost;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

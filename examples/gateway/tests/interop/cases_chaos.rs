//! Everything dies at any time: gateway, core, carrier, connections. Nothing that was answered with success is lost.
//!
//! `SMSC_TEST_CHAOS=200000` lets so many messages flow, `SMSC_TEST_SEED` repeats a run.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::carrier::Carrier;
use crate::chain::{Chain, Lead};
use crate::partner::Partner;
use crate::proxy::Proxy;

const IN_FLIGHT: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_whatever_dies() {
    let (messages, seed) = (from_environment("SMSC_TEST_CHAOS", 4_000), from_environment("SMSC_TEST_SEED", seed_of_today()));
    let mut carrier = Carrier::start().await;
    let network = Proxy::start(carrier.address, Duration::from_millis(2)).await;
    let mut chain = Chain::start(&[Lead { name: "carrier", address: network.address, more: "" }]);
    let access = Proxy::start(chain.partners(), Duration::from_millis(2)).await;
    let partner = Arc::new(Partner::bind(access.address, "partner"));
    let sending = tokio::spawn(send(partner.clone(), messages as usize));
    let mut blows = HashMap::new();
    let mut dice = Dice(seed);
    while !sending.is_finished() {
        tokio::time::sleep(Duration::from_millis(300 + dice.below(1_500))).await;
        let blow = strike(dice.below(5), &mut chain, (&mut carrier, &network, &access)).await;
        *blows.entry(blow).or_insert(0) += 1;
    }
    let acknowledged = sending.await.unwrap();
    settle(&chain, &partner, &acknowledged).await;
    judge((messages, seed), &blows, (&carrier, &partner, &acknowledged));
}

/// Ends something and brings it back.
async fn strike(what: u64, chain: &mut Chain, (carrier, network, access): (&mut Carrier, &Proxy, &Proxy)) -> &'static str {
    match what {
        0 => {
            chain.gateways[0].kill();
            chain.gateways[0].start();
            "gateway killed"
        }
        1 => {
            chain.core.kill();
            chain.core.start();
            "core killed"
        }
        2 => {
            carrier.go().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            carrier.come_back().await;
            "carrier gone"
        }
        3 => {
            network.cut();
            "carrier's connection cut"
        }
        _ => {
            access.cut();
            "partner's connection cut"
        }
    }
}

/// Sends numbered messages, each until it is answered with success; gives the ids by text.
async fn send(partner: Arc<Partner>, messages: usize) -> HashMap<Vec<u8>, String> {
    let next = Arc::new(AtomicUsize::new(0));
    let senders = (0..IN_FLIGHT).map(|_| {
        let (partner, next) = (partner.clone(), next.clone());
        tokio::spawn(async move {
            let mut answered = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= messages {
                    return answered;
                }
                let text = format!("number {number}").into_bytes();
                let id = partner.insist(&format!("4477{number:08}"), &text).await;
                answered.push((text, id));
            }
        })
    });
    let mut all = HashMap::new();
    for sender in senders.collect::<Vec<_>>() {
        all.extend(sender.await.unwrap());
    }
    all
}

/// Waits until every message has its receipt and the core is empty, or nothing moves any more.
async fn settle(chain: &Chain, partner: &Partner, acknowledged: &HashMap<Vec<u8>, String>) {
    let mut still = (usize::MAX, Instant::now());
    loop {
        let receipts = partner.got().receipts();
        let missing = acknowledged.values().filter(|id| !receipts.contains_key(*id)).count();
        if missing == 0 && chain.pending() == 0 {
            return;
        }
        if missing != still.0 {
            still = (missing, Instant::now());
        }
        // Retries wait up to minutes: two, then four after a second failure.
        if still.1.elapsed() > Duration::from_secs(600) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[allow(clippy::print_stdout, reason = "the figures of a run")]
fn judge(
    (messages, seed): (u64, u64),
    blows: &HashMap<&'static str, usize>,
    (carrier, partner, acknowledged): (&Carrier, &Partner, &HashMap<Vec<u8>, String>),
) {
    let (came, receipts) = (carrier.ledger.came(), partner.got().receipts());
    let lost: Vec<_> = acknowledged.iter().filter(|(text, _)| !came.contains_key(*text)).take(5).collect();
    let unreported: Vec<_> = acknowledged.iter().filter(|(_, id)| !receipts.contains_key(*id)).take(5).collect();
    let twice = came.values().filter(|count| **count > 1).count();
    let receipts_twice = receipts.values().filter(|count| **count > 1).count();
    println!(
        "seed {seed}: {messages} messages, {} submissions, {blows:?}; at the carrier twice {twice}, receipts twice \
         {receipts_twice}; refused {:?}",
        partner.got().tries(),
        partner.got().refused(),
    );
    assert_eq!(acknowledged.len() as u64, messages);
    assert!(lost.is_empty(), "seed {seed}: lost {lost:?}");
    assert!(unreported.is_empty(), "seed {seed}: without a receipt {unreported:?}");
    // Each is one whose answer was on the way when something died: never more than were on the way at all those times.
    let deaths: usize = blows.values().sum();
    assert!(twice <= deaths * IN_FLIGHT * 2, "seed {seed}: {twice} duplicates at {deaths} deaths are not explained");
}

fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Another one every day, so that more is found as time goes by; a failure names it.
fn seed_of_today() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_secs() / 86_400
}

/// Numbers that look like chance.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

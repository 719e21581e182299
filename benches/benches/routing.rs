//! What it costs to find a route, and to change one, in tables of ten to a million routes.
//!
//! `cargo bench -p smsc-benches --bench routing`; with `-- --test` everything runs once and briefly.
//!
//! Look-ups are whole: from a message to the lane that delivers, the counter of the route included. `hot` asks for 64
//! numbers again and again, `spread` for numbers all over the table, so that it pays for every miss of the cache. The
//! hash map beside it is what a table without any other criterion could do: one probe for each length of a prefix.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smsc_benches::allocation::Counting;
use smsc_benches::clock::{Contestant, Sampling};
use smsc_benches::memory::resident;
use smsc_engine::BoxFuture;
use smsc_engine::core::StoreError;
use smsc_engine::core::route::{Decision, Facts, ImportMode, RouteChange, RouteStore, RouteTable, Router, TableOptions};
use smsc_engine::model::{Account, Address, Lane, Message, MessageId, Route, Timestamp};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let smoke = !std::env::args().any(|argument| argument == "--bench") || std::env::args().any(|argument| argument == "--test");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let sizes = if smoke { [10, 1000, 10_000] } else { [10, 10_000, 1_000_000] };
    println!("  prefixes     hot ns  spread ns   hash map ns   allocations   octets each   load s");
    let [small, middle, large] = sizes.map(|size| lookups(&runtime, size, smoke));
    let spread = |table: &Measured| table.spread;
    println!("spread, {} against {}: {:.1} times", sizes[2], sizes[0], spread(&large) / spread(&small));
    println!("spread, {} against {}: {:.1} times", sizes[2], sizes[1], spread(&large) / spread(&middle));
    crowds(&runtime, sizes[1], smoke);
    percentiles(&middle, smoke);
    changes(&runtime, &large, if smoke { 3 } else { 200 });
}

struct Measured {
    table: RouteTable,
    messages: Vec<Message>,
    spread: f64,
}

/// Routes to prefixes of seven to ten digits, as they come in number portability.
fn lookups(runtime: &tokio::runtime::Runtime, size: u64, smoke: bool) -> Measured {
    let before = resident();
    let routes: Vec<Route> = (0..size).map(|n| route(prefix(n))).collect();
    let start = Instant::now();
    let table = open(runtime, routes);
    let (load, each) = (start.elapsed().as_secs_f64(), resident().saturating_sub(before) as f64 / size as f64);
    let plain: HashMap<Vec<u8>, u64> = (0..size).map(|n| (prefix(n).into_bytes(), n)).collect();
    let asked = |count: u64| (0..count).map(|n| message(prefix(mix(n) % size) + "00700")).collect::<Vec<_>>();
    let (hot, messages) = (asked(64), asked(SPREAD));
    let mut contestants = [
        lookup(table.clone(), hot),
        lookup(table.clone(), messages.clone()),
        Contestant::reusing("hash map", messages.clone(), move |messages| {
            messages.iter().for_each(|message| {
                black_box(longest(&plain, message.destination.digits.octets()));
            });
        }),
    ];
    let sampling = if smoke { Sampling::SMOKE } else { SAMPLING };
    let times = sampling.measure(&mut contestants);
    let (hot, spread, map) = (times[0] / 64.0, times[1] / SPREAD as f64, times[2] / SPREAD as f64);
    let allocations = contestants[1].allocations();
    println!("{size:>10} {hot:>10.0} {spread:>10.0} {map:>13.0} {allocations:>13} {each:>13.0} {load:>8.2}");
    Measured { table, messages, spread }
}

/// Many routes that differ only in what is not the called prefix.
fn crowds(runtime: &tokio::runtime::Runtime, size: u64, smoke: bool) {
    let one = || route("44".into());
    let calling = (0..size).map(|n| Route { calling_prefix: Some(prefix(n)), ..one() });
    let source = (0..size).map(|n| Route { source_smsc: Some(format!("shop-{n}")), ..one() });
    let equal = (0..size).map(|_| one());
    let crowds: [(&str, Vec<Route>); 3] =
        [("calling prefix", calling.collect()), ("source", source.collect()), ("nothing at all", equal.collect())];
    for (what, routes) in crowds {
        let messages = (0..SPREAD).map(|n| Message {
            source: Address::new(1, 1, prefix(mix(n) % size)),
            account: Account::from(format!("shop-{}", mix(n) % size).as_str()),
            ..message("447700900123".into())
        });
        let mut contestants = [lookup(open(runtime, routes), messages.collect())];
        let sampling = if smoke { Sampling::SMOKE } else { SAMPLING };
        let time = sampling.measure(&mut contestants)[0] / SPREAD as f64;
        println!("{size} routes to one prefix that differ in {what}: {time:.0} ns");
    }
}

/// Single look-ups, the clock included.
fn percentiles(measured: &Measured, smoke: bool) {
    let rounds = if smoke { 1 } else { 50 };
    let mut times: Vec<Duration> = Vec::with_capacity(rounds * measured.messages.len());
    for message in measured.messages.iter().cycle().take(rounds * measured.messages.len()) {
        let start = Instant::now();
        black_box(measured.table.route(message, &facts()));
        times.push(start.elapsed());
    }
    times.sort();
    let at = |percent: f64| times[((times.len() - 1) as f64 * percent / 100.0) as usize].as_nanos();
    let routes = measured.table.len();
    println!("single look-ups in {routes} routes: median {} ns, p95 {} ns, p99.9 {} ns", at(50.0), at(95.0), at(99.9));
}

/// Adding, editing and deleting one route, from the call until readers see it.
fn changes(runtime: &tokio::runtime::Runtime, measured: &Measured, rounds: u64) {
    let (table, mut times) = (&measured.table, [const { Vec::new() }; 3]);
    for n in 0..rounds {
        let start = Instant::now();
        let added = runtime.block_on(table.add(route(format!("{n}99")))).unwrap();
        times[0].push(start.elapsed());
        let start = Instant::now();
        runtime.block_on(table.edit(1 + mix(n) % rounds, |route| route.enabled = !route.enabled)).unwrap();
        times[1].push(start.elapsed());
        let start = Instant::now();
        runtime.block_on(table.delete(added.id)).unwrap();
        times[2].push(start.elapsed());
    }
    for (what, mut times) in ["add", "switch", "delete"].into_iter().zip(times) {
        times.sort();
        let (median, worst) = (times[times.len() / 2].as_micros(), times[times.len() - 1].as_micros());
        println!("{what} one route of {}: median {median} us, worst {worst} us", table.len());
    }
}

fn lookup(table: RouteTable, messages: Vec<Message>) -> Contestant {
    Contestant::reusing("table", messages, move |messages| {
        for message in messages {
            assert!(matches!(black_box(table.route(message, &facts())), Decision::Chosen(_)));
        }
    })
}

fn longest(plain: &HashMap<Vec<u8>, u64>, number: &[u8]) -> Option<u64> {
    (0..=number.len()).rev().find_map(|len| plain.get(&number[..len]).copied())
}

fn facts() -> Facts<'static> {
    Facts::at(Timestamp(0))
}

fn route(prefix: String) -> Route {
    Route { called_prefix: Some(prefix), dest_smsc: Some("gateway".into()), ..Route::default() }
}

/// The n-th prefix; no two begin alike in all of their first seven digits.
fn prefix(n: u64) -> String {
    let digits = n * 7919 % 1_000_003;
    format!("{}{digits:06}{}", 2 + digits % 7, &"0123"[..(n % 4) as usize])
}

fn message(called: String) -> Message {
    let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::default());
    message.source = Address::new(5, 0, "Shop");
    message.destination = Address::new(1, 1, called);
    message
}

fn open(runtime: &tokio::runtime::Runtime, routes: Vec<Route>) -> RouteTable {
    let mut options = TableOptions::default();
    options.seed = Some(1);
    runtime.block_on(async {
        let table = RouteTable::open(Arc::new(Nowhere), options).await.unwrap();
        table.import(routes, ImportMode::Replace).await.unwrap();
        table
    })
}

/// Keeps nothing, so that the table alone is measured.
struct Nowhere;

impl RouteStore for Nowhere {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Route>, StoreError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn save<'a>(&'a self, _: &'a [RouteChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

/// Scatters numbers (SplitMix64).
fn mix(n: u64) -> u64 {
    let mut mixed = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 31)
}

const SPREAD: u64 = 16_384;
// One sample takes some milliseconds, for it goes all over the table.
const SAMPLING: Sampling = Sampling { samples: 21, least: Duration::from_millis(2) };

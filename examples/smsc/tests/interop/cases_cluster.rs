//! Several `smsc` processes on one PostgreSQL, as one cluster.
//!
//! The carrier is played by whoever asks the nodes' work lists: it counts how often it got each message, so a message
//! that is lost, or handed out twice, shows.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sms_harness::cut::Cut;
use sms_harness::postgres::{PASSWORD, Postgres, free_address};

use crate::site::{Site, until};
use crate::web;
use crate::wire::{BIND_RECEIVER, BIND_TRANSMITTER, DELIVER_SM, Pdu, SUBMIT_SM, Wire, response_to};

const SECRET: &str = "a secret of this test";

/// The settings of node `number` of three, on this port of the cluster and this database.
fn settings(number: usize, port: u16, database: SocketAddr) -> String {
    let list: Vec<String> = (1..=3).map(|number| format!("\"{}\"", name(number))).collect();
    format!(
        "[node]\nsmsc_node_name = \"{}\"\ncluster_nodes = [{}]\ncluster_secret = \"{SECRET}\"\ncluster_listen = \"127.0.0.{number}:{port}\"\n\
         [storage.shared]\ndb_hostname = \"127.0.0.1\"\ndb_port = {}\ndb_name = \"sms_c_prod\"\ndb_password = \"{PASSWORD}\"\npool_size = 10\n\
         [records]\ndb_adapter = \"postgresql\"\ndb_hostname = \"127.0.0.1\"\ndb_port = {}\ndb_password = \"{PASSWORD}\"\npool_size = 5\n\
         [api]\nlease_seconds = 8\n[api.limits]\nmessages = 0\nreads = 0\nwrites = 0\n\
         [sandbox]\nenabled = false\n[[sms_routes]]\ndest_smsc = \"net\"\n",
        name(number),
        list.join(", "),
        database.port(),
        database.port(),
    )
}

fn name(number: usize) -> String {
    format!("sms@127.0.0.{number}")
}

/// Three nodes that see each other.
struct Cluster {
    nodes: Vec<Site>,
}

impl Cluster {
    fn start(databases: [SocketAddr; 3]) -> Cluster {
        let port = free_address().port();
        let sites = databases.iter().zip(1..).map(|(database, number)| Site::started(&settings(number, port, *database)));
        let cluster = Cluster { nodes: sites.collect() };
        until("three nodes that see each other", || cluster.nodes.iter().all(|node| states(node) == ["up", "up", "up"]));
        cluster
    }
}

fn health(node: &Site) -> Value {
    web::get(node.api(), "/api/system/health").json()
}

/// How a node sees all of them, in the order of their names.
fn states(node: &Site) -> Vec<String> {
    let health = health(node);
    let members = health["cluster"]["members"].as_array().unwrap();
    let mut members: Vec<_> =
        members.iter().map(|member| (member["name"].to_string(), member["state"].as_str().unwrap())).collect();
    members.sort();
    members.into_iter().map(|(_, state)| state.to_owned()).collect()
}

fn submission(text: &str) -> Value {
    json!({ "source_msisdn": "Shop", "destination_msisdn": "+447700900000", "message_body": text, "source_smsc": "shop" })
}

/// The messages a node hands out now.
fn work(api: SocketAddr) -> Option<Vec<u64>> {
    let reply = web::try_json(api, ("GET", "/api/messages/queue?smsc=net&limit=20"), &json!({}))?;
    let list: Value = serde_json::from_str(&reply.body).ok()?;
    Some(list["data"].as_array()?.iter().map(|message| message["id"].as_u64().unwrap()).collect())
}

fn mark_delivered(api: SocketAddr, id: u64) -> Option<u16> {
    let path = format!("/api/messages/{id}/mark_delivered");
    web::try_json(api, ("POST", &path), &json!({ "dest_smsc": "net" })).map(|reply| reply.status)
}

/// As `until`, for what may have to wait for leases to end or for a database that is gone.
#[track_caller]
fn patiently(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(90), "not in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Clients that submit and carriers that deliver, at all nodes, whichever of them are there.
struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    apis: Mutex<Vec<SocketAddr>>,
    accepted: Mutex<HashSet<u64>>,
    /// How often each message was handed out.
    delivered: Mutex<HashMap<u64, usize>>,
    no_more: AtomicBool,
    over: AtomicBool,
    refused: AtomicUsize,
}

impl Load {
    fn start(cluster: &Cluster) -> Load {
        let shared = Arc::new(Shared::default());
        *shared.apis.lock().unwrap() = cluster.nodes.iter().map(Site::api).collect();
        let mut threads = Vec::new();
        for number in 0..3 {
            let (submitting, delivering) = (Arc::clone(&shared), Arc::clone(&shared));
            threads.push(thread::spawn(move || submitting.submit(number)));
            threads.push(thread::spawn(move || delivering.deliver(number)));
        }
        Load { shared, threads }
    }

    /// Waits for so many more messages.
    fn go_on(&self, count: usize) {
        let accepted = || self.shared.accepted.lock().unwrap().len();
        let wanted = accepted() + count;
        patiently("more messages", || accepted() >= wanted);
    }

    /// Where a node is after its restart.
    fn moved(&self, number: usize, node: &Site) {
        self.shared.apis.lock().unwrap()[number] = node.api();
    }

    /// Submits no more, and waits until everything that was accepted is delivered, once each.
    #[expect(clippy::print_stdout, reason = "the figures of the run, for whoever looks")]
    fn end(self) -> usize {
        self.shared.no_more.store(true, Ordering::SeqCst);
        let lost = || {
            let delivered = self.shared.delivered.lock().unwrap();
            self.shared.accepted.lock().unwrap().iter().filter(|id| !delivered.contains_key(id)).count()
        };
        patiently("every accepted message", || lost() == 0);
        // What would come twice would come when the leases end.
        thread::sleep(Duration::from_secs(11)); // longer than a lease and what clocks may differ
        self.shared.over.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
        let delivered = self.shared.delivered.lock().unwrap();
        let twice: Vec<_> = delivered.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "handed out twice: {twice:?}");
        let accepted = self.shared.accepted.lock().unwrap().len();
        println!("{accepted} accepted, {} delivered, {} refused", delivered.len(), self.shared.refused.load(Ordering::SeqCst));
        accepted
    }
}

impl Shared {
    fn api(&self, number: usize) -> SocketAddr {
        self.apis.lock().unwrap()[number % 3]
    }

    /// As a client with three addresses does: what one does not take, the next one gets.
    fn submit(&self, number: usize) {
        for count in 0.. {
            let body = submission(&format!("message {count} of client {number}"));
            for node in number.. {
                if self.no_more.load(Ordering::SeqCst) {
                    return;
                }
                let reply = web::try_json(self.api(node), ("POST", "/api/messages"), &body);
                if let Some(reply) = reply.filter(|reply| matches!(reply.status, 200 | 201)) {
                    self.accepted.lock().unwrap().insert(reply.json()["data"]["id"].as_u64().unwrap());
                    break;
                }
                self.refused.fetch_add(1, Ordering::SeqCst);
                thread::sleep(Duration::from_millis(20));
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asks one node for work and reports to any that hears it, first to the one that did so last.
    fn deliver(&self, number: usize) {
        let mut last = number;
        while !self.over.load(Ordering::SeqCst) {
            for id in work(self.api(number)).unwrap_or_default() {
                *self.delivered.lock().unwrap().entry(id).or_default() += 1;
                let heard_by = (last..last + 300).find(|node| {
                    let heard = mark_delivered(self.api(*node), id).is_some_and(|status| status < 500);
                    if !heard {
                        thread::sleep(Duration::from_millis(20));
                    }
                    heard
                });
                last = heard_by.unwrap_or_else(|| panic!("nobody hears that {id} is delivered")) % 3;
            }
            thread::sleep(Duration::from_millis(30));
        }
    }
}

#[test]
fn nodes_on_one_database_are_one_centre() {
    let Some(database) = Postgres::start() else { return };
    let cluster = Cluster::start([database.address; 3]);
    let [a, b, c] = cluster.nodes.as_slice() else { panic!() };
    // Accepted on A, fetched through B, known on C.
    let reply = web::json(a.api(), ("POST", "/api/messages"), &submission("hello"));
    assert_eq!(reply.status, 201, "{reply:?}");
    let id = reply.json()["data"]["id"].as_u64().unwrap();
    let repeat = web::json(c.api(), ("POST", "/api/messages"), &submission("hello")).json();
    assert_eq!(repeat["data"]["id"].as_u64(), Some(id), "a repeat at another node is known: {repeat}");
    let mut fetched = Vec::new();
    until("the message through B", || {
        fetched = work(b.api()).unwrap();
        !fetched.is_empty()
    });
    assert_eq!(fetched, [id]);
    assert_eq!(work(a.api()).unwrap(), [0; 0], "it is B's");
    assert_eq!(mark_delivered(b.api(), id), Some(200));
    // The record names both nodes, and none for one that nobody delivered.
    let late = web::json(c.api(), ("POST", "/api/messages"), &submission("too late")).json()["data"]["id"].as_u64().unwrap();
    let expired = web::json(a.api(), ("PUT", &format!("/api/messages/{late}/delivery_status")), &json!({ "status": "expired" }));
    assert_eq!(expired.status, 200, "{expired:?}");
    let records = "SELECT origin_node, destination_node FROM cdrs ORDER BY message_id";
    until("the records", || database.rows(records).len() == 2);
    assert_eq!(database.rows(records), [format!("{}|{}", name(1), name(2)), format!("{}|", name(3))]);
    // What is changed on one node counts on the others.
    let route = json!({ "called_prefix": "+49", "dest_smsc": "elsewhere" });
    let made = web::json(a.api(), ("POST", "/api/routes"), &route);
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/api/routes/{}", made.json()["data"]["id"]);
    for node in [b, c] {
        until("the route", || web::get(node.api(), &path).status == 200);
    }
    let frontend = json!({ "frontend_name": "gw1", "frontend_type": "SMPP" });
    assert!(web::json(c.api(), ("POST", "/api/frontends/register"), &frontend).status < 300);
    for node in [a, b] {
        until("the frontend", || web::get(node.api(), "/api/frontends/active").body.contains("gw1"));
    }
    receipts_find_their_way(a, b);
    // What an operator sees.
    let shown = a.ok(&["cluster"]);
    assert!(shown.contains(&name(2)) && shown.contains("up"), "{shown}");
    assert!(web::get(a.metrics(), "/metrics").body.contains("sms_c_cluster_members{state=\"up\"} 3"));
    assert_eq!(health(a)["checks"]["cluster"], "ok");
}

/// A receipt goes to where its ESME is bound as a receiver, whichever node that is.
fn receipts_find_their_way(a: &Site, b: &Site) {
    let mut receiver = Wire::connect(b.smpp());
    receiver.send(&Pdu::bind(BIND_RECEIVER, 1).0);
    assert_eq!(receiver.receive().command_status(), 0);
    let mut sender = Wire::connect(a.smpp());
    sender.send(&Pdu::bind(BIND_TRANSMITTER, 1).0);
    assert_eq!(sender.receive().command_status(), 0);
    sender.send(&Pdu::submit_with_receipt(2).0);
    assert_eq!(sender.next_of(response_to(SUBMIT_SM)).command_status(), 0);
    let mut fetched = Vec::new();
    until("the message", || {
        fetched = work(b.api()).unwrap();
        !fetched.is_empty()
    });
    assert_eq!(mark_delivered(b.api(), fetched[0]), Some(200));
    let receipt = receiver.next_of(DELIVER_SM);
    assert!(String::from_utf8_lossy(receipt.body()).contains("stat:DELIVRD"));
}

#[test]
fn a_node_with_another_secret_is_refused_and_said_so_on_both_sides() {
    let Some(database) = Postgres::start() else { return };
    let port = free_address().port();
    let first = Site::started(&settings(1, port, database.address));
    let stranger = Site::new(&settings(2, port, database.address).replace(SECRET, "some other secret!"));
    let (code, line) = stranger.does_not_start();
    assert_eq!(code, Some(1), "{line}");
    assert!(line.contains("node.cluster_secret must be the same on all nodes"), "{line}");
    // With a database of its own it gets as far as the network.
    let Some(other) = Postgres::start() else { return };
    let stranger = Site::started(&settings(2, port, other.address).replace(SECRET, "some other secret!"));
    first.wait_for_line("a node is refused: it has another secret");
    stranger.wait_for_line("is refused: it has another secret");
    until("the state", || states(&first)[1] == "refused");
    // A second process of the same name has no place either.
    let (code, line) = Site::new(&settings(1, free_address().port(), database.address)).does_not_start();
    assert!(code == Some(1) && line.contains("another process is node"), "{line}");
}

#[test]
fn a_rolling_restart_under_load_loses_nothing_and_doubles_nothing() {
    let Some(database) = Postgres::start() else { return };
    let mut cluster = Cluster::start([database.address; 3]);
    let load = Load::start(&cluster);
    for number in 0..3 {
        load.go_on(100);
        cluster.nodes[number].stop();
        let other = &cluster.nodes[(number + 1) % 3];
        until("the others seeing it go", || states(other)[number] == "left");
        cluster.nodes[number].start();
        load.moved(number, &cluster.nodes[number]);
        until("the node being back", || cluster.nodes.iter().all(|node| states(node) == ["up", "up", "up"]));
    }
    load.go_on(100);
    assert!(load.end() >= 400);
}

#[test]
fn a_node_that_is_killed_under_load_takes_nothing_with_it() {
    let Some(database) = Postgres::start() else { return };
    let mut cluster = Cluster::start([database.address; 3]);
    let load = Load::start(&cluster);
    load.go_on(200);
    cluster.nodes[0].kill();
    load.go_on(200);
    until("the others missing it", || states(&cluster.nodes[1])[0] == "down");
    cluster.nodes[0].start();
    load.moved(0, &cluster.nodes[0]);
    load.go_on(100);
    assert!(load.end() >= 500);
}

#[test]
fn a_node_that_is_cut_off_from_the_database_stands_still_and_goes_on_by_itself() {
    let Some(database) = Postgres::start() else { return };
    let line = Cut::new(database.address);
    let cluster = Cluster::start([line.address, database.address, database.address]);
    let load = Load::start(&cluster);
    load.go_on(100);
    line.cut();
    let alone = &cluster.nodes[0];
    until("it standing still", || health(alone)["cluster"]["works"] == false);
    assert_eq!(web::get(alone.api(), "/api/system/health").status, 503);
    let refused = web::json(alone.api(), ("POST", "/api/messages"), &submission("not now"));
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(work(alone.api()).unwrap_or_default(), [0; 0]);
    load.go_on(100);
    until("the others missing it", || states(&cluster.nodes[1])[0] == "down");
    line.heal();
    until("it going on", || health(alone)["cluster"]["works"] == true);
    load.go_on(100);
    load.end();
}

#[test]
fn nodes_on_two_databases_are_a_split_brain() {
    let (Some(one), Some(other)) = (Postgres::start(), Postgres::start()) else { return };
    let port = free_address().port();
    let a = Site::started(&settings(1, port, one.address));
    let b = Site::started(&settings(2, port, one.address));
    let c = Site::started(&settings(3, port, other.address));
    c.wait_for_line("split brain");
    until("C standing still", || health(&c)["cluster"]["works"] == false);
    assert_eq!(web::json(c.api(), ("POST", "/api/messages"), &submission("not now")).status, 503);
    until("A seeing it", || states(&a) == ["up", "up", "apart"]);
    a.wait_for_line("split brain: sms@127.0.0.3 works on another database");
    assert_eq!(web::json(b.api(), ("POST", "/api/messages"), &submission("go on")).status, 201);
    // Two of three with the majority gone from one database: nobody has it, and nobody works.
    drop(b);
    until("A standing still", || health(&a)["cluster"]["works"] == false);
}

#[test]
fn a_single_node_may_keep_everything_in_the_database() {
    let Some(database) = Postgres::start() else { return };
    let all = settings(1, 9, database.address);
    let alone: Vec<&str> = all.lines().filter(|line| !line.starts_with("cluster_")).collect();
    let mut node = Site::started(&alone.join("\n"));
    let sent = web::json(node.api(), ("POST", "/api/messages"), &submission("kept"));
    let id = sent.json()["data"]["id"].as_u64().unwrap();
    assert_eq!(states(&node), ["up"]);
    // As after a power cut.
    node.kill();
    node.start();
    assert_eq!(work(node.api()).unwrap(), [id]);
    assert_eq!(mark_delivered(node.api(), id), Some(200));
    let repeat = web::json(node.api(), ("POST", "/api/messages"), &submission("kept")).json();
    assert_eq!(repeat["data"]["id"].as_u64(), Some(id), "{repeat}");
    for file in ["smsc.db", "records.db"] {
        assert!(!node.path("smsc-data").join(file).exists(), "{file}");
    }
    node.stop();
}

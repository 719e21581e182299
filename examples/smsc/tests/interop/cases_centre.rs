//! The centre as a whole, on the running program: its ports, its log, its end, and what it says when it cannot start.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::require;
use crate::site::{Site, text_of, until};
use crate::web;

/// Messages that stay in the queue.
const KEPT: &str = "[[sms_routes]]\ndest_smsc = \"nobody\"\n[sandbox]\nenabled = false\n[api.limits]\nmessages = 0\n";

fn submission(number: usize) -> Value {
    json!({
        "source_msisdn": "Shop", "destination_msisdn": format!("+447700{number:06}"), "message_body": format!("text {number}"),
        "source_smsc": "shop"
    })
}

/// The value of a key in a section of settings as `check-config` shows them.
fn setting<'a>(shown: &'a str, section: &str, key: &str) -> &'a str {
    let (_, rest) = shown.split_once(&format!("\n[{section}]\n")).unwrap();
    let lines = rest.lines().take_while(|line| !line.starts_with('['));
    let value = lines.filter_map(|line| line.split_once(" = ")).find(|(name, _)| *name == key);
    value.unwrap_or_else(|| panic!("no {key} in [{section}]")).1
}

#[test]
fn every_service_has_its_documented_port() {
    let mut site = Site::new("");
    for service in ["SMPP", "API", "WEB", "METRICS"] {
        site.set(&format!("SMSC_{service}__LISTEN"), "");
    }
    site.set("SMSC_WEB__ENABLE_TLS", "");
    site.set("SMSC_API__ENABLE_TLS", "");
    // Somebody may have these ports here, which is no matter: it is shown what they are.
    let shown = site.run(&["check-config"]).output;
    for (section, address, tls) in
        [("api", "127.0.0.1:8443", "true"), ("web", "127.0.0.1:8086", "true"), ("metrics", "127.0.0.1:9568", "false")]
    {
        assert_eq!(setting(&shown, section, "listen"), format!("\"{address}\""), "{section}");
        assert_eq!(setting(&shown, section, "enable_tls"), tls, "{section}");
    }
    assert_eq!(setting(&shown, "smpp", "listen"), "\"127.0.0.1:2775\"");
    site.set("SMSC_API__ENABLE_TLS", "false");
    assert_eq!(setting(&site.run(&["check-config"]).output, "api", "listen"), "\"127.0.0.1:8080\"");
}

#[test]
fn the_api_speaks_new_tls_and_nothing_in_the_clear() {
    let mut site = Site::new("");
    site.set("SMSC_API__ENABLE_TLS", "");
    site.start();
    assert!(site.wait_for_line("REST API: ").starts_with("REST API: https://"));
    // Whatever does not begin with a handshake gets no answer of HTTP.
    let mut plain = TcpStream::connect(site.api()).unwrap();
    plain.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    plain.write_all(b"GET /api/status HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
    for (minor, name) in [(0, "SSL 3.0"), (1, "TLS 1.0"), (2, "TLS 1.1")] {
        assert_eq!(hello(site.api(), minor), (ALERT, PROTOCOL_VERSION), "{name}");
    }
    assert_eq!(hello(site.api(), 3).0, HANDSHAKE, "the same in TLS 1.2 goes on");
    if Command::new("curl").arg("--version").output().is_err() {
        return require::skip("curl", "apt install curl");
    }
    let url = format!("https://{}/api/status", site.api());
    for version in ["1.2", "1.3"] {
        let only = [format!("--tlsv{version}"), "--tls-max".into(), version.into()];
        let mut curl = Command::new("curl");
        curl.args(["-sSf", "--cacert", "smsc-data/tls/server.crt"]).args(&only).arg(&url);
        let ran = curl.current_dir(&site.directory).output().unwrap();
        assert!(ran.status.success() && ran.stdout.starts_with(b"{\"status\":\"ok\""), "{version}: {ran:?}");
    }
}

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
/// The alert that says that the version is not spoken.
const PROTOCOL_VERSION: u8 = 70;

/// Says hello in an old version, as its clients do; gives the kind of the record that comes back and its seventh octet.
fn hello(address: SocketAddr, minor: u8) -> (u8, u8) {
    let mut body = vec![3, minor];
    body.extend([7; 32]); // random
    body.push(0); // session
    body.extend([0, 4, 0xC0, 0x2B, 0xC0, 0x09]); // ECDHE-ECDSA with AES-128, GCM or CBC
    body.extend([1, 0]); // no compression
    let extensions = [
        &[0, 0x0A, 0, 4, 0, 2, 0, 0x17][..], // the group P-256
        &[0, 0x0B, 0, 2, 1, 0],              // its plain form
        &[0, 0x0D, 0, 4, 0, 2, 4, 3],        // signed by ECDSA with SHA-256
    ]
    .concat();
    body.extend([0, u8::try_from(extensions.len()).unwrap()]);
    body.extend(extensions);
    let length = u8::try_from(body.len()).unwrap();
    let record = [&[HANDSHAKE, 3, minor, 0, length + 4, 1, 0, 0, length], &body[..]].concat();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(&record).unwrap();
    let mut answer = [0; 7];
    stream.read_exact(&mut answer).unwrap();
    (answer[0], answer[6])
}

#[test]
fn it_speaks_plain_http_only_when_asked() {
    let site = Site::started("");
    assert!(site.wait_for_line("REST API: ").starts_with("REST API: http://"));
    let status = web::get(site.api(), "/api/status");
    assert_eq!((status.status, &status.json()["status"]), (200, &json!("ok")));
}

/// What is wrong, a variable that makes it so, the exit code, and what the program must say.
type Case<'a> = (&'a str, (&'a str, &'a str), i32, &'a [&'a str]);

#[test]
fn a_start_that_fails_says_what_where_and_why() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().to_string();
    let missing = "[api]\nenable_tls = true\ntls_cert_path = \"no.crt\"\ntls_key_path = \"no.key\"\n";
    let cases: &[Case<'_>] = &[
        // Syntax.
        ("[smpp\n", ("", ""), 2, &["smsc.toml:1:"]),
        ("[smpp]\nwindow = 0\n", ("", ""), 2, &["smsc.toml:2:10", "smpp.window"]),
        // The API, the dashboard and metrics cannot be reached.
        ("", ("SMSC_API__LISTEN", &port), 1, &["cannot serve the api", &port]),
        ("", ("SMSC_WEB__LISTEN", &port), 1, &["cannot serve the dashboard", &port]),
        ("", ("SMSC_METRICS__LISTEN", &port), 1, &["cannot serve the metrics", &port]),
        ("", ("SMSC_SMPP__LISTEN", &port), 1, &["cannot listen for SMPP", &port]),
        (missing, ("SMSC_API__ENABLE_TLS", ""), 1, &["cannot serve the api", "no.crt"]),
        ("[web]\ntls_cert_path = \"no.crt\"\n", ("SMSC_WEB__ENABLE_TLS", ""), 2, &["tls_cert_path", "tls_key_path is missing"]),
        // A cluster.
        ("[node]\ncluster_nodes = [\"sms@other\"]\n", ("", ""), 2, &["node.cluster_nodes"]),
        // Routes.
        ("[[sms_routes]]\ncalled_prefix = \"+44\"\n", ("", ""), 2, &["sms_routes[0]", "dest_smsc"]),
        // The log.
        ("[log]\nfile = \"smsc.toml/log\"\n", ("", ""), 1, &["log file", "smsc.toml/log"]),
        // A database without its password.
        ("[records]\ndb_adapter = \"mysql\"\n", ("", ""), 2, &["records.db_password"]),
    ];
    for (settings, (key, value), expected, words) in cases {
        let mut site = Site::new(settings);
        if !key.is_empty() {
            site.set(key, value);
        }
        let (code, line) = site.does_not_start();
        assert_eq!(code, Some(*expected), "{settings}{key}: {line}");
        for word in *words {
            assert!(line.starts_with("smsc: ") && line.contains(word), "{word} is not in: {line}");
        }
    }
}

#[test]
fn what_is_down_is_named_while_messages_go_on() {
    let settings = "[records]\ndb_adapter = \"postgresql\"\ndb_hostname = \"127.0.0.1\"\ndb_port = 9\ndb_password = \"hunter2\"\n\
                    [charging]\ncharging_enabled = true\nocs_url = \"http://127.0.0.1:9/jsonrpc\"\n\
                    [enum]\nenum_enabled = true\nenum_dns_servers = [\"127.0.0.1:9\"]\nenum_timeout = 300\n";
    let mut site = Site::started(settings);
    site.wait_for_line("the record database cannot be used; records wait until it can");
    let sent = web::json(site.api(), ("POST", "/api/messages"), &submission(11));
    assert_eq!(sent.status, 201, "{sent:?}");
    site.wait_for_line("charging failed");
    site.wait_for_line("ENUM look-ups fail");
    let said = site.said().join("\n");
    assert!(said.contains("127.0.0.1") && !said.contains("hunter2"), "{said}");
    assert_eq!(web::get(site.api(), "/api/status").status, 200);
    // Its record is neither written nor lost, and does not keep the centre from stopping.
    site.stop();
}

#[test]
fn routes_of_the_settings_are_ignored_aloud_when_there_are_some() {
    let mut site = Site::started("");
    site.stop();
    site.write("[[sms_routes]]\ncalled_prefix = \"+44\"\ndest_smsc = \"uk\"\n");
    site.start();
    site.wait_for_line("the routes of the configuration are ignored: the table has routes already");
    assert!(!site.ok(&["routes", "list"]).contains("uk"));
}

#[test]
fn metrics_are_served_as_prometheus_reads_them() {
    let site = Site::started(KEPT);
    assert_eq!(web::json(site.api(), ("POST", "/api/messages"), &submission(1)).status, 201);
    let page = web::get(site.metrics(), "/metrics");
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").unwrap().starts_with("text/plain; version=0.0.4"), "{page:?}");
    for line in [
        "# TYPE sms_c_message_received_count counter",
        "sms_c_message_received_count{source_smsc=\"shop\",source_type=\"none\"} 1",
        "# TYPE sms_c_queue_size_pending gauge",
        "sms_c_queue_size_pending 1",
        "sms_c_store_up 1",
    ] {
        assert!(page.body.lines().any(|shown| shown == line), "{line} is not in\n{}", page.body);
    }
    assert_eq!(web::get(site.metrics(), "/").status, 404);
}

#[test]
fn the_log_goes_to_the_console_and_into_a_file() {
    let site = Site::started("[log]\nfile = \"logs/smsc.log\"\nformat = \"json\"\n");
    site.ok(&["routes", "add", r#"{"called_prefix":"+44","dest_smsc":"uk"}"#]);
    let line = site.wait_for_line("add route");
    let parsed: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(parsed["level"], "info", "{parsed}");
    until("the file has the same line", || text_of(&site.path("logs/smsc.log")).lines().any(|written| written == line));
    // Whoever puts the file away tells us, and the next lines are in a new one.
    fs::rename(site.path("logs/smsc.log"), site.path("logs/old.log")).unwrap();
    site.signal("HUP");
    until("a new file", || text_of(&site.path("logs/smsc.log")).contains("settings were read again"));
    assert!(text_of(&site.path("logs/old.log")).contains("add route"));
}

#[test]
fn what_nobody_waited_for_is_there_after_a_graceful_stop() {
    let batch = "[batch]\nbatch_insert_batch_size = 4000\nbatch_insert_flush_interval_ms = 60000\n";
    let mut site = Site::started(&format!("{KEPT}{batch}"));
    for number in 0..50 {
        let reply = web::json(site.api(), ("POST", "/api/messages/create_async"), &submission(number));
        assert_eq!(reply.status, 202, "{reply:?}");
    }
    assert_eq!(site.json(&["status"])["batch"]["current_queue_size"], 50, "they still wait");
    site.stop();
    site.start();
    let texts: BTreeSet<String> = texts(&site).into_iter().collect();
    assert_eq!(texts.len(), 50);
    assert!(!site.said().iter().any(|line| line.contains("are lost")));
}

fn texts(site: &Site) -> Vec<String> {
    let list = web::get(site.api(), "/api/messages?limit=1000").json();
    list["data"].as_array().unwrap().iter().map(|message| message["message_body"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_request_under_way_is_answered_before_the_end() {
    let mut site = Site::started(KEPT);
    let body = submission(1).to_string();
    let mut stream = TcpStream::connect(site.api()).unwrap();
    let head = format!(
        "POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..10]).unwrap();
    // The server has the head as soon as it has answered somebody who came later.
    assert_eq!(web::get(site.api(), "/api/status").status, 200);
    let address = site.api();
    site.signal("TERM");
    until("nobody new is let in", || TcpStream::connect(address).is_err());
    stream.write_all(&body.as_bytes()[10..]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(site.ended().success());
    site.start();
    assert_eq!(texts(&site), ["text 1"]);
}

#[test]
fn nothing_answered_with_201_is_lost_when_the_program_is_killed() {
    let mut site = Site::started(KEPT);
    let mut answered = BTreeSet::new();
    let (clients, enough) = (8, 150);
    for round in 0..2 {
        let ids = Arc::new(Mutex::new(BTreeSet::new()));
        let address = site.api();
        let callers: Vec<_> = (0..clients)
            .map(|client| {
                let ids = Arc::clone(&ids);
                thread::spawn(move || {
                    let mut number = (round * clients + client) * 10_000;
                    while let Some(id) = submit(address, number) {
                        ids.lock().unwrap().insert(id);
                        number += 1;
                    }
                })
            })
            .collect();
        until("enough answers", || ids.lock().unwrap().len() >= enough);
        site.kill();
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        answered.append(&mut ids.lock().unwrap());
        site.start();
    }
    assert!(answered.len() >= 2 * enough);
    let mut kept = BTreeSet::new();
    for offset in (0..).step_by(1000) {
        let page = web::get(site.api(), &format!("/api/messages?limit=1000&offset={offset}")).json();
        let page: Vec<u64> = page["data"].as_array().unwrap().iter().map(|message| message["id"].as_u64().unwrap()).collect();
        if page.is_empty() {
            break;
        }
        kept.extend(page);
    }
    let lost: Vec<_> = answered.difference(&kept).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), answered.len());
    // A start in good order keeps them as well.
    site.stop();
    site.start();
    assert_eq!(site.json(&["status"])["messages"]["pending"].as_u64().unwrap(), kept.len() as u64);
}

/// The id of a message that was answered with 201; nothing once nobody answers.
fn submit(address: SocketAddr, number: usize) -> Option<u64> {
    let body = submission(number).to_string();
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let head = format!(
        "POST /api/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).ok()?;
    let mut answer = String::new();
    // What was answered counts, and half an answer is none.
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    assert!(head.starts_with("HTTP/1.1 201"), "{answer}");
    serde_json::from_str::<Value>(body).ok()?["data"]["id"].as_u64()
}

#[cfg(target_os = "linux")]
#[test]
fn it_rests_in_little_memory() {
    let site = Site::started("");
    assert_eq!(web::get(site.api(), "/api/status").status, 200);
    assert_eq!(web::get(site.metrics(), "/metrics").status, 200);
    let resident = site.resident_kib();
    // A build for tests has four times the code.
    let most = if cfg!(debug_assertions) { 100 << 10 } else { 60 << 10 };
    println!("{resident} KiB at rest");
    assert!(resident < most, "{resident} KiB at rest");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_messages_and_loses_none() {
    let mut site = Site::new(KEPT);
    let Some(_small) = Small::mount(&site.path("smsc-data")) else {
        return require::skip("tmpfs", "mounting one takes root");
    };
    site.start();
    for number in 0..10 {
        assert_eq!(web::json(site.api(), ("POST", "/api/messages"), &submission(number)).status, 201);
    }
    site.stop();
    // Now there is no room for the next segment of the journal.
    for file in fs::read_dir(site.path("smsc-data")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "tmp") {
            fs::remove_file(file).unwrap();
        }
    }
    fs::write(site.path("smsc-data/filler"), vec![1; 96 << 20]).unwrap();
    // The journal takes nothing of what the tables need.
    site.start();
    until("it is full", || web::json(site.api(), ("POST", "/api/messages"), &submission(100)).status == 503);
    site.wait_for_line("there is no room on the disk");
    let refused = web::json(site.api(), ("POST", "/api/messages"), &submission(101));
    assert!(refused.json()["errors"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{refused:?}");
    let before: BTreeSet<String> = texts(&site).into_iter().collect();
    assert!(before.len() >= 10, "{before:?}");
    fs::remove_file(site.path("smsc-data/filler")).unwrap();
    until("there is room again", || web::json(site.api(), ("POST", "/api/messages"), &submission(102)).status == 201);
    site.kill();
    site.start();
    let after: BTreeSet<String> = texts(&site).into_iter().collect();
    assert!(before.is_subset(&after) && after.contains("text 102"), "{after:?}");
    site.stop();
}

/// A file system of 170 MiB, gone in the end.
#[cfg(target_os = "linux")]
struct Small(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Small {
    fn mount(directory: &std::path::Path) -> Option<Small> {
        fs::create_dir_all(directory).unwrap();
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", "size=170m", "tmpfs"]).arg(directory).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success()).then(|| Small(directory.to_owned()))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Small {
    fn drop(&mut self) {
        // Whoever still works there, as after a failure, does so until it is killed.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn the_curl_lines_of_the_readme_do_what_they_say() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let lines: Vec<&str> = readme.lines().filter(|line| line.starts_with("curl ")).collect();
    assert!(lines.len() >= 7, "{lines:?}");
    if Command::new("curl").arg("--version").output().is_err() {
        return require::skip("curl", "apt install curl");
    }
    let mut site = Site::new("");
    site.set("SMSC_API__ENABLE_TLS", "");
    site.start();
    for line in lines {
        let here = line.replace("127.0.0.1:8443", &site.api().to_string()).replace("127.0.0.1:9568", &site.metrics().to_string());
        assert!(here != line && !here.contains(" -k"), "{line} goes somewhere else");
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(here.replacen("curl ", "curl -sS --fail-with-body ", 1));
        let ran = shell.current_dir(&site.directory).output().unwrap();
        assert!(ran.status.success() && !ran.stdout.is_empty(), "{line}: {ran:?}");
        if line.contains("/api/messages/1") {
            let message: Value = serde_json::from_slice(&ran.stdout).unwrap();
            assert_eq!(message["data"]["message_body"], "Hello", "{message}");
        }
    }
}

//! A second opinion on capture files: tshark, which nobody here wrote.
//!
//! If it is not installed its tests pass; `SMSC_TEST_REQUIRE=1` (or a list with `tshark` in it)
//! makes that a failure, `SMSC_TEST_SKIPPED` names a file to note it in.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use smpp_pdu::tlv::{self, TlvType};
use smpp_pdu::{ShortMessage, SubmitSm, Tlvs};
use smpp_session::net::{Client, Filter, Incoming, Pcap, PcapLimits, Server, ServerConfig, Tracer};
use smpp_session::{BindKind, Credentials};

use super::{accept, calm, eventually, noted, soon};
use crate::submit;

/// True if tshark is there; else notes that it is not.
fn is_installed() -> bool {
    if Command::new("tshark").arg("--version").output().is_ok() {
        return true;
    }
    let required = std::env::var("SMSC_TEST_REQUIRE").unwrap_or_default();
    assert!(!required.split(',').any(|name| name == "1" || name == "tshark"), "tshark is not installed");
    if let Some(path) = std::env::var_os("SMSC_TEST_SKIPPED") {
        let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
        // One write: tests of other processes append to the same file.
        file.write_all(b"tshark (apt-get install tshark)\n").unwrap();
    }
    eprintln!("SKIPPED: tshark is not installed (apt-get install tshark)");
    false
}

/// What tshark finds in a file, one line for each packet that `filter` lets through.
fn tshark(file: &Path, port: u16, filter: &str, fields: &[&str]) -> Vec<String> {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-d", &format!("tcp.port=={port},smpp"), "-Y", filter, "-T", "fields"]);
    command.args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Nothing in it that Wireshark would show in red.
fn assert_sound(file: &Path, port: u16) {
    let bad = "_ws.malformed or tcp.analysis.flags or tcp.checksum.status == 0 or ip.checksum.status == 0";
    assert_eq!(tshark(file, port, bad, &["frame.number", "_ws.col.Info"]), [""; 0]);
    let (all, verified) = (tshark(file, port, "tcp", &["frame.number"]), "tcp.checksum.status == 1");
    assert_eq!(tshark(file, port, verified, &["frame.number"]), all);
}

fn path(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path.join("trace.pcap")
}

async fn server(address: &str, tracer: &Arc<Tracer>) -> Server {
    let config = ServerConfig { session: calm(), tracer: Some(tracer.clone()), ..ServerConfig::default() };
    Server::bind(address, config, noted(accept)).await.unwrap()
}

async fn client(address: SocketAddr) -> Client {
    let client = Client::connect(address, calm(), drop::<Incoming>).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    client
}

/// A session with messages short, long and very long; returns the ports of the ESME and the MC.
async fn session(address: &str, tracer: &Arc<Tracer>) -> (u16, u16) {
    let server = server(address, tracer).await;
    let client = client(server.local_addr()).await;
    // More than one segment takes, and less than tshark takes for a PDU: 64 KiB in all.
    let payload = vec![b'a'; 65_400];
    let tlvs = [tlv::MessagePayload(&payload).tlv()];
    let short_message = ShortMessage::new("hush").unwrap();
    soon(client.call(&SubmitSm { short_message, ..submit() })).await.unwrap();
    soon(client.call(&SubmitSm { short_message: ShortMessage::EMPTY, tlvs: Tlvs::list(&tlvs), ..submit() })).await.unwrap();
    soon(client.unbind()).await;
    let ports = (client.local().unwrap().port(), server.local_addr().port());
    eventually("the server has ended it", || server.links().is_empty()).await;
    ports
}

const SEEN: [(bool, &str); 8] = [
    (true, "0x00000009"),
    (false, "0x80000009"),
    (true, "0x00000004"),
    (false, "0x80000004"),
    (true, "0x00000004"),
    (false, "0x80000004"),
    (true, "0x00000006"),
    (false, "0x80000006"),
];

fn expected(esme: u16, mc: u16) -> Vec<String> {
    let line = |(from_esme, command)| {
        let (from, to) = if from_esme { (esme, mc) } else { (mc, esme) };
        format!("{from}\t{to}\t{command}")
    };
    SEEN.map(line).to_vec()
}

const FIELDS: [&str; 3] = ["tcp.srcport", "tcp.dstport", "smpp.command_id"];

#[tokio::test]
async fn tshark_finds_the_pdus_the_ports_and_the_directions_and_nothing_wrong() {
    if !is_installed() {
        return;
    }
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let file = path(if address.starts_with('[') { "ipv6" } else { "ipv4" });
        let tracer = Tracer::new(Pcap::create(&file, PcapLimits::default()).unwrap());
        tracer.start(Filter::default());
        let (esme, mc) = session(address, &tracer).await;
        assert_eq!(tshark(&file, mc, "smpp", &FIELDS), expected(esme, mc));
        assert_sound(&file, mc);
        assert_eq!(tshark(&file, mc, "tcp.flags.syn == 1 or tcp.flags.fin == 1", &["tcp.flags"]).len(), 4);
        let hidden = tshark(&file, mc, "smpp", &["smpp.password", "smpp.message"]);
        assert!(hidden[0].starts_with("******") && hidden[2].ends_with("78787878"), "{hidden:?}");
    }
}

#[tokio::test]
async fn text_is_in_the_file_on_request_only_and_the_password_never() {
    if !is_installed() {
        return;
    }
    let file = path("text");
    let tracer = Tracer::new(Pcap::create(&file, PcapLimits::default()).unwrap());
    tracer.start(Filter { shows_text: true, ..Filter::default() });
    let (_, mc) = session("127.0.0.1:0", &tracer).await;
    let shown = tshark(&file, mc, "smpp", &["smpp.password", "smpp.message"]);
    assert!(shown[0].starts_with("******") && shown[2].ends_with("68757368"), "{shown:?}");
    let octets = std::fs::read(&file).unwrap();
    assert!(!octets.windows(6).any(|octets| octets == b"secret"));
}

#[tokio::test]
async fn files_are_put_aside_and_each_can_be_opened_for_itself() {
    if !is_installed() {
        return;
    }
    let file = path("rotated");
    let tracer = Tracer::new(Pcap::create(&file, PcapLimits { octets: 2000, files: 3 }).unwrap());
    tracer.start(Filter::default());
    let server = server("127.0.0.1:0", &tracer).await;
    let client = client(server.local_addr()).await;
    let mc = server.local_addr().port();
    for _ in 0..50 {
        soon(client.call(&submit())).await.unwrap();
    }
    soon(client.unbind()).await;
    eventually("the server has ended it", || server.links().is_empty()).await;
    let names = ["trace.pcap.2", "trace.pcap.1", "trace.pcap"];
    let mut numbers = Vec::new();
    for name in names {
        let file = file.with_file_name(name);
        assert!(std::fs::metadata(&file).unwrap().len() < 2000 + 600);
        assert_sound(&file, mc);
        let found = tshark(&file, mc, "smpp.command_id == 4", &["smpp.sequence_number"]);
        numbers.extend(found.iter().map(|number| number.parse::<u32>().unwrap()));
    }
    // The last files hold the last messages, without a gap.
    let last = *numbers.last().unwrap();
    assert_eq!(last, 51);
    assert!(numbers.len() > 6 && numbers.iter().rev().zip(0..).all(|(number, back)| *number == last - back), "{numbers:?}");
    assert!(!file.with_file_name("trace.pcap.3").exists());
}

//! Wireshark as a second reader: it dissects what passed, and must find nothing malformed.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::esme::{Esme, Library, accepted};
use crate::place::fresh_directory;
use crate::program::Smsc;
use crate::require;
use crate::tap::{From, Passed, Segments, Tap};

#[test]
fn wireshark_understands_every_pdu_of_a_session() {
    if !Command::new("tshark").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return require::skip("tshark", "apt-get install tshark");
    }
    let smsc = Smsc::start();
    let tap = Tap::new(smsc.address, Segments::AsTheyCome, Segments::AsTheyCome);
    let Some(mut esme) = Esme::bound(Library::NodeSmpp, tap.address, "transceiver") else {
        return;
    };
    exercise(&mut esme);
    let passed = tap.passed();
    let expected: Vec<u32> = passed.iter().map(|passed| passed.pdu.command_id()).collect();
    assert!(expected.len() >= 24, "{} PDUs", expected.len());
    let directory = fresh_directory("capture");
    let file = directory.join("session.pcap");
    fs::write(&file, capture(&passed)).unwrap();
    let dissect = |arguments: &[&str]| -> String {
        let output = Command::new("tshark").arg("-r").arg(&file).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let port = format!("tcp.port=={MC_PORT},smpp");
    let ids = dissect(&["-d", &port, "-T", "fields", "-e", "smpp.command_id"]);
    let ids: Vec<u32> = ids.split_whitespace().map(|id| u32::from_str_radix(id.trim_start_matches("0x"), 16).unwrap()).collect();
    assert_eq!(ids, expected);
    let malformed = dissect(&["-d", &port, "-Y", "_ws.malformed || _ws.expert.severity >= \"Warning\"", "-V"]);
    assert_eq!(malformed, "");
    fs::remove_dir_all(directory).unwrap();
}

/// Everything that node-smpp can ask for, good and bad outcome.
fn exercise(esme: &mut Esme) {
    let number = "34600000011";
    let in_an_hour = "000000010000000R";
    accepted(&esme.ask(json!({"do": "submit", "to": number, "text": "MO:hello", "receipt": 1})));
    esme.received(2);
    accepted(&esme.ask(json!({"do": "submit", "to": "34600000050", "receipt": 1})));
    esme.received(1);
    esme.ask(json!({"do": "data", "to": number, "text": "data"}));
    esme.ask(json!({"do": "submit_multi", "to": [number, number]}));
    let id = esme.submit(json!({"to": number, "schedule": in_an_hour})).remove(0);
    esme.ask(json!({"do": "query", "id": id}));
    esme.ask(json!({"do": "replace", "id": id, "text": "new"}));
    esme.ask(json!({"do": "cancel", "id": id, "to": number}));
    esme.ask(json!({"do": "query", "id": "9999999999"}));
    esme.ask(json!({"do": "enquire"}));
    esme.ask(json!({"do": "unbind"}));
}

const MC_PORT: u16 = 2775;
const ESME_PORT: u16 = 40_000;

/// A capture file of raw IPv4 packets, one PDU in each.
fn capture(passed: &[Passed]) -> Vec<u8> {
    const RAW_IP: u32 = 101;
    let mut file = Vec::new();
    file.extend(0xA1B2_C3D4_u32.to_be_bytes());
    file.extend([0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(u32::from(u16::MAX).to_be_bytes());
    file.extend(RAW_IP.to_be_bytes());
    let (mut sent_by_esme, mut sent_by_mc) = (0, 0);
    for Passed { from, pdu } in passed {
        let (ports, sent, received) = match from {
            From::Esme => ([ESME_PORT, MC_PORT], &mut sent_by_esme, sent_by_mc),
            From::Mc => ([MC_PORT, ESME_PORT], &mut sent_by_mc, sent_by_esme),
        };
        let packet = packet(ports, *sent, received, &pdu.0);
        *sent += u32::try_from(pdu.0.len()).unwrap();
        let length = u32::try_from(packet.len()).unwrap().to_be_bytes();
        file.extend([[0; 4], [0; 4], length, length].concat());
        file.extend(packet);
    }
    file
}

fn packet(ports: [u16; 2], sent: u32, received: u32, payload: &[u8]) -> Vec<u8> {
    const HEADERS: usize = 40;
    let length = u16::try_from(HEADERS + payload.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
    packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
    packet.extend((sent + 1).to_be_bytes());
    packet.extend((received + 1).to_be_bytes());
    // Header of five words; PSH and ACK; a full window; no checksum; no urgent data.
    packet.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
    packet.extend_from_slice(payload);
    packet
}
